"""A broker as a child process on a loopback port: started, waited for, stopped; the same for the embedded one and for Apache Kafka."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.tether import tethered
from supplywatch.errors import BrokerAway
from supplywatch.runtime.own_files import own_file
from supplywatch.runtime.patience import until


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


_NEEDED = {"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "TZ", "JAVA_HOME", "SYSTEMROOT", "LD_LIBRARY_PATH", "PYTHONPATH"}


def needed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment a broker needs: a binary of others gets no password and no key of ours.

    >>> needed({"PATH": "/bin", "LC_ALL": "C", "SUPPLYWATCH_LEDGER": "postgresql+psycopg://u:p@h/d"})
    {'PATH': '/bin', 'LC_ALL': 'C'}
    """
    return {name: value for name, value in environment.items() if name.upper() in _NEEDED or name.startswith("LC_")}


class BrokerProcess(ABC):
    """A broker as a child that ends with this process.

    Parameters
    ----------
    log
        Where its output goes; the folder is made when absent.
    port
        A loopback port; 0 takes a free one at the first start.
    """

    title: str
    """What messages call it."""
    keeps_data: bool
    """Whether its topics outlive the process: when they do not, its clients must start anew with it."""
    attempts: int
    start_s: float
    stop_s: float

    def __init__(self, log: Path, port: int) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port
        self._late_at_s = 0.0
        log.parent.mkdir(parents=True, exist_ok=True)

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the address for ``SUPPLYWATCH_BROKER``."""

    @property
    def pid(self) -> int | None:
        """Process id, or ``None`` when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it and wait until it accepts connections.

        Raises
        ------
        BrokerAway
            When it does not come up; the message ends with its last log lines.
        """
        for attempt in range(self.attempts):
            self.prepare(attempt)
            self._spawn()
            if self._comes_up():
                return
            self.stop()
        raise self._away()

    def begin(self) -> None:
        """Start it and wait for nothing: ask :meth:`risen` until it says yes, as often as you like.

        Raises
        ------
        BrokerAway
            When it cannot be started.
        """
        self.prepare(0)
        self._spawn()
        self._late_at_s = time.monotonic() + self.start_s

    def risen(self) -> bool:
        """Tell whether one that was begun accepts connections by now.

        Raises
        ------
        BrokerAway
            When it ended, or takes too long and was stopped.
        """
        if self.pid is not None and listens(self.port):
            return True
        if self.pid is not None and time.monotonic() < self._late_at_s:
            return False
        self.stop()
        raise self._away()

    def _away(self) -> BrokerAway:
        return BrokerAway(f"{self.title} did not come up; {self._log} ends: {self._log.read_text(errors='replace')[-500:]}")

    def stop(self) -> None:
        """Stop it in order, or after a while without."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(self.stop_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @abstractmethod
    def prepare(self, _attempt: int) -> None:
        """Get ready for a start and have a port; the attempt is over 0 when one has just failed."""

    @abstractmethod
    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Return the command line and what is added to the environment."""

    def _spawn(self) -> None:
        command, environment = self.command()
        if self._log.exists():
            self._log.replace(self._log.with_suffix(".log.1"))  # why the one before ended
        with own_file(self._log) as log:
            self._process = subprocess.Popen(
                tethered(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**needed(os.environ), **environment},
                start_new_session=True,  # Ctrl-C is for the parent, which stops its children in order
            )

    def _comes_up(self) -> bool:
        return until(lambda: self.pid is None or listens(self.port), self.start_s) and self.pid is not None
