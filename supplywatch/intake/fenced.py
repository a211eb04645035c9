"""``python -m supplywatch.intake.fenced``: the other side of the fence, a forkserver with the connectors loaded.

It forks a process for each job. That one sets its own limits, which the kernel keeps also while C code runs, before it looks at anything
that a publisher has sent.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

import httpx

from supplywatch.errors import BadRequest, BadSetting, Quarantine, SourceAway
from supplywatch.intake import fencing
from supplywatch.intake.archive import Archive
from supplywatch.intake.fencing import Message
from supplywatch.intake.fetch import Fetcher, Limits
from supplywatch.intake.guards import PARSER_DEFECTS, unforeseen
from supplywatch.ledger.sources import Validator
from supplywatch.model.source import Source
from supplywatch.runtime.garbage import look_seldom
from supplywatch.runtime.logs import configure_logs, get_logger
from supplywatch.secrecy import learn

log = get_logger(__name__)

_PR_SET_PDEATHSIG = 1


def serve(control: socket.socket, sources: Mapping[str, Source]) -> None:
    """Fork a process for every job, until nobody holds the other end any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the jobs: their pipes tell how they end
    server = os.getpid()
    while True:
        byte, fds, _, _ = socket.recv_fds(control, 1, 2)
        if not byte:
            return
        if os.fork() == 0:
            control.close()
            _job(server, socket.socket(fileno=fds[0]), os.fdopen(fds[1], "r+b"), sources)
        for fd in fds:
            os.close(fd)


def _job(server: int, pipe: socket.socket, spool: IO[bytes], sources: Mapping[str, Source]) -> None:
    """Do one job and end, whatever happens."""
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != server:
                return
        with pipe.makefile("rwb") as stream:
            job = json.loads(stream.readline())
            _limit(job)
            stream.write(_line({"pid": os.getpid()}))
            stream.flush()
            for line in _answered(job, spool, sources[job["source"]]):
                stream.write(line)
            stream.flush()
    except OSError:
        pass  # nobody waits for the answer any more
    except Exception:
        # The outer loop of this process: what no connector should raise is told here, and as a process that broke down there.
        log.exception("defect")
    finally:
        os._exit(0)


def _limit(job: Message) -> None:
    """Have the kernel end this process when it is over its limits; nothing in it can hold that up."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, float(job["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_bytes"],) * 2)
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + job["memory_bytes"],) * 2)


def _answered(job: Message, spool: IO[bytes], source: Source) -> Iterator[bytes]:
    """Yield the lines of the answer; the last one says that it is whole, or why it is not."""
    try:
        yield from {"parse": _parsed, "fetch": _fetched}[job["job"]](job, spool, source)
    except MemoryError:
        yield _line({"error": "memory", "message": "memory"})
    except Quarantine as error:
        yield _line({"error": "quarantine", "reason": error.reason, "message": str(error)})
    except SourceAway as error:
        yield _line({"error": "away", "message": str(error), "retry_after_s": error.retry_after_s})
    except (BadSetting, BadRequest) as error:
        yield _line({"error": "setting" if isinstance(error, BadSetting) else "request", "message": str(error)})
    except PARSER_DEFECTS as error:
        yield _line({"error": "defect", "message": "".join(traceback.format_exception(error)[-2:])})
    else:
        yield _line({"done": True})


def _parsed(job: Message, spool: IO[bytes], source: Source) -> Iterator[bytes]:
    spool.seek(0)
    try:
        for one in source.parse(fencing.payload(job["payload"], spool)):
            yield fencing.item_line(one)
    except PARSER_DEFECTS as error:
        raise unforeseen(source, error) from error


def _fetched(job: Message, spool: IO[bytes], source: Source) -> Iterator[bytes]:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(seconds)

    marks = {address: Validator.model_validate(mark) for address, mark in job["marks"].items()}
    with httpx.Client() as client:
        stored = Archive(Path(job["archive"])).find
        learn([job["secret"]])
        fetcher = Fetcher(client, stored, lambda _name: job["secret"], Limits(**job["limits"]), sleep=pause)
        try:
            got = fetcher.fetch(source, fencing.cursor(job["cursor"]), marks)
        finally:
            yield _line({"asked_again": len(pauses)})
    for part in got.payload.parts:
        spool.write(part.body)
    spool.flush()
    yield _line(fencing.fetched_json(got))


def _line(said: Message) -> bytes:
    return json.dumps(said).encode() + b"\n"


def main(control: int, where: str, log_json: bool) -> None:
    """Load the sources and serve."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a terminal tells the whole group; the connector decides when this ends
    configure_logs(log_json)
    module, _, name = where.partition(":")
    find: Callable[[], Mapping[str, Source]] = getattr(importlib.import_module(module), name)
    found = find()
    look_seldom()
    gc.freeze()  # forked processes share what is loaded as long as nobody writes to it, and the collector writes
    serve(socket.socket(fileno=control), found)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3] == "1")
