"""The lists in force as one matching process holds them: rows of the log, the names to search, and which rows are one party."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from supplywatch.ledger import listed
from supplywatch.ledger.listed import ListedRow
from supplywatch.ledger.lists import Place
from supplywatch.listing.evidence import BY_NUMBER, Standing, search_keys, strength, why_same
from supplywatch.model.name_match import Name, Party
from supplywatch.model.records import ChangeKind, ListChange, ListEntry
from supplywatch.screening.index import Index
from supplywatch.screening.listed import party_of

LINKING = ("owned_by", "owns", "subsidiary_of", "parent_of", "linked_to", "group_member")
"""Relations that name another party; a clause about successors or shares names nobody."""
NEW = (ChangeKind.ADDITION, ChangeKind.BASELINE, ChangeKind.BACK_FILL, ChangeKind.DUPLICATE_OF_OTHER_LIST)
"""Changes by which an entry stands that did not stand before."""
_RELATED = "\x1f"


@dataclass(frozen=True, slots=True)
class Linked:
    """A party that an entry names as linked to it."""

    party: Party
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One place of a list with what it is searched by."""

    place: Place
    seq: int
    known_at: datetime
    in_force: bool
    party: str
    content: str
    names: Party | None
    linked: tuple[Linked, ...]
    keys: frozenset[str]
    of_list: tuple[str, ...]


class Lists:
    """The log of entries, taken in as far as :attr:`seq`, with an index of the names in force."""

    def __init__(self) -> None:
        self.seq = 0
        self.rows: dict[Place, Row] = {}
        self._parties: dict[str, set[Place]] = defaultdict(set)
        self._keys: dict[str, set[Place]] = defaultdict(set)
        self._places: dict[str, Place] = {}
        self._contents: dict[str, str] = {}
        self.index = Index.build(())

    def refresh(self, connection: Connection) -> None:
        """Take in what was written since."""
        fresh = [row_of(stored) for stored in listed.rows_since(connection, self.seq)]
        first = not self.rows
        if first and fresh:
            self.index = Index.build(party for row in fresh for party in _searched(row))
        for row in fresh:
            self._take(row, indexed=first)

    def of_party(self, party: str) -> list[Row]:
        """Return the places that a party ever had, in order."""
        return [self.rows[place] for place in sorted(self._parties.get(party, ()))]

    def party_saying(self, content: str) -> str | None:
        """Return the party whose entry had a content, also one that stands no more."""
        return self._contents.get(content)

    def party_at(self, party_id: str) -> str:
        """Return the listed party that is meant by an id of the index."""
        return self.rows[self._places[party_id.partition(_RELATED)[0]]].party

    def _take(self, row: Row, *, indexed: bool) -> None:
        before = self.rows.get(row.place)
        if before is not None:
            self._parties[before.party].discard(row.place)
            for key in sorted(before.keys):
                self._keys[key].discard(row.place)
            for party in _searched(before):
                self.index.remove(party.id)
        self.rows[row.place] = row
        self._parties[row.party].add(row.place)
        for key in sorted(row.keys):
            self._keys[key].add(row.place)
        self._places["/".join(row.place)] = row.place
        self._contents[row.content] = row.party
        if not indexed:
            for party in _searched(row):
                self.index.add(party)
        self.seq = max(self.seq, row.seq)

    def write(self, connection: Connection, changes: Sequence[ListChange]) -> set[str]:
        """Write changes to the log, whatever order they come in, and return the parties they touch; repeats touch and write nothing.

        The log must be locked and this object fresh. What is written is taken in with the next :meth:`refresh`.
        """
        writing = _Writing(self, connection, changes)
        for change in changes:
            writing.take(change)
        listed.put(connection, writing.numbered(self.seq))
        return writing.touched

    def near(self, keys: Iterable[str]) -> set[Place]:
        """Return the places whose entries share a number or a telling name."""
        return {place for key in keys for place in self._keys.get(key, ())}


def row_of(stored: ListedRow) -> Row:
    """Return a row of the log with what it is searched by."""
    if not stored.in_force:
        return Row(stored.place, stored.seq, stored.known_at, False, stored.party, stored.content, None, (), frozenset(), ())
    entry = stored.change.entry
    names = party_of(stored.place[0], entry, stored.known_at.date())
    linked = tuple(
        Linked(Party(f"{names.id}{_RELATED}{number}", (Name(relation.name),), list_code=entry.list_code, ended=names.ended), relation.text)
        for number, relation in enumerate(entry.relations)
        if relation.name is not None and relation.kind in LINKING
    )
    return Row(
        stored.place,
        stored.seq,
        stored.known_at,
        True,
        stored.party,
        stored.content,
        names,
        linked,
        frozenset(search_keys(entry)),
        Standing(stored.place[0], entry).of_list,
    )


