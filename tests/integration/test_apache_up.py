"""``supplywatch up --broker apache``: a real Apache Kafka in the data folder, killed, restarted, and still there the next day."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from streams.apache import jars
from supplywatch.runtime.broker import BrokerAddress
from supplywatch.runtime.broker_admin import read_topic
from tests.integration.test_up import hormuz
from tests.servers.fixtures import obtain
from tests.servers.kafka import fetched_jars
from tests.servers.process import ROOT, free_port, wait_until

pytestmark = pytest.mark.integration


@dataclass
class Machine:
    """A data folder with Apache Kafka in it, and the ports of this machine."""

    folder: Path
    kafka_port: int
    metrics_port: int

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "SUPPLYWATCH_KAFKA_PORT": str(self.kafka_port),
            "SUPPLYWATCH_METRICS_PORT": str(self.metrics_port),
            "PYTHONPATH": str(ROOT),
            "SUPPLYWATCH_IDLE_S": "600",  # on a busy machine a rebalance takes long; here a worker must outlive one
            "HTTPS_PROXY": "http://127.0.0.1:9",  # publishers are out of reach: a closed loopback port stands for the proxy
            "HTTP_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "supplywatch", *words]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=180, check=False)

    @contextmanager
    def up(self) -> Iterator[int]:
        """Run the tree until it is ready, and stop it in order; yields its process id."""
        command = [sys.executable, "-m", "supplywatch", "up", "--broker", "apache"]
        with (self.folder / "log").open("a") as log:
            tree = subprocess.Popen(command, cwd=self.folder, env=self.environment, stderr=log)
        try:
            wait_until(lambda: tree.poll() is not None or self.ready(), 300, "the tree is ready")
            assert tree.poll() is None, (self.folder / "log").read_text()[-2000:]
            yield tree.pid
        finally:
            tree.send_signal(signal.SIGTERM)
            assert tree.wait(90) == 0

    def ready(self) -> bool:
        try:
            return self.asked("readyz").status_code == 200
        except httpx.TransportError:
            return False

    def asked(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}/{path}", timeout=30)

    def checks(self) -> dict[str, str]:
        """Return what the doctor says, part by part."""
        return {check["part"]: check["status"] for check in json.loads(self.run("doctor", "--json").stdout)}

    def alerts(self) -> Counter[bytes]:
        return Counter(message.value for message in read_topic(BrokerAddress((f"127.0.0.1:{self.kafka_port}",)), "alerts.v1"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = jars.folder_of(tmp_path / "var")
    folder.mkdir(parents=True)
    for jar in obtain(fetched_jars).iterdir():
        shutil.copy(jar, folder)
    return Machine(tmp_path, free_port(), free_port())


def processes(parent: int) -> dict[str, int]:
    """Return the children of a tree by what they run."""
    found = {}
    for pid in map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()):
        with suppress(OSError):  # it has ended since it was listed
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            # None: killed and not yet waited for, or started and not yet become what it is to be.
            if (name := next((word for word in words if word.startswith(("kafka.", "streams.", "supplywatch"))), None)) is not None:
                found[name] = pid
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_keeps_its_topics(machine: Machine) -> None:
    with machine.up() as pid:
        pulled = machine.run("pull", "portwatch_chokepoints", "--from", str(hormuz(machine.folder)))
        assert pulled.returncode == 0, pulled.stderr
        wait_until(lambda: len(machine.alerts()) > 0, 120, "the alert is on its topic")
        said, before = machine.alerts(), processes(pid)

        os.kill(before["kafka.Kafka"], signal.SIGKILL)
        wait_until(lambda: not machine.ready(), 60, "the tree says that its broker is gone")
        wait_until(lambda: processes(pid).get("kafka.Kafka", 0) not in (0, before["kafka.Kafka"]) and machine.ready(), 180, "it is back")
        assert machine.alerts() >= said, "a kill loses nothing that was confirmed"
        others = {name: number for name, number in processes(pid).items() if name != "kafka.Kafka"}
        assert others == {name: number for name, number in before.items() if name != "kafka.Kafka"}, (machine.folder / "log").read_text()
        assert 'supplywatch_process_restarts_total{process="broker"} 1.0' in machine.asked("metrics").text

    with machine.up():
        assert machine.alerts() >= said, "a restart of the tree keeps them too"
        # Ready is what the processes last saw; the doctor asks anew, and a group may be in the middle of settling who owns what.
        well = dict.fromkeys(("broker", "topics", "workers", "ledger", "dead letters"), "ok")
        wait_until(lambda: well.items() <= machine.checks().items(), 120, "the doctor finds all well")


def test_a_port_that_is_taken(machine: Machine) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", machine.kafka_port))
        other.listen()
        refused = machine.run("up", "--broker", "apache")
    assert refused.returncode == 2
    assert f"port {machine.kafka_port} is taken by another program; stop it, or set SUPPLYWATCH_KAFKA_PORT" in refused.stderr
