"""Watch-lists on real databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError

from supplywatch.ledger import Ledger, schema
from supplywatch.ledger.watchlist_imports import Counts, Origin, Stage, Staged
from supplywatch.ledger.watchlists import changes_since, in_force
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


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
