"""The process tree with real, small children: kept running, stopped in order, one health for all."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from streams import supervisor as module
from streams.supervisor import ChildSpec, Supervisor, settings_environment
from supplywatch.settings import Settings
from tests.servers.process import wait_until

pytestmark = pytest.mark.loopback

READY = """
import json, os, signal, sys, time, pathlib
name = sys.argv[1]
log = pathlib.Path(os.environ["LOG"])
def end(*_):
    with log.open("a") as out: out.write(f"end {name}\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
pathlib.Path(os.environ["SUPPLYWATCH_STATUS_FILE"]).write_text(json.dumps({}))
with log.open("a") as out: out.write(f"start {name} {os.environ['SUPPLYWATCH_TOPIC_PREFIX']}\\n")
while True: time.sleep(0.05)
"""
FAILS = "import sys; sys.exit(int(sys.argv[1]))"

Start = Callable[..., Supervisor]


def _ready(name: str) -> ChildSpec:
    return ChildSpec(name, (sys.executable, "-c", READY, name))


def _fails(name: str, code: int) -> ChildSpec:
    return ChildSpec(name, (sys.executable, "-c", FAILS, str(code)))


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "log"
    monkeypatch.setenv("LOG", str(path))
    return path


class Running:
    """A supervisor in a thread, with its result."""

    def __init__(self, folder: Path, children: list[ChildSpec]) -> None:
        self.supervisor = Supervisor(Settings(metrics_port=0, topic_prefix="t."), children, folder / "run")
        self.stop, self.code = threading.Event(), -1
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.code = self.supervisor.run(self.stop)

    def finish(self) -> int:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.code

    def get(self, path: str) -> httpx.Response:
        wait_until(lambda: self.supervisor.port is not None, 5, "health server")
        return httpx.get(f"http://127.0.0.1:{self.supervisor.port}{path}")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*children: ChildSpec) -> Running:
        started.append(Running(tmp_path, list(children)))
        return started[-1]

    with capture_logs():
        yield start
        for running in started:
            running.finish()


def test_children_get_the_settings_start_in_order_and_stop_in_reverse(run: Callable[..., Running], log: Path) -> None:
    running = run(_ready("one"), _ready("two"))
    wait_until(lambda: running.get("/readyz").status_code == 200, 10, "ready")
    assert running.finish() == 0
    lines = log.read_text().splitlines()
    assert sorted(lines[:2]) == ["start one t.", "start two t."]
    assert lines[2:] == ["end two", "end one"]


def test_a_killed_child_is_started_again(run: Callable[..., Running], log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.05)
    running = run(_ready("one"))
    wait_until(lambda: running.get("/readyz").status_code == 200, 10, "ready")
    os.kill(running.supervisor.pids()["one"], 9)
    wait_until(lambda: log.read_text().count("start one") == 2, 10, "second start")
    wait_until(lambda: running.get("/readyz").status_code == 200, 10, "ready again")
    assert 'supplywatch_process_restarts_total{process="one"} 1.0' in running.get("/metrics").text


def test_readiness_names_the_child_that_keeps_ending(run: Callable[..., Running], log: Path) -> None:
    running = run(_ready("good"), _fails("bad", 75))
    wait_until(lambda: running.get("/readyz").json()["problems"] == {"bad": "ended with code 75, is started again"}, 10, "named")
    assert running.get("/healthz").status_code == 200


def test_a_child_that_says_a_person_must_act_ends_the_tree(run: Callable[..., Running], log: Path) -> None:
    running = run(_ready("good"), _fails("bad", 2))
    running.thread.join(20)
    assert not running.thread.is_alive()
    assert running.code == 2
    assert running.supervisor.pids() == {}


def test_settings_travel_as_environment() -> None:
    settings = Settings(broker="kafka://h:1", batch_max=7, log_json=True)
    environment = settings_environment(settings)
    assert environment["SUPPLYWATCH_BROKER"] == "kafka://h:1"
    assert environment["SUPPLYWATCH_LOG_JSON"] == "True"
    assert "SUPPLYWATCH_COMTRADE_KEY" not in environment
    assert Settings.model_validate({name.removeprefix("SUPPLYWATCH_").lower(): value for name, value in environment.items()}) == settings
