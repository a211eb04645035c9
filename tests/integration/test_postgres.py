"""The PostgreSQL fixtures are what they say."""

import psycopg
import pytest

from tests.servers.postgres import Postgres

pytestmark = pytest.mark.integration


def test_both_versions_run_and_hand_out_empty_databases(postgres: Postgres) -> None:
    url = postgres.database().replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting('server_version'), count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row is not None
    assert row[0].split(".")[0] == postgres.version
    assert row[1] == 0
