"""Questions to the book about official lists: what stands, what stood on a day, what changed, what happened to one party."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from supplywatch.ledger import schema
from supplywatch.ledger.sources import PayloadStatus
from supplywatch.listing.evidence import Standing
from supplywatch.listing.names import name_key, name_keys
from supplywatch.records import ChangeKind, ListChange, Listing

Place = tuple[str, str, str]
"""(source, list code, key) of an entry."""
PARTIAL = ("shrunken", "anchor_missing", "truncated")
"""Why a payload was refused that is a part of a list."""


@dataclass(frozen=True)
class PartialFile:
    """A payload of a list source that was refused because it is a part of the whole: it differs in nothing."""

    source: str
    fetched: datetime
    reason: str
    detail: str


def changes(
    connection: Connection, *, since: datetime | None = None, until: datetime | None = None, source: str | None = None
) -> Iterator[ListChange]:
    """Yield the judged changes in the order in which they became known.

    Parameters
    ----------
    since, until
        Bounds of knowledge time, both included.
    source
        Only of this source.
    """
    o = schema.observation.c
    query = select(o.body).where(o.series.startswith("list/" if source is None else f"list/{source}/", autoescape=True))
    if since is not None:
        query = query.where(o.known_at >= since)
    if until is not None:
        query = query.where(o.known_at <= until)
    for body in connection.execute(query.order_by(o.known_at, o.seq)).scalars():
        yield ListChange.model_validate_json(body)


def standing(
    connection: Connection, *, until: datetime | None = None, source: str | None = None, without: str | None = None
) -> list[Standing]:
    """Return the entries in force as the judged changes add up to them.

    Parameters
    ----------
    until
        As it was known at this instant.
    source, without
        Only this source; all but this one.
    """
    return [Standing(change.provenance.source, change.entry) for change in last_changes(connection, until, source, without).values()]


def last_changes(
    connection: Connection, until: datetime | None = None, source: str | None = None, without: str | None = None
) -> dict[Place, ListChange]:
    """Return the last change of every entry that stands."""
    found: dict[Place, ListChange] = {}
    for change in changes(connection, until=until, source=source):
        entry, origin = change.entry, change.provenance.source
        if origin == without:
            continue
        if change.previous_key is not None:
            found.pop((origin, entry.list_code, change.previous_key), None)
        if change.change is ChangeKind.WITHDRAWAL:
            found.pop((origin, entry.list_code, entry.key), None)
        else:
            found[origin, entry.list_code, entry.key] = change
    return found


def told_as(connection: Connection, *, until: datetime | None = None) -> dict[Place, Listing]:
    """Return the entries whose designation another listing told first, with that listing."""
    o = schema.observation.c
    query = select(o.body).where(o.series.startswith("list/"), o.body.contains('"same_as":{'))
    if until is not None:
        query = query.where(o.known_at <= until)
    found: dict[Place, Listing] = {}
    for body in connection.execute(query.order_by(o.known_at, o.seq)).scalars():
        change = ListChange.model_validate_json(body)
        if change.same_as is not None:
            found[change.provenance.source, change.entry.list_code, change.entry.key] = change.same_as
    return found


def history_of(connection: Connection, party: str, *, until: datetime | None = None) -> list[ListChange]:
    """Return every change of the entries that a party is known by, in the order in which they became known.

    Parameters
    ----------
    party
        A name or alias as spelled by any list, a key, or a part of a name.
    """
    wanted, text = name_key(party), party.strip().casefold()
    found, followed = [], set[Place]()
    for change in changes(connection, until=until):
        entry, origin = change.entry, change.provenance.source
        place = (origin, entry.list_code, entry.key)
        before = (origin, entry.list_code, change.previous_key or entry.key)
        names = (entry.name, *(alias.text for alias in entry.aliases))
        if (
            place in followed
            or before in followed
            or entry.key == party
            or wanted in name_keys(entry)
            or any(text in n.casefold() for n in names)
        ):
            followed.add(place)
            found.append(change)
    return found


def partial_files(connection: Connection, list_sources: set[str], *, since: datetime, until: datetime | None = None) -> list[PartialFile]:
    """Return the payloads of list sources that were refused as parts of the whole."""
    p = schema.payload.c
    refused: PayloadStatus = "quarantined"
    query = select(p.source, p.fetched, p.reason, p.detail).where(
        p.source.in_(list_sources), p.status == refused, p.reason.in_(PARTIAL), p.fetched >= since
    )
    if until is not None:
        query = query.where(p.fetched <= until)
    return [PartialFile(*row) for row in connection.execute(query.order_by(p.seq))]
