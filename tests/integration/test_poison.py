"""Messages nobody can use: put aside with the reason, the worker goes on, replayed after the fix."""

import contextlib
import hashlib
import json
import time
from pathlib import Path

import pytest
from kafka import KafkaProducer

from streams.deadletter import list_letters, replay, waiting
from streams.signing import letter_key
from streams.topics import ALERTS, DLQ_JUDGE
from supplywatch.runtime.broker import Producer, record_topic
from supplywatch.runtime.broker_admin import read_topic
from supplywatch.runtime.health import STATUS_FILE
from supplywatch.runtime.sizes import MAX_MESSAGE_BYTES
from tests import toy
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
    letters = list(list_letters(cluster.address, prefix, letter_key(cluster.settings)))
    assert sorted(letter.reason for letter in letters) == ["engine_error", "invalid", "invalid"]
    assert {letter.original_topic for letter in letters} == {topic}
    assert {letter.value for letter in letters} == set(bodies)
    assert any("a defect in the rule" in letter.detail for letter in letters)
    assert worker.running

    fault.unlink()
    assert replay(cluster.address, prefix, 60, letter_key(cluster.settings)) == (3, 0)
    cluster.wait_judged(len(fine) + 1, 60)
    wait_until(lambda: waiting(cluster.address, prefix) == 2, 60, "what is still no record came back")
    assert worker.running


def test_messages_at_the_limit_of_the_broker_are_cut_and_the_good_ones_around_them_judged(cluster: Cluster) -> None:
    worker, prefix, key = cluster.worker(), cluster.settings.topic_prefix, letter_key(cluster.settings)
    cluster.produce([toy.transit(day, 20, chokepoint="c1") for day in range(20)])
    largest = b"x" * (MAX_MESSAGE_BYTES - 90)
    with Producer(cluster.address, 60) as producer:
        for _ in range(2):
            producer.flush_checked([producer.send(record_topic("transit", prefix), b"c1", largest)])
    cluster.produce([toy.transit(day, 20, chokepoint="c1") for day in range(20, 50)])
    cluster.wait_judged(50, 120)
    wait_until(lambda: waiting(cluster.address, prefix) == 2, 60, "both put aside")
    letters = list(list_letters(cluster.address, prefix, key))
    assert {dict(letter.headers)["sw-sha256"] for letter in letters} == {hashlib.sha256(largest).hexdigest().encode()}
    assert {dict(letter.headers)["sw-size"] for letter in letters} == {b"%d" % len(largest)}
    whole = {(message.partition, message.offset): message for message in read_topic(cluster.address, record_topic("transit", prefix))}
    assert all(whole[letter.original_partition, letter.original_offset].value == largest for letter in letters)
    assert replay(cluster.address, prefix, 60, key) == (0, 2)
    assert cluster.published() == {}
    assert worker.running


def test_a_forged_letter_is_not_sent_onto_the_alert_topic(cluster: Cluster) -> None:
    prefix, key = cluster.settings.topic_prefix, letter_key(cluster.settings)
    forged = [
        [("sw-reason", b"invalid"), ("sw-topic", (prefix + ALERTS).encode()), ("sw-partition", b"0"), ("sw-offset", b"0")],
        [("sw-topic", record_topic("transit", prefix).encode()), ("sw-partition", b"abc"), ("sw-signature", b"0" * 64)],
    ]
    with Producer(cluster.address, 60) as producer:
        producer.flush_checked([producer.send(prefix + DLQ_JUDGE, b"k", b'{"x": 1}', headers) for headers in forged])
    assert ["not signed" in (letter.hold or "") for letter in list_letters(cluster.address, prefix, key)] == [True, True]
    assert replay(cluster.address, prefix, 60, key) == (0, 2)
    for topic in (prefix + ALERTS, record_topic("transit", prefix)):
        assert not list(read_topic(cluster.address, topic))


