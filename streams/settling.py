"""Settling batches, whatever the stage: each message is worked on or put aside before its batch is acknowledged; outages are waited out.

What fails is put aside when the whole batch was tried: when too much of it fails (:mod:`streams.ceiling`) nothing is, and the stage stops.
"""

from __future__ import annotations

import gc
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import ValidationError

from streams.ceiling import FILE, Ceiling, load_limits
from streams.deadletter import Incoming
from supplywatch import metrics
from supplywatch.errors import BrokerAway, Refuse, Retry
from supplywatch.runtime.logs import get_logger
from supplywatch.runtime.patience import Pauses
from supplywatch.secrecy import masked

log = get_logger(__name__)

T = TypeVar("T")
R = TypeVar("R")
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
FIRST_LOOK_S, LONGEST_LOOK_S = 5.0, 300.0
"""How soon a stopped stage tries again: what a person mends beside it (a table, a file) is then seen without a restart."""


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


@dataclass(frozen=True)
class Failure:
    """A message that nobody can use, and why."""

    message: Incoming
    reason: str
    detail: str


class Unusable(Exception):
    """Some messages turn out to be poison where they are worked on; nothing was done with the others.

    Parameters
    ----------
    complaints
        What is wrong with each, by its number among the messages given.
    """

    def __init__(self, complaints: Mapping[int, str]) -> None:
        super().__init__(complaints)
        self.complaints = complaints


class _Enough(Exception):
    """So much of a batch fails that the rest need not be tried."""


class Settler(ABC, Generic[T]):
    """Settles batches of one stage: reads, works, puts poison aside, waits out outages, stops when too much is poison.

    Parameters
    ----------
    dead_letters
        Where poison goes.
    report
        Told ``(part, problem)`` when the ledger or the broker goes away or the stage stops (and ``None`` when that is over).
    stop
        Set when the process shall end; an outage is then no longer waited out.
    """

    stage: str
    doing: str
    """What the stage does with a message, as a past participle for error messages."""

    def __init__(self, dead_letters: PutsAside, report: Callable[[str, str | None], None], stop: threading.Event | None = None) -> None:
        self._dead_letters, self._report = dead_letters, report
        self._stop = stop or threading.Event()
        self._ceiling = Ceiling(load_limits())
        self._held = False

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
        Unusable
            Some of them are poison.
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
        looks = Pauses(FIRST_LOOK_S, LONGEST_LOOK_S)
        while True:
            start = time.monotonic()
            gc.disable()  # a batch makes many small objects without cycles: the collector would walk them again and again
            try:
                failures, reached = self._try(batch)
            finally:
                gc.enable()
            if reached is None:
                break
            self._hold(reached, failures[max(failures)])
            if looks.wait(self._stop):
                raise Stopped
        if self._held:
            self._go_on()
        for failure in failures.values():
            self._put_aside(failure)
        self._ceiling.note(_failed(batch, failures))
        metrics.BATCH_SECONDS.labels(self.stage).observe(time.monotonic() - start)
        metrics.BATCH_RECORDS.labels(self.stage).observe(len(batch))

    def _try(self, batch: Sequence[Incoming]) -> tuple[dict[int, Failure], str | None]:
        """Work on a batch; returns what failed, by its number in the batch, and the limit that this reaches."""
        failures: dict[int, Failure] = {}
        valid: list[tuple[int, Valid[T]]] = []
        for number, message in enumerate(batch):
            if (why := message.undecodable) is not None:
                failures[number] = Failure(message, "undecodable", why)
                continue
            try:
                content = self.read(message)
            except ValidationError as error:
                failures[number] = Failure(message, "invalid", first_complaints(error))
            else:
                if content is not None:
                    valid.append((number, Valid(message, content)))
        try:
            if valid:
                self._work(batch, valid, failures)
        except _Enough as enough:
            return failures, str(enough)
        return failures, self._ceiling.reached(_failed(batch, failures))

    def _work(self, batch: Sequence[Incoming], valid: Sequence[tuple[int, Valid[T]]], failures: dict[int, Failure]) -> None:
        """Work together; when that fails, halve until the offending message stands alone."""
        try:
            self._patiently(lambda: self.work([item for _, item in valid]))
        except (Refuse, Stopped):
            raise
        except Unusable as unusable:
            for place, detail in unusable.complaints.items():
                failures[valid[place][0]] = Failure(valid[place][1].message, "invalid", detail)
            if rest := [item for place, item in enumerate(valid) if place not in unusable.complaints]:
                self._work(batch, rest, failures)
        except Exception as error:
            if len(valid) > 1:
                half = len(valid) // 2
                self._work(batch, valid[:half], failures)
                self._work(batch, valid[half:], failures)
                return
            number, message = valid[0][0], valid[0][1].message
            if not self._held:
                log.exception("engine error", stage=self.stage, topic=message.topic, offset=message.offset)
            failures[number] = Failure(message, "engine_error", masked("".join(traceback.format_exception(error)[-3:])))
            if (reached := self._ceiling.reached(_failed(batch[: number + 1], failures))) is not None:
                raise _Enough(reached) from error

    def _hold(self, reached: str, last: Failure) -> None:
        at = f"{last.message.topic}/{last.message.partition}/{last.message.offset}"
        why = last.detail.strip().splitlines()[-1]
        said = (
            f"{reached} could not be {self.doing}, the last {at}: {why}. Nothing more is taken or put aside: mend that and restart; "
            f"if they are to be put aside, raise the limit in config/{FILE} first"
        )
        if not self._held:
            log.error("stage stopped", stage=self.stage, reason=said)
        self._held = True
        metrics.STOPPED.labels(self.stage).set(1)
        self._report("dead_letters", said)

    def _go_on(self) -> None:
        log.warning("stage goes on", stage=self.stage)
        self._held = False
        metrics.STOPPED.labels(self.stage).set(0)
        self._report("dead_letters", None)

    def _put_aside(self, failure: Failure) -> None:
        at, reason, detail = failure.message, failure.reason, failure.detail
        log.warning("dead letter", reason=reason, topic=at.topic, partition=at.partition, offset=at.offset, detail=detail)
        self._patiently(lambda: self._dead_letters.put(at, reason, detail))

    def _patiently(self, call: Callable[[], R]) -> R:
        pauses = Pauses(FIRST_PAUSE_S, LONGEST_PAUSE_S, jitter=0.5)
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
                if pauses.wait(self._stop):
                    raise Stopped from error
            else:
                for what in away:
                    self._report(what, None)
                return result


def _failed(batch: Sequence[Incoming], failures: Mapping[int, Failure]) -> list[bool]:
    """Return what the ceiling counts: whether each message failed, but for those that a person sent again."""
    return [number in failures for number, message in enumerate(batch) if not message.replayed]


def first_complaints(error: ValidationError) -> str:
    """Return what is wrong with a message, the first five faults."""
    lines = [f"{'.'.join(map(str, e['loc'])) or 'message'}: {e['msg']}" for e in error.errors(include_url=False, include_input=False)[:5]]
    more = error.error_count() - len(lines)
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")
