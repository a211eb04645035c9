"""The three roles of the ledger on a real PostgreSQL: processes run on the writer's rights, the auditor reads, the owner alone alters."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import Items
from tests import toy
from tests.servers.cluster import Cluster, expected_events, toy_records
from tests.servers.fixtures import lacking
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PSQL = Path("/usr/lib/postgresql/15/bin/psql")
INSUFFICIENT_PRIVILEGE, RAISED, READ_ONLY = "42501", "P0001", "25006"

pytestmark = pytest.mark.integration


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """A ledger's database whose roles were made as the image makes them, and its tables as the migration job does."""
    if not PSQL.is_file():
        lacking("psql of PostgreSQL 15 is not installed: apt-get install postgresql-15")
    url = make_url(postgres.database())
    passwords = {f"SUPPLYWATCH_{role}_PASSWORD": f"{role.lower()} it's" for role in ("OWNER", "WRITER", "AUDITOR")}
    env = os.environ | passwords
    env |= {"PGHOST": "127.0.0.1", "PGPORT": str(url.port), "POSTGRES_USER": "postgres", "POSTGRES_DB": str(url.database)}
    env |= {"SUPPLYWATCH_ROLES": str(DEPLOY / "postgres" / "roles.sql"), "PATH": f"{PSQL.parent}:{os.environ['PATH']}"}
    made = subprocess.run(["/bin/sh", str(DEPLOY / "postgres" / "roles.sh")], env=env, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    job = [sys.executable, "-m", "supplywatch", "ledger", "upgrade", "--ledger", as_role(str(url), "owner")]
    upgraded = subprocess.run(job, cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert upgraded.returncode == 0, upgraded.stderr
    yield str(url)
    with psycopg.connect(dsn(str(url), "postgres"), autocommit=True) as connection:
        for role in ("owner", "writer", "auditor"):  # roles belong to the server, and the next test makes them again
            connection.execute(f"drop owned by supplywatch_{role} cascade".encode())
            connection.execute(f"drop role supplywatch_{role}".encode())


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=f"supplywatch_{role}").render_as_string(hide_password=False)


def dsn(url: str, user: str) -> str:
    return make_url(url).set(drivername="postgresql", username=user).render_as_string(hide_password=False)


def test_a_worker_and_a_relay_run_on_the_rights_of_the_writer(database: str, kafka: Kafka, tmp_path: Path) -> None:
    records = toy_records(subjects=3, days=40)
    cluster = Cluster(kafka.url, as_role(database, "writer"), tmp_path)
    cluster.worker()
    cluster.relay()
    cluster.produce(records)
    cluster.wait_judged(len(records), 90)
    cluster.wait_published(60)
    with psycopg.connect(dsn(database, "supplywatch_auditor")) as auditor:
        found = auditor.execute("select event_id from alert_event order by seq").fetchall()
    cluster.close()
    assert sorted(event for (event,) in found) == sorted(expected_events(records))


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("writer", "update alert_event set body = '{}'"),
        ("writer", "delete from observation"),
        ("writer", "truncate alert_event"),
        ("writer", "alter table alert_event disable trigger all"),
        ("writer", "drop table alert_event"),
        ("writer", "create table mine (a int)"),
        ("auditor", "insert into alembic_version values ('x')"),
        ("auditor", "delete from outbox"),
    ],
)
def test_what_a_role_may_not_do(database: str, role: str, statement: str) -> None:
    # Not empty: the trigger that keeps a table append-only asks at each row.
    ledger = Ledger.open(as_role(database, "writer"))
    Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()}).judge(toy_records(subjects=2, days=30))
    ledger.close()
    with psycopg.connect(dsn(database, f"supplywatch_{role}"), autocommit=True) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(statement.encode())
    assert refused.value.sqlstate in {INSUFFICIENT_PRIVILEGE, RAISED, READ_ONLY}, refused.value
