"""Subjects that must be judged again because a record of another kind, on which their last judgement rests, was renewed.

A control is judged on the trade of the lines it touches. When a year of that trade comes or is revised, nothing happened to the control,
and yet its alert is no longer true: it is judged again in the transaction that takes the trade.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from supplywatch.judging.episode import Memory
from supplywatch.judging.fold import Fold
from supplywatch.judging.folding import RECORD
from supplywatch.ledger import book
from supplywatch.model.alert import Subject
from supplywatch.model.items import Items
from supplywatch.model.records import Record
from supplywatch.model.rule import Rule


@dataclass(frozen=True)
class Resting:
    """One subject of a rule, its last record, and the histories that its last judgement rests on."""

    rule: Rule[Any]
    subject: Subject
    record: Record
    histories: frozenset[str]


class Restings:
    """Finds what rests on the records of a batch."""

    def __init__(self, rules: Mapping[str, Rule[Any]], items: Items) -> None:
        self._rules = {rule_id: rule for rule_id, rule in rules.items() if rule.rests_on}
        self._types = tuple({kind: None for rule in self._rules.values() for kind in rule.rests_on})
        self._items = items

    def rested(self, connection: Connection, records: Sequence[Record], watched: Sequence[Sequence[tuple[Rule[Any], Subject]]]) -> set[str]:
        """Return the histories of a batch on which judgements rest: those of the ledger, and those of the batch itself."""
        coming = self._coming(records)
        if not coming:
            return set()
        resting = {series for row in book.states_of(connection, list(self._rules)) for series in Memory.from_json(row.body).rests}
        for record, pairs in zip(records, watched, strict=True):
            rules = {rule.card.rule_id: rule for rule, _ in pairs if rule.rests_on}
            resting |= {series for rule in rules.values() for series, _ in rule.related(record, self._items)}
        return coming & resting

    def on(self, connection: Connection, records: Sequence[Record], rested: Collection[str]) -> list[Resting]:
        """Return the subjects whose last judgement rests on a history that one of the records belongs to.

        Parameters
        ----------
        rested
            What :meth:`rested` said of the whole batch: most trade is of lines on which nothing rests, and costs no look at the states.
        """
        coming = {series for series in self._coming(records) if series in rested}
        if not coming:
            return []
        found, read = [], dict[tuple[str, ...], Record]()
        for row in book.states_of(connection, list(self._rules)):
            memory = Memory.from_json(row.body)
            if coming.isdisjoint(memory.rests):
                continue
            history = tuple(memory.series)
            if history not in read:  # one clause of a control feeds a subject for each item it touches
                read[history] = RECORD.validate_json(book.history(connection, history)[-1])
            last = read[history]
            named = (one for one in self._rules[row.rule].subjects(last, self._items) if one.id == row.subject)
            found += [Resting(self._rules[row.rule], subject, last, frozenset(memory.rests)) for subject in named]
        return found

    def _coming(self, records: Sequence[Record]) -> set[str]:
        return {record.series for record in records if isinstance(record, self._types)}


def mark_renewed(folds: Mapping[book.Key, Fold], resting: Sequence[Resting], fresh: Sequence[Record]) -> None:
    """Note in the folds when what they rest on was renewed by the fresh records of a batch."""
    for one in resting:
        renewed = [record.fetched for record in fresh if record.series in one.histories]
        fold = folds[one.rule.card.rule_id, one.subject.id]
        fold.renewed, fold.last = max(renewed, default=None), one.record
