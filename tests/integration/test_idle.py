"""A worker that stands by while partitions have no owner ends, to be started again; one whose partitions others own goes on."""

import signal
import time
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from streams.process import IDLE
from streams.topics import ensure_topics, judge_group, record_topics
from streams.watchdog import LOOK_EVERY_S, PATIENCE_WITH_PARTITIONS, Watchdog
from tests import toy
from tests.servers.cluster import Cluster
from tests.servers.process import wait_until

pytestmark = pytest.mark.integration

IDLE_S = 2.0
SLACK_S = 10.0
"""For a look that takes its time on a busy machine, and for the orderly end."""


@pytest.mark.alone
def test_a_worker_that_does_not_hear_of_the_topics_ends_within_its_bound(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    # Not for the embedded broker: it creates a topic as soon as a client asks for it, so none comes late.
    kafka, postgres = request.getfixturevalue("kafka"), request.getfixturevalue("postgres18")
    with Cluster(kafka.url, postgres.database(), tmp_path, idle_s=IDLE_S) as cluster:
        cluster.settings = cluster.settings.model_copy(update={"topic_prefix": f"late-{cluster.settings.topic_prefix}"})
        worker = cluster.deaf_worker()
        wait_until(lambda: "process started" in worker.log.read_text(), 60, "the worker joins before there are topics")
        time.sleep(IDLE_S + 2 * LOOK_EVERY_S)
        assert worker.running, "no topic, so nothing without an owner"
        ensure_topics(cluster.settings, cluster.address)
        start = time.monotonic()
        wait_until(lambda: not worker.running, 60, "the worker ends")
        assert time.monotonic() - start < IDLE_S + 2 * LOOK_EVERY_S + SLACK_S
        assert worker.returncode == IDLE
        assert "stood idle" in worker.log.read_text()
        # The next one is the same product with ears, and with the usual bound: it may take its time to join.
        cluster.settings = cluster.settings.model_copy(update={"idle_s": 60.0})
        cluster.worker()
        cluster.produce([toy.transit(0, 20)])
        cluster.wait_judged(1, 60)


@pytest.mark.alone
def test_a_worker_that_does_not_hear_of_more_partitions_ends_after_a_longer_time(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    kafka, postgres = request.getfixturevalue("kafka"), request.getfixturevalue("postgres18")
    limit_s = 5.0  # long enough to join in
    with Cluster(kafka.url, postgres.database(), tmp_path, idle_s=limit_s) as cluster:
        worker = cluster.deaf_worker()
        cluster.produce([toy.transit(0, 20)])
        cluster.wait_judged(1, 60)
        start = time.monotonic()
        client = KafkaAdminClient(**cluster.address.client_options())
        client.create_partitions(dict.fromkeys(record_topics(cluster.settings.topic_prefix), 12))
        client.close()
        wait_until(lambda: not worker.running, 90, "the worker ends")
        longer_s = limit_s * PATIENCE_WITH_PARTITIONS
        assert longer_s < time.monotonic() - start < longer_s + 2 * LOOK_EVERY_S + SLACK_S
        assert worker.returncode == IDLE


def test_it_goes_on_while_others_own_everything_and_ends_when_they_are_gone(cluster: Cluster) -> None:
    others = [cluster.worker(), cluster.worker()]
    cluster.produce([toy.transit(day, 20, chokepoint=f"c{n}") for day in range(5) for n in range(20)])
    cluster.wait_judged(100, 90)
    wait_until(lambda: cluster.lag() == 0, 30, "everything acknowledged")
    said: dict[str, str | None] = {}
    prefix = cluster.settings.topic_prefix
    idle = Watchdog(cluster.address, judge_group(prefix), record_topics(prefix), idle_s=IDLE_S, own=frozenset, report=said.__setitem__)
    wait_until(lambda: not idle.look() and said["partitions"] is None, 30, "everything has an owner")
    end = time.monotonic() + 4 * IDLE_S
    while time.monotonic() < end:
        assert not idle.look(), said
        assert said["partitions"] is None
        time.sleep(0.5)
    for other in others:
        other.end(signal.SIGKILL)
    cluster.produce([toy.transit(day, 20, chokepoint=f"c{n}") for day in range(5, 10) for n in range(20)])
    start = time.monotonic()
    wait_until(idle.look, 60, "partitions without an owner are noticed")
    assert time.monotonic() - start > IDLE_S
    assert "have no owner" in str(said["partitions"])
