"""``supplywatch up`` as a user runs it: one tree, a file pulled in, alerts listed and subscribed to, stopped without leftovers."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from supplywatch.demo.figures import records
from supplywatch.model.records import TransitCount
from tests import genuine
from tests.servers.process import ROOT, Child, free_port, wait_until

pytestmark = pytest.mark.integration

CANARY = "canary-0ddba11-key"
"""Stands for every key that a user gives: it may be in no log, answer, metric or file."""
Run = Callable[..., subprocess.CompletedProcess[str]]


def hormuz(folder: Path) -> Path:
    """Write the bundled figures of Hormuz, closed at their end, as an ArcGIS answer."""
    days = [r for r in records() if isinstance(r, TransitCount) and r.chokepoint_id == genuine.HORMUZ]
    counts = [(r.observed, {kind: getattr(r, f"transits_{kind}") for kind in genuine.TYPES}) for r in days]
    path = folder / "hormuz.json"
    path.write_bytes(genuine.arcgis(genuine.transit_row(genuine.HORMUZ, date.fromisoformat(day), count) for day, count in counts))
    return path


def test_up(tmp_path: Path) -> None:
    port = free_port()
    # Publishers are out of reach: a closed loopback port stands for the proxy.
    environment = os.environ | {
        "SUPPLYWATCH_METRICS_PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "PYTHONUNBUFFERED": "1",
        **{f"SUPPLYWATCH_{name}": CANARY for name in ("CENSUS_KEY", "COMTRADE_KEY", "LETTER_KEY")},
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "supplywatch", *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False)

    with (tmp_path / "log").open("w") as log:
        tree = subprocess.Popen([sys.executable, "-m", "supplywatch", "up"], cwd=tmp_path, env=environment, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _ready(url), 60, "the tree is ready")
        assert httpx.get(f"{url}/healthz").json() == {"alive": True}
        again = run("up")
        assert (again.returncode, "runs there already" in again.stderr) == (2, True), again.stderr
        _an_alert_comes_of_a_file(run, hormuz(tmp_path))
        _doctor_and_metrics_tell_what_is(run, url)
        _a_subscriber_hears_of_it(tmp_path, environment)
        told = [run(*words) for words in (("sources", "status"), ("doctor",), ("lists", "status"), ("dlq", "list"))]
        answers = [httpx.get(f"{url}/{page}").text for page in ("metrics", "readyz", "healthz")]
        assert CANARY not in "".join((*answers, *(one.stdout + one.stderr for one in told)))
    finally:
        children = _children(tree.pid)
        tree.send_signal(signal.SIGTERM)
        assert tree.wait(60) == 0
    assert len(children) >= 5
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 10, "no child is left")
    holding = [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert holding == [], "logs, ledger, archive and status files hold no key"


def _an_alert_comes_of_a_file(run: Run, file: Path) -> None:
    pulled = run("pull", "portwatch_chokepoints", "--from", str(file))
    assert pulled.returncode == 0, pulled.stderr
    wait_until(lambda: len(_chokepoints(run("alerts", "list", "--json").stdout)) == 1, 60, "the standing alert is there")
    (alert,) = _chokepoints(run("alerts", "list", "--json").stdout)
    # The connector finds its publisher out of reach before or after the file comes; once it has told so, the alert is held.
    assert alert["state"] in ("open", "held")
    assert (alert["standing"], alert["last_event"]["onset"]) == (True, "2026-02-28")


def _doctor_and_metrics_tell_what_is(run: Run, url: str) -> None:
    doctor = run("doctor", "--json")
    checks = {check["part"]: check["status"] for check in json.loads(doctor.stdout)}
    assert doctor.returncode == 1, "publishers cannot be reached, and doctor says so"
    well = ("broker", "topics", "workers", "matching", "ledger", "dead letters")
    assert {part: checks[part] for part in well} == dict.fromkeys(well, "ok")
    # The gauge is renewed on a beat of its own: a command that reads the ledger knows of the alert sooner.
    gauge = re.compile(r'supplywatch_open_alerts\{.*rule="chokepoint_disruption"')
    wait_until(lambda: gauge.search(httpx.get(f"{url}/metrics").text) is not None, 60, "the gauge counts the alert")
    assert 'supplywatch_process_up{process="worker"} 1.0' in httpx.get(f"{url}/metrics").text


def _a_subscriber_hears_of_it(folder: Path, environment: dict[str, str]) -> None:
    broker = json.loads((folder / "var" / "up.json").read_text())["broker"]
    address = broker.removeprefix("kafka://").partition("?")[0]
    subscriber = Child([sys.executable, str(ROOT / "docs" / "subscribe.py"), address, "60000"], folder / "subscriber", environment)
    subscriber.start()
    try:
        wait_until(lambda: "Strait of Hormuz" in (folder / "subscriber").read_text(), 60, "the subscriber hears of it")
    finally:
        subscriber.end()
    assert "opened critical Strait of Hormuz - " in (folder / "subscriber").read_text()
    assert "(standing)" in (folder / "subscriber").read_text()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _chokepoints(listed: str) -> list[dict[str, Any]]:
    return [row for row in json.loads(listed) if row["rule"] == "chokepoint_disruption"]


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
