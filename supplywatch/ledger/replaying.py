"""Events as they are sent again: what a topic lacks that lost them, or a subscriber that missed them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from supplywatch.ledger import schema
from supplywatch.ledger.alerts import RUNNING
from supplywatch.ledger.book import OutboxRow

PAGE = 500


def states(connection: Connection) -> list[OutboxRow]:
    """Return the last event of every alert that stands, in the order in which they were recorded."""
    a, e = schema.alert.c, schema.alert_event
    query = _rows().join_from(e, schema.alert, a.last_event_id == e.c.event_id).where(a.state.in_(RUNNING)).order_by(e.c.seq)
    return [OutboxRow(*row) for row in connection.execute(query)]


def events(connection: Connection, since: datetime, until: datetime | None) -> Iterator[list[OutboxRow]]:
    """Yield the events that were recorded from one instant to another, or up to now: page by page, for there may be a million."""
    e = schema.alert_event.c
    within = (e.recorded_at >= since, *(() if until is None else (e.recorded_at <= until,)))
    after = 0
    while page := [OutboxRow(*row) for row in connection.execute(_rows().where(e.seq > after, *within).order_by(e.seq).limit(PAGE))]:
        yield page
        after = page[-1].seq


def _rows() -> Select[Any]:
    e = schema.alert_event.c
    return select(e.seq, e.event_id, e.alert_id, e.rule, e.transition, e.recorded_at, e.body)
