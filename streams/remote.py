"""The engine in a process of its own: in one interpreter Faust's loop and judging take turns, and a message costs the sum of the two.

The worker reads, puts poison aside, waits out outages and acknowledges as before; only ``judge`` is done elsewhere, on the JSON of the
records. The process ends when its worker does, however that ends: nobody holds the other end of its pipe then. When it is the judging
process that ends, nothing of the batch in hand is acknowledged and the worker ends too, to be started again.
"""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import TypeVar

from streams.judging import Judges, judge_bodies
from streams.settling import Stopped, Unusable
from supplywatch.errors import SupplywatchError
from supplywatch.judging.engine import Verdict
from supplywatch.ledger.book import Ledger
from supplywatch.runtime.garbage import look_seldom
from supplywatch.runtime.logs import configure_logs, get_logger
from supplywatch.settings import Settings

log = get_logger(__name__)

T = TypeVar("T")


class RemoteEngine:
    """Judges in a process of its own, started at once.

    Parameters
    ----------
    make_engine
        ``ledger -> engine``; a function of a module, for the process imports it.
    settings
        Say where the ledger is, and how to log.
    """

    def __init__(self, make_engine: Callable[[Ledger], Judges], settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, make_engine, settings), name="judge", daemon=True)
        self._process.start()
        theirs.close()
        atexit.register(self._pipe.close)  # else Python waits at its end for a process that waits for it

    def judge(self, bodies: Sequence[bytes]) -> Verdict:
        """Judge the JSON of records in one transaction.

        Raises
        ------
        Unusable
            Some are no records.
        Stopped
            The process ended; nothing of the batch may be acknowledged.
        Exception
            What the engine raised, as if it were here.
        """
        try:
            self._pipe.send(bodies)
            answer: tuple[Verdict | None, Exception | None] = self._pipe.recv()
        except (EOFError, OSError) as gone:
            self._process.join(1)
            log.error("the judging process ended", code=self._process.exitcode)
            raise Stopped from gone
        verdict, error = answer
        if error is not None:
            raise error
        assert verdict is not None
        return verdict


def _serve(pipe: Connection, make_engine: Callable[[Ledger], Judges], settings: Settings) -> None:
    """Judge what comes through the pipe until its other end is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a terminal tells the whole group; the worker decides when the last batch is done
    configure_logs(settings.log_json)
    look_seldom()
    engine: Judges | None = None

    def ready() -> Judges:
        nonlocal engine
        if engine is None:
            engine = make_engine(Ledger.open(settings.ledger))
        return engine

    def judged(bodies: Sequence[bytes]) -> Verdict:
        return _judge(ready(), bodies)

    _tried(ready)  # before the first batch comes; what is wrong is said when it has come, and tried again with the next
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_tried(partial(judged, pipe.recv())))
    os._exit(0)  # taking the modules apart lasts seconds, and what was judged is committed


def _judge(engine: Judges, bodies: Sequence[bytes]) -> Verdict:
    gc.disable()  # as while a batch is settled
    try:
        return judge_bodies(engine, bodies)
    finally:
        gc.enable()


def _tried(call: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """Return what a call returns, or what it raises, in a form that goes through a pipe."""
    try:
        return call(), None
    except (SupplywatchError, Unusable) as error:
        return None, error
    except Exception as error:
        # The outer loop of this process: what a defect in a rule means for the record is for the worker to say.
        log.exception("defect")
        error.add_note("".join(traceback.format_exception(error)[-3:]))
        try:
            pickle.loads(pickle.dumps(error))
        except (pickle.PickleError, TypeError, ValueError, AttributeError):
            return None, RuntimeError(f"{type(error).__name__}: {error}")
        return None, error
