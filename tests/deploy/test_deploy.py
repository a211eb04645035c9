"""What is deployed names metrics that exist, and real servers accept it and act on it."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from supplywatch import metrics
from supplywatch.cli import app
from supplywatch.runtime.health import HealthServer
from tests.servers.fixtures import obtain
from tests.servers.prometheus import Alertmanager, Prometheus

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))


def queries() -> list[str]:
    return [t["expr"] for path in DASHBOARDS for panel in json.loads(path.read_text())["panels"] for t in panel["targets"]]


def test_every_metric_that_is_deployed_exists() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]] + queries()
    assert len(expressions) > 15
    named = {name for e in expressions for name in re.findall(r"supplywatch_\w+", e)}
    assert {name.removesuffix("_bucket") for name in named} <= {name for name, *_ in metrics.table()}


def test_every_panel_has_a_title_and_a_place_of_its_own() -> None:
    for path in DASHBOARDS:
        panels = json.loads(path.read_text())["panels"]
        cells = [
            (p["gridPos"]["x"] + dx, p["gridPos"]["y"] + dy)
            for p in panels
            for dx in range(p["gridPos"]["w"])
            for dy in range(p["gridPos"]["h"])
        ]
        assert len(cells) == len(set(cells))
        assert all(p["title"] for p in panels)


def test_compose_and_kubernetes_run_commands_that_exist() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    documents = yaml.safe_load_all((DEPLOY / "kubernetes" / "supplywatch.yaml").read_text())
    pods = [document["spec"]["template"] for document in documents if "template" in document.get("spec", {})]
    commands = [s["command"] for s in compose["services"].values() if "command" in s]
    commands += [c["args"] for pod in pods for c in pod["spec"]["containers"]]
    assert {command[0] for command in commands} == {"connect", "worker", "match", "relay", "notify", "ledger"}
    known = CliRunner()
    assert all(known.invoke(app, [*command, "--help"]).exit_code == 0 for command in commands)


@pytest.mark.integration
@pytest.mark.parametrize(
    "command",
    [
        ["promtool", "check", "config", "prometheus/prometheus.yml"],
        ["promtool", "test", "rules", "prometheus/rules.test.yml"],
        ["amtool", "check-config", "alertmanager/alertmanager.yml"],
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_tools_accept_the_configuration(command: list[str], prometheus: tuple[Prometheus, Alertmanager]) -> None:
    result = subprocess.run(command, cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, Alertmanager]]:
    """Prometheus and Alertmanager on the deployed rules, scraping a process with one open alert."""
    metrics.OPEN_ALERTS.labels("chokepoint_disruption", "critical").set(1)
    process = HealthServer(dict, "127.0.0.1", 0)
    folder = tmp_path_factory.mktemp("prometheus")
    alertmanager = obtain(lambda: Alertmanager(folder, (DEPLOY / "alertmanager" / "alertmanager.yml").read_text()))
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "prometheus" / "rules.yml")]
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{alertmanager.port}"]
    del config["scrape_configs"][0]["dns_sd_configs"]  # the names of compose: nobody answers to them here
    config["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{process.port}"]}]
    server = obtain(lambda: Prometheus(folder, yaml.safe_dump(config)))
    alertmanager.start()
    server.start()
    yield server, alertmanager
    server.stop()
    alertmanager.stop()
    process.close()


@pytest.mark.integration
def test_every_panel_is_a_query_that_prometheus_answers(prometheus: tuple[Prometheus, Alertmanager]) -> None:
    for query in queries():
        answer = httpx.get(f"{prometheus[0].url}/api/v1/query", params={"query": query}).json()
        assert answer["status"] == "success", f"{query}: {answer}"
