"""The database changes hands under load: read-only for a while, then restarted as a standby and promoted; nothing ends, nothing is lost."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from streams.deadletter import waiting
from supplywatch.ledger import schema
from tests.servers.cluster import Cluster, toy_records
from tests.servers.companies import PLANTED, files
from tests.servers.process import wait_until

pytestmark = pytest.mark.integration

READ_ONLY_S, STANDBY_S = 30.0, 5.0
RATE, SUBJECTS = 150.0, 40


def refused(cluster: Cluster, *words: str) -> None:
    """A command says in one sentence that the ledger takes no writes, and ends with 2."""
    done = cluster.run(*words)
    assert done.returncode == 2, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("supplywatch: ")]
    assert len(said) == 1, done.stderr
    assert "takes no writes" in said[0]
    assert "Traceback" not in done.stderr


def matched(cluster: Cluster) -> int:
    o = schema.observation.c
    with cluster.ledger.read() as connection:
        return int(connection.execute(select(func.count()).where(o.series.startswith("match/"))).scalar_one())


def test_the_database_changes_hands(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    postgres, database = request.getfixturevalue("postgres18"), request.getfixturevalue("postgres18").database()
    listed, own = files(tmp_path)
    records = toy_records(subjects=SUBJECTS, days=int((READ_ONLY_S + 50) * RATE / SUBJECTS))
    with Cluster(request.getfixturevalue("kafka").url, database, tmp_path) as cluster:
        children = [cluster.worker(), cluster.worker(), cluster.relay(), cluster.matcher()]
        load = threading.Thread(target=cluster.produce, args=(records, RATE))
        load.start()
        wait_until(lambda: cluster.judged() > 0, 150, "first records judged")

        postgres.read_only(database, on=True)
        until = time.monotonic() + READ_ONLY_S
        before = cluster.judged()
        refused(cluster, "watchlist", "import", own, "--by", "A. Tester")
        refused(cluster, "pull", "csl", "--from", listed)
        assert cluster.run("alerts", "list").returncode == 0, "what only reads is answered"
        time.sleep(max(0.0, until - time.monotonic()))
        assert cluster.judged() == before
        postgres.read_only(database, on=False)
        wait_until(lambda: cluster.judged() > before, 60, "judging goes on")

        postgres.stop()
        postgres.start_as_standby()
        refused(cluster, "watchlist", "import", own, "--by", "A. Tester")
        time.sleep(STANDBY_S)
        postgres.promote()
        assert cluster.run("watchlist", "import", own, "--by", "A. Tester").returncode == 0
        pulled = cluster.run("pull", "csl", "--from", listed)
        assert "accepted" in pulled.stdout, pulled.stdout + pulled.stderr
        load.join()

        offered = int(pulled.stdout.partition("accepted, ")[2].split()[0])
        wait_until(lambda: matched(cluster) >= PLANTED, 120, "the counterparties matched with the list")
        cluster.wait_judged(len(records) + offered + PLANTED, 180)
        wait_until(lambda: cluster.lag() == 0 and cluster.unmatched() == 0, 120, "everything acknowledged")
        cluster.wait_published(60)
        cluster.assert_complete(records, others=offered + PLANTED)
        assert waiting(cluster.address, cluster.settings.topic_prefix) == 0, "nothing was put aside"
        assert [child.running for child in children] == [True] * 4, "nothing ended"
