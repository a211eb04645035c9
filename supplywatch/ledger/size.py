"""How large the ledger is, table by table, and how fast it grows by its own times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select, text
from sqlalchemy.exc import DBAPIError

from supplywatch.ledger import schema
from supplywatch.ledger.book import Ledger

_TIMES = ("recorded_at", "removed_at", "decided_at", "known_at", "fetched", "started_at", "at")
_STANDING = frozenset({"rule_state", "alert", "listed"})
"""Their rows are replaced, and their times are those of the newest change: they say nothing of growth."""


@dataclass(frozen=True)
class TableSize:
    """One table: its rows, its bytes with indexes (``None`` where the database does not tell), and the rows added since an instant.

    ``added`` is ``None`` for a table without times, or whose rows are replaced.
    """

    name: str
    rows: int
    size_bytes: int | None
    added: int | None

    def added_bytes(self) -> float | None:
        """Return the bytes of the rows that were added, at the table's mean."""
        if self.added is None or self.size_bytes is None:
            return None
        return self.size_bytes * self.added / self.rows if self.rows else 0.0


def table_sizes(ledger: Ledger, since: datetime) -> list[TableSize]:
    """Return every table, the largest first."""
    with ledger.read() as connection:
        sizes = _sizes(connection)
        tables = [_of_table(connection, table, sizes.get(table.name), since) for table in schema.metadata.tables.values()]
    return sorted(tables, key=lambda table: (-(table.size_bytes or 0), table.name))


def total_bytes(ledger: Ledger) -> int:
    """Return what the whole database takes, the log of its writes and the room of removed rows included."""
    path = file_of(ledger)
    if path is not None:
        return sum(part.stat().st_size for part in (path, Path(f"{path}-wal"), Path(f"{path}-shm")) if part.exists())
    with ledger.read() as connection:
        question = "SELECT pg_database_size(current_database())"
        if connection.dialect.name == "sqlite":
            question = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        return int(connection.execute(text(question)).scalar_one())


def file_of(ledger: Ledger) -> Path | None:
    """Return the file of a SQLite ledger, ``None`` for one on a server or in memory."""
    url = ledger.engine.url
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:") else None


def first_payload_at(ledger: Ledger) -> datetime | None:
    """Return when the first payload was fetched."""
    with ledger.read() as connection:
        found: datetime | None = connection.execute(select(func.min(schema.payload.c.fetched))).scalar_one()
        return found


def _of_table(connection: Connection, table: Table, size_bytes: int | None, since: datetime) -> TableSize:
    rows = int(connection.execute(select(func.count()).select_from(table)).scalar_one())
    when = _time_of(table)
    added = None
    if when is not None:
        added = int(connection.execute(select(func.count()).select_from(table).where(when >= since)).scalar_one())
    elif table is schema.watchlist_row:
        stages = select(schema.watchlist_stage.c.stage).where(schema.watchlist_stage.c.started_at >= since)
        query = select(func.count()).select_from(table).where(table.c.stage.in_(stages))
        added = int(connection.execute(query).scalar_one())
    return TableSize(table.name, rows, size_bytes, added)


def _time_of(table: Table) -> Column[Any] | None:
    return None if table.name in _STANDING else next((table.c[name] for name in _TIMES if name in table.c), None)


def _sizes(connection: Connection) -> dict[str, int]:
    if connection.dialect.name == "postgresql":
        here = "relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        question = f"SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE {here}"
    else:
        # An index counts to its table; every table of the schema is also in sqlite_master.
        question = "SELECT m.tbl_name, SUM(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name"
    try:
        return {str(name): int(size) for name, size in connection.execute(text(question))}
    except DBAPIError:  # a SQLite built without dbstat
        if connection.dialect.name == "postgresql":
            raise
        return {}
