"""Opening the ledger: engines for SQLite and PostgreSQL, schema version, errors in the product's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import StaticPool

from supplywatch.errors import BadSetting, Conflict, LedgerAway, SchemaOutdated

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
        return create_engine(parsed, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args={"connect_timeout": 5})
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


def _sqlite(url: URL) -> Engine:
    memory = url.database in (None, "", ":memory:")
    try:
        if not memory:
            Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"ledger {url}: its folder cannot be made ({error.strerror}); choose another place") from error
    pool: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}, **pool)
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


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn the driver's errors into the product's: away (retry), conflict (load again and repeat)."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(f"ledger {shown(url)}: {_first_line(error)}") from error
    except OperationalError as error:
        message = _first_line(error)
        if "deadlock" in message or "serialize" in message:
            raise Conflict(f"ledger {shown(url)}: {message}") from error
        raise LedgerAway(f"ledger {shown(url)}: {message}") from error
    except DBAPIError as error:
        message = _first_line(error)
        if error.connection_invalidated:
            raise LedgerAway(f"ledger {shown(url)}: {message}") from error
        if "not a database" in message or "malformed" in message:
            raise BadSetting(f"ledger {shown(url)}: {message}; restore it from a backup, or choose another file") from error
        raise


def shown(url: str) -> str:
    """Return a URL without its password."""
    return make_url(url).render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest version; safe to call by several processes at once."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(8742015)"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_schema(engine: Engine, url: str) -> None:
    """Refuse to work on a schema of another version.

    Raises
    ------
    SchemaOutdated
        Names both versions and the command that upgrades.
    """
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    head = ScriptDirectory.from_config(config).get_current_head()
    if found != head:
        raise SchemaOutdated(
            f"ledger {shown(url)} has schema {found or 'none'}, this version works with {head}: run 'supplywatch ledger upgrade'"
        )
