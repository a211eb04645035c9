"""What the workers do with records: judge them in one transaction."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import ValidationError

from streams.deadletter import Incoming
from streams.settling import PutsAside, Settler, Unusable, Valid, first_complaints
from streams.topics import JUDGE, family_of
from supplywatch import metrics
from supplywatch.judging.engine import Verdict
from supplywatch.judging.folding import RECORD
from supplywatch.model.records import Record


class Judges(Protocol):
    """What the agents need of the engine."""

    def judge(self, records: Sequence[Record], bodies: Sequence[str] | None = None) -> Verdict:
        """Judge a batch in one transaction."""
        ...


def judge_bodies(engine: Judges, bodies: Sequence[bytes]) -> Verdict:
    """Judge the JSON of records: the one place where a message of a topic becomes a record.

    Raises
    ------
    Unusable
        Some are no records; none was judged.
    """
    records, complaints = [], {}
    for number, body in enumerate(bodies):
        try:
            records.append(RECORD.validate_json(body))
        except ValidationError as error:
            complaints[number] = first_complaints(error)
    if complaints:
        raise Unusable(complaints)
    return engine.judge(records, [body.decode() for body in bodies])


class Judge(Settler[bytes]):
    """Settles batches of records.

    Parameters
    ----------
    judge
        Judges the JSON of records in one transaction, as :func:`judge_bodies` does; the others are those of :class:`Settler`.
    """

    stage, doing = JUDGE, "judged"

    def __init__(
        self,
        judge: Callable[[Sequence[bytes]], Verdict],
        dead_letters: PutsAside,
        report: Callable[[str, str | None], None],
        stop: threading.Event | None = None,
    ) -> None:
        super().__init__(dead_letters, report, stop)
        self._judge = judge

    def read(self, message: Incoming) -> bytes:
        """Return the JSON of a message; it is validated once, in the process that judges it."""
        return message.value or b""

    def work(self, valid: Sequence[Valid[bytes]]) -> None:
        """Judge records in one transaction."""
        verdict = self._judge([item.content for item in valid])
        now = time.time()
        for family, count in Counter(family_of(item.message.topic) for item in valid).items():
            metrics.JUDGED.labels(family).inc(count)
        for item in valid:
            metrics.JUDGE_LATENCY.observe(max(0.0, now - item.message.timestamp))
        for outcome in ("new", "revision", "duplicate", "stale"):
            metrics.OUTCOMES.labels(outcome).inc(getattr(verdict, outcome))
        for event in verdict.events:
            metrics.TRANSITIONS.labels(event.rule, event.transition.value, event.severity.value).inc()
