"""Rebuilding the projections from the book: what ``rule_state`` and ``alert`` hold can be derived again, value for value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from supplywatch.judging.engine import RECORD, Engine
from supplywatch.judging.episode import Episode, Memory
from supplywatch.judging.fold import Fold, state_row
from supplywatch.ledger import book, schema
from supplywatch.ledger.projection import Row, project
from supplywatch.model.alert import AlertEvent, Transition

PROJECTIONS = (schema.rule_state, schema.alert)


@dataclass(frozen=True)
class Rebuilt:
    """How many rows each projection has, and the hash of its content before and after."""

    rows: dict[str, int]
    before: dict[str, str]
    after: dict[str, str]

    @property
    def identical(self) -> bool:
        """Whether the rebuild changed nothing."""
        return self.before == self.after


def rebuild(engine: Engine) -> Rebuilt:
    """Derive both projections from observations and events again, in one transaction.

    Run it while no worker writes: it locks what it replaces.
    """
    with engine.ledger.begin() as connection:
        before = {table.name: _content_hash(connection, table) for table in PROJECTIONS}
        alerts, running = _alerts(connection)
        states = _states(connection, engine, running)
        for table, rows in ((schema.rule_state, states), (schema.alert, alerts)):
            connection.execute(table.delete())
            if rows:
                connection.execute(insert(table), rows)
        after = {table.name: _content_hash(connection, table) for table in PROJECTIONS}
    return Rebuilt({"rule_state": len(states), "alert": len(alerts)}, before, after)


def _content_hash(connection: Connection, table: Any) -> str:
    digest = hashlib.sha256()
    for row in connection.execute(select(table).order_by(*table.primary_key)).mappings():
        values = [_sorted(value) if name == "body" else str(value) for name, value in row.items()]
        digest.update(json.dumps(values, ensure_ascii=False).encode())
    return digest.hexdigest()


def _sorted(body: str) -> str:
    """Return a JSON text with its keys in order: the order in which they came to a state says nothing."""
    return json.dumps(json.loads(body), ensure_ascii=False, sort_keys=True)


def _events(connection: Connection) -> Iterator[AlertEvent]:
    for body in connection.execute(select(schema.alert_event.c.body).order_by(schema.alert_event.c.seq)).scalars():
        yield AlertEvent.model_validate_json(body)


def _alerts(connection: Connection) -> tuple[list[Row], dict[book.Key, Memory]]:
    """Return the rows of ``alert`` and, by (rule, subject), the running episode, the count and the accepted baselines."""
    rows: dict[str, Row] = {}
    memories: dict[book.Key, Memory] = {}
    for event in _events(connection):
        rows[event.alert_id] = project(rows.get(event.alert_id), event)
        apply(memories.setdefault((event.rule, event.subject.id), Memory()), event)
    return list(rows.values()), memories


def apply(memory: Memory, event: AlertEvent) -> None:
    """Move the episode of a memory as an event says it moved."""
    if event.transition is Transition.OPENED:
        memory.episodes += 1
        memory.episode = Episode(event.alert_id, event.observed_at, event.severity.value, event.onset, event.standing)
    elif memory.episode is None or memory.episode.alert_id != event.alert_id:
        return
    elif event.transition in (Transition.WORSENED, Transition.EASED):
        memory.episode.severity = event.severity.value
    elif event.transition in (Transition.HELD, Transition.RESUMED):
        memory.episode.held = event.transition is Transition.HELD
    elif event.transition in (Transition.RESOLVED, Transition.RETRACTED, Transition.BASELINE_ACCEPTED):
        memory.episode = None
    if event.transition is Transition.BASELINE_ACCEPTED:
        memory.rebased.append(event.observed_at)


def _states(connection: Connection, engine: Engine, running: dict[book.Key, Memory]) -> list[Row]:
    folds: dict[book.Key, Fold] = {}
    o = schema.observation.c
    for body in connection.execute(select(o.body).order_by(o.seq)).scalars():
        record = RECORD.validate_json(body)
        for rule, subject in engine.watchers(record):
            key = (rule.card.rule_id, subject.id)
            fold = folds.setdefault(key, Fold(rule, subject, running.get(key, Memory())))
            fold.subject, fold.source = subject, record.provenance.source
            fold.last_observed, fold.known_at = max(fold.last_observed, record.observed), max(fold.known_at, record.fetched)
            if record.series not in fold.memory.series:
                fold.memory.series.append(record.series)
    for fold in folds.values():
        engine.refold(connection, fold)
    return [state_row(fold) for fold in folds.values()]
