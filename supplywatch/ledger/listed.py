"""The memory of the matching stage: the list entries in force as a log of their own, the pairs that were ever told, and bookmarks.

An entry and a counterparty may arrive at the same time, at two workers. Each writes down what it got before it reads what the other may
have written; so at least one of the two sees both. What orders versions is ``seq``, which commits in its own order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from supplywatch.ledger import book, schema
from supplywatch.ledger.connect import insert_or_update
from supplywatch.ledger.lists import Place
from supplywatch.ledger.lookup import matching
from supplywatch.model.records import ListChange

GIVEN_OUT = "counterparties given out"
"""Bookmark: the changes of the watch-list that stand on their topic already."""
_CHUNK = 400


@dataclass(frozen=True, slots=True)
class ListedRow:
    """The last word on one place of a list; an entry that was taken off keeps its place with ``in_force`` false."""

    place: Place
    seq: int
    known_at: datetime
    in_force: bool
    party: str
    content: str
    """Digest of the entry's content key: tells whose place it is when two releases number differently."""
    body: str

    @property
    def change(self) -> ListChange:
        """The change that brought the entry as it is."""
        return ListChange.model_validate_json(self.body)


def lock(connection: Connection) -> None:
    """Let no other process add to the log of entries until the transaction ends; readers go on."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE listed IN SHARE ROW EXCLUSIVE MODE"))


def rows_since(connection: Connection, seq: int) -> Iterator[ListedRow]:
    """Yield what was written after a point of the log, in its order."""
    t = schema.listed
    query = select(t).where(t.c.seq > seq).order_by(t.c.seq)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield ListedRow((row.source, row.list_code, row.key), row.seq, row.known_at, row.in_force, row.party, row.content, row.body)


def bodies(connection: Connection, places: Iterable[Place]) -> dict[Place, ListChange]:
    """Return the changes that brought the entries at some places."""
    t = schema.listed.c
    wanted, same = matching(connection, places, (t.source, t.list_code, t.key))
    query = select(t.source, t.list_code, t.key, t.body).join_from(wanted, schema.listed, same)
    return {(row.source, row.list_code, row.key): ListChange.model_validate_json(row.body) for row in connection.execute(query)}


def put(connection: Connection, rows: Sequence[ListedRow]) -> None:
    """Write rows, each in the place of the former one."""
    names = ("source", "list_code", "key")
    values = [
        dict(zip(names, row.place, strict=True))
        | {name: getattr(row, name) for name in ("seq", "known_at", "in_force", "party", "content", "body")}
        for row in rows
    ]
    book.upsert(connection, schema.listed, values)


def pairs_of_parties(connection: Connection, parties: Iterable[str]) -> dict[str, set[str]]:
    """Return the counterparties that were ever told to match each party."""
    return _grouped(connection, "party", "counterparty_id", parties)


def pairs_of_counterparties(connection: Connection, counterparties: Iterable[str]) -> dict[str, set[str]]:
    """Return the parties that each counterparty was ever told to match."""
    return _grouped(connection, "counterparty_id", "party", counterparties)


def _grouped(connection: Connection, by: str, other: str, values: Iterable[str]) -> dict[str, set[str]]:
    t = schema.match_pair.c
    found: dict[str, set[str]] = {}
    wanted = sorted(set(values))
    for start in range(0, len(wanted), _CHUNK):
        query = select(t[by], t[other]).where(t[by].in_(wanted[start : start + _CHUNK]))
        for one, two in connection.execute(query):
            found.setdefault(one, set()).add(two)
    return found


def note_pairs(connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Note (counterparty, party) pairs before they are told: what is noted is looked at again whenever one of the two changes."""
    rows = [{"counterparty_id": one, "party": party} for one, party in sorted(set(pairs))]
    if rows:
        connection.execute(insert_or_update(connection, schema.match_pair).on_conflict_do_nothing(), rows)


def bookmark(connection: Connection, name: str) -> tuple[int, str]:
    """Return how far a reader of a log came: the sequence number, and the last key within it."""
    t = schema.bookmark.c
    row = connection.execute(select(t.seq, t.after).where(t.name == name)).first()
    return (0, "") if row is None else (row.seq, row.after)


def set_bookmark(connection: Connection, name: str, seq: int, after: str = "") -> None:
    """Note how far a reader of a log came."""
    book.upsert(connection, schema.bookmark, [{"name": name, "seq": seq, "after": after}])
