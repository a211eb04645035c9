"""Apache Kafka as a child process: one KRaft node on loopback whose topics stay in the data folder."""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.apache import jars
from streams.apache.java import find_java
from streams.broker_process import BrokerProcess, free_port, listens
from supplywatch.errors import BrokerAway

_MEMORY = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError")
"""A serial collector needs half the memory of the default one; a broker out of memory ends, to be started again."""
_LOG4J = """Configuration:
  Appenders:
    Console: {name: STDOUT, PatternLayout: {pattern: "%d %p %m (%c)%n"}}
  Loggers:
    Root: {level: WARN, AppenderRef: [{ref: STDOUT}]}
"""
_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.flush.scheduler.interval.ms=1000
log.flush.interval.ms=1000
"""
# The last two: Kafka leaves writing to disk to the operating system, for other replicas hold the same. Here there are none: a machine
# that loses its power loses a second of messages at the most, and one whose broker is killed loses none.


class ApacheBroker(BrokerProcess):
    """The broker as a child that ends with this process; its topics stay.

    Parameters
    ----------
    data_dir
        Below it lie the jars, ``kafka/data``, ``kafka/server.properties`` and ``kafka/broker.log``.
    port
        A loopback port; 0 takes a free one and keeps it.

    Raises
    ------
    BadSetting
        Apache Kafka is not installed there, or there is no Java for it.
    """

    title = "Apache Kafka"
    keeps_data = True
    attempts = 1
    start_s = 120.0  # after a kill it reads again what it had not written down as whole
    stop_s = 30.0

    def __init__(self, data_dir: Path, port: int) -> None:
        self._data_dir, self._folder = data_dir.resolve(), data_dir.resolve() / "kafka"
        jars.check(self._data_dir)  # what is missing is told before anything else starts
        self._java = find_java().path
        super().__init__(self._folder / "broker.log", port)

    @property
    def url(self) -> str:
        """Return the address for ``SUPPLYWATCH_BROKER``; also what other programs of this machine subscribe at."""
        return f"kafka://127.0.0.1:{self.port}"

    def prepare(self, _attempt: int) -> None:
        """Write the configuration, and give the data folder its identity once.

        Raises
        ------
        BrokerAway
            The port is taken, or the folder cannot be written to.
        """
        self.port = self.port or free_port()
        if listens(self.port):
            raise BrokerAway(f"Apache Kafka: port {self.port} is taken by another program; stop it, or set SUPPLYWATCH_KAFKA_PORT")
        data = self._folder / "data"
        # The controller's port is asked for by nobody else, so that it may be another one at each start.
        properties = _PROPERTIES.format(port=self.port, controller=free_port(), data=data)
        try:
            (self._folder / "server.properties").write_text(properties, encoding="utf-8")
            (self._folder / "log4j2.yaml").write_text(_LOG4J, encoding="utf-8")
            if not (data / "meta.properties").exists():
                self._format(data)
        except OSError as error:
            raise BrokerAway(
                f"Apache Kafka: {self._folder} cannot be written to ({error.strerror}); make room, or correct its rights"
            ) from error

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Return the command line, with every jar checked anew."""
        return [*self._base(*_MEMORY), "kafka.Kafka", str(self._folder / "server.properties")], {}

    def _base(self, *options: str) -> list[str]:
        quiet = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.yaml'}"
        return [str(self._java), *options, quiet, "-cp", f"{jars.check(self._data_dir)}/*"]

    def _format(self, data: Path) -> None:
        # Without its mark of identity nothing in the folder was ever served: a formatting that was cut begins again.
        shutil.rmtree(data, ignore_errors=True)
        command = [*self._base(), "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(self._folder / "server.properties")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BrokerAway(f"Apache Kafka: {data} could not be made ready: {(done.stderr or done.stdout)[-500:]}")


def _cluster_id() -> str:
    """Return an identity as Kafka writes it: a UUID in 22 letters, the first of which is no dash (it would look like an option)."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text
