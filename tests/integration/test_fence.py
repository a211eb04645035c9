"""A connector killed while one publisher hangs in its reading process: the other is judged meanwhile, nothing is lost, nothing doubled."""

import signal
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import select

from streams.embedded import EmbeddedBroker
from supplywatch.ledger import schema
from tests.faults.server import Publisher, publisher, send
from tests.faults.straits import body, month
from tests.servers.cluster import Cluster
from tests.servers.process import Child, wait_until

pytestmark = pytest.mark.integration

DAYS = 9
STRAITS = {"/straits": ("a", "b"), "/other": ("x", "y", "z")}


def answering(server: Publisher, order: str) -> None:
    """Let one publisher order something of the process that reads it, and the other be good."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        word = order if handler.path == "/straits" else "good"
        send(f"{word}\n".encode() + body(month(DAYS, STRAITS[handler.path])))(handler)

    server.answer = answer


def judged(cluster: Cluster, straits: tuple[str, ...]) -> int:
    """Return how many lines the book has of some straits, repeats included."""
    o = schema.observation.c
    with cluster.ledger.read() as connection:
        found = connection.execute(select(o.series)).scalars()
        return sum(series.rpartition("/")[2] in straits for series in found)


def processes(pid: int) -> list[int]:
    """Return the processes below one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *processes(child)]
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_kill_while_one_hangs(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    with publisher() as server, Cluster(embedded_broker.url, f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path) as cluster:
        answering(server, "sleep")
        cluster.worker()
        command = [sys.executable, "-m", "tests.servers.hostile_connector", server.url]
        connector = Child(command, tmp_path / "connector.log", cluster._environment())
        cluster.children.append(connector)
        connector.start()
        wait_until(lambda: judged(cluster, ("x", "y", "z")) >= 3 * DAYS, 120, "the good publisher is judged")
        assert judged(cluster, ("a", "b")) == 0
        # On a busy machine the good one may be judged before the other is asked.
        wait_until(lambda: len(processes(connector.pid)) >= 2, 60, "a forkserver, and the process that sleeps over what it reads")
        below = processes(connector.pid)
        connector.end(signal.SIGKILL)
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 60, "no process is left of it")
        answering(server, "good")
        connector.start()
        wait_until(lambda: judged(cluster, ("a", "b")) >= 2 * DAYS, 120, "the other is judged when it is good")
        cluster.wait_published(60)
        assert (judged(cluster, ("a", "b")), judged(cluster, ("x", "y", "z"))) == (2 * DAYS, 3 * DAYS)
