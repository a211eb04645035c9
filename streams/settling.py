"""Settling batches, whatever the stage: each message is worked on or put aside before its batch is acknowledged; outages are waited out."""

from __future__ import annotations

import gc
import random
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog
from pydantic import ValidationError

from streams.deadletter import Incoming
from supplywatch import metrics
from supplywatch.errors import BrokerAway, Refuse, Retry

log = structlog.get_logger(__name__)

T = TypeVar("T")
R = TypeVar("R")
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
ERRORS_IN_A_ROW = 25


class PutsAside(Protocol):
    """Where messages go that nobody can use."""

    def put(self, message: Incoming, reason: str, detail: str) -> None:
        """Put one message aside; returns when it is there."""
        ...


class Stopped(Exception):
    """The process is asked to stop while something is away: what is in hand stays unacknowledged."""


@dataclass(frozen=True)
class Valid(Generic[T]):
    """A message that the stage can work on."""

    message: Incoming
    content: T
    body: str


class Settler(ABC, Generic[T]):
    """Settles batches of one stage: reads, works, puts poison aside, waits out outages.

    Parameters
    ----------
    dead_letters
        Where poison goes.
    report
        Told ``(part, problem)`` when the ledger or the broker goes away (and ``None`` when it is back).
    stop
        Set when the process shall end; an outage is then no longer waited out.
    """

    stage: str
    doing: str
    """What the stage does with a message, as a past participle for error messages."""

    def __init__(self, dead_letters: PutsAside, report: Callable[[str, str | None], None], stop: threading.Event | None = None) -> None:
        self._dead_letters, self._report = dead_letters, report
        self._stop = stop or threading.Event()
        self._errors_in_a_row = 0

    @abstractmethod
    def read(self, message: Incoming) -> T | None:
        """Return what a message says, ``None`` when it is not for this stage.

        Raises
        ------
        ValidationError
            The message is poison.
        """

    @abstractmethod
    def work(self, valid: Sequence[Valid[T]]) -> None:
        """Do the stage's work on messages; done once more for any of them, it changes nothing.

        Raises
        ------
        Retry
            Something is away; nothing may be acknowledged, call again.
        """

    def settle(self, batch: Sequence[Incoming]) -> None:
        """Return when every message is worked on or put aside: then, and only then, it may be acknowledged.

        Raises
        ------
        Stopped
            Nothing of the batch may be acknowledged.
        Refuse
            Nothing can be done until a person changes something.
        """
        start = time.monotonic()
        gc.disable()  # a batch makes many small objects without cycles: the collector would walk them again and again
        try:
            self._settle(batch)
        finally:
            gc.enable()
        metrics.BATCH_SECONDS.labels(self.stage).observe(time.monotonic() - start)
        metrics.BATCH_RECORDS.labels(self.stage).observe(len(batch))

    def _settle(self, batch: Sequence[Incoming]) -> None:
        valid = []
        for message in batch:
            try:
                content = self.read(message)
            except ValidationError as error:
                self._put_aside(message, "invalid", _first_complaints(error))
            else:
                if content is not None:
                    valid.append(Valid(message, content, (message.value or b"").decode()))
        if valid:
            self._work(valid)

    def _work(self, valid: Sequence[Valid[T]]) -> None:
        """Work together; when that fails, halve until the offending message stands alone."""
        try:
            self._patiently(lambda: self.work(valid))
        except (Refuse, Stopped):
            raise
        except Exception as error:
            if len(valid) == 1:
                message = valid[0].message
                log.exception("engine error", stage=self.stage, topic=message.topic, offset=message.offset)
                self._count_error(error)
                self._put_aside(message, "engine_error", "".join(traceback.format_exception(error)[-3:]))
                return
            half = len(valid) // 2
            self._work(valid[:half])
            self._work(valid[half:])
        else:
            self._errors_in_a_row = 0

    def _count_error(self, error: Exception) -> None:
        # One bad record is put aside; when record after record fails, the records are not what is wrong.
        self._errors_in_a_row += 1
        if self._errors_in_a_row >= ERRORS_IN_A_ROW:
            said = f"{self._errors_in_a_row} records in a row could not be {self.doing}, the last with {error!r}; mend that, then restart"
            raise Refuse(said)

    def _put_aside(self, message: Incoming, reason: str, detail: str) -> None:
        log.warning("dead letter", reason=reason, topic=message.topic, partition=message.partition, offset=message.offset, detail=detail)
        self._patiently(lambda: self._dead_letters.put(message, reason, detail))

    def _patiently(self, call: Callable[[], R]) -> R:
        pause = FIRST_PAUSE_S
        away: set[str] = set()
        while True:
            try:
                result = call()
            except Retry as error:
                what = "broker" if isinstance(error, BrokerAway) else "ledger"
                away.add(what)
                metrics.RETRIES.labels(self.stage, what).inc()
                self._report(what, str(error))
                log.warning("waiting", what=what, detail=str(error))
                if self._stop.wait(pause * random.uniform(0.5, 1.0)):
                    raise Stopped from error
                pause = min(pause * 2, LONGEST_PAUSE_S)
            else:
                for what in away:
                    self._report(what, None)
                return result


def _first_complaints(error: ValidationError) -> str:
    lines = [f"{'.'.join(map(str, e['loc'])) or 'message'}: {e['msg']}" for e in error.errors(include_url=False, include_input=False)[:5]]
    more = error.error_count() - len(lines)
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")
