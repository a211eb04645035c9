"""What publishers send is fetched and read in a process that can be ended: in time, in memory, in bytes, and by a crash.

A forkserver of our own stands by with the connectors loaded, so that a job costs milliseconds and not the 0.6 s of imports. It is
started with a bare environment; a job's process holds no secret but the key of its own source. What comes back are lines of JSON that
are validated again here: nothing a publisher can make of the reading process is run in this one.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from supplywatch import metrics
from supplywatch.errors import ArchiveAway, BadRequest, BadSetting, Ended, Quarantine, Retry, SourceAway
from supplywatch.intake import fencing
from supplywatch.intake.fencing import Message
from supplywatch.intake.fetch import Fetched, Limits
from supplywatch.ledger.sources import Validator
from supplywatch.model.source import Cursor, Payload, Source

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "SUPPLYWATCH_CONFIG_DIR")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_GRACE_S = 2.0
_START_S = 120.0
"""The longest until a job begins: the forkserver may have to load its modules first, on a busy machine."""
_CHUNK_BYTES = 1024 * 1024
_ANSWER_BYTES = 4 * 1024**3
_CHILD_KILLS_ITSELF = "its process was ended from outside, or broke down over what it read"


@dataclass
class Fence:
    """Runs jobs in processes that can be ended.

    Parameters
    ----------
    folder
        Where payloads lie while they go from one process to the other: files without a name, gone with the processes.
    archive
        The archive's folder: what "not modified" stands for is looked up there.
    sources
        Where the other process finds the sources, as ``module:function``.
    environment
        What the processes get beyond the bare environment.
    """

    folder: Path
    archive: Path
    sources: str = "supplywatch.registry:sources"
    log_json: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    _server: subprocess.Popen[bytes] | None = None
    _control: socket.socket | None = None
    _closed: bool = False
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """End the forkserver; the jobs in hand end with it."""
        with self._starting:
            self._closed = True
            self._stop()

    def around(self, source: Source) -> Source:
        """Return a source that is read behind the fence; all else of it is as it was."""
        return replace(source, parse=lambda payload: self.parse(source, payload), remarks=lambda _payload: ())

    def parse(self, source: Source, payload: Payload) -> Iterator[Any]:
        """Yield what a connector reads in a payload.

        Raises
        ------
        Quarantine
            As the connector does.
        Ended
            The process was over a limit or crashed.
        """
        need = source.card.need
        with self._spool() as spool:
            try:
                for part in payload.parts:
                    spool.write(part.body)
                spool.flush()
            except OSError as error:
                raise ArchiveAway(f"{self.folder}: a payload cannot be handed on ({error.strerror}); make room on the disk") from error
            job = {"job": "parse", "payload": fencing.payload_json(payload)}
            for message in self._run(source, job, spool, need.read_s, "reading"):
                yield fencing.item(message)

    def fetch(self, source: Source, cursor: Cursor, marks: Mapping[str, Validator], secret: str | None, limits: Limits) -> Fetched:
        """Ask a publisher once, as :meth:`supplywatch.intake.fetch.Fetcher.fetch` does.

        Raises
        ------
        Ended
            The process was over a limit or crashed.
        """
        job = {
            "job": "fetch",
            "cursor": fencing.cursor_json(cursor),
            "marks": {address: mark.model_dump(mode="json") for address, mark in marks.items()},
            "archive": str(self.archive),
            "secret": secret,
            "limits": vars(limits),
        }
        with self._spool() as spool:
            for message in self._run(source, job, spool, limits.poll_s, "fetching"):
                spool.seek(0)
                return fencing.fetched(message, spool)
        raise Ended(f"{source.card.source_id}: fetching ended without an answer")

    def _run(self, source: Source, job: Message, spool: IO[bytes], limit_s: float, what: str) -> Iterator[Message]:
        """Yield the messages of a job before its last one; raise what the last one says."""
        name, memory = source.card.source_id, fencing.memory_bytes(source.card)
        job = {**job, "source": name, "seconds": limit_s, "memory_bytes": memory, "file_bytes": 9 * source.card.max_bytes}
        pipe = self._begin(job, spool)
        until = _Until(time.monotonic() + _START_S)
        started = time.monotonic()
        pid: int | None = None
        try:
            for message in _messages(pipe, until):
                if "pid" in message:
                    pid, started = int(message["pid"]), time.monotonic()
                    until.moment = started + limit_s + _GRACE_S
                elif "asked_again" in message:
                    metrics.RETRIES.labels("connect", name).inc(int(message["asked_again"]))
                elif "error" in message:
                    pid = None
                    raise _raised(name, message, what, memory)
                elif "done" in message:
                    pid = None
                    return
                elif "gone" in message:
                    pid = None  # the number may be another process's by now
                else:
                    yield message
            raise self._ended(name, what, limit_s, time.monotonic() - started)
        finally:
            if pid is not None:
                # It ends itself by the kernel's alarm, which it could have switched off.
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            pipe.close()

    def _ended(self, name: str, what: str, limit_s: float, took_s: float) -> Exception:
        if self._closed:
            return Retry(f"{name}: {what} was ended because the process ends")
        if took_s >= limit_s - 0.05:
            return Ended(f"{name}: {what} was ended after {limit_s:g} s, its limit of time; {_ADVICE}")
        return Ended(f"{name}: {what} stopped after {took_s:.1f} s: {_CHILD_KILLS_ITSELF}; {_ADVICE}")

    def _begin(self, job: Message, spool: IO[bytes]) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            for attempt in range(2):
                try:
                    with self._starting:
                        socket.send_fds(self._ready(), [b"j"], [theirs.fileno(), spool.fileno()])
                    break
                except OSError:
                    # The forkserver was killed: the next one is as good.
                    with self._starting:
                        self._stop()
                    if attempt:
                        raise
        ours.settimeout(_GRACE_S + 30)
        with suppress(OSError):  # who is gone already is noticed by what does not come
            ours.sendall(json.dumps(job).encode() + b"\n")
        return ours

    def _ready(self) -> socket.socket:
        if self._closed:
            raise Retry("the process ends")
        if self._control is None or self._server is None or self._server.poll() is not None:
            self._stop()
            ours, theirs = socket.socketpair()
            command = [sys.executable, "-m", "supplywatch.intake.fenced", str(theirs.fileno()), self.sources, str(int(self.log_json))]
            with theirs:
                self._server = subprocess.Popen(command, env=self._environment(), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
            self._control = ours
        return self._control

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.lower() in _PROXIES}
        return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)} | dict(self.environment)

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._control = self._server = None

    def _spool(self) -> IO[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self.folder)


_ADVICE = "the last good state stands and it is tried again; if the file has grown for good, raise need on the source's card"


@dataclass(frozen=True)
class FencedFetcher:
    """Fetches behind the fence; to a runner it is a :class:`~supplywatch.intake.fetch.Fetcher`."""

    fence: Fence
    secret: Callable[[str], str | None]
    limits: Limits = field(default_factory=Limits)

    def fetch(self, source: Source, cursor: Cursor, validators: Mapping[str, Validator] | None = None) -> Fetched:
        """Ask a publisher once, all pages included."""
        setting = source.card.secret_setting
        return self.fence.fetch(source, cursor, validators or {}, None if setting is None else self.secret(setting), self.limits)


@dataclass
class _Until:
    """The moment until which an answer is waited for: a job's own time begins when its process does."""

    moment: float


