"""Questions to the alert history: what stands, what stood on a day, what happened to one alert."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, Select, or_, select

from supplywatch.errors import BadRequest
from supplywatch.ledger import schema
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.projection import Row, project
from supplywatch.model.alert import AlertEvent, Severity
from supplywatch.model.records import AnyRecord, Record

_RECORD: TypeAdapter[Record] = TypeAdapter(AnyRecord)


@dataclass(frozen=True)
class Filter:
    """Which alerts are asked for; ``None`` means any.

    ``taxonomy`` matches a node and everything below it. ``since`` and ``until`` bound the last change (knowledge time). ``as_of`` asks for
    the state of things as they were known at an instant.
    """

    rule: str | None = None
    subject: str | None = None
    states: tuple[str, ...] = ()
    severity_at_least: Severity | None = None
    taxonomy: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    standing: bool | None = None


@dataclass(frozen=True)
class AlertView:
    """One alert: where it stands, and its newest event."""

    row: Row
    event: AlertEvent


def alerts(ledger: Ledger, wanted: Filter, limit: int | None = None) -> list[AlertView]:
    """Return the alerts that fit, the last changed first."""
    with ledger.read() as connection:
        rows = _rows_as_of(connection, wanted) if wanted.as_of else _rows(connection, wanted)
        fitting = sorted((row for row in rows if _fits(row, wanted)), key=lambda r: (r["changed_known_at"], r["alert_id"]), reverse=True)
        chosen = fitting[:limit]
        events = _events_by_id(connection, [row["last_event_id"] for row in chosen])
    return [AlertView(row, events[row["last_event_id"]]) for row in chosen]


def alert_id_of(ledger: Ledger, prefix: str) -> str:
    """Return the one alert id that starts with ``prefix`` (8 characters are enough mostly).

    Raises
    ------
    BadRequest
        When none or several do.
    """
    c = schema.alert.c.alert_id
    with ledger.read() as connection:
        found = list(connection.execute(select(c).where(c.startswith(prefix, autoescape=True)).limit(2)).scalars())
    if len(found) != 1:
        what = "no alert" if not found else "more than one alert"
        raise BadRequest(f"{what} starts with {prefix!r}; 'supplywatch alerts list' shows their ids")
    return str(found[0])


def history(ledger: Ledger, alert_id: str, as_of: datetime | None = None) -> list[AlertEvent]:
    """Return every event of an alert in order, up to an instant of knowledge."""
    e = schema.alert_event.c
    query = select(e.body).where(e.alert_id == alert_id).order_by(e.seq)
    if as_of is not None:
        query = query.where(e.known_at <= as_of)
    with ledger.read() as connection:
        return [AlertEvent.model_validate_json(body) for body in connection.execute(query).scalars()]


def latest_of_source(ledger: Ledger, source: str, as_of: datetime | None = None) -> list[Record]:
    """Return the latest vintage of every period of every series of a source, as it was known at an instant."""
    o = schema.observation.c
    query = select(o.series, o.observed, o.body).where(o.source == source).order_by(o.known_at, o.seq)
    if as_of is not None:
        query = query.where(o.known_at <= as_of)
    with ledger.read() as connection:
        bodies = {(row.series, row.observed): row.body for row in connection.execute(query)}
    return [_RECORD.validate_json(body) for body in bodies.values()]


def of_period(ledger: Ledger, series: str, observed: str, as_of: datetime | None = None) -> list[Record]:
    """Return the latest vintage of one period of a series and of those named below it (``series/...``), as it was known at an instant."""
    o = schema.observation.c
    named = or_(o.series == series, o.series.startswith(f"{series}/", autoescape=True))
    query = select(o.series, o.body).where(named, o.observed == observed).order_by(o.known_at, o.seq)
    if as_of is not None:
        query = query.where(o.known_at <= as_of)
    with ledger.read() as connection:
        bodies = {row.series: row.body for row in connection.execute(query)}
    return [_RECORD.validate_json(body) for body in bodies.values()]


def _rows(connection: Connection, wanted: Filter) -> Iterable[Row]:
    a = schema.alert
    query: Select[tuple[object, ...]] = select(a)
    if wanted.rule:
        query = query.where(a.c.rule == wanted.rule)
    if wanted.states:
        query = query.where(a.c.state.in_(wanted.states))
    return [dict(row) for row in connection.execute(query).mappings()]


def _rows_as_of(connection: Connection, wanted: Filter) -> Iterable[Row]:
    e = schema.alert_event.c
    query = select(e.body).where(e.known_at <= wanted.as_of).order_by(e.seq)
    if wanted.rule:
        query = query.where(e.rule == wanted.rule)
    rows: dict[str, Row] = {}
    for body in connection.execute(query).scalars():
        event = AlertEvent.model_validate_json(body)
        rows[event.alert_id] = project(rows.get(event.alert_id), event)
    return rows.values()


def _fits(row: Row, wanted: Filter) -> bool:
    node = wanted.taxonomy
    return (
        (not wanted.states or row["state"] in wanted.states)
        and (wanted.subject is None or wanted.subject.lower() in row["subject_id"].lower())
        and (wanted.severity_at_least is None or Severity(row["severity"]).order >= wanted.severity_at_least.order)
        and (node is None or any(part == node or part.startswith(f"{node}.") for part in row["taxonomy"].split()))
        and (wanted.since is None or row["changed_known_at"] >= wanted.since)
        and (wanted.until is None or row["changed_known_at"] <= wanted.until)
        and (wanted.standing is None or bool(row["standing"]) == wanted.standing)
    )


def _events_by_id(connection: Connection, ids: list[str]) -> dict[str, AlertEvent]:
    e = schema.alert_event.c
    found = {}
    for start in range(0, len(ids), 500):
        for body in connection.execute(select(e.body).where(e.event_id.in_(ids[start : start + 500]))).scalars():
            event = AlertEvent.model_validate_json(body)
            found[event.event_id] = event
    return found
