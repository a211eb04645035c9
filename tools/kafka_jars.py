"""Writes the list of Apache Kafka's jars that ``supplywatch broker install`` fetches: ``python tools/kafka_jars.py 4.1.1``; needs mvn.

Maven resolves what the broker needs and compares every file with the checksum of the registry (``--strict-checksums``, in an empty
repository of its own, so that nothing older on this machine gets in). The list takes the SHA-256 of what came: from then on the
registry, or a mirror of it, is trusted with nothing.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

LIST = Path(__file__).resolve().parent.parent / "streams" / "apache" / "jars.txt"
# The last dependency is not Kafka's own: without it the broker logs nothing at all. Its version is that of Kafka's log4j-core.
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.supplywatch</groupId><artifactId>apache-kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{version}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{version}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
"""


def lines(version: str, folder: Path) -> Iterator[str]:
    """Yield ``sha256 bytes path`` for each jar; the path is the one below the registry's address."""
    (folder / "pom.xml").write_text(POM.format(version=version), encoding="utf-8")
    jars = folder / "jars"
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-Dmdep.useRepositoryLayout=true", f"-DoutputDirectory={jars}"]
    subprocess.run(["mvn", "-q", "-B", "--strict-checksums", f"-Dmaven.repo.local={folder / 'empty'}", *goal], cwd=folder, check=True)
    for jar in sorted(jars.rglob("*.jar")):
        body = jar.read_bytes()
        yield f"{hashlib.sha256(body).hexdigest()} {len(body)} {jar.relative_to(jars).as_posix()}"


def main(version: str) -> None:
    """Write the list of one version."""
    with tempfile.TemporaryDirectory() as folder:
        found = list(lines(version, Path(folder)))
    LIST.write_text(
        f"# Apache Kafka {version}, written by tools/kafka_jars.py: sha256 bytes path\n" + "\n".join(found) + "\n", encoding="utf-8"
    )
    sys.stdout.write(f"{LIST}: {len(found)} jars of Apache Kafka {version}\n")


if __name__ == "__main__":
    main(sys.argv[1])
