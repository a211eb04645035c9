"""Opening the ledger: engines for SQLite and PostgreSQL, schema version, errors in the product's words."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import StaticPool

from supplywatch.errors import BadSetting, Conflict, LedgerAway, SchemaOutdated
from supplywatch.ledger.faults import POSTGRESQL, Fate, fate

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_TIMEOUT_S = 60
KNOWN = "'sqlite:///path' or 'postgresql+psycopg://user:password@host/database'"


def make_engine(url: str) -> Engine:
    """Return an engine for a ledger URL; nothing is opened yet.

    Raises
    ------
    BadSetting
        When the URL cannot be read.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadSetting(f"ledger {url!r}: {error}; write {KNOWN}") from error
    if parsed.drivername == "sqlite":
        return _sqlite(parsed)
    if parsed.drivername == "postgresql+psycopg":
        return _postgresql(parsed)
    raise BadSetting(f"ledger {shown(url)}: {parsed.drivername} is not supported; write {KNOWN}")


def check_exists(engine: Engine, url: str) -> None:
    """Refuse a SQLite file that is not there, rather than make an empty one.

    Raises
    ------
    BadSetting
        Says where a ledger comes from.
    """
    database = engine.url.database
    if engine.dialect.name == "sqlite" and database not in (None, "", ":memory:") and not Path(str(database)).is_file():
        raise BadSetting(f"ledger {shown(url)} does not exist: start 'supplywatch up' here, or name another with --ledger")


def _postgresql(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args={"connect_timeout": 5})
    event.listen(engine, "handle_error", _leaves_the_pool)

    @event.listens_for(engine, "begin")
    def _check_writable(connection: Connection) -> None:
        # A standby answers a ping and every read: one that took over from us would keep a process busy with what it may not write.
        # The server has told both with the connection (PostgreSQL 14 and later): asking costs nothing.
        if connection.get_execution_options().get("read_only"):
            return
        driver: Any = connection.connection.driver_connection
        told = driver.pgconn.parameter_status
        if b"on" in (told(b"in_hot_standby"), told(b"default_transaction_read_only")):
            connection.invalidate()
            raise LedgerAway(f"ledger {shown(url)}: {POSTGRESQL['25006'][1]}; try again when it is back")

    return engine


def _leaves_the_pool(context: ExceptionContext) -> None:
    """Have every connection of the pool made anew after an error that says the database is away."""
    if fate(context.original_exception)[0] is Fate.AWAY:
        context.is_disconnect = True


def _sqlite(url: URL) -> Engine:
    memory = url.database in (None, "", ":memory:")
    try:
        if not memory:
            Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"ledger {url}: its folder cannot be made ({error.strerror}); choose another place") from error
    pool: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}, **pool)
    if not memory:  # a ledger in memory lives in its one connection
        event.listen(engine, "handle_error", _leaves_the_pool)
    # Many rows in one statement: with one statement for each row the driver hands the interpreter lock over at every row.
    engine.dialect.use_insertmanyvalues_wo_returning = True

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN comes too late for a reader that becomes a writer; ours (below) takes the write lock at once.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("read_only") else "BEGIN IMMEDIATE")

    return engine


def insert_or_update(connection: Connection, table: Table) -> Any:
    """Return an INSERT that takes ``ON CONFLICT``, as the dialect of a connection makes it; the other dialect is not imported."""
    return importlib.import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn the driver's errors into the product's: away (retry), conflict (load again and repeat); a defect stays what it is."""
    try:
        yield
    except DBAPIError as error:
        kind, meaning = fate(error.orig)
        message = f"ledger {shown(url)}: {meaning} ({_first_line(error)})"
        if kind is Fate.AWAY:
            raise LedgerAway(f"{message}; try again when it is back") from error
        if kind is Fate.CONFLICT:
            raise Conflict(message) from error
        if kind is Fate.DAMAGED:
            raise BadSetting(f"{message}; restore it from a backup, or choose another file") from error
        raise
    except PoolExhausted as error:
        raise LedgerAway(f"ledger {shown(url)}: all connections of this process are in use; try again") from error


def shown(url: str | URL) -> str:
    """Return a URL without its password, also where that stands among the options.

    >>> shown("postgresql+psycopg://h/d?user=u&password=hunter2&sslpassword=hunter3")
    'postgresql+psycopg://h/d?password=***&sslpassword=***&user=u'
    """
    parsed = make_url(url)
    masked = {name: "***" if "pass" in name.lower() else value for name, value in parsed.query.items()}
    return parsed.set(query=masked).render_as_string(hide_password=True).replace("%2A%2A%2A", "***")


def passwords(url: URL) -> list[str]:
    """Return every password that a URL holds.

    >>> passwords(make_url("postgresql+psycopg://u:hunter2@h/d?sslpassword=hunter3"))
    ['hunter2', 'hunter3']
    """
    options = (value for name, value in url.query.items() if "pass" in name.lower())
    every = (url.password, *(one for value in options for one in ((value,) if isinstance(value, str) else value)))
    return [one for one in every if one]


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest version; safe to call by several processes at once."""
    if _revision(engine) == _head():
        return  # writes nothing: commands that only read work on a standby too
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(8742015)"))
        importlib.import_module("supplywatch.ledger.upgrading").to_head(connection, MIGRATIONS)


def check_schema(engine: Engine, url: str) -> None:
    """Refuse to work on a schema of another version.

    Raises
    ------
    SchemaOutdated
        Names both versions and the command that upgrades.
    """
    found, head = _revision(engine), _head()
    if found != head:
        raise SchemaOutdated(
            f"ledger {shown(url)} has schema {found or 'none'}, this version works with {head}: run 'supplywatch ledger upgrade'"
        )


def _revision(engine: Engine) -> str | None:
    with engine.connect().execution_options(read_only=True) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


@cache
def _head() -> str:
    """Return the newest version; migrations are numbered, and alembic, which would read them all, takes as long to import as SQLAlchemy."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]
