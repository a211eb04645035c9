"""Reading and writing the book; every write of one batch stands in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, exists, func, insert, select, update

from supplywatch.ledger import connect, schema
from supplywatch.ledger.lookup import matching
from supplywatch.ledger.projection import Row, project
from supplywatch.model.alert import AlertEvent
from supplywatch.model.records import Record
from supplywatch.secrecy import learn

Key = tuple[str, str]
"""(rule, subject) of a state, or (series, observed) of an observation."""

LOOKUP_CHUNK = 500


@dataclass(frozen=True)
class Known:
    """The latest vintage of one period."""

    digest: str
    known_at: datetime


@dataclass(frozen=True)
class OutboxRow:
    """An alert event that still has to be published."""

    seq: int
    event_id: str
    alert_id: str
    rule: str
    transition: str
    recorded_at: datetime
    body: str


class Ledger:
    """The ledger database.

    Parameters
    ----------
    url
        ``sqlite:///path``, ``sqlite://`` (memory) or ``postgresql+psycopg://…``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = connect.make_engine(url)
        learn(connect.passwords(self.engine.url))

    @classmethod
    def open(cls, url: str, *, upgrade: bool = True) -> Ledger:
        """Open a ledger and bring its schema up to date, or check it.

        Raises
        ------
        LedgerAway, SchemaOutdated, BadSetting
        """
        ledger = cls(url)
        if not upgrade:
            connect.check_exists(ledger.engine, url)
        with connect.translated(url):
            if upgrade:
                connect.upgrade(ledger.engine)
            connect.check_schema(ledger.engine, url)
        return ledger

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One writing transaction; the driver's errors become LedgerAway or Conflict."""
        with connect.translated(self.url), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One reading transaction."""
        with connect.translated(self.url), self.engine.connect().execution_options(read_only=True) as connection:
            yield connection

    def outbox_pending(self, limit: int) -> list[OutboxRow]:
        """Return the oldest events that were not published yet."""
        e = schema.alert_event.c
        query = (
            select(e.seq, e.event_id, e.alert_id, e.rule, e.transition, e.recorded_at, e.body)
            .join(schema.outbox, schema.outbox.c.event_seq == e.seq)
            .order_by(e.seq)
            .limit(limit)
        )
        with self.read() as connection:
            return [OutboxRow(*row) for row in connection.execute(query)]

    def outbox_size(self) -> int:
        """Return how many events wait for the relay."""
        with self.read() as connection:
            return int(connection.execute(select(func.count()).select_from(schema.outbox)).scalar_one())

    def outbox_mark(self, seqs: Sequence[int]) -> None:
        """Take published events out of the outbox; the events themselves stay in the book."""
        with self.begin() as connection:
            connection.execute(schema.outbox.delete().where(schema.outbox.c.event_seq.in_(seqs)))

    def lease(self, name: str, holder: str, ttl_s: float) -> bool:
        """Take or renew the right to do one thing alone; one holder at a time, handed on when it expires.

        Returns
        -------
        bool
            Whether ``holder`` holds it now.
        """
        now = datetime.now(UTC)
        with self.begin() as connection:
            row = connection.execute(select(schema.lease).where(schema.lease.c.name == name).with_for_update()).first()
            if row is not None and row.holder != holder and row.expires_at > now:
                return False
            upsert(connection, schema.lease, [{"name": name, "holder": holder, "expires_at": now + timedelta(seconds=ttl_s)}])
            return True


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, replacing those with the same primary key."""
    if not rows:
        return
    statement = connect.insert_or_update(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def latest(connection: Connection, keys: Iterable[Key]) -> dict[Key, Known]:
    """Return the latest vintage of each (series, observed) that has one."""
    o = schema.observation.c
    wanted, same = matching(connection, keys, (o.series, o.observed))
    query = select(o.series, o.observed, o.digest, o.known_at).join_from(wanted, schema.observation, same).order_by(o.known_at, o.seq)
    return {(series, observed): Known(digest, known_at) for series, observed, digest, known_at in connection.execute(query)}


def recorded(connection: Connection, record_ids: Iterable[str]) -> set[str]:
    """Return those record ids that stand in the book."""
    wanted, o = sorted(set(record_ids)), schema.observation.c
    chunks = (wanted[start : start + LOOKUP_CHUNK] for start in range(0, len(wanted), LOOKUP_CHUNK))
    return {found for chunk in chunks for found in connection.execute(select(o.record_id).where(o.record_id.in_(chunk))).scalars()}


def latest_bodies(connection: Connection, keys: Iterable[Key], before: datetime | None = None) -> dict[Key, str]:
    """Return the latest vintage's record, as JSON, of each (series, observed) that has one; known before an instant where given."""
    o = schema.observation.c
    wanted, same = matching(connection, keys, (o.series, o.observed))
    query = select(o.series, o.observed, o.body).join_from(wanted, schema.observation, same).order_by(o.known_at, o.seq)
    if before is not None:
        query = query.where(o.known_at < before)
    return {(series, observed): body for series, observed, body in connection.execute(query)}


def history(connection: Connection, series: Sequence[str], until: str | None = None, before: datetime | None = None) -> list[str]:
    """Return the latest vintage of every period, oldest first, as JSON; up to a period and known before an instant where these are given.

    Within a period the order is that of the first arrival, so that a fold repeats what the stream did.
    """
    o = schema.observation.c
    query = select(o.series, o.observed, o.known_at, o.seq, o.body).where(o.series.in_(series)).order_by(o.known_at, o.seq)
    if until is not None:
        query = query.where(o.observed <= until)
    if before is not None:
        query = query.where(o.known_at < before)
    bodies: dict[Key, str] = {}
    first: dict[Key, int] = {}
    for row in connection.execute(query):
        key = (row.series, row.observed)
        bodies[key] = row.body
        first[key] = min(row.seq, first.get(key, row.seq))
    return [bodies[key] for key in sorted(bodies, key=lambda key: (key[1], first[key]))]


def periods(connection: Connection, series: Sequence[str]) -> list[str]:
    """Return the periods of which something is known."""
    o = schema.observation.c
    return list(connection.execute(select(o.observed).where(o.series.in_(series)).distinct()).scalars())


def observation_row(record: Record, text: str) -> Row:
    """Return the row of a record, with its JSON as it came."""
    return {
        "record_id": record.record_id,
        "series": record.series,
        "observed": record.observed,
        "known_at": record.fetched,
        "digest": record.digest,
        "source": record.provenance.source,
        "body": text,
    }


def arrivals(connection: Connection, series: Sequence[str]) -> list[str]:
    """Return every record of some series in the order of arrival, as JSON: for records that are events of their own."""
    o = schema.observation.c
    return list(connection.execute(select(o.body).where(o.series.in_(series)).order_by(o.seq)).scalars())


def newest(connection: Connection, series: str, until: datetime) -> str | None:
    """Return the record of a series' newest period as it was known at an instant, as JSON; ``None`` when nothing was."""
    o = schema.observation.c
    query = select(o.body).where(o.series == series, o.known_at <= until)
    body: str | None = connection.execute(query.order_by(o.observed.desc(), o.known_at.desc(), o.seq.desc()).limit(1)).scalar()
    return body


def observations(connection: Connection, source: str | None = None, series: str = "") -> Iterator[str]:
    """Yield every record in the order of arrival, as JSON; those of a source, and of series that begin with a text, where given."""
    o = schema.observation.c
    query = select(o.body).order_by(o.seq)
    if source is not None:
        query = query.where(o.source == source)
    if series:
        query = query.where(o.series.startswith(series, autoescape=True))
    yield from connection.execute(query).scalars()


def add_observations(connection: Connection, rows: Sequence[Row]) -> None:
    """Write what was observed, as :func:`observation_row` makes it."""
    if rows:
        connection.execute(insert(schema.observation), list(rows))


def sizes(connection: Connection) -> tuple[int, int]:
    """Return how many observations and alert events the book holds."""
    counts = (select(func.count()).select_from(table) for table in (schema.observation, schema.alert_event))
    judged, said = (int(connection.execute(query).scalar_one()) for query in counts)
    return judged, said


def locked_states(connection: Connection, keys: Iterable[Key]) -> dict[Key, Any]:
    """Return the stored states of (rule, subject) pairs, locked until the transaction ends."""
    s = schema.rule_state.c
    wanted, same = matching(connection, keys, (s.rule, s.subject))
    query = select(schema.rule_state).join_from(wanted, schema.rule_state, same).order_by(s.rule, s.subject)
    return {(row.rule, row.subject): row for row in connection.execute(query.with_for_update(of=schema.rule_state))}


def open_states(connection: Connection, source: str | None = None) -> list[Any]:
    """Return the states with a running episode that a source feeds, or any, locked."""
    s = schema.rule_state.c
    fed = [s.source == source] if source is not None else []
    query = select(schema.rule_state).where(s.alert_id.is_not(None), *fed).order_by(s.rule, s.subject)
    return list(connection.execute(query.with_for_update()))


def states_of(connection: Connection, rules: Sequence[str]) -> list[Any]:
    """Return the states of some rules, unlocked, in the order of their subjects."""
    s = schema.rule_state.c
    return list(connection.execute(select(schema.rule_state).where(s.rule.in_(rules)).order_by(s.rule, s.subject)))


def newest_judged(connection: Connection) -> dict[tuple[str, int], str]:
    """Return the newest period judged of each source, by the length of its text: years, months and days apart."""
    s = schema.rule_state.c
    query = select(s.source, func.length(s.last_observed), func.max(s.last_observed)).group_by(s.source, func.length(s.last_observed))
    return {(source, length): newest for source, length, newest in connection.execute(query)}


def stored_state(connection: Connection, rule: str, subject: str) -> Any | None:
    """Return the stored state of one rule on one subject, unlocked."""
    s = schema.rule_state.c
    return connection.execute(select(schema.rule_state).where(s.rule == rule, s.subject == subject)).first()


def active_before(connection: Connection, rules: Sequence[str], node: str, before: datetime) -> list[Any]:
    """Return the alerts of some rules on a taxonomy node, worse than info, that were running just before an instant, the oldest first."""
    a, e = schema.alert.c, schema.alert_event.c
    opened = a.rule.in_(rules) & (a.opened_known_at < before) & a.taxonomy.contains(f" {node} ", autoescape=True) & (a.severity != "info")
    ended = exists().where(e.alert_id == a.alert_id, e.transition.in_(("resolved", "retracted", "baseline_accepted")), e.known_at < before)
    query = select(a.rule, a.subject_id, a.opened_at).where(opened, ~ended).order_by(a.opened_known_at, a.alert_id)
    return list(connection.execute(query)) if rules else []


def put_states(connection: Connection, new: Sequence[Row], changed: Sequence[Row]) -> None:
    """Write states. A ``new`` one that another worker wrote first is a Conflict; ``changed`` ones were locked before."""
    if new:
        connection.execute(insert(schema.rule_state), new)
    if changed:
        s = schema.rule_state
        values: dict[str, Any] = {c.name: bindparam(f"v_{c.name}") for c in s.columns if not c.primary_key}
        statement = update(s).where(s.c.rule == bindparam("k_rule"), s.c.subject == bindparam("k_subject")).values(values)
        rows = [{("k_" if name in ("rule", "subject") else "v_") + name: value for name, value in row.items()} for row in changed]
        connection.execute(statement, rows)


def append_events(connection: Connection, events: Sequence[AlertEvent], recorded_at: datetime) -> list[AlertEvent]:
    """Add events to the book, the outbox and the projection; returns those that were not there yet.

    Equal input gives the equal ``event_id``: a repeat is a no-op.
    """
    e, a = schema.alert_event, schema.alert
    ids = [event.event_id for event in events]
    there = set(connection.execute(select(e.c.event_id).where(e.c.event_id.in_(ids))).scalars()) if ids else set()
    fresh = [event for event in {event.event_id: event for event in events}.values() if event.event_id not in there]
    if not fresh:
        return []
    rows = [_event_row(event, recorded_at) for event in fresh]
    connection.execute(insert(e), rows)
    connection.execute(
        insert(schema.outbox).from_select(["event_seq"], select(e.c.seq).where(e.c.event_id.in_([row["event_id"] for row in rows])))
    )
    alert_ids = {event.alert_id for event in fresh}
    known = {row["alert_id"]: dict(row) for row in connection.execute(select(a).where(a.c.alert_id.in_(alert_ids))).mappings()}
    for event in fresh:
        known[event.alert_id] = project(known.get(event.alert_id), event)
    upsert(connection, a, list(known.values()))
    return fresh


def _event_row(event: AlertEvent, recorded_at: datetime) -> Row:
    return {
        "event_id": event.event_id,
        "alert_id": event.alert_id,
        "rule": event.rule,
        "subject_id": event.subject.id,
        "transition": event.transition.value,
        "known_at": event.known_at,
        "recorded_at": recorded_at,
        "body": event.model_dump_json(),
    }


def events(connection: Connection) -> Iterator[AlertEvent]:
    """Yield every event in the order of the book."""
    e = schema.alert_event.c
    for body in connection.execute(select(e.body).order_by(e.seq)).scalars():
        yield AlertEvent.model_validate_json(body)


def last_event(connection: Connection, alert_id: str) -> AlertEvent:
    """Return the newest event of an alert."""
    e = schema.alert_event.c
    body = connection.execute(select(e.body).where(e.alert_id == alert_id).order_by(e.seq.desc()).limit(1)).scalar_one()
    return AlertEvent.model_validate_json(body)
