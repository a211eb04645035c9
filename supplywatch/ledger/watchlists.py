"""Questions to the book about watch-lists: what is watched, what was watched on a day, what changed since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, func, select

from supplywatch.ledger import schema
from supplywatch.screening.model import MATCHER_VERSION
from supplywatch.watchlist.counterparty import Counterparty, Keys

_FETCH = 5_000
_ASKED = 400


@dataclass(frozen=True, slots=True)
class Change:
    """What one import did to one counterparty.

    ``seq`` is the import: numbers rise in the order in which imports came into force, so that no smaller one appears later.
    ``counterparty`` is ``None`` when it was removed. ``keys`` are the stored forms of its names, empty where another version of the
    matcher made them.
    """

    seq: int
    counterparty_id: str
    counterparty: Counterparty | None
    known_at: datetime
    keys: Keys = ()


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import that came into force."""

    seq: int
    watchlist: str
    at: datetime
    actor: str
    verb: str
    file_name: str | None
    sha256: str | None
    accepted: int
    refused: int
    added: int
    changed: int
    unchanged: int
    removed: int

    @property
    def differences(self) -> int:
        """How many counterparties it added, changed or removed."""
        return self.added + self.changed + self.removed


def changes_since(connection: Connection, seq: int, *, after: str | None = None, limit: int | None = None) -> Iterator[Change]:
    """Yield the changes of later imports in the order of (seq, counterparty_id); a row that an import repeats is no change.

    Parameters
    ----------
    seq
        The last import that is known.
    after
        Of import ``seq`` only what stands up to this counterparty is known; ``None`` when all of it is.
    limit
        How many at the most.
    """
    i, r = schema.watchlist_import.c, schema.watchlist_row.c
    first = i.seq >= seq if after is not None else i.seq > seq
    left = limit
    for number, stage in connection.execute(select(i.seq, i.stage).where(first).order_by(i.seq)).all():
        query = _changes().where(r.stage == stage).order_by(r.counterparty_id)
        if after is not None and number == seq:
            query = query.where(r.counterparty_id > after)
        for row in _streamed(connection, query if left is None else query.limit(left)):
            yield _change(row)
            left = None if left is None else left - 1
        if left == 0:
            return


def in_force(connection: Connection, *, watchlist: str | None = None, until: datetime | None = None) -> Iterator[Change]:
    """Yield the counterparties that are watched, each with the change that made it what it is, in the order of their ids.

    Parameters
    ----------
    watchlist
        Only of this one.
    until
        As it was known at this instant.
    """
    i, r = schema.watchlist_import.c, schema.watchlist_row.c
    query = _changes().order_by(r.counterparty_id, i.seq)
    if watchlist is not None:
        query = query.where(i.watchlist == watchlist)
    if until is not None:
        query = query.where(i.at <= until)
    for _, versions in groupby(_streamed(connection, query), key=lambda row: row.counterparty_id):
        *_, last = versions
        if last.body is not None:
            yield _change(last)


def latest_seq(connection: Connection) -> int:
    """Return the number of the last import, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(schema.watchlist_import.c.seq), 0))).scalar_one())


def counterparty(connection: Connection, counterparty_id: str) -> Change | None:
    """Return the last change of a counterparty, ``None`` for one that was never watched."""
    i, r = schema.watchlist_import.c, schema.watchlist_row.c
    row = connection.execute(_changes().where(r.counterparty_id == counterparty_id).order_by(i.seq.desc()).limit(1)).first()
    return None if row is None else _change(row)


def counterparties(connection: Connection, counterparty_ids: Iterable[str]) -> dict[str, Change]:
    """Return the last change of some counterparties, those removed included."""
    i, r = schema.watchlist_import.c, schema.watchlist_row.c
    wanted = sorted(set(counterparty_ids))
    found: dict[str, Change] = {}
    for start in range(0, len(wanted), _ASKED):
        query = _changes().where(r.counterparty_id.in_(wanted[start : start + _ASKED])).order_by(i.seq)
        found |= {row.counterparty_id: _change(row) for row in connection.execute(query)}
    return found


def imports(connection: Connection, *, watchlist: str | None = None, since: int = 0, until: datetime | None = None) -> list[ImportRecord]:
    """Return the imports that came into force, in order; after one, for one watch-list, and as known at an instant where given."""
    i = schema.watchlist_import.c
    query = select(*(i[name] for name in ImportRecord.__slots__)).where(i.seq > since).order_by(i.seq)
    if watchlist is not None:
        query = query.where(i.watchlist == watchlist)
    if until is not None:
        query = query.where(i.at <= until)
    return [ImportRecord(*row) for row in connection.execute(query)]


def import_mark(connection: Connection, seq: int) -> str | None:
    """Return what tells the import of a number from that of the same number in another ledger; ``None`` when there is none."""
    i = schema.watchlist_import.c
    row = connection.execute(select(i.at, i.stage, i.watchlist, i.sha256).where(i.seq == seq)).first()
    return None if row is None else f"{row.at.isoformat()} {row.stage} {row.watchlist} {row.sha256}"


def _changes() -> Select[Any]:
    i, r = schema.watchlist_import.c, schema.watchlist_row.c
    return select(i.seq, r.counterparty_id, r.body, i.at, r.name_keys, i.matcher).join_from(
        schema.watchlist_row, schema.watchlist_import, i.stage == r.stage
    )


def _streamed(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    yield from connection.execute(query, execution_options={"stream_results": True, "yield_per": _FETCH})


def _change(row: Any) -> Change:
    body = None if row.body is None else Counterparty.model_validate_json(row.body)
    keys = tuple(map(tuple, json.loads(row.name_keys))) if row.name_keys is not None and row.matcher == MATCHER_VERSION else ()
    return Change(row.seq, row.counterparty_id, body, row.at, keys)
