"""What ``ledger size`` tells, against a ledger and an archive of known age."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from supplywatch.cli import app
from supplywatch.intake.archive import Archive
from supplywatch.intake.disk import measure
from supplywatch.judging.engine import Engine
from supplywatch.ledger import sources
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.sources import LoggedPayload
from supplywatch.model.items import Items
from supplywatch.settings import load_settings
from tests import toy

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def filled(ledger: Ledger, folder: Path, first: datetime) -> Archive:
    """Fill ledger and archive: toy records, one payload fetched first, bodies of the first day and of yesterday."""
    Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()}).judge(
        [toy.transit(day, 20) for day in range(40)]
    )
    with ledger.begin() as connection:
        sources.append_payload(connection, LoggedPayload("straits", "0" * 64, first, None, "accepted", ()))
    for number, (written, size_bytes) in enumerate(
        ((first, 400_000), (NOW - timedelta(days=1), 40_960), (NOW - timedelta(days=2), 40_960))
    ):
        path = folder / "straits" / f"0{number}" / f"{number:064d}.gz"
        path.parent.mkdir(parents=True)
        path.write_bytes(os.urandom(size_bytes))
        os.utime(path, (written.timestamp(), written.timestamp()))
    return Archive(folder)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")


def test_growth_leaves_the_first_load_out(ledger: Ledger, tmp_path: Path) -> None:
    report = measure(ledger, filled(ledger, tmp_path / "archive", NOW - timedelta(days=11)), NOW)
    held, archive = report.stores
    assert report.days == 10.0
    assert archive.a_day_bytes == pytest.approx(8_192, rel=0.01)
    assert held.size_bytes >= (tmp_path / "ledger.db").stat().st_size
    observation = next(table for table in report.tables if table.name == "observation")
    assert (observation.rows, observation.size_bytes is not None and observation.size_bytes > 4096) == (40, True)
    assert sum(table.size_bytes or 0 for table in report.tables) <= held.size_bytes
    assert archive.disk is not None
    assert held.a_day_bytes is not None
    assert (
        report.days_left(archive) == report.days_left(held) == pytest.approx(archive.disk.free_bytes / (8_192 + held.a_day_bytes), rel=0.05)
    )
    ledger.close()


def test_a_young_monitor_does_not_know_its_growth(ledger: Ledger, tmp_path: Path) -> None:
    report = measure(ledger, filled(ledger, tmp_path / "archive", NOW - timedelta(hours=30)), NOW)
    assert (report.days, [store.a_day_bytes for store in report.stores]) == (None, [None, None])
    assert [report.days_left(store) for store in report.stores] == [None, None]
    ledger.close()


def test_the_commands(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(ledger, tmp_path / "archive", datetime.now(UTC) - timedelta(days=500))
    ledger.close()
    monkeypatch.setenv("SUPPLYWATCH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SUPPLYWATCH_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    load_settings.cache_clear()
    run = CliRunner()
    told = run.invoke(app, ["ledger", "size"])
    assert (told.exit_code, "observation" in told.stdout, "removed by 'ledger prune' so far: 0 payload parts" in told.stdout) == (
        0,
        True,
        True,
    )
    assert set(json.loads(run.invoke(app, ["ledger", "size", "--json"]).stdout)["days_left"]) == {"ledger", "archive"}
    tried = run.invoke(app, ["ledger", "prune", "--archive"])
    assert "1 payload parts would go" in tried.stdout
    assert "nothing was removed; to do it: --yes --by NAME" in tried.stdout
    assert "--archive; the ledger itself is kept whole" in str(run.invoke(app, ["ledger", "prune"]).exception)
    assert "--yes needs --by NAME" in str(run.invoke(app, ["ledger", "prune", "--archive", "--yes"]).exception)
    done = run.invoke(app, ["ledger", "prune", "--archive", "--yes", "--by", "A. Keeper"])
    assert "1 payload parts removed" in done.stdout
    assert len(list((tmp_path / "archive").glob("*/??/*.gz"))) == 2
    load_settings.cache_clear()
