"""Questions to the book about watch-lists: what is watched, what was watched on a day, what changed since."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from supplywatch.ledger import schema
from supplywatch.model.counterparty import Counterparty, Keys, stored_keys
from supplywatch.model.name_match import MATCHER_VERSION, Party

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
    r = schema.watchlist_row.c
    left = limit
    for stage, import_ in _imports(connection, since=seq - (after is not None)).items():
        query = _rows().where(r.stage == stage).order_by(r.counterparty_id)
        if after is not None and import_.seq == seq:
            query = query.where(r.counterparty_id > after)
        for row in _streamed(connection, query if left is None else query.limit(left)):
            yield _change(row, import_)
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
    return (_change(*found) for found in _last_rows(connection, watchlist, until))


def parties(connection: Connection) -> Iterator[Party]:
    """Yield the counterparties that are watched, and their owners, as parties to be screened."""
    # Screening holds dictionaries of 50 MB: the relay, which only passes ids on, does without.
    screened = importlib.import_module("supplywatch.screening.watched")
    for (_, counterparty_id, body, name_keys), import_ in _last_rows(connection):
        yield from screened.stored_parties(counterparty_id, body, stored_keys(name_keys) if import_.matcher == MATCHER_VERSION else ())


def tagged(connection: Connection, *, until: datetime | None = None) -> Iterator[tuple[str, Counterparty]]:
    """Yield the id and the counterparty of all that are watched and carry tags."""
    for (_, counterparty_id, body, _), _ in _last_rows(connection, until=until):
        if '"tags":' in body:  # a tenth of the time of reading a million that carry none
            yield counterparty_id, Counterparty.model_validate_json(body)


def watched_ids(connection: Connection, watchlist: str) -> Iterator[str]:
    """Yield the ids of the counterparties of a watch-list that are watched, in order."""
    return (row.counterparty_id for row, _ in _last_rows(connection, watchlist))


def latest_seq(connection: Connection) -> int:
    """Return the number of the last import, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(schema.watchlist_import.c.seq), 0))).scalar_one())


def counterparty(connection: Connection, counterparty_id: str) -> Change | None:
    """Return the last change of a counterparty, ``None`` for one that was never watched."""
    return counterparties(connection, (counterparty_id,)).get(counterparty_id)


def counterparties(connection: Connection, counterparty_ids: Iterable[str]) -> dict[str, Change]:
    """Return the last change of some counterparties, those removed included."""
    known = _imports(connection)
    wanted = sorted(set(counterparty_ids))
    found: dict[str, Change] = {}
    for start in range(0, len(wanted), _ASKED):
        query = _rows().where(schema.watchlist_row.c.counterparty_id.in_(wanted[start : start + _ASKED]))
        changes = [_change(row, known[row.stage]) for row in connection.execute(query) if row.stage in known]
        found |= {change.counterparty_id: change for change in sorted(changes, key=lambda change: change.seq)}
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


class _Import(NamedTuple):
    seq: int
    at: datetime
    matcher: str


def _imports(connection: Connection, *, since: int = 0, until: datetime | None = None) -> dict[int, _Import]:
    """Return the imports in force by their stage, in order."""
    i = schema.watchlist_import.c
    query = select(i.stage, i.seq, i.at, i.matcher).where(i.seq > since).order_by(i.seq)
    if until is not None:
        query = query.where(i.at <= until)
    return {stage: _Import(*rest) for stage, *rest in connection.execute(query)}


def _last_rows(connection: Connection, watchlist: str | None = None, until: datetime | None = None) -> Iterator[tuple[Any, _Import]]:
    """Yield the row that counts of every counterparty that is watched; imports are joined here, once, and not for each row."""
    known = _imports(connection, until=until)
    r = schema.watchlist_row.c
    query = _rows().order_by(r.counterparty_id)
    if watchlist is not None:
        query = query.where(r.counterparty_id >= f"{watchlist}/", r.counterparty_id < f"{watchlist}0")
    last, last_id, last_seq = None, None, 0
    for row in _streamed(connection, query):
        stage, counterparty_id, _, _ = row
        if (import_ := known.get(stage)) is None or (counterparty_id == last_id and import_.seq < last_seq):
            continue
        if last is not None and counterparty_id != last_id and last[0].body is not None:
            yield last
        last, last_id, last_seq = (row, import_), counterparty_id, import_.seq
    if last is not None and last[0].body is not None:
        yield last


def _rows() -> Select[Any]:
    r = schema.watchlist_row.c
    return select(r.stage, r.counterparty_id, r.body, r.name_keys)


def _streamed(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    yield from connection.execute(query, execution_options={"stream_results": True, "yield_per": _FETCH})


def _change(row: Any, import_: _Import) -> Change:
    body = None if row.body is None else Counterparty.model_validate_json(row.body)
    return Change(import_.seq, row.counterparty_id, body, import_.at, _keys(row, import_))


def _keys(row: Any, import_: _Import) -> Keys:
    return () if row.name_keys is None or import_.matcher != MATCHER_VERSION else stored_keys(row.name_keys)
