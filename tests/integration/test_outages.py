"""Broker away, database away, relay killed, everything sent twice: the same count each time."""

import hashlib
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from supplywatch.ledger import schema
from tests.servers.cluster import LOCK_S, OUTAGE_S, Cluster, toy_records
from tests.servers.keeper import Keeper
from tests.servers.process import wait_until

pytestmark = pytest.mark.integration

RATE = 150.0
THIEF = """
import sqlite3, sys, time
ledger = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
ledger.execute("BEGIN EXCLUSIVE")
time.sleep(float(sys.argv[2]))
"""


def survive(cluster: Cluster, take_away: Callable[[], None], bring_back: Callable[[], None]) -> None:
    """Take something away under load for a while, bring it back, and count."""
    keeper = Keeper([cluster.worker, cluster.worker, cluster.relay])
    records = toy_records(subjects=40, days=int((OUTAGE_S + 20) * RATE / 40))
    load = threading.Thread(target=cluster.produce, args=(records, RATE))
    load.start()
    wait_until(lambda: cluster.judged() > 0, 60, "first records judged")
    take_away()
    time.sleep(OUTAGE_S)
    bring_back()
    load.join()
    cluster.wait_judged(len(records), 180)
    cluster.wait_published(90)
    keeper.stop()
    cluster.assert_complete(records)


def test_broker_away(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    kafka = request.getfixturevalue("kafka")
    with Cluster(kafka.url, request.getfixturevalue("postgres18").database(), tmp_path) as cluster:
        survive(cluster, kafka.kill, kafka.start)


def test_database_away(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    postgres = request.getfixturevalue("postgres18")
    with Cluster(request.getfixturevalue("kafka").url, postgres.database(), tmp_path) as cluster:
        survive(cluster, postgres.kill, postgres.start)


def test_sqlite_locked_by_another_process(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    embedded = request.getfixturevalue("embedded_broker")
    records = toy_records(subjects=40, days=60)
    with Cluster(embedded.url, f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path) as cluster:
        cluster.worker()
        cluster.relay()
        cluster.produce(records[:400])
        cluster.wait_judged(400, 60)
        thief = subprocess.Popen([sys.executable, "-c", THIEF, str(tmp_path / "ledger.db"), str(LOCK_S)])
        cluster.produce(records[400:])
        assert thief.wait(60) == 0
        cluster.wait_judged(len(records), 90)
        cluster.wait_published(60)
        cluster.assert_complete(records)


def test_relay_killed_between_sending_and_marking(cluster: Cluster) -> None:
    records = toy_records(subjects=20, days=50)
    cluster.worker()
    cluster.produce(records)
    cluster.wait_judged(len(records), 90)
    first = cluster.dying_relay()
    wait_until(lambda: not first.running, 60, "the relay is killed")
    assert first.returncode == -9
    sent = sum(cluster.published().values())
    assert sent > 0
    assert cluster.ledger.outbox_size() == len(cluster.ledger_events()), "nothing was marked"
    cluster.relay()
    cluster.wait_published(90)
    cluster.assert_complete(records)
    repeats = sum(count - 1 for count in cluster.published().values())
    assert repeats == sent, "what stood on the topic came again, under the same ce_id, and nothing else did"


def state_of(cluster: Cluster) -> tuple[int, list[str], str]:
    with cluster.ledger.read() as connection:
        states = connection.execute(select(schema.rule_state).order_by(schema.rule_state.c.rule, schema.rule_state.c.subject)).all()
    return cluster.judged(), cluster.ledger_events(), hashlib.sha256(repr(states).encode()).hexdigest()


def test_the_same_input_twice_changes_nothing(cluster: Cluster) -> None:
    records = toy_records(subjects=20, days=50)
    cluster.worker()
    cluster.relay()
    cluster.produce(records)
    cluster.wait_judged(len(records), 90)
    cluster.wait_published(60)
    before, published = state_of(cluster), sum(cluster.published().values())
    cluster.produce(records)
    wait_until(lambda: cluster.lag() == 0, 90, "everything acknowledged again")
    assert state_of(cluster) == before
    assert sum(cluster.published().values()) == published


def test_a_sqlite_file_is_a_database(tmp_path: Path) -> None:
    """The thief of the test above really locks: a second writer is refused meanwhile."""
    path = tmp_path / "x.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(path, timeout=0.1, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    holder.close()
    other.close()