def _searched(row: Row) -> list[Party]:
    return [] if row.names is None else [row.names, *(linked.party for linked in row.linked)]


class _Writing:
    """One batch on its way into the log.

    The newest change of a place stands; of an entry and a withdrawal with the same fetch the entry does, since one release may
    give a key that was withdrawn to another entry.
    """

    def __init__(self, lists: Lists, connection: Connection, changes: Sequence[ListChange]) -> None:
        self._lists = lists
        self._new: dict[Place, ListedRow] = {}
        self._entries: dict[Place, ListEntry] = {}
        self._meeting: dict[str, set[Place]] = defaultdict(set)
        self._contents: dict[str, str] = {}
        near = {place for change in changes for place in lists.near(search_keys(change.entry))}
        self._known = listed.bodies(connection, near)
        self.touched: set[str] = set()

    def take(self, change: ListChange) -> None:
        """Put the entry in its place, and take it from the place it had."""
        place = (change.provenance.source, change.entry.list_code, change.entry.key)
        content = hashlib.sha256(f"{place[0]}/{change.entry.content_key}".encode()).hexdigest()[:24]
        party = self._party(change, place, content)
        self.touched.add(party)
        if change.previous_key is not None and change.previous_key != change.entry.key:
            self._put(ListedRow((*place[:2], change.previous_key), 0, change.fetched, False, party, content, change.model_dump_json()))
        in_force = change.change is not ChangeKind.WITHDRAWAL
        self._put(ListedRow(place, 0, change.fetched, in_force, party, content, change.model_dump_json()))
        if in_force:
            self._entries[place] = change.entry
            for key in sorted(search_keys(change.entry)):
                self._meeting[key].add(place)

    def numbered(self, seq: int) -> list[ListedRow]:
        """Return the rows to write, numbered from the end of the log on."""
        return [replace(row, seq=number) for number, row in enumerate(self._new.values(), start=seq + 1)]

    def _put(self, row: ListedRow) -> None:
        before = self._before(row.place)
        if before is None or (before.known_at, before.in_force) < (row.known_at, row.in_force):
            self._new[row.place] = row
            self._contents[row.content] = row.party

    def _before(self, place: Place) -> ListedRow | Row | None:
        return self._new.get(place) or self._lists.rows.get(place)

    def _party(self, change: ListChange, place: Place, content: str) -> str:
        """Return who it is: who said the same before, who had the place, who was told first, who is the same by evidence; else new.

        Who took a place with the same fetch had it not before: a renumbered release is not taken in at once.
        """
        known = self._contents.get(content) or self._lists.party_saying(content)
        if known is not None:
            return known
        former = self._before((*place[:2], change.previous_key or place[2]))
        if former is not None and change.change not in NEW and former.known_at < change.fetched:
            return former.party
        told = self._before(change.same_as.place) if change.same_as is not None else None
        return told.party if told is not None else next(self._same(change.entry, place), content)

    def _same(self, entry: ListEntry, place: Place) -> Iterator[str]:
        """Yield the parties that the entry is one with, the strongest evidence first; a name joins no two entries of one list."""
        keys, found = search_keys(entry), []
        for other in sorted(self._lists.near(keys).union(*(self._meeting.get(key, ()) for key in sorted(keys))) - {place}):
            row, known = self._before(other), self._known.get(other)
            theirs = self._entries.get(other) or (known.entry if known is not None else None)
            if row is not None and row.in_force and theirs is not None and (why := why_same(entry, theirs)) is not None:
                found.append((strength(entry, theirs, why), other, row.party))
        for rank, _, party in sorted(found):
            if rank == BY_NUMBER or not self._stands_on(party, Standing(place[0], entry), place):
                yield party

    def _stands_on(self, party: str, one: Standing, place: Place) -> bool:
        """Tell whether another entry of the same list is the party already."""
        lists = {row.place: row.of_list for row in self._lists.of_party(party) if row.in_force}
        for at, row in self._new.items():
            lists.pop(at, None)
            if row.party == party and row.in_force:
                lists[at] = Standing(at[0], self._entries[at]).of_list
        lists.pop(place, None)
        return one.of_list in lists.values()


def newest(rows: Iterable[Row]) -> int:
    """Return how far the log was read for some rows."""
    return max((row.seq for row in rows), default=0)
