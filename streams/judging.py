"""What the workers do with records: judge them in one transaction."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from streams.deadletter import Incoming
from streams.settling import PutsAside, Settler, Valid
from streams.topics import JUDGE
from supplywatch import metrics
from supplywatch.judging.engine import RECORD, Verdict
from supplywatch.model.records import Record


class Judges(Protocol):
    """What the agents need of the engine."""

    def judge(self, records: Sequence[Record], bodies: Sequence[str] | None = None) -> Verdict:
        """Judge a batch in one transaction."""
        ...


class Judge(Settler[Record]):
    """Settles batches of records with the engine; the other parameters are those of :class:`Settler`."""

    stage, doing = JUDGE, "judged"

    def __init__(
        self, engine: Judges, dead_letters: PutsAside, report: Callable[[str, str | None], None], stop: threading.Event | None = None
    ) -> None:
        super().__init__(dead_letters, report, stop)
        self._engine = engine

    def read(self, message: Incoming) -> Record:
        """Return the record a message is."""
        record: Record = RECORD.validate_json(message.value or b"")
        return record

    def work(self, valid: Sequence[Valid[Record]]) -> None:
        """Judge records in one transaction."""
        verdict = self._engine.judge([item.content for item in valid], [item.body for item in valid])
        now = time.time()
        for family, count in Counter(item.content.family for item in valid).items():
            metrics.JUDGED.labels(family).inc(count)
        for item in valid:
            metrics.JUDGE_LATENCY.observe(max(0.0, now - item.message.timestamp))
        for outcome in ("new", "revision", "duplicate", "stale"):
            metrics.OUTCOMES.labels(outcome).inc(getattr(verdict, outcome))
        for event in verdict.events:
            metrics.TRANSITIONS.labels(event.rule, event.transition.value, event.severity.value).inc()
