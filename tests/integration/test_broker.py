"""Address, producer, topics and lag, on Apache Kafka and on the embedded broker."""

import time
import uuid

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from streams.topics import TOPICS, ensure_topics, record_topics
from supplywatch.errors import BadRequest, BrokerAway
from supplywatch.runtime.broker import BrokerAddress, Producer, TopicSpec
from supplywatch.runtime.broker_admin import Admin, read_topic
from supplywatch.settings import Settings
from tests.servers.process import free_port

pytestmark = pytest.mark.integration


@pytest.fixture(params=["kafka", "embedded_broker"])
def address(request: pytest.FixtureRequest) -> BrokerAddress:
    return BrokerAddress.parse(request.getfixturevalue(request.param).url)


def _fresh(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


def test_every_confirmed_message_is_there_in_the_order_of_its_key(address: BrokerAddress) -> None:
    topic = _fresh("order")
    with Admin(address) as admin:
        assert admin.ensure_topics([TopicSpec(topic, 3)], replication=1) == []
    with Producer(address, outage_s=20) as producer:
        producer.flush_checked([producer.send(topic, b"%d" % (n % 7), b"%d" % n, [("n", b"1")]) for n in range(5000)])
    by_key: dict[bytes, list[int]] = {}
    for message in read_topic(address, topic):
        assert message.headers == [("n", b"1")]
        by_key.setdefault(message.key, []).append(int(message.value))
    assert sum(map(len, by_key.values())) == 5000
    assert all(numbers == sorted(numbers) for numbers in by_key.values())


def test_the_table_of_topics_is_created_once_and_checked(address: BrokerAddress) -> None:
    settings = Settings(topic_prefix=_fresh("t") + ".")
    assert ensure_topics(settings, address) == []
    assert ensure_topics(settings, address) == []
    with Admin(address) as admin:
        present = admin.topics()
        assert {settings.topic_prefix + topic.name: topic.partitions for topic in TOPICS}.items() <= present.items()
        name = record_topics(settings.topic_prefix)[0]
        warnings = admin.ensure_topics([TopicSpec(name, 99)], replication=1)
    assert len(warnings) == 1
    assert name in warnings[0]
    assert "99" in warnings[0]


def test_lag_is_what_the_group_has_not_committed(address: BrokerAddress) -> None:
    topic, group = _fresh("lag"), _fresh("group")
    with Admin(address) as admin, Producer(address, outage_s=20) as producer:
        admin.ensure_topics([TopicSpec(topic, 2)], replication=1)
        producer.flush_checked([producer.send(topic, b"%d" % n, b"x") for n in range(50)])
        before = admin.group(group, [topic])
        assert before.lag_by_topic() == {topic: 50}
        assert set(before.lag) == {(topic, 0), (topic, 1)}
        assert (before.members, before.owned) == (0, None if address.embedded else frozenset())
        consumer = KafkaConsumer(**address.client_options(), group_id=group, enable_auto_commit=False)
        at = TopicPartition(topic, 0)
        consumer.assign([at])
        consumer.commit({at: OffsetAndMetadata(10, "", -1)})
        consumer.close()
        after = admin.group(group, [topic])
        assert after.lag_by_topic() == {topic: 40}
        assert after.committed == {(topic, 0): 10}


def test_reading_starts_where_it_is_told(address: BrokerAddress) -> None:
    topic = _fresh("start")
    with Admin(address) as admin, Producer(address, outage_s=20) as producer:
        admin.ensure_topics([TopicSpec(topic, 1)], replication=1)
        producer.flush_checked([producer.send(topic, None, b"%d" % n) for n in range(10)])
    assert [int(m.value) for m in read_topic(address, topic, start={0: 7})] == [7, 8, 9]


def test_reading_a_topic_that_is_not_there_says_so(address: BrokerAddress) -> None:
    with pytest.raises(BadRequest, match="no topic 'nowhere'"):
        next(read_topic(address, "nowhere"))


def test_a_message_over_the_limit_is_refused(address: BrokerAddress) -> None:
    with Producer(address, outage_s=20) as producer, Admin(address) as admin:
        topic = _fresh("large")
        admin.ensure_topics([TopicSpec(topic, 1, {"max.message.bytes": "20000000"})], replication=1)
        with pytest.raises(BadRequest, match="over the limit"):
            producer.send(topic, None, b"x" * 9_000_000)
        producer.flush_checked([producer.send(topic, None, b"x" * 2_000_000)])
        assert [len(m.value) for m in read_topic(address, topic)] == [2_000_000]


@pytest.mark.alone
def test_nobody_there_is_one_sentence_after_ten_seconds() -> None:
    address = BrokerAddress.parse(f"kafka://127.0.0.1:{free_port()}")
    start = time.monotonic()
    with pytest.raises(BrokerAway, match=r"no Kafka broker answers at 127\.0\.0\.1:\d+ .*start it, or correct"):
        Admin(address)
    assert time.monotonic() - start < 15
