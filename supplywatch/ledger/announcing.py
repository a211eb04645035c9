"""What stands open, as those must hear it who page people: with every step up, and what people decided about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, func, select

from supplywatch.ledger import schema
from supplywatch.ledger.alerts import RUNNING

_STEPS = ("opened", "worsened")
_ENDS = ("resolved", "retracted")
_DECISIONS = ("acknowledged", "shelved", "unshelved")


@dataclass(frozen=True)
class Announced:
    """One alert as it stands.

    Parameters
    ----------
    state
        ``open``, ``held``, or how it ended.
    steps
        (severity, since) of the opening and of every worsening: each is an alarm of its own.
    last
        The newest event that says something of the matter, as JSON values.
    by, why
        Who acknowledged or shelved it, and with which words; ``None`` while nobody has, and again after a worsening.
    shelved_until
        End of a shelving; ``None`` for an acknowledgement, which has none.
    """

    alert_id: str
    state: str
    standing: bool
    steps: tuple[tuple[str, datetime], ...]
    last: dict[str, Any]
    by: str | None
    why: str | None
    shelved_until: datetime | None


def newest_event(connection: Connection) -> int:
    """Return the number of the newest event, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(schema.alert_event.c.seq), 0))).scalar_one())


def running(connection: Connection) -> list[Announced]:
    """Return every alert that stands, in the order of their opening."""
    a = schema.alert.c
    return _announced(connection, a.state.in_(RUNNING))


def ended(connection: Connection, since: datetime) -> list[Announced]:
    """Return the alerts that ended after an instant, by the ledger's clock."""
    a, e = schema.alert.c, schema.alert_event.c
    ends = select(e.alert_id).where(e.transition.in_(_ENDS), e.recorded_at >= since)
    return _announced(connection, a.alert_id.in_(ends) & ~a.state.in_(RUNNING))


def _announced(connection: Connection, which: Any) -> list[Announced]:
    a, e = schema.alert, schema.alert_event
    rows = {row.alert_id: row for row in connection.execute(select(a).where(which).order_by(a.c.opened_known_at, a.c.alert_id))}
    query = select(e.c.alert_id, e.c.transition, e.c.known_at, e.c.body).join_from(a, e, a.c.alert_id == e.c.alert_id)
    events: dict[str, list[Any]] = defaultdict(list)
    for event in connection.execute(query.where(which).order_by(e.c.seq)):
        events[event.alert_id].append(event)
    return [_one(row, events[alert_id]) for alert_id, row in rows.items()]


def _one(row: Any, events: Iterable[Any]) -> Announced:
    said = [(event.transition, event.known_at, event.body) for event in events]
    steps = [(str(from_json(body)["severity"]), known_at) for transition, known_at, body in said if transition in _STEPS]
    last = next(body for transition, _, body in reversed(said) if transition not in _DECISIONS)
    decisions = (body for transition, _, body in reversed(said) if transition in ("acknowledged", "shelved"))
    decision: dict[str, Any] = from_json(next(decisions, "{}"))
    by = row.shelved_by or row.acknowledged_by
    return Announced(
        alert_id=row.alert_id,
        state=row.state,
        standing=row.standing,
        steps=tuple(steps),
        last=from_json(last),
        by=by,
        why=decision.get("reason") if by else None,
        shelved_until=row.shelved_until,
    )
