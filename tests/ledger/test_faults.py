"""Errors of the database, told by their code: real ones of SQLite, every class of PostgreSQL's."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from supplywatch.errors import BadSetting, Conflict, LedgerAway
from supplywatch.ledger import connect, schema
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.faults import Fate, fate


def raised(state: str, says: str = "as the server says it") -> psycopg.Error:
    return psycopg.errors.lookup(state)(says)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        *((state, Fate.AWAY) for state in ("25006", "57P01", "57P02", "57P03", "57014", "08000", "08006", "08P01", "53300", "53200")),
        *((state, Fate.AWAY) for state in ("55P03", "58030", "42501", "42P01", "28P01", "3D000", "40003")),
        *((state, Fate.CONFLICT) for state in ("40001", "40P01", "23505", "23503")),
        *((state, Fate.DEFECT) for state in ("22003", "22P05", "23502", "23514", "42804", "P0001", "54000", "XX000")),
    ],
)
def test_a_sqlstate_says_what_to_do(state: str, expected: Fate) -> None:
    assert fate(raised(state))[0] is expected


def test_a_standby_that_refuses_a_lock_is_away_and_other_wrong_states_are_defects() -> None:
    assert fate(raised("55000", "cannot acquire lock mode RowExclusiveLock while recovery is in progress"))[0] is Fate.AWAY
    assert fate(raised("55000", 'currval of sequence "a" is not yet defined'))[0] is Fate.DEFECT


def test_where_no_server_spoke_the_connection_is_what_is_missing() -> None:
    assert fate(psycopg.OperationalError("connection failed: FATAL: the database system is starting up"))[0] is Fate.AWAY
    assert fate(psycopg.InterfaceError("the connection is closed"))[0] is Fate.AWAY
    assert fate(psycopg.DataError("text fields cannot contain NUL"))[0] is Fate.DEFECT
    assert fate(ValueError("no error of a database"))[0] is Fate.DEFECT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_S", 0.1)
    opened = Ledger.open(f"sqlite:///{path}")
    yield opened
    opened.close()


def lease(name: str) -> dict[str, object]:
    return {"name": name, "holder": "h", "expires_at": "2026-11-30T00:00:00Z"}


def write(ledger: Ledger, name: str = "a") -> None:
    with ledger.begin() as connection:
        connection.execute(text("INSERT INTO lease VALUES (:name, :holder, :expires_at)"), lease(name))


def count(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return int(connection.execute(select(func.count()).select_from(schema.lease)).scalar_one())


def test_locked_by_another_process_is_away_until_it_lets_go(ledger: Ledger, path: Path) -> None:
    thief = sqlite3.connect(path, isolation_level=None)
    thief.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerAway, match="another process holds it"):
        write(ledger)
    thief.close()
    write(ledger)
    assert count(ledger) == 1


def test_a_file_that_takes_no_writes_is_away_and_still_read(ledger: Ledger, path: Path) -> None:
    write(ledger)
    reader = Ledger(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(LedgerAway, match="takes no writes"):
        write(reader, "b")
    assert count(reader) == 1
    reader.close()


def test_a_full_file_is_away_and_goes_on_with_room(ledger: Ledger) -> None:
    long = [f"{'x' * 500}{number}" for number in range(200)]
    with ledger.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(LedgerAway, match="full"), ledger.begin() as connection:
        connection.execute(text("INSERT INTO lease VALUES (:name, :holder, :expires_at)"), [lease(name) for name in long])
    # The limit belongs to the connection, and that has left the pool.
    for name in long:
        write(ledger, name)
    assert count(ledger) == 200


def test_a_folder_is_no_file_and_a_text_no_database(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(LedgerAway, match="cannot be opened"):
        Ledger.open(f"sqlite:///{tmp_path / 'folder.db'}")
    (tmp_path / "text.db").write_text("no database at all, but long enough to look like one" * 50)
    with pytest.raises(BadSetting, match="no SQLite database"):
        Ledger.open(f"sqlite:///{tmp_path / 'text.db'}")


def test_written_by_another_meanwhile_is_a_conflict_and_a_missing_value_a_defect(ledger: Ledger) -> None:
    write(ledger)
    with pytest.raises(Conflict):
        write(ledger)
    with pytest.raises(IntegrityError, match="NOT NULL"), ledger.begin() as connection:
        connection.execute(text("INSERT INTO lease VALUES ('b', NULL, '2026-11-30')"))


def test_what_a_trigger_refuses_is_a_defect(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        connection.execute(text("CREATE TRIGGER no BEFORE DELETE ON lease BEGIN SELECT RAISE(ABORT, 'refused'); END"))
    write(ledger)
    with pytest.raises(DBAPIError, match="refused"), ledger.begin() as connection:
        connection.execute(schema.lease.delete())


def test_a_ledger_in_memory_keeps_its_one_connection() -> None:
    ledger = Ledger.open("sqlite://")
    write(ledger)
    with pytest.raises(LedgerAway), ledger.begin() as connection:
        connection.execute(text("SELECT * FROM there_is_no_such_table"))
    assert count(ledger) == 1
    ledger.close()


def test_commands_that_only_read_open_a_ledger_that_takes_no_writes(ledger: Ledger, path: Path) -> None:
    write(ledger)
    reader = Ledger.open(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert count(reader) == 1
    reader.close()


def test_many_processes_may_make_the_schema_at_once(path: Path) -> None:
    engines: list[Engine] = [connect.make_engine(f"sqlite:///{path}") for _ in range(6)]
    threads = [threading.Thread(target=connect.upgrade, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        connect.check_schema(engine, f"sqlite:///{path}")
        engine.dispose()
