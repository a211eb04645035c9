"""Apache Kafka (KRaft, one node) from its Maven artefacts; needs Java 17 and, once, mvn."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from streams.apache import jars
from tests.servers.process import Child, Unavailable, cache_dir, free_port, listens

VERSION = jars.version()
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.supplywatch</groupId><artifactId>test-kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
"""
LOG4J = """Configuration:
  Appenders:
    Console: {name: STDOUT, PatternLayout: {pattern: "%d %p %m (%c)%n"}}
  Loggers:
    Root: {level: WARN, AppenderRef: [{ref: STDOUT}]}
"""


def fetched_jars() -> Path:
    """Return the folder of the jars, fetched once; what Maven resolves must be what the product lists."""
    folder = cache_dir() / f"kafka-{VERSION}"
    libs = folder / "libs"
    if libs.is_dir() and not jars.missing(libs):
        return libs
    if shutil.which("mvn") is None:
        raise Unavailable("Apache Kafka's jars are not cached and there is no mvn: apt-get install maven")
    folder.mkdir(exist_ok=True)
    (folder / "pom.xml").write_text(POM)
    fetched = Path(tempfile.mkdtemp(prefix="libs-", dir=folder))
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
    result = subprocess.run(["mvn", "-q", "-B", *goal], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if result.returncode != 0:
        shutil.rmtree(fetched)
        raise Unavailable(f"mvn could not fetch Apache Kafka {VERSION}: {result.stdout[-500:]}")
    shutil.rmtree(libs, ignore_errors=True)
    fetched.rename(libs)
    assert not jars.missing(libs), "streams/apache/jars.txt is out of date: run tools/kafka_jars.py"
    return libs


class Kafka:
    """A broker in a temporary folder: start, stop (TERM), kill (KILL), start again with its data."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("java") is None:
            raise Unavailable("Apache Kafka needs Java: apt-get install openjdk-17-jre-headless")
        self.folder, self.port, controller = folder, free_port(), free_port()
        classpath = f"{fetched_jars()}/*"
        properties = folder / "server.properties"
        properties.write_text(self._properties(controller))
        (folder / "log4j2.yaml").write_text(LOG4J)
        quiet = f"-Dlog4j2.configurationFile={folder / 'log4j2.yaml'}"
        tool = ["java", "-cp", classpath, quiet, "kafka.tools.StorageTool"]
        cluster = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=True).stdout.split()[-1]
        subprocess.run([*tool, "format", "-t", cluster, "-c", str(properties)], capture_output=True, check=True)
        memory = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        self.child = Child(["java", *memory, quiet, "-cp", classpath, "kafka.Kafka", str(properties)], folder / "kafka.log")

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.child.start()
        self.child.wait_ready(lambda: listens(self.port), 60, "Apache Kafka")

    def stop(self) -> None:
        self.child.end()

    def kill(self) -> None:
        self.child.end(signal.SIGKILL)

    def _properties(self, controller: int) -> str:
        return "\n".join(
            [
                "process.roles=broker,controller",
                "node.id=1",
                f"controller.quorum.voters=1@127.0.0.1:{controller}",
                f"listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
                "controller.listener.names=CONTROLLER",
                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                f"log.dirs={self.folder / 'data'}",
                "offsets.topic.replication.factor=1",
                "offsets.topic.num.partitions=4",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "share.coordinator.state.topic.replication.factor=1",
                "share.coordinator.state.topic.min.isr=1",
                "group.initial.rebalance.delay.ms=0",
                "auto.create.topics.enable=false",
            ]
        )
