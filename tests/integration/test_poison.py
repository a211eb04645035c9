"""Messages nobody can use: put aside with the reason, the worker goes on, replayed after the fix."""

from pathlib import Path

import pytest
import toy

from streams.deadletter import list_letters, replay, waiting
from supplywatch.runtime.broker import Producer, record_topic
from tests.servers.cluster import Cluster
from tests.servers.process import wait_until

pytestmark = pytest.mark.integration


def test_poison_is_put_aside_and_replayed_after_the_fix(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = tmp_path / "fault"
    fault.touch()
    monkeypatch.setenv("TOY_FAULT", str(fault))
    worker = cluster.worker()
    prefix = cluster.settings.topic_prefix
    topic = record_topic("transit", prefix)
    broken = toy.transit(1, toy.BROKEN, chokepoint="c9")
    fine = [toy.transit(day, 20, chokepoint="c1") for day in range(20)]
    with Producer(cluster.address, 60) as producer:
        bodies = [b"no json", b'{"kind": "transit_count", "observed": "2026-01-01"}', broken.model_dump_json().encode()]
        producer.flush_checked([producer.send(topic, b"poison", body) for body in bodies])
    cluster.produce(fine)
    cluster.wait_judged(len(fine), 90)
    wait_until(lambda: waiting(cluster.address, prefix) == 3, 60, "three dead letters")
    letters = list(list_letters(cluster.address, prefix))
    assert sorted(letter.reason for letter in letters) == ["engine_error", "invalid", "invalid"]
    assert {letter.original_topic for letter in letters} == {topic}
    assert {letter.value for letter in letters} == set(bodies)
    assert any("a defect in the rule" in letter.detail for letter in letters)
    assert worker.running

    fault.unlink()
    assert replay(cluster.address, prefix, 60) == 3
    cluster.wait_judged(len(fine) + 1, 60)
    wait_until(lambda: waiting(cluster.address, prefix) == 2, 60, "what is still no record came back")
    assert worker.running
