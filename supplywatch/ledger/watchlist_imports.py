"""Bringing a watch-list into force: rows are staged in short transactions that nobody sees, then one row of an import counts for all.

An import that is killed leaves its stage behind, which changes nothing; the next import of the same list removes it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, text, update

from supplywatch.errors import Conflict
from supplywatch.ledger import schema
from supplywatch.ledger.book import Ledger
from supplywatch.model.name_match import MATCHER_VERSION

Verb = Literal["import", "add", "remove"]
_REMOVED_AT_ONCE = 5_000
_WORTH_COPYING = 100
_GIVEN_UP = ""
"""The list of a stage that nobody fills any more."""


class Staged(NamedTuple):
    """A counterparty as it will be; without digest, body and forms it will be removed."""

    counterparty_id: str
    digest: str | None = None
    body: str | None = None
    name_keys: str | None = None


@dataclass(frozen=True)
class Counts:
    """What an import does: rows taken and refused, and what that makes of the list."""

    accepted: int = 0
    refused: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0

    @property
    def differs(self) -> bool:
        """Whether anything of the list changes."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True)
class Origin:
    """Who brings an import, and where from."""

    watchlist: str
    at: datetime
    actor: str
    verb: Verb = "import"
    file_name: str | None = None
    sha256: str | None = None


class Stage:
    """An import that is being prepared.

    Parameters
    ----------
    number
        Of the stage; every import has its own.
    base
        The last import of the list that this one was compared with.
    """

    def __init__(self, ledger: Ledger, watchlist: str, number: int, base: int) -> None:
        self.ledger, self.watchlist, self.number, self.base = ledger, watchlist, number, base

    @classmethod
    def begin(cls, ledger: Ledger, watchlist: str, now: datetime) -> Stage:
        """Open a stage; what earlier imports of the list left behind is removed, and one that still runs will find that out."""
        with ledger.begin() as connection:
            s = schema.watchlist_stage.c
            query = select(s.stage).where(s.watchlist.in_((watchlist, _GIVEN_UP))).with_for_update()
            left = list(connection.execute(query).scalars())
            _give_up(connection, left)
            number = _new_stage(connection, watchlist, now)
            base = _last_import(connection, watchlist)
        for stage in left:
            _clear(ledger, stage)
        return cls(ledger, watchlist, number, base)

    def put(self, rows: Sequence[Staged]) -> None:
        """Stage rows; each counterparty once.

        Raises
        ------
        Conflict
            When another import of the list was begun.
        """
        if rows:
            with self.ledger.begin() as connection:
                _put(connection, self.number, self.watchlist, rows)

    def complete(self, origin: Origin, counts: Counts) -> int:
        """Bring the staged rows into force, all at once; return the number of the import.

        Raises
        ------
        Conflict
            When the list has changed since it was compared.
        """
        with self.ledger.begin() as connection:
            _lock_imports(connection)
            _check_open(connection, self.number, self.watchlist)
            if _last_import(connection, self.watchlist) != self.base:
                raise Conflict(f"watch-list {self.watchlist}: it was changed while the file was read; import the file again")
            return _record(connection, self.number, origin, counts)

    def abandon(self) -> None:
        """Remove what was staged."""
        with self.ledger.begin() as connection:
            _give_up(connection, [self.number])
        _clear(self.ledger, self.number)


def change_now(connection: Connection, origin: Origin, rows: Sequence[Staged], counts: Counts) -> int:
    """Bring a few rows into force within one transaction; return the number of the import."""
    _lock_imports(connection)
    number = _new_stage(connection, origin.watchlist, origin.at)
    _put(connection, number, origin.watchlist, rows)
    return _record(connection, number, origin, counts)


def digests(connection: Connection, counterparty_ids: Iterable[str]) -> dict[str, str]:
    """Return the digests of those counterparties that are watched now."""
    i, r = schema.watchlist_import.c, schema.watchlist_row.c
    query = (
        select(r.counterparty_id, r.digest)
        .join_from(schema.watchlist_row, schema.watchlist_import, i.stage == r.stage)
        .where(r.counterparty_id.in_(list(counterparty_ids)))
        .order_by(i.seq)
    )
    last: dict[str, str | None] = {row.counterparty_id: row.digest for row in connection.execute(query)}
    return {found: digest for found, digest in last.items() if digest is not None}


def _new_stage(connection: Connection, watchlist: str, now: datetime) -> int:
    made = connection.execute(insert(schema.watchlist_stage).values(watchlist=watchlist, started_at=now))
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def _put(connection: Connection, stage: int, watchlist: str, rows: Sequence[Staged]) -> None:
    _check_open(connection, stage, watchlist)
    if connection.dialect.name == "postgresql" and len(rows) >= _WORTH_COPYING:
        copying = importlib.import_module("supplywatch.ledger.copying")
        copying.copy_rows(connection, schema.watchlist_row, ("stage", *Staged._fields), ((stage, *row) for row in rows))
    else:
        connection.execute(insert(schema.watchlist_row), [{"stage": stage, **row._asdict()} for row in rows])


def _check_open(connection: Connection, stage: int, watchlist: str) -> None:
    s = schema.watchlist_stage.c
    if connection.execute(select(s.stage).where(s.stage == stage, s.watchlist == watchlist).with_for_update()).first() is None:
        raise Conflict(f"watch-list {watchlist}: another import of it was begun, which takes the place of this one")


def _last_import(connection: Connection, watchlist: str) -> int:
    i = schema.watchlist_import.c
    return int(connection.execute(select(func.coalesce(func.max(i.seq), 0)).where(i.watchlist == watchlist)).scalar_one())


def _lock_imports(connection: Connection) -> None:
    """Let one import after the other come into force: SQLite writers are alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE watchlist_import IN SHARE ROW EXCLUSIVE MODE"))


def _record(connection: Connection, stage: int, origin: Origin, counts: Counts) -> int:
    i = schema.watchlist_import.c
    seq = int(connection.execute(select(func.coalesce(func.max(i.seq), 0))).scalar_one()) + 1
    row = {"seq": seq, "stage": stage, "matcher": MATCHER_VERSION, **asdict(origin), **asdict(counts)}
    connection.execute(insert(schema.watchlist_import), row)
    connection.execute(delete(schema.watchlist_stage).where(schema.watchlist_stage.c.stage == stage))
    return seq


def _give_up(connection: Connection, stages: Sequence[int]) -> None:
    """Keep stages from being filled or completed; they stand until the last of their rows is gone."""
    s = schema.watchlist_stage.c
    connection.execute(update(schema.watchlist_stage).where(s.stage.in_(stages)).values(watchlist=_GIVEN_UP))


def _clear(ledger: Ledger, stage: int) -> None:
    """Remove a stage that was given up, its rows in short transactions."""
    r = schema.watchlist_row.c
    some = select(r.counterparty_id).where(r.stage == stage).limit(_REMOVED_AT_ONCE)
    while True:
        with ledger.begin() as connection:
            if not connection.execute(delete(schema.watchlist_row).where(r.stage == stage, r.counterparty_id.in_(some))).rowcount:
                connection.execute(delete(schema.watchlist_stage).where(schema.watchlist_stage.c.stage == stage))
                return
