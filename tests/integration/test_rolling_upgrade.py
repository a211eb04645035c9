"""An upgrade without a pause: processes of the earlier release and of this one work for a minute on one ledger and one broker."""

import subprocess
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from streams.deadletter import waiting
from supplywatch.ledger import connect, schema
from tests.servers.cluster import Cluster, toy_records
from tests.servers.companies import PLANTED, files
from tests.servers.fixtures import lacking
from tests.servers.process import ROOT, wait_until

pytestmark = pytest.mark.integration

RELEASE = "dd4bd95"
"""The release whose ledger is kept in ``tests/fixtures/ledgers``."""
TOGETHER_S, RATE, SUBJECTS = 60.0, 100.0, 40
STAGES = ("tests.servers.toy_worker", "streams.relay", "streams.matching")


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The code of the earlier release; it runs on the libraries of this one."""
    folder = tmp_path / RELEASE
    folder.mkdir()
    archive = subprocess.run(["git", "archive", RELEASE], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode != 0:
        lacking(f"the history of {RELEASE} is not in this checkout: {archive.stderr.decode().strip()}; git fetch --unshallow")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


# Both kinds of ledger are upgraded in tests/ledger/test_upgrade.py; side by side, the one that is a server is enough in CI.
@pytest.fixture(params=["production", pytest.param("embedded", marks=pytest.mark.long)])
def not_upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Cluster:
    """A cluster whose ledger the first process makes."""
    if request.param == "production":
        broker, ledger = request.getfixturevalue("kafka").url, request.getfixturevalue("postgres18").database()
    else:
        broker, ledger = request.getfixturevalue("embedded_broker").url, f"sqlite:///{tmp_path / 'ledger.db'}"
    return Cluster(broker, ledger, tmp_path, upgrade=False)


def matched(cluster: Cluster) -> int:
    o = schema.observation.c
    with cluster.ledger.read() as connection:
        return int(connection.execute(select(func.count()).where(o.series.startswith("match/"))).scalar_one())


def test_both_releases_work_side_by_side(former: Path, not_upgraded: Cluster, tmp_path: Path) -> None:
    listed, own = files(tmp_path)
    records = toy_records(subjects=SUBJECTS, days=int((TOGETHER_S + 20) * RATE / SUBJECTS))
    with not_upgraded as cluster:
        old = [cluster.of_release(stage, former) for stage in STAGES]
        wait_until(lambda: "process started" in old[0].log.read_text(encoding="utf-8"), 90, "the earlier release works")
        load = threading.Thread(target=cluster.produce, args=(records, RATE))
        load.start()
        cluster.wait_judged(100, 60)
        connect.upgrade(cluster.ledger.engine)
        new = [cluster.of_release(stage, ROOT) for stage in STAGES]
        until = time.monotonic() + TOGETHER_S
        pulled = cluster.run("pull", "csl", "--from", listed)
        assert "accepted" in pulled.stdout, pulled.stdout + pulled.stderr
        assert cluster.run("watchlist", "import", own, "--by", "A. Tester").returncode == 0
        time.sleep(max(0.0, until - time.monotonic()))
        load.join()

        offered = int(pulled.stdout.partition("accepted, ")[2].split()[0])
        wait_until(lambda: matched(cluster) >= PLANTED, 120, "the counterparties matched with the list")
        cluster.wait_judged(len(records) + offered + PLANTED, 180)
        wait_until(lambda: cluster.lag() == 0 and cluster.unmatched() == 0, 120, "everything acknowledged")
        cluster.wait_published(60)
        cluster.assert_complete(records, others=offered + PLANTED)
        assert waiting(cluster.address, cluster.settings.topic_prefix) == 0, "nothing was put aside"
        assert [child.running for child in (*old, *new)] == [True] * 6, "nothing ended"
