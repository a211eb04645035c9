"""Questions to the book about official lists: what stands, what stood on a day, what changed, what happened to one party."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, func, insert, select

from supplywatch.ledger import schema
from supplywatch.ledger.sources import PayloadStatus
from supplywatch.listing.evidence import Standing
from supplywatch.listing.names import letters, name_key, name_keys
from supplywatch.listing.parties import Decision
from supplywatch.listing.rollback import Past
from supplywatch.model.records import ChangeKind, ListChange, ListEntry, Listing, PolicyAct

Place = tuple[str, str, str]
"""(source, list code, key) of an entry."""
PARTIAL = ("shrunken", "anchor_missing", "truncated", "rollback")
"""Why a payload was refused that is a part of a list, or an older copy of it."""


@dataclass(frozen=True)
class PartialFile:
    """A payload of a list source that was refused as a part or an older copy, or that a person accepted all the same."""

    source: str
    fetched: datetime
    reason: str
    detail: str
    accepted: bool = False

    @property
    def kind(self) -> str:
        """What the list of changes calls it."""
        return "accepted_by_hand" if self.accepted else "partial_file"


def changes(
    connection: Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    source: str | None = None,
    newest_seq: int | None = None,
) -> Iterator[ListChange]:
    """Yield the judged changes in the order in which they became known.

    Parameters
    ----------
    since, until
        Bounds of knowledge time, both included.
    source
        Only of this source.
    newest_seq
        Only what stood in the book when this was its last line.
    """
    o = schema.observation.c
    query = select(o.body).where(o.series.startswith("list/" if source is None else f"list/{source}/", autoescape=True))
    if since is not None:
        query = query.where(o.known_at >= since)
    if until is not None:
        query = query.where(o.known_at <= until)
    if newest_seq is not None:
        query = query.where(o.seq <= newest_seq)
    for body in connection.execute(query.order_by(o.known_at, o.seq)).scalars():
        yield ListChange.model_validate_json(body)


def changes_after(connection: Connection, seq: int) -> Iterator[tuple[int, ListChange]]:
    """Yield the changes that were judged after a point of the book, with their sequence numbers."""
    o = schema.observation.c
    query = select(o.seq, o.body).where(o.seq > seq, o.series.startswith("list/")).order_by(o.seq)
    for number, body in connection.execute(query.execution_options(yield_per=1000)):
        yield number, ListChange.model_validate_json(body)


def head(connection: Connection) -> tuple[int, str]:
    """Return the newest change of the book: its sequence number, and the id that tells this book from others; ``(0, "")`` without one."""
    o = schema.observation.c
    row = connection.execute(select(o.seq, o.record_id).where(o.series.startswith("list/")).order_by(o.seq.desc()).limit(1)).first()
    return (0, "") if row is None else (row.seq, row.record_id)


def holds(connection: Connection, seq: int, record_id: str) -> bool:
    """Tell whether the book has this record at this place, so that all before it is the same too: nothing in it is ever changed."""
    o = schema.observation.c
    return connection.execute(select(o.record_id).where(o.seq == seq)).scalar() == record_id


def count_until(connection: Connection, seq: int) -> int:
    """Return how many changes stand in the book up to a point of it."""
    o = schema.observation.c
    query = select(func.count()).where(o.seq <= seq, o.series.startswith("list/"))
    return int(connection.execute(query).scalar_one())


def last_told(connection: Connection, party_id: str) -> ListChange | None:
    """Return what was last told of a listed party, by its id in an index: source, list and key."""
    o = schema.observation.c
    query = select(o.body).where(o.series == f"list/{party_id}").order_by(o.known_at.desc(), o.seq.desc()).limit(1)
    body = connection.execute(query).scalar()
    return None if body is None else ListChange.model_validate_json(body)


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
    connection: Connection,
    until: datetime | None = None,
    source: str | None = None,
    without: str | None = None,
    newest_seq: int | None = None,
) -> dict[Place, ListChange]:
    """Return the last change of every entry that stands."""
    last = _last(changes(connection, until=until, source=source, newest_seq=newest_seq))
    return {place: change for place, change in last.items() if place[0] != without}


def _last(every: Iterable[ListChange]) -> dict[Place, ListChange]:
    """Return the last of some changes of every entry that stands."""
    found: dict[Place, ListChange] = {}
    for release in releases(every):
        for change in release:
            found.pop(_place(change, change.previous_key), None)
        for change in release:
            if change.change is not ChangeKind.WITHDRAWAL:
                found[_place(change)] = change
    return found


@dataclass(frozen=True)
class Overview:
    """One list of one source: the entries that stand, and when anything was last said of it, a withdrawal included."""

    source: str
    list_code: str
    name: str
    entries: tuple[ListEntry, ...]
    last_change: datetime


def overview(connection: Connection, until: datetime | None = None, source: str | None = None) -> list[Overview]:
    """Return the lists in the book by source, code and title: some sources give ten lists of several ministries one code."""
    newest: dict[tuple[str, str, str], datetime] = {}
    every: list[ListChange] = []
    for change in changes(connection, until=until, source=source):
        every.append(change)
        newest[change.provenance.source, change.entry.list_code, change.entry.list_name] = change.fetched
    standing: dict[tuple[str, str, str], list[ListEntry]] = defaultdict(list)
    for (origin, code, _), change in _last(every).items():
        standing[origin, code, change.entry.list_name].append(change.entry)
    return [Overview(*title, tuple(standing[title]), newest[title]) for title in sorted(newest)]


def _place(change: ListChange, key: str | None = None) -> Place:
    return change.provenance.source, change.entry.list_code, key or change.entry.key


def releases(found: Iterable[ListChange]) -> Iterator[list[ListChange]]:
    """Yield the changes release by release: keys that move up by one each take the place that another gives up."""
    for _, release in groupby(found, key=lambda change: (change.fetched, change.provenance.source)):
        yield list(release)


def acts(connection: Connection, *, until: datetime | None = None) -> list[PolicyAct]:
    """Return the policy acts known that have a citation."""
    o = schema.observation.c
    query = select(o.body).where(o.series.startswith("act/"))
    if until is not None:
        query = query.where(o.known_at <= until)
    found = (PolicyAct.model_validate_json(body) for body in connection.execute(query.order_by(o.known_at, o.seq)).scalars())
    return [act for act in found if act.citation is not None]


def past(connection: Connection, source: str, *, until: datetime | None = None) -> Past:
    """Return what became of the entries of a source."""
    return Past.of(changes(connection, until=until, source=source))


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
        See :func:`is_meant`; what is found is followed through new names and keys.
    """
    threads: dict[Place, list[ListChange]] = {}
    every: list[list[ListChange]] = []
    for release in releases(changes(connection, until=until)):
        before = [threads.pop(_place(change, change.previous_key), None) for change in release]
        for change, thread in zip(release, before, strict=True):
            if thread is None:
                every.append(thread := [])
            thread.append(change)
            if change.change is not ChangeKind.WITHDRAWAL:
                threads[_place(change)] = thread
    found = [change for thread in every if any(is_meant(change.entry, party) for change in thread) for change in thread]
    return sorted(found, key=lambda change: change.fetched)


