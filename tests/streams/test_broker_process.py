"""A broker of our own under the supervisor: one that keeps its topics is started again alone, one that does not takes all along."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from streams.broker_process import BrokerProcess, free_port
from streams.supervisor import ChildSpec, Supervisor
from supplywatch.errors import BrokerAway
from supplywatch.settings import Settings
from tests.servers.process import wait_until

pytestmark = pytest.mark.loopback

LISTENS = """
import socket, sys, time
from pathlib import Path
sys.stdout.write("I am here\\n"); sys.stdout.flush()
if Path(sys.argv[2]).exists(): sys.exit("no space left")
with socket.create_server(("127.0.0.1", int(sys.argv[1]))): time.sleep(60)
"""
IDLE = """
import os, pathlib, time
status = pathlib.Path(os.environ["SUPPLYWATCH_STATUS_FILE"])
status.with_suffix(".new").write_text("{}")
status.with_suffix(".new").replace(status)  # whole or not there, as the product's processes write it
time.sleep(60)
"""


class Small(BrokerProcess):
    """A process that listens, and does not come up while a file is there."""

    title, attempts, start_s, stop_s = "the small broker", 1, 10.0, 5.0

    def __init__(self, folder: Path, keeps_data: bool) -> None:
        super().__init__(folder / "small.log", 0)
        self.keeps_data, self.full = keeps_data, folder / "full"

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.port}"

    def prepare(self, _attempt: int) -> None:
        self.port = self.port or free_port()

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        return [sys.executable, "-c", LISTENS, str(self.port), str(self.full)], {}


@contextmanager
def running(broker: Small, folder: Path) -> Iterator[Supervisor]:
    stop = threading.Event()
    supervisor = Supervisor(Settings(metrics_port=0), [ChildSpec("idle", (sys.executable, "-c", IDLE))], folder / "run", broker)
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    with capture_logs():
        thread.start()
        try:
            wait_until(lambda: supervisor.port is not None and not supervisor.problems(), 20, "the tree is ready")
            yield supervisor
        finally:
            stop.set()
            thread.join(30)
    assert not thread.is_alive()
    assert broker.pid is None


def kill(broker: Small) -> int:
    pid = broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.parametrize("keeps_data", [True, False])
def test_a_broker_that_ended_comes_back(tmp_path: Path, keeps_data: bool) -> None:
    broker = Small(tmp_path, keeps_data)
    with running(broker, tmp_path) as supervisor:
        (child,), port = supervisor.pids().values(), broker.port
        old = kill(broker)
        wait_until(lambda: broker.pid not in (None, old) and not supervisor.problems() and bool(supervisor.pids()), 20, "it is back")
        assert broker.port == port
        assert (supervisor.pids()["idle"] == child) is keeps_data


def test_one_that_keeps_data_and_finds_no_room_is_tried_until_it_does(tmp_path: Path) -> None:
    broker = Small(tmp_path, keeps_data=True)
    with running(broker, tmp_path) as supervisor:
        children = supervisor.pids()
        broker.full.touch()
        kill(broker)
        wait_until(
            lambda: (tmp_path / "small.log.1").exists() and "no space left" in (tmp_path / "small.log.1").read_text(), 20, "tried twice"
        )
        assert supervisor.problems() == {"broker": "the small broker is not running"}
        broker.full.unlink()
        wait_until(lambda: not supervisor.problems(), 30, "it is back")
        assert supervisor.pids() == children


def test_while_it_comes_up_the_others_are_looked_after(tmp_path: Path) -> None:
    class Slow(Small):
        def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
            slowly = f"import time, pathlib\nwhile pathlib.Path({str(self.slow)!r}).exists(): time.sleep(0.05)\n"
            return [sys.executable, "-c", slowly + LISTENS, str(self.port), str(self.full)], {}

        @property
        def slow(self) -> Path:
            return self.full.with_name("slow")

    broker = Slow(tmp_path, keeps_data=True)
    broker.start_s = 60.0
    with running(broker, tmp_path) as supervisor:
        broker.slow.touch()
        old = kill(broker)
        wait_until(lambda: broker.pid not in (None, old), 20, "it is started again")
        child = supervisor.pids()["idle"]
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: supervisor.pids().get("idle") not in (None, child), 20, "the child is back before the broker")
        assert "broker" in supervisor.problems()
        broker.slow.unlink()
        wait_until(lambda: not supervisor.problems(), 30, "all is well")


def test_one_that_never_came_up_is_told_with_its_last_words(tmp_path: Path) -> None:
    broker = Small(tmp_path, keeps_data=True)
    broker.full.touch()
    with pytest.raises(BrokerAway, match=r"the small broker did not come up; .*small\.log ends: I am here\s+no space left"):
        broker.start()
