"""Holding alerts whose figures stay away: silence never resolves, and it is told once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from supplywatch.judging.episode import Judged, hold
from supplywatch.judging.fold import Fold, stored_fold
from supplywatch.ledger import book
from supplywatch.model.alert import AlertEvent, Finding
from supplywatch.model.periods import left_behind
from supplywatch.model.records import SourceReport, SourceStatus
from supplywatch.model.rule import Rule

HOLDING = (SourceStatus.QUARANTINED, SourceStatus.OVERDUE)
Folds = dict[book.Key, Fold]


class Holding:
    """Holds running episodes.

    Parameters
    ----------
    connection
        The transaction in which it happens.
    rules
        As the engine has them.
    folds
        What is being judged; states that are touched are added.
    """

    def __init__(self, connection: Connection, rules: Mapping[str, Rule[Any]], folds: Folds) -> None:
        self._connection, self._rules, self._folds = connection, rules, folds

    def of_source(self, report: SourceReport) -> list[AlertEvent]:
        """Hold every running episode that a silent source feeds."""
        events = []
        for row in book.open_states(self._connection, report.provenance.source):
            events += self._one(row, f"no fresh figures: {report.detail}", report.fetched)
        return events

    def left_behind(self, now: datetime) -> list[AlertEvent]:
        """Hold the running episodes whose figures stay away while their source goes on: a code that was retired, a line left out."""
        newest, events = book.newest_judged(self._connection), list[AlertEvent]()
        for row in book.open_states(self._connection):
            last, others = row.last_observed, newest.get((row.source, len(row.last_observed)), "")
            if left_behind(last, others):
                events += self._one(row, f"no figures after {last}, while {row.source} has come to {others}", now)
        return events

    def _one(self, row: Any, reason: str, now: datetime) -> list[AlertEvent]:
        rule = self._rules.get(row.rule)
        if rule is None or not all(t.revisable for t in rule.records):
            return []
        last = book.last_event(self._connection, row.alert_id)
        fold = self._folds.setdefault((row.rule, row.subject), stored_fold(rule, last.subject, row))
        if fold.memory.episode is None or fold.memory.episode.held or fold.known_at >= now:
            return []
        told = last.model_dump(include={"clears_when", "axes", "evidence", "measures", "taxonomy"})
        finding, fold.changed = Finding(status="unknown", reason=reason, **told), True
        return hold(fold.memory.episode, Judged(rule.card, fold.subject, finding, fold.last_observed, now))
