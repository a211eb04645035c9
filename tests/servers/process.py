"""Child processes of the tests: started on free loopback ports, stopped by process id."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Unavailable(Exception):
    """A server cannot be had on this machine; the message says what to install."""


def cache_dir() -> Path:
    """Return the folder where downloaded servers are kept between runs."""
    folder = Path(os.environ.get("SUPPLYWATCH_SERVERS", ROOT / ".servers"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Poll a condition, ever less often; AssertionError names what did not happen in time."""
    end, pause_s = time.monotonic() + timeout_s, 0.05
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout_s:g} s: {what}")
        time.sleep(pause_s)
        # Most conditions ask a server: twenty questions a second take the time of what is waited for.
        pause_s = min(0.5, pause_s * 1.2)


def listens(port: int) -> bool:
    """Tell whether a loopback port accepts connections."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Child:
    """One child process with its log file; can be started again after a stop."""

    def __init__(self, argv: Sequence[str], log: Path, env: dict[str, str] | None = None, user: str | None = None) -> None:
        self.argv, self.log, self.env, self.user = list(argv), log, env, user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, or None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it with output appended to the log."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.argv,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.env,
                user=self.user,
                start_new_session=True,
            )

    def end(self, with_signal: signal.Signals = signal.SIGTERM, timeout_s: float = 30) -> None:
        """Send a signal and wait; SIGKILL when it does not go."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(with_signal)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def wait_ready(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait for a condition; the error carries the end of the log when the process died or was too slow."""
        end = time.monotonic() + timeout_s
        while not condition():
            if not self.running or time.monotonic() > end:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise AssertionError(f"{what}: not ready within {timeout_s:g} s (exit code {self.returncode}); log ends:\n{tail}")
            time.sleep(0.05)
