"""``ledger size`` and the record of removals on PostgreSQL 15 and 18."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from supplywatch.intake.archive import Archive
from supplywatch.intake.disk import measure
from supplywatch.judging.engine import Engine
from supplywatch.ledger import retention, schema, sources
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.retention import Removal
from supplywatch.ledger.sources import LoggedPayload
from supplywatch.model.items import Items
from tests import toy
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.integration


def test_on_a_server(postgres: Postgres, tmp_path: Path) -> None:
    ledger, now = Ledger.open(postgres.database()), datetime.now(UTC)
    Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()}).judge(
        [toy.transit(day, 20) for day in range(40)]
    )
    with ledger.begin() as connection:
        sources.append_payload(connection, LoggedPayload("straits", "0" * 64, now - timedelta(days=9), None, "accepted", ()))
        retention.note(connection, [Removal("straits", "1" * 64, 5_000_000_000)], at=now, actor="A. Keeper", policy="old")
    report = measure(ledger, Archive(tmp_path), now + timedelta(seconds=1))
    held, archive = report.stores
    assert report.removed == (1, 5_000_000_000)
    assert {table.name: table.rows for table in report.tables}["observation"] == 40
    assert 0 < sum(table.size_bytes or 0 for table in report.tables) < held.size_bytes
    assert (held.disk, report.days_left(held)) == (None, None), "its disk is elsewhere"
    assert held.a_day_bytes is not None
    assert held.a_day_bytes > 0
    assert (archive.size_bytes, archive.a_day_bytes, report.days_left(archive)) == (0, 0.0, None)
    with pytest.raises(DBAPIError, match="append-only"), ledger.engine.begin() as connection:
        connection.execute(delete(schema.archive_removal))
    ledger.close()
