"""Records in, transitions out: classify, fold the rules, write everything in one transaction.

Called by the agents, by back-tests and by tests alike; given the ledger's content it is a pure function of its input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection

from supplywatch.config import rule_params
from supplywatch.errors import Conflict
from supplywatch.judging.episode import Judged, Memory, advance, reconcile
from supplywatch.judging.fold import Fold, is_current, state_row, stored_fold
from supplywatch.judging.folding import Folding
from supplywatch.judging.grading import Grader
from supplywatch.judging.holding import HOLDING, Holding
from supplywatch.judging.pieces import pieces
from supplywatch.judging.renewing import Resting, Restings, mark_renewed
from supplywatch.judging.thresholds import thresholds_of
from supplywatch.ledger import book
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent, Subject
from supplywatch.model.items import Items
from supplywatch.model.records import MatchDecision, Record, SourceReport
from supplywatch.model.rule import Rule

Watchers = list[tuple[Rule[Any], Subject]]
CONFLICT_RETRIES = 20


@dataclass
class Verdict:
    """What a batch led to.

    Parameters
    ----------
    new, revision, duplicate, stale
        How many records said something new, revised a period, repeated what was known, or came with an older vintage than the known one.
    events
        The transitions, in order.
    """

    new: int = 0
    revision: int = 0
    duplicate: int = 0
    stale: int = 0
    events: list[AlertEvent] = field(default_factory=list)


class Engine:
    """Judges batches of records against the ledger.

    Parameters
    ----------
    ledger
        Where observations, states and events stand.
    rules
        Rules by id.
    items
        The watched items.
    params
        Parameters by rule id where they shall not be those of ``config/thresholds.yaml``.
    attribution
        Credit line by source id, repeated in the alerts that rest on the source.
    clock
        Time of writing, for ``recorded_at`` only; no judgement depends on it.
    """

    def __init__(
        self,
        ledger: Ledger,
        rules: Mapping[str, Rule[Any]],
        items: Items,
        *,
        params: Mapping[str, BaseModel] | None = None,
        attribution: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.ledger, self.items, self._clock = ledger, items, clock
        self._attribution = attribution or {}
        self.rules = dict(rules)
        given = params or {}
        values = {rule_id: given.get(rule_id) or rule_params(rule_id, rule.params) for rule_id, rule in rules.items()}
        self.folding = Folding(self.rules, items, values)
        self._thresholds = {rule_id: thresholds_of(rule.card, values[rule_id]) for rule_id, rule in rules.items()}
        self._readers: dict[type[Record], list[Rule[Any]]] = defaultdict(list)
        for rule in self.rules.values():
            for record_type in rule.records:
                self._readers[record_type].append(rule)
        self._restings = Restings(self.rules, items)

    def judge(self, records: Sequence[Record], bodies: Sequence[str] | None = None) -> Verdict:
        """Judge a batch in one transaction; repeats are counted and change nothing.

        Parameters
        ----------
        records
            In the order of arrival.
        bodies
            Their JSON as it arrived, where it is at hand; saves writing it again.

        Raises
        ------
        LedgerAway
            The database cannot be reached: call again later, nothing was written.
        Conflict
            Other workers kept judging the same subjects; nothing was written.
        """
        texts = bodies if bodies is not None else [record.model_dump_json() for record in records]
        for attempt in range(CONFLICT_RETRIES):
            try:
                with self.ledger.begin() as connection:
                    return self._judge(connection, records, texts)
            except Conflict:
                if attempt == CONFLICT_RETRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def params(self, rule_id: str) -> BaseModel:
        """Return the parameters a rule is judged with."""
        return self.folding.params[rule_id]

    def watchers(self, record: Record) -> Watchers:
        """Return the rules that judge a record, each with every subject it concerns."""
        return [(rule, subject) for rule in self._readers[type(record)] for subject in rule.subjects(record, self.items)]

    def _judge(self, connection: Connection, records: Sequence[Record], texts: Sequence[str]) -> Verdict:
        verdict, watched = Verdict(), [self.watchers(record) for record in records]
        rested = self._restings.rested(connection, records, watched)
        for piece in pieces(records, [any(rule.card.man_made for rule, _ in pairs) for pairs in watched], rested):
            resting = self._restings.on(connection, records[piece], rested)
            verdict.events += self._judge_piece(connection, records[piece], texts[piece], watched[piece], resting, verdict)
        return verdict

    def _judge_piece(
        self,
        connection: Connection,
        records: Sequence[Record],
        texts: Sequence[str],
        watched: Sequence[Watchers],
        resting: Sequence[Resting],
        verdict: Verdict,
    ) -> list[AlertEvent]:
        events: list[AlertEvent] = []
        folds = self._load(connection, records, watched, resting)
        fresh = self._classify(connection, records, texts, verdict)
        for index, revised in fresh:
            for rule, subject in watched[index]:
                fold = folds[rule.card.rule_id, subject.id]
                fold.records.append(records[index])
                fold.late = fold.late or (records[index].revisable and (revised or records[index].observed < fold.last_observed))
        mark_renewed(folds, resting, [records[index] for index, _ in fresh])
        grader = Grader(connection, self.rules, self.items, self.folding.as_known(connection, folds))
        again = [fold for fold in folds.values() if not fold.records and fold.renewed is not None]
        related = self.folding.related_to_last(connection, again)
        for fold in folds.values():
            if fold.records:
                events += self._advance(connection, fold, grader)
            elif fold.renewed is not None:
                events += self._again(fold, grader, related, fold.renewed)
        reports = [record for index, _ in fresh if isinstance(record := records[index], SourceReport)]
        for report in (report for report in reports if report.status in HOLDING):
            events += Holding(connection, self.rules, folds).of_source(report)
        self._store(connection, folds)
        return book.append_events(connection, [self._credited(event) for event in events], self._clock())

    def _load(
        self, connection: Connection, records: Sequence[Record], watched: Sequence[Watchers], resting: Sequence[Resting]
    ) -> dict[book.Key, Fold]:
        subjects = {(one.rule.card.rule_id, one.subject.id): (one.rule, one.subject) for one in resting}
        subjects |= {(rule.card.rule_id, subject.id): (rule, subject) for pairs in watched for rule, subject in pairs}
        coming: dict[book.Key, set[str]] = defaultdict(set)
        for record, pairs in zip(records, watched, strict=True):
            for rule, subject in pairs:
                coming[rule.card.rule_id, subject.id].add(record.series)
        rows = book.locked_states(connection, subjects)
        folds = {}
        for key, (rule, subject) in subjects.items():
            folds[key] = Fold(rule, subject, Memory()) if (row := rows.get(key)) is None else stored_fold(rule, subject, row)
            if self.folding.chosen_anew(connection, folds[key], coming[key]) or not is_current(folds[key]):
                self.folding.refold(connection, folds[key])
        return folds

    def _classify(
        self, connection: Connection, records: Sequence[Record], texts: Sequence[str], verdict: Verdict
    ) -> list[tuple[int, bool]]:
        """Store what is new and return (index, revised?) of it; count the rest."""
        known = book.latest(connection, ((r.series, r.observed) for r in records))
        again = book.recorded(connection, (r.record_id for r in records if (r.series, r.observed) in known))
        fresh, rows = [], []
        for index, record in enumerate(records):
            key = (record.series, record.observed)
            before = known.get(key)
            older = before is not None and record.fetched < before.known_at
            if before is not None and (before.digest == record.digest or (record.record_id in again and not older)):
                verdict.duplicate += 1
                continue
            if older:
                verdict.stale += 1
                continue
            again.add(record.record_id)
            revised = before is not None and record.revisable
            verdict.revision += revised
            verdict.new += not revised
            known[key] = book.Known(record.digest, record.fetched)
            fresh.append((index, revised))
            rows.append(book.observation_row(record, texts[index]))
        book.add_observations(connection, rows)
        return fresh

    def _advance(self, connection: Connection, fold: Fold, grader: Grader) -> list[AlertEvent]:
        memory, steps = fold.memory, fold.records
        memory.series += dict.fromkeys(r.series for r in steps if r.series not in memory.series)
        events = self._fold_again(connection, fold) if fold.late else []
        if fold.late:
            # What the new fold has seen, everything up to the last judged period, is not judged twice.
            steps = [r for r in steps if r.observed > fold.last_observed]
        if fold.records[0].revisable:
            steps = sorted(steps, key=lambda r: r.observed)
        related = self.folding.related(connection, fold.rule, steps)
        for record in steps:
            finding = self.folding.detect(fold, record, related)
            if not record.baseline:
                finding = grader.grade(fold.rule, fold.subject, finding, record.fetched)
            by = record.by if isinstance(record, MatchDecision) else None
            judged = Judged(fold.rule.card, fold.subject, finding, record.observed, record.fetched, by)
            events += advance(memory, judged, news=not record.baseline)
            fold.last_observed = max(fold.last_observed, record.observed)
        fold.known_at = max(fold.known_at, *(r.fetched for r in fold.records))
        fold.source, fold.changed = fold.records[-1].provenance.source, True
        return events

    def _again(self, fold: Fold, grader: Grader, related: Mapping[book.Key, Record], renewed: datetime) -> list[AlertEvent]:
        """Judge a subject whose own records are the same, since what its judgement rests on was renewed."""
        judged = self.folding.judge_again(fold, related)
        return advance(fold.memory, replace(judged, finding=grader.grade(fold.rule, fold.subject, judged.finding, renewed)))

    def _fold_again(self, connection: Connection, fold: Fold) -> list[AlertEvent]:
        """Fold the revised history up to the last judged period and hold the running episode against it."""
        finding, raised = self.folding.refold(connection, fold)
        judged = Judged(fold.rule.card, fold.subject, finding, fold.last_observed, fold.records[-1].fetched)
        return reconcile(fold.memory, judged, raised)

    def hold_left_behind(self, now: datetime) -> list[AlertEvent]:
        """Hold the running episodes whose figures stay away while their source goes on.

        A second call changes nothing; :class:`LedgerAway` as for :meth:`judge`.
        """
        with self.ledger.begin() as connection:
            folds: dict[book.Key, Fold] = {}
            events = Holding(connection, self.rules, folds).left_behind(now)
            self._store(connection, folds)
            return book.append_events(connection, [self._credited(event) for event in events], self._clock())

    def _store(self, connection: Connection, folds: Mapping[book.Key, Fold]) -> None:
        rows = [(fold.stored, state_row(fold)) for _, fold in sorted(folds.items()) if fold.changed]
        book.put_states(connection, [row for stored, row in rows if not stored], [row for stored, row in rows if stored])

    def _credited(self, event: AlertEvent) -> AlertEvent:
        sources = dict.fromkeys(item.source for item in event.evidence)
        lines = tuple(self._attribution[source] for source in sources if source in self._attribution)
        own = {line.name: line for line in event.thresholds}
        thresholds = tuple(own.pop(line.name, line) for line in self._thresholds.get(event.rule, ())) + tuple(own.values())
        return event.model_copy(update={"attribution": lines, "thresholds": thresholds})
