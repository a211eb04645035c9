"""Rebuilding the projections from the book: what ``rule_state`` and ``alert`` hold can be derived again, value for value."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from supplywatch.judging.engine import Engine
from supplywatch.judging.episode import Episode, Memory
from supplywatch.judging.fold import Fold, state_row
from supplywatch.judging.folding import RECORD
from supplywatch.ledger import book, replacing
from supplywatch.ledger.projection import Row, project
from supplywatch.model.alert import AlertEvent, Transition


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
        before = replacing.content_hashes(connection)
        alerts, running = _alerts(connection)
        states = _states(connection, engine, running)
        replacing.replace(connection, {"rule_state": states, "alert": alerts})
        after = replacing.content_hashes(connection)
    return Rebuilt({"rule_state": len(states), "alert": len(alerts)}, before, after)


def _alerts(connection: Connection) -> tuple[list[Row], dict[book.Key, Memory]]:
    """Return the rows of ``alert`` and, by (rule, subject), the running episode, the count and the accepted baselines."""
    rows: dict[str, Row] = {}
    memories: dict[book.Key, Memory] = {}
    for event in book.events(connection):
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
    for body in book.observations(connection):
        record = RECORD.validate_json(body)
        for rule, subject in engine.watchers(record):
            key = (rule.card.rule_id, subject.id)
            fold = folds.setdefault(key, Fold(rule, subject, running.get(key, Memory())))
            fold.subject, fold.source = subject, record.provenance.source
            fold.last_observed, fold.known_at = max(fold.last_observed, record.observed), max(fold.known_at, record.fetched)
            if record.series not in fold.memory.series:
                fold.memory.series.append(record.series)
    for fold in folds.values():
        engine.folding.refold(connection, fold)
    return [state_row(fold) for fold in folds.values()]
