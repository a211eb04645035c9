"""Watch-lists on real databases."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError

from supplywatch.errors import Conflict
from supplywatch.ledger import schema
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Counts, Origin, Stage, Staged, change_now
from supplywatch.ledger.watchlists import changes_since, in_force
from supplywatch.model.counterparty import Counterparty
from supplywatch.watchlist.normalising import staged
from tests.servers.postgres import Postgres
from tests.servers.process import Child, wait_until

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = {"0": "Synthetic Optics as it was", "old": "Synthetic Lasers"}
ROWS = 60_000


def test_many_rows_are_copied_as_they_are_and_a_repeated_one_is_refused_whole(postgres: Postgres) -> None:
    ledger = Ledger.open(postgres.database())
    awkward = ["tab\there", "back\\slash \\N", "two\nlines", "\\.", '"quoted"', "", "中文 Ä", None]
    rows = [Staged(f"default/{n}", "d", awkward[n % len(awkward)], "[]") for n in range(1_000)]
    stage = Stage.begin(ledger, "default", NOW)
    stage.put(rows)
    r = schema.watchlist_row.c
    with ledger.read() as connection:
        found = {row.counterparty_id: row.body for row in connection.execute(select(r.counterparty_id, r.body))}
    assert found == {row.counterparty_id: row.body for row in rows}
    more = [Staged(f"default/more{n}", "d", "{}", "[]") for n in range(200)]
    with pytest.raises(Conflict, match="another process wrote the same"):
        stage.put([*more, rows[0]])
    with ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.watchlist_row)).scalar_one() == len(rows)
    ledger.close()


def test_postgresql_orders_by_code_points_and_keeps_what_came_into_force(postgres: Postgres) -> None:
    ledger = Ledger.open(postgres.database())
    references = ["b", "a", "A", "Ä", "中"]
    Stage.begin(ledger, "default", NOW).put([Staged("default/left", "d", "{}", "[]")])
    stage = Stage.begin(ledger, "default", NOW)
    stage.put([Staged(f"default/{r}", "d", f'{{"reference": "{r}", "name": "{r}"}}', r) for r in references])
    stage.complete(Origin("default", NOW, "A. Person"), Counts(added=5))
    with ledger.read() as connection:
        assert [c.counterparty_id for c in in_force(connection)] == [f"default/{r}" for r in sorted(references)]
        assert [c.counterparty_id for c in changes_since(connection, 0, limit=2)] == ["default/A", "default/a"]
    for statement in (delete(schema.watchlist_row), text("TRUNCATE watchlist_row"), text("UPDATE watchlist_import SET actor = 'x'")):
        with pytest.raises(DBAPIError, match="refused"), ledger.engine.begin() as connection:
            connection.execute(statement)
    with pytest.raises(DBAPIError, match="refused"), ledger.engine.begin() as connection:
        connection.execute(schema.watchlist_row.insert().values(stage=stage.number, counterparty_id="default/late"))
    ledger.close()


def killed_imports(ledger: Ledger, file: Path, moments: list[float]) -> None:
    """Start the import and kill it once at each moment after its first rows were staged; each time the old list must stand."""
    argv = [sys.executable, "-m", "supplywatch", "watchlist", "import", str(file), "--ledger", ledger.url]
    for number, moment in enumerate(moments):
        child = Child(argv, file.with_suffix(f".{number}.log"))
        before = stages(ledger)
        child.start()
        child.wait_ready(partial(begun, ledger, before), 60, "the first rows staged")
        time.sleep(moment)
        assert child.running, "the import was done before it was killed: make the file longer"
        child.end(signal.SIGKILL)
        assert names(ledger) == OLD
        wait_until(partial(gone, child.pid), 20, "the processes that made the forms of names ended with the import")


def stages(ledger: Ledger) -> set[int]:
    with ledger.read() as connection:
        return set(connection.execute(select(schema.watchlist_stage.c.stage)).scalars())


def begun(ledger: Ledger, before: set[int]) -> bool:
    with ledger.read() as connection:
        found = connection.execute(select(schema.watchlist_row.c.stage).distinct()).scalars()
        return bool((stages(ledger) - before) & set(found))


def gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def names(ledger: Ledger) -> dict[str, str]:
    with ledger.read() as connection:
        return {c.counterparty.reference: c.counterparty.name for c in in_force(connection) if c.counterparty}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_an_import_killed_at_any_moment_leaves_the_old_list_and_then_completes(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}" if database == "sqlite" else request.getfixturevalue("postgres18").database()
    ledger = Ledger.open(url)
    with ledger.begin() as connection:
        old = [Counterparty(reference=reference, name=name) for reference, name in OLD.items()]
        change_now(connection, Origin("default", NOW, "A. Person"), staged("default", old), Counts(added=len(OLD)))
    file = tmp_path / "synthetic.csv"
    rows = [f"{number},Synthetic Optics {number:x} Trading Co. Ltd.,CN" for number in range(ROWS)]
    file.write_text("\n".join(["reference,name,country", *rows]), encoding="utf-8")
    rng = random.Random(20261123)
    killed_imports(ledger, file, [0.0, *(rng.uniform(0, 1.5) for _ in range(3))])
    argv = [sys.executable, "-m", "supplywatch", "watchlist", "import", str(file), "--ledger", url]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert "taken as import 2" in done.stdout, done.stderr
    assert len(names(ledger)) == ROWS
    with ledger.read() as connection:
        kept = connection.execute(select(func.count()).select_from(schema.watchlist_row)).scalar_one()
    assert kept == len(OLD) + ROWS + 1, "rows of killed imports are left, or the one that is removed is not"
    ledger.close()