def is_meant(entry: ListEntry, party: str) -> bool:
    """Tell whether an entry is meant by a name or alias as any list spells it, a part of one, a key, or a number."""
    text = party.strip().casefold()
    names = (entry.name, *(alias.text for alias in entry.aliases))
    return (
        entry.key == party
        or name_key(party) in name_keys(entry)
        or any(text in name.casefold() for name in names)
        or letters(party) in {letters(identifier.value) for identifier in entry.identifiers}
    )


def partial_files(connection: Connection, list_sources: set[str], *, since: datetime, until: datetime | None = None) -> list[PartialFile]:
    """Return the payloads of list sources that were refused as parts of the whole, and those that a person accepted all the same."""
    p = schema.payload.c
    accepted: PayloadStatus = "accepted"
    query = select(p.source, p.fetched, p.reason, p.detail, p.status == accepted).where(
        p.source.in_(list_sources), p.reason.in_(PARTIAL), p.fetched >= since
    )
    if until is not None:
        query = query.where(p.fetched <= until)
    return [PartialFile(*row) for row in connection.execute(query.order_by(p.seq))]


def decide(connection: Connection, decision: Decision) -> None:
    """Write down a person's word on two entries."""
    row = {
        "decided_at": decision.at,
        "verb": decision.verb,
        "one": decision.one,
        "other": decision.other,
        "actor": decision.by,
        "reason": decision.reason,
    }
    connection.execute(insert(schema.party_decision), row)


def decisions(connection: Connection, *, until: datetime | None = None) -> list[Decision]:
    """Return every decision in order, up to an instant."""
    d = schema.party_decision.c
    query = select(d.verb, d.one, d.other, d.actor, d.reason, d.decided_at).order_by(d.seq)
    if until is not None:
        query = query.where(d.decided_at <= until)
    return [Decision(*row) for row in connection.execute(query)]