def _messages(pipe: socket.socket, until: _Until) -> Iterator[Message]:
    """Yield the lines that come before a moment, parsed; stop at the end of the pipe, at the moment, or when it is too much."""
    waiting, total = bytearray(), 0
    while (left := until.moment - time.monotonic()) > 0 and total < _ANSWER_BYTES:
        pipe.settimeout(left)
        try:
            came = pipe.recv(_CHUNK_BYTES)
        except OSError:
            return
        if not came:
            yield {"gone": True}
            return
        total += len(came)
        *lines, rest = (bytes(waiting) + came).split(b"\n") if b"\n" in came else [bytes(waiting) + came]
        waiting = bytearray(rest)
        for line in lines:
            yield fencing.message(line)


def _raised(name: str, said: Message, what: str, memory: int) -> Exception:
    kind, text = said["error"], str(said["message"])
    if kind == "memory":
        return Ended(f"{name}: {what} was ended at {memory // 1024**2} MiB, its limit of memory; {_ADVICE}")
    if kind == "quarantine":
        return Quarantine(str(said["reason"]), text)
    if kind == "away":
        wait = said.get("retry_after_s")
        return SourceAway(text, None if wait is None else float(wait))
    refusals: dict[str, type[Exception]] = {"setting": BadSetting, "request": BadRequest}
    return refusals.get(str(kind), RuntimeError)(text)
