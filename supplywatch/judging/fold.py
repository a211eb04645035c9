"""One rule on one subject while a batch is judged, and the row it is stored as."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from supplywatch.judging.episode import Memory
from supplywatch.model.alert import Subject
from supplywatch.model.records import Record
from supplywatch.model.rule import Rule

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Fold:
    """One rule on one subject while a batch is judged."""

    rule: Rule[Any]
    subject: Subject
    memory: Memory
    last_observed: str = ""
    known_at: datetime = NEVER
    source: str = ""
    version: str = ""
    """Of the rule that made the detector's state; empty while there is none. Only its own rule can read a state."""
    stored: bool = False
    changed: bool = False
    records: list[Record] = field(default_factory=list)
    renewed: datetime | None = None
    """When a record that the subject's last judgement rests on was renewed in this batch."""
    last: Record | None = None
    """The subject's last record, where something that its judgement rests on comes in this batch."""
    late: bool = False
    """Some record revises or fills the past: the history must be folded again."""


def is_current(fold: Fold) -> bool:
    """Tell whether the rule as it is now made the state, so that it can go on from there."""
    return fold.version in ("", fold.rule.card.version)


def stored_fold(rule: Rule[Any], subject: Subject, row: Any) -> Fold:
    """Return a fold as its ``rule_state`` row left it."""
    return Fold(rule, subject, Memory.from_json(row.body), row.last_observed, row.known_at, row.source, row.rule_version, stored=True)


def state_row(fold: Fold) -> dict[str, Any]:
    """Return the ``rule_state`` row of a fold."""
    episode = fold.memory.episode
    return {
        "rule": fold.rule.card.rule_id,
        "subject": fold.subject.id,
        "rule_version": fold.version or fold.rule.card.version,
        "last_observed": fold.last_observed,
        "known_at": fold.known_at,
        "source": fold.source,
        "alert_id": None if episode is None else episode.alert_id,
        "body": fold.memory.to_json(),
    }
