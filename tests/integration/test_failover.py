"""The database changes hands under load: read-only for a while, then restarted as a standby and promoted; nothing ends, nothing is lost."""

import csv
import random
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from connectors.lists import csl
from streams.deadletter import waiting
from supplywatch.ledger import schema
from tests.servers.cluster import Cluster, toy_records
from tests.servers.process import ROOT, wait_until

pytestmark = pytest.mark.integration

READ_ONLY_S, STANDBY_S = 30.0, 5.0
RATE, SUBJECTS = 150.0, 40
LISTED, PLANTED, OTHERS = 80, 12, 30
HEADER = (ROOT / "tests" / "fixtures" / "csl" / "good.csv").read_text(encoding="utf-8").splitlines()[0].split(",")


def files(folder: Path) -> tuple[str, str]:
    """Write a list and a watch-list (both synthetic) that have companies in common."""
    names = coined()
    with (folder / "csl.csv").open("w", encoding="utf-8", newline="") as out:
        rows = csv.DictWriter(out, HEADER)
        rows.writeheader()
        for number, name in enumerate(names[:LISTED]):
            where = {"source": f"Synthetic List ({csl.LISTS[number % len(csl.LISTS)]})", "addresses": "2 Example Quay, CN"}
            rows.writerow({"_id": f"f{number}", "name": f"{name} Ceramics Co., Ltd.", "start_date": "2026-10-05"} | where)
    own = [f"W-{number},{name} Ceramics Co. Ltd,CN" for number, name in enumerate(names[:PLANTED])]
    own += [f"X-{number},{name} Bakery,FR" for number, name in enumerate(names[LISTED:])]
    (folder / "own.csv").write_text("\n".join(["reference,name,country", *own]), encoding="utf-8")
    return f"{folder / 'csl.csv'}@2026-11-01T08:00Z", str(folder / "own.csv")


def coined() -> list[str]:
    """Return names of two coined words each, no two of which share one."""
    chance = random.Random(25)
    syllables = [a + b for a in "bdfgjklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "ou")]
    words = chance.sample([a + b + c for a in syllables for b in syllables for c in syllables], 2 * (LISTED + OTHERS))
    return [f"{one} {other}".title() for one, other in zip(words[::2], words[1::2], strict=True)]


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
        wait_until(lambda: cluster.judged() > 0, 60, "first records judged")

        postgres.read_only(database, on=True)
        until = time.monotonic() + READ_ONLY_S
        before = cluster.judged()
        refused(cluster, "watchlist", "import", own, "--by", "A. Tester")
        refused(cluster, "pull", "csl", "--from", listed)
        assert cluster.run("alerts", "list").returncode == 0, "what only reads is answered"
        time.sleep(max(0.0, until - time.monotonic()))
        assert cluster.judged() == before
        postgres.read_only(database, on=False)
        wait_until(lambda: cluster.judged() > before, 30, "judging goes on")

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
        wait_until(lambda: matched(cluster) >= PLANTED, 60, "the counterparties matched with the list")
        cluster.wait_judged(len(records) + offered + PLANTED, 90)
        wait_until(lambda: cluster.lag() == 0 and cluster.unmatched() == 0, 60, "everything acknowledged")
        cluster.wait_published(60)
        cluster.assert_complete(records, others=offered + PLANTED)
        assert waiting(cluster.address, cluster.settings.topic_prefix) == 0, "nothing was put aside"
        assert [child.running for child in children] == [True] * 4, "nothing ended"
