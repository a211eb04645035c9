"""Prometheus and Alertmanager from the Debian packages, where they are installed."""

import shutil
from pathlib import Path

from tests.servers.process import Child, Unavailable, free_port, listens


def _binary(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"{name} is not installed: apt-get install {package}")
    return path


class Prometheus:
    """A Prometheus server on a given configuration."""

    def __init__(self, folder: Path, config: str) -> None:
        self.port = free_port()
        (folder / "prometheus.yml").write_text(config)
        argv = [
            _binary("prometheus", "prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            "--rules.alert.resend-delay=2s",
        ]
        self.child = Child(argv, folder / "prometheus.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.child.start()
        self.child.wait_ready(lambda: listens(self.port), 30, "Prometheus")

    def stop(self) -> None:
        self.child.end()


class Alertmanager:
    """An Alertmanager without gossip on a given configuration."""

    def __init__(self, folder: Path, config: str) -> None:
        self.port = free_port()
        (folder / "alertmanager.yml").write_text(config)
        argv = [
            _binary("prometheus-alertmanager", "prometheus-alertmanager"),
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--storage.path={folder / 'alertmanager'}",
            "--cluster.listen-address=",
        ]
        self.child = Child(argv, folder / "alertmanager.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.child.start()
        self.child.wait_ready(lambda: listens(self.port), 30, "Alertmanager")

    def stop(self) -> None:
        self.child.end()
