"""A subject's history through its rule: one record at a time, or all of it anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Connection

from supplywatch.judging.episode import Judged, Memory
from supplywatch.judging.fold import Fold
from supplywatch.judging.grading import AsKnown
from supplywatch.ledger import book
from supplywatch.ledger.recent import recent_bodies
from supplywatch.model.alert import Axes, Finding, Subject
from supplywatch.model.items import Items
from supplywatch.model.records import AnyRecord, Record
from supplywatch.model.rule import FROM_THE_END, Context, Rule

RECORD: TypeAdapter[Any] = TypeAdapter(AnyRecord)
"""Validates a record of any family: ``RECORD.validate_json(bytes)``."""


class Folding:
    """Folds records into the states of rules; episodes are none of its business.

    Parameters
    ----------
    rules, items
        As the engine has them.
    params
        The parameters of every rule, by its id.
    """

    def __init__(self, rules: Mapping[str, Rule[Any]], items: Items, params: Mapping[str, BaseModel]) -> None:
        self._rules, self._items, self.params = rules, items, params

    def detect(self, fold: Fold, record: Record, related: Mapping[book.Key, Record]) -> Finding:
        """Let a rule judge one record, and keep its new state in the fold."""
        rule, memory = fold.rule, fold.memory
        wanted = rule.related(record, self._items)
        found = {key: related[key] for key in wanted if key in related}
        if rule.rests_on:
            memory.rests = sorted({series for series, _ in wanted})
        context = Context(self._items, found, fold.subject)
        state, finding = rule.detect(memory.detector, record, self.params[rule.card.rule_id], context)
        memory.detector = state
        if rule.axes_of is not None and finding.taxonomy and finding.status in ("raised", "clear") and finding.axes != Axes():
            said = finding.axes.model_dump(mode="json", exclude_none=True)
            memory.axes |= {name: axis | {"known_at": record.fetched.isoformat()} for name, axis in said.items()}
        return finding

    def related(
        self, connection: Connection, rule: Rule[Any], records: Sequence[Record], before: datetime | None = None
    ) -> dict[book.Key, Record]:
        """Return the records that a rule reads beside those it judges, as they were known (before an instant)."""
        keys = [key for record in records for key in rule.related(record, self._items)]
        if not keys:
            return {}
        from_the_end = [key for key in keys if key[1] in FROM_THE_END]
        bodies = book.latest_bodies(connection, [key for key in keys if key[1] not in FROM_THE_END], before)
        if from_the_end:
            bodies |= recent_bodies(connection, from_the_end, before)
        return {key: RECORD.validate_json(body) for key, body in bodies.items()}

    def refold(self, connection: Connection, fold: Fold) -> tuple[Finding, list[tuple[str, str]]]:
        """Compute detector state and status of a subject anew from the stored history; the episode is left alone.

        Returns the last finding, and the (first, last) periods over which the history is raised.
        """
        memory, rule = fold.memory, fold.rule
        revisable = all(t.revisable for t in rule.records)
        bodies = book.history(connection, memory.series, fold.last_observed) if revisable else book.arrivals(connection, memory.series)
        records = [RECORD.validate_json(body) for body in bodies]
        related = self.related(connection, rule, records)
        memory.detector, memory.status, memory.axes, fold.version = None, None, {}, rule.card.version
        finding = Finding(status="unknown")
        raised: list[tuple[str, str]] = []
        for index, record in enumerate(records):
            finding = self.detect(fold, record, related)
            if finding.status == "raised":
                first = raised.pop()[0] if memory.status == "raised" else record.observed
                raised.append((first, record.observed))
            if finding.status in ("raised", "clear"):
                memory.status = finding.status
            if rule.rebase is not None and memory.detector is not None and record.observed in memory.rebased:
                memory.detector = rule.rebase(memory.detector, records[: index + 1], self.params[rule.card.rule_id])
                memory.status = "clear"
        return finding, raised

    def judge_again(self, fold: Fold, related: Mapping[book.Key, Record]) -> Judged:
        """Let a rule judge a subject's last record once more, since what it rests on was renewed at ``fold.renewed``.

        The state's clock stays: no record of the subject itself has come.
        """
        assert fold.renewed is not None, "nothing was renewed"
        assert fold.last is not None, "see mark_renewed"
        finding = self.detect(fold, fold.last, related)
        fold.changed = True
        return Judged(fold.rule.card, fold.subject, finding, fold.last.observed, fold.renewed)

    def related_to_last(self, connection: Connection, folds: Iterable[Fold]) -> dict[book.Key, Record]:
        """Return what rules read beside the last records of subjects, in one look-up a rule: 20 subjects rest on one slice of trade."""
        lasts: dict[str, tuple[Rule[Any], dict[str, Record]]] = {}
        for fold in folds:
            if fold.last is not None:
                lasts.setdefault(fold.rule.card.rule_id, (fold.rule, {}))[1][fold.last.record_id] = fold.last
        found: dict[book.Key, Record] = {}
        for rule, records in lasts.values():
            found |= self.related(connection, rule, list(records.values()))
        return found

    def chosen_anew(self, connection: Connection, fold: Fold, coming: set[str]) -> bool:
        """Tell whether a rule reads another publisher now than the one a subject was judged on, and forget that one."""
        memory, rule = fold.memory, fold.rule
        if not memory.series or coming.issubset(memory.series) or not all(t.revisable for t in rule.records):
            return False
        stored = (RECORD.validate_json(body) for body in book.history(connection, memory.series))
        newest: dict[str, Record] = {record.series: record for record in stored}
        kept = [s for s, r in newest.items() if fold.subject.id in {read.id for read in rule.subjects(r, self._items)}]
        if len(kept) == len(newest):
            return False
        memory.series = [*kept, *sorted(coming.difference(kept))]
        fold.last_observed = max(book.periods(connection, memory.series), default="")
        return True

    def as_known(self, connection: Connection, folds: Mapping[book.Key, Fold]) -> AsKnown:
        """Return what tells the axes of subjects before an instant: as stored where nothing came since, else folded again."""

        def axes(rule_id: str, subject_id: str, before: datetime) -> Mapping[str, Any]:
            row = book.stored_state(connection, rule_id, subject_id)
            judging = folds.get((rule_id, subject_id))
            coming = judging.records if judging is not None else []
            if row is not None and row.known_at < before and not any(record.fetched < before for record in coming):
                return Memory.from_json(row.body).axes
            series = Memory.from_json(row.body).series if row is not None else []
            series += [record.series for record in coming if record.series not in series]
            fold = Fold(self._rules[rule_id], Subject(kind="unknown", id=subject_id, name=subject_id), Memory(series=series))
            for body in book.history(connection, series, before=before) if series else ():
                record = RECORD.validate_json(body)
                self.detect(fold, record, self.related(connection, fold.rule, [record], before))
            return fold.memory.axes

        return axes
