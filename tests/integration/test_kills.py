"""Workers killed at random moments under load: every record judged, nothing lost, nothing said twice."""

import random
import signal
import threading
import time

import pytest

from tests.servers.cluster import KILLS, Cluster, toy_records
from tests.servers.process import Child

pytestmark = pytest.mark.integration


def test_workers_killed_at_random_moments(cluster: Cluster) -> None:
    records = toy_records(subjects=40, days=max(100, KILLS * 25))
    pause = random.Random(7)
    workers: list[Child] = [cluster.worker(), cluster.worker()]
    cluster.relay()
    load = threading.Thread(target=cluster.produce, args=(records, 250.0))
    load.start()
    for number in range(KILLS):
        time.sleep(pause.uniform(0.5, 8.0))
        slot = pause.randrange(2)
        assert workers[slot].running, f"worker ended by itself before kill {number}: {workers[slot].log.read_text()[-2000:]}"
        workers[slot].end(signal.SIGKILL)
        workers[slot] = cluster.worker()
    load.join()
    cluster.wait_judged(len(records), 120)
    cluster.wait_published(60)
    cluster.assert_complete(records)
    assert all(worker.running for worker in workers)
