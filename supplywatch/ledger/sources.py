"""What the ledger knows about the sources: the log of payloads, and the state of each source between two polls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field
from sqlalchemy import Connection, insert, select, text

from supplywatch.ledger import schema
from supplywatch.ledger.book import Key, Known, Ledger, upsert
from supplywatch.ledger.connect import translated
from supplywatch.model.records import Frozen, SourceStatus

PayloadStatus = Literal["accepted", "quarantined", "stale"]
LOCK_SPACE = 8742016


class StoredPart(Frozen):
    """One part of a payload as it lies in the archive; together they bring the payload back. The first also keeps its ``selection``."""

    sha256: str
    name: str
    content_type: str | None = None
    url: str | None = None
    params: dict[str, str] = Field(default_factory=dict)
    selection: str | None = None


class Validator(Frozen):
    """What makes a request conditional: the publisher's marks of the body that we hold."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str


class Outstanding(Frozen):
    """What was written down as to be offered and has not been found in the book yet.

    ``new_series`` are the series whose history is a baseline, ``None`` when all are; ``reports`` are records about the source
    itself, as JSON. ``record_ids`` name what was offered: when the book has them all, nothing need be read again.
    """

    payload_seq: int | None = None
    new_series: tuple[str, ...] | None = None
    reports: tuple[str, ...] = ()
    record_ids: tuple[str, ...] = ()
    sent: bool = False


class Held(Frozen):
    """What an older copy says that is held back, and since when it is served at every look."""

    content: str
    since: AwareDatetime


class SourceState(Frozen):
    """The state of a source between two polls.

    ``status``, ``reason`` and ``detail`` tell how the last poll ended; ``overdue_for`` is the newest period at which a missing publication
    was reported; ``kept_raw`` says what of the last accepted list could not be read, ``put_aside`` which records of the last
    accepted payload no topic would take; ``questions`` stands for the requests the last
    accepted poll made, ``polled_sha256`` for what it brought; ``next_end`` is the
    day on which the next entry of a list ends, ``held`` an older copy that may become a state like any.
    """

    status: SourceStatus | None = None
    reason: str | None = None
    detail: str | None = None
    last_poll_at: AwareDatetime | None = None
    last_good_at: AwareDatetime | None = None
    changed_at: AwareDatetime | None = None
    content_observed: str | None = None
    failures: int = 0
    not_before: AwareDatetime | None = None
    overdue_for: str | None = None
    kept_raw: str | None = None
    put_aside: tuple[str, ...] = ()
    validators: dict[str, Validator] = Field(default_factory=dict)
    questions: str | None = None
    polled_sha256: str | None = None
    next_end: date | None = None
    held: Held | None = None
    outstanding: tuple[Outstanding, ...] = ()


@dataclass(frozen=True)
class LoggedPayload:
    """One line of the payload log; ``seq`` is 0 before it is written."""

    source: str
    sha256: str
    fetched: datetime
    published: datetime | None
    status: PayloadStatus
    parts: tuple[StoredPart, ...]
    records: int = 0
    newest_observed: str | None = None
    reason: str | None = None
    detail: str | None = None
    seq: int = 0


def load_state(connection: Connection, source: str) -> SourceState:
    """Return the state of a source; an empty one before its first poll."""
    s = schema.source_state.c
    body = connection.execute(select(s.body).where(s.source == source)).scalar_one_or_none()
    return SourceState() if body is None else SourceState.model_validate_json(body)


def load_states(connection: Connection) -> dict[str, SourceState]:
    """Return the state of every source that was ever polled."""
    rows = connection.execute(select(schema.source_state).order_by(schema.source_state.c.source))
    return {row.source: SourceState.model_validate_json(row.body) for row in rows}


def save_state(connection: Connection, source: str, state: SourceState) -> None:
    """Write the state of a source."""
    upsert(connection, schema.source_state, [{"source": source, "body": state.model_dump_json()}])


def append_payload(connection: Connection, entry: LoggedPayload) -> int:
    """Add a line to the payload log and return its number."""
    row = {
        "source": entry.source,
        "sha256": entry.sha256,
        "fetched": entry.fetched,
        "published": entry.published,
        "status": entry.status,
        "reason": entry.reason,
        "detail": entry.detail,
        "records": entry.records,
        "newest_observed": entry.newest_observed,
        "parts": json.dumps([part.model_dump(mode="json", exclude_defaults=True) for part in entry.parts]),
    }
    result = connection.execute(insert(schema.payload).returning(schema.payload.c.seq), row)
    return int(result.scalar_one())


def last_payload(connection: Connection, source: str, *, accepted: bool = False, before: int | None = None) -> LoggedPayload | None:
    """Return the newest line of a source in the payload log.

    Parameters
    ----------
    accepted
        Only accepted payloads.
    before
        Only lines older than this number.
    """
    p = schema.payload.c
    query = select(schema.payload).where(p.source == source)
    if accepted:
        query = query.where(p.status == "accepted")
    if before is not None:
        query = query.where(p.seq < before)
    row = connection.execute(query.order_by(p.seq.desc()).limit(1)).first()
    return None if row is None else _logged(row)


def waiting(connection: Connection, source: str, *, after: int, before: int | None = None) -> list[LoggedPayload]:
    """Return the refused snapshots of which new entries were judged, of the lines between two numbers of the log."""
    p = schema.payload.c
    query = select(schema.payload).where(p.source == source, p.seq > after, p.status == "quarantined", p.records > 0)
    if before is not None:
        query = query.where(p.seq < before)
    return [_logged(row) for row in connection.execute(query.order_by(p.seq))]


def payload_at(connection: Connection, seq: int) -> LoggedPayload:
    """Return one line of the payload log."""
    return _logged(connection.execute(select(schema.payload).where(schema.payload.c.seq == seq)).one())


def was_accepted(connection: Connection, source: str, sha256: str) -> bool:
    """Tell whether exactly this payload was accepted before."""
    p = schema.payload.c
    query = select(p.seq).where(p.source == source, p.sha256 == sha256, p.status == "accepted").limit(1)
    return connection.execute(query).first() is not None


def _logged(row: Any) -> LoggedPayload:
    values = row._asdict() | {"parts": tuple(StoredPart.model_validate(part) for part in json.loads(row.parts))}
    return LoggedPayload(**values)


def judged(connection: Connection, source: str) -> dict[Key, Known]:
    """Return the latest vintage of everything judged for a source, by (series, observed)."""
    o = schema.observation.c
    query = select(o.series, o.observed, o.digest, o.known_at).where(o.source == source).order_by(o.known_at, o.seq)
    return {(row.series, row.observed): Known(row.digest, row.known_at) for row in connection.execute(query)}


@contextmanager
def exclusive(ledger: Ledger, source: str) -> Iterator[bool]:
    """Hold the right to poll a source against processes on other machines; a crash gives it back at once.

    SQLite has no other machines: there the archive's lock is enough, and the answer is always yes.

    Yields
    ------
    bool
        Whether it is held.
    """
    if ledger.engine.dialect.name != "postgresql":
        yield True
        return
    key = {"space": LOCK_SPACE, "source": source}
    with translated(ledger.url), ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = bool(connection.execute(text("SELECT pg_try_advisory_lock(:space, hashtext(:source))"), key).scalar_one())
        try:
            yield held
        finally:
            if held and not connection.invalidated:
                connection.execute(text("SELECT pg_advisory_unlock(:space, hashtext(:source))"), key)