def test_a_stage_stops_before_it_pours_good_records_aside_and_goes_on_after_the_fix(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault, status = tmp_path / "fault", tmp_path / "status.json"
    monkeypatch.setenv("TOY_FAULT", str(fault))
    monkeypatch.setenv(STATUS_FILE, str(status))
    worker = cluster.worker()
    prefix = cluster.settings.topic_prefix
    cluster.produce([toy.transit(day, 20, chokepoint="c1") for day in range(60)])
    cluster.wait_judged(60, 90)
    fault.touch()
    systematic = [toy.transit(day, toy.BROKEN, chokepoint="c2") for day in range(300)]
    cluster.produce(systematic)
    wait_until(lambda: "dead_letters" in json.loads(status.read_text(encoding="utf-8")), 60, "the stage says that it stopped")
    said = json.loads(status.read_text(encoding="utf-8"))["dead_letters"]
    assert "25 messages in a row could not be judged" in said
    assert "a defect in the rule" in said
    aside = waiting(cluster.address, prefix)
    assert aside < 25, "what came in small batches before the ceiling was reached"

    cluster.produce([toy.transit(day, 20, chokepoint="c3") for day in range(40)])
    time.sleep(3)
    assert cluster.judged() < 60 + 40 + len(systematic) - aside, "a stopped stage takes nothing"
    assert worker.running
    worker.end()
    fault.unlink()
    worker = cluster.worker()
    cluster.wait_judged(60 + 40 + len(systematic) - aside, 90)
    assert waiting(cluster.address, prefix) == aside
    assert replay(cluster.address, prefix, 60, letter_key(cluster.settings)) == (aside, 0)
    cluster.wait_judged(60 + 40 + len(systematic), 60)
    wait_until(lambda: json.loads(status.read_text(encoding="utf-8")) == {}, 30, "ready")
    assert waiting(cluster.address, prefix) == 0


class _NoUtf8(str):
    """A header key that is sent as bytes that are no UTF-8."""

    __slots__ = ()

    def encode(self, *_args: object) -> bytes:
        return b"\xff\xfe"


def test_what_a_client_cannot_decode_ends_no_worker(cluster: Cluster) -> None:
    worker, prefix, key = cluster.worker(), cluster.settings.topic_prefix, letter_key(cluster.settings)
    topic = record_topic("transit", prefix)
    cluster.produce([toy.transit(day, 20, chokepoint="c1") for day in range(10)])
    cluster.wait_judged(10, 90)
    before = peak_mib(worker.pid)
    options = cluster.address.client_options() | {"max_request_size": 1 << 30, "batch_size": 1, "enable_idempotence": False}
    with (
        contextlib.closing(KafkaProducer(**options)) as plain,
        contextlib.closing(KafkaProducer(**options, compression_type="gzip")) as zipped,
    ):
        for partition in range(6):
            plain.send(topic, b"{}", b"k", headers=[(_NoUtf8("hh"), b"v")], partition=partition).get(30)
        zipped.send(topic, b"\0" * (200 << 20), b"k", partition=0).get(60)
    cluster.produce([toy.transit(day, 20, chokepoint="c1") for day in range(10, 40)])
    cluster.wait_judged(40, 120)
    wait_until(lambda: waiting(cluster.address, prefix) == 7, 60, "seven letters")
    letters = list(list_letters(cluster.address, prefix, key))
    assert {letter.reason for letter in letters} == {"undecodable"}
    assert any("unpack to more than" in letter.detail for letter in letters)
    assert all(letter.hold == "a batch that no client can decode: its sender must send it anew" for letter in letters)
    assert worker.running
    # 200 MB of zeros are 200 kB of gzip: unpacked in the old way they took a gigabyte.
    assert peak_mib(worker.pid) - before < 150


def test_a_letter_that_cannot_be_decoded_hides_no_other(cluster: Cluster) -> None:
    """Whoever may write to the topic of dead letters can make its list neither end nor stand still."""
    prefix, key = cluster.settings.topic_prefix, letter_key(cluster.settings)
    topic = prefix + DLQ_JUDGE
    options = cluster.address.client_options() | {"batch_size": 1, "enable_idempotence": False}
    with contextlib.closing(KafkaProducer(**options)) as producer:
        producer.send(topic, b"first", b"k").get(30)
        for _ in range(2):
            producer.send(topic, b"x", b"k", headers=[(_NoUtf8("hh"), b"v")]).get(30)
        producer.send(topic, b"last", b"k").get(30)
    assert [letter.value for letter in list_letters(cluster.address, prefix, key)] == [b"first", b"last"]


def peak_mib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024
