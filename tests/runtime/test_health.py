"""Liveness, readiness with reasons, metrics, over real HTTP."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from supplywatch.errors import BadSetting
from supplywatch.runtime.health import Health, HealthServer
from tests.servers.process import wait_until

pytestmark = pytest.mark.loopback


@pytest.fixture
def health() -> Health:
    return Health("worker", ["broker", "ledger"])


@pytest.fixture
def server(health: Health) -> Iterator[HealthServer]:
    server = HealthServer(health.problems, "127.0.0.1", 0)
    yield server
    server.close()


def _get(server: HealthServer, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{server.port}{path}")


def test_ready_only_when_every_part_is_well(health: Health, server: HealthServer) -> None:
    assert _get(server, "/readyz").json() == {"ready": False, "problems": {"broker": "not yet started", "ledger": "not yet started"}}
    health.set("broker", None)
    health.set("ledger", "ledger postgresql://host/db: connection refused")
    answer = _get(server, "/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == {"ledger": "ledger postgresql://host/db: connection refused"}
    health.set("ledger", None)
    answer = _get(server, "/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": {}})


def test_alive_and_measured_even_when_not_ready(server: HealthServer) -> None:
    assert _get(server, "/healthz").json() == {"alive": True}
    metrics = _get(server, "/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "supplywatch_ready 0.0" in metrics.text
    assert _get(server, "/other").status_code == 404


def test_a_supervised_process_writes_its_state(tmp_path: Path) -> None:
    status = tmp_path / "worker.json"
    health = Health("worker", ["broker"], status)
    assert json.loads(status.read_text()) == {"broker": "not yet started"}
    health.set("broker", None)
    assert json.loads(status.read_text()) == {}


def test_a_taken_port_is_one_sentence(server: HealthServer) -> None:
    with pytest.raises(BadSetting, match=f"SUPPLYWATCH_METRICS_PORT={server.port}: cannot listen"):
        HealthServer(dict, "127.0.0.1", server.port)


def test_half_requests_neither_hold_threads_nor_keep_a_probe_out(server: HealthServer) -> None:
    before = threading.active_count()
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=5))
            half.sendall(b"GET /healthz HTT")
        assert httpx.get(f"http://127.0.0.1:{server.port}/healthz").status_code == 200
        wait_until(lambda: threading.active_count() - before <= 33, 5, "few connections are held")


def test_a_silent_connection_is_ended(server: HealthServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supplywatch.runtime.health._Handler.timeout", 0.2)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as silent:
        silent.sendall(b"GET /rea")
        assert silent.recv(10) == b""
