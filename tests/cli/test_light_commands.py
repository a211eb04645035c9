"""Commands that ask for little import little: counted in modules, which no busy machine changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("sqlalchemy", "faust", "httpx", "structlog", "alembic", "kafka", "rich.table", "tantivy", "asyncio")
COUNT = """
import sys
from supplywatch.cli import main
try:
    main()
except SystemExit:
    pass
print(" ".join(sys.modules), file=sys.stderr)
"""


def imported(*words: str) -> set[str]:
    """Return the modules a command imported."""
    done = subprocess.run([sys.executable, "-c", COUNT, *words], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("words", [("--help",), ("--version",)])
def test_what_needs_nothing_imports_little(words: tuple[str, ...]) -> None:
    modules = imported(*words)

    assert not modules & {*HEAVY, "pydantic"}
    assert len(modules) < 220


@pytest.mark.parametrize("words", [("wachlist",), ("lists", "--help"), ("screen", "--help"), ("pull",), ("demo", "--help")])
def test_reading_the_options_of_one_command_needs_no_more_than_pydantic(words: tuple[str, ...]) -> None:
    modules = imported(*words)

    assert not modules & {*HEAVY, "supplywatch.settings", "supplywatch.model"}
    assert len(modules) < 320


def test_asking_a_ledger_imports_neither_its_upgrade_nor_another_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    imported("ledger", "upgrade", "--ledger", url)
    modules = imported("alerts", "list", "--ledger", url)

    assert "sqlalchemy" in modules
    assert not modules & {
        "alembic",
        "psycopg",
        "sqlalchemy.dialects.postgresql",
        "faust",
        "httpx",
        "kafka",
        "structlog",
        "pydantic_settings",
    }


def test_an_unknown_command_is_told_its_neighbours() -> None:
    done = subprocess.run([sys.executable, "-m", "supplywatch", "wachlist"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "'watchlist'" in done.stderr


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("streams.relay", {"faust", "pypinyin", "opencc", "supplywatch.screening.normal"}),
        ("streams.supervisor", {"faust", "sqlalchemy", "kafka", "supplywatch.judging"}),
        ("streams.worker", {"pypinyin", "opencc", "tantivy"}),
    ],
)
def test_a_process_of_the_tree_holds_what_it_works_with(module: str, without: set[str]) -> None:
    words = [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)

    assert not without & set(done.stdout.split())
