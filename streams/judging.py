"""The body of every agent, without Faust: a batch of raw messages is settled, each judged or put aside, before it returns."""

from __future__ import annotations

import gc
import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog
from pydantic import ValidationError

from streams.deadletter import STAGE, Incoming
from supplywatch import metrics
from supplywatch.engine import RECORD, Verdict
from supplywatch.errors import Refuse, Retry
from supplywatch.records import Record

log = structlog.get_logger(__name__)

T = TypeVar("T")
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
ENGINE_ERRORS_IN_A_ROW = 25


class Judges(Protocol):
    """What the agents need of the engine."""

    def judge(self, records: Sequence[Record], bodies: Sequence[str] | None = None) -> Verdict:
        """Judge a batch in one transaction."""
        ...


class PutsAside(Protocol):
    """Where messages go that nobody can use."""

    def put(self, message: Incoming, reason: str, detail: str) -> None:
        """Put one message aside; returns when it is there."""
        ...


class Stopped(Exception):
    """The process is asked to stop while something is away: what is in hand stays unacknowledged."""


@dataclass(frozen=True)
class Valid:
    """A message that is a record."""

    message: Incoming
    record: Record
    body: str


class Judge:
    """Settles batches: validates, judges in one transaction, puts poison aside, waits out outages.

    Parameters
    ----------
    engine, dead_letters
        Where records and poison go.
    report
        Told ``(part, problem)`` when the ledger or the broker goes away (and ``None`` when it is back).
    stop
        Set when the process shall end; an outage is then no longer waited out.
    """

    def __init__(
        self, engine: Judges, dead_letters: PutsAside, report: Callable[[str, str | None], None], stop: threading.Event | None = None
    ) -> None:
        self._engine, self._dead_letters, self._report = engine, dead_letters, report
        self._stop = stop or threading.Event()
        self._errors_in_a_row = 0

    def settle(self, batch: Sequence[Incoming]) -> None:
        """Return when every message is judged or put aside: then, and only then, it may be acknowledged.

        Raises
        ------
        Stopped
            Nothing of the batch may be acknowledged.
        Refuse
            Nothing can be judged until a person changes something.
        """
        start = time.monotonic()
        gc.disable()  # a batch makes many small objects without cycles: the collector would walk them again and again
        try:
            self._settle(batch)
        finally:
            gc.enable()
        metrics.BATCH_SECONDS.observe(time.monotonic() - start)
        metrics.BATCH_RECORDS.observe(len(batch))

    def _settle(self, batch: Sequence[Incoming]) -> None:
        valid = []
        for message in batch:
            try:
                record: Record = RECORD.validate_json(message.value or b"")
                valid.append(Valid(message, record, (message.value or b"").decode()))
            except ValidationError as error:
                self._put_aside(message, "invalid", _first_complaints(error))
        if valid:
            self._judge(valid)

    def _judge(self, valid: Sequence[Valid]) -> None:
        """Judge together; when the engine fails on it, halve until the offending message stands alone."""
        try:
            verdict = self._patiently("ledger", lambda: self._engine.judge([v.record for v in valid], [v.body for v in valid]))
        except (Refuse, Stopped):
            raise
        except Exception as error:
            if len(valid) == 1:
                log.exception("engine error", topic=valid[0].message.topic, offset=valid[0].message.offset, series=valid[0].record.series)
                self._count_error(error)
                self._put_aside(valid[0].message, "engine_error", "".join(traceback.format_exception(error)[-3:]))
                return
            half = len(valid) // 2
            self._judge(valid[:half])
            self._judge(valid[half:])
        else:
            self._errors_in_a_row = 0
            _measure(valid, verdict)

    def _count_error(self, error: Exception) -> None:
        # One bad record is put aside; when record after record fails, the records are not what is wrong.
        self._errors_in_a_row += 1
        if self._errors_in_a_row >= ENGINE_ERRORS_IN_A_ROW:
            raise Refuse(f"{self._errors_in_a_row} records in a row could not be judged, the last with {error!r}; mend that, then restart")

    def _put_aside(self, message: Incoming, reason: str, detail: str) -> None:
        log.warning("dead letter", reason=reason, topic=message.topic, partition=message.partition, offset=message.offset, detail=detail)
        self._patiently("broker", lambda: self._dead_letters.put(message, reason, detail))

    def _patiently(self, what: str, call: Callable[[], T]) -> T:
        pause = FIRST_PAUSE_S
        while True:
            try:
                result = call()
            except Retry as error:
                metrics.RETRIES.labels(STAGE, what).inc()
                self._report(what, str(error))
                log.warning("waiting", what=what, detail=str(error))
                if self._stop.wait(pause * random.uniform(0.5, 1.0)):
                    raise Stopped from error
                pause = min(pause * 2, LONGEST_PAUSE_S)
            else:
                self._report(what, None)
                return result


def _first_complaints(error: ValidationError) -> str:
    lines = [f"{'.'.join(map(str, e['loc'])) or 'message'}: {e['msg']}" for e in error.errors(include_url=False, include_input=False)[:5]]
    more = error.error_count() - len(lines)
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")


def _measure(valid: Sequence[Valid], verdict: Verdict) -> None:
    now = time.time()
    for family, count in Counter(item.record.family for item in valid).items():
        metrics.JUDGED.labels(family).inc(count)
    for item in valid:
        metrics.JUDGE_LATENCY.observe(max(0.0, now - item.message.timestamp))
    for outcome in ("new", "revision", "duplicate", "stale"):
        metrics.OUTCOMES.labels(outcome).inc(getattr(verdict, outcome))
    for event in verdict.events:
        metrics.TRANSITIONS.labels(event.rule, event.transition.value, event.severity.value).inc()
