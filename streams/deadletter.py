"""Dead letters: messages nobody could use, kept as they came, with the reason; listed and, after a fix, sent again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from streams.topics import DLQ_JUDGE
from supplywatch import metrics
from supplywatch.runtime.broker import BrokerAddress, Headers, Producer
from supplywatch.runtime.broker_admin import Admin, read_topic

REPLAY_GROUP = "dlq-replay"
REPLAYED = "sw-replayed"
"""Header of a message that was sent again: it may fail again, and says nothing of the stage."""
_DETAIL_MAX = 2000


@dataclass(frozen=True)
class Incoming:
    """One message as it came from a topic."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def replayed(self) -> bool:
        """Whether a person sent it again from the dead letters."""
        return any(name == REPLAYED for name, _ in self.headers)


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter as it stands on its topic.

    Parameters
    ----------
    reason
        A bounded label: ``invalid`` (not a record) or ``engine_error`` (a valid record no rule could be run on).
    detail
        What a person needs to mend it.
    """

    partition: int
    offset: int
    at: datetime
    reason: str
    detail: str
    original_topic: str
    original_partition: int
    original_offset: int
    key: bytes | None
    value: bytes
    headers: Headers = field(repr=False)


class DeadLetters:
    """Sends dead letters of one stage and waits until the broker has them."""

    def __init__(self, producer: Producer, prefix: str, stage: str) -> None:
        self._producer, self._topic, self._stage = producer, prefix + DLQ_JUDGE, stage

    def put(self, message: Incoming, reason: str, detail: str) -> None:
        """Put one message aside.

        Raises
        ------
        BrokerAway
            It is not there; the message must not be acknowledged.
        """
        headers = [
            ("sw-reason", reason.encode()),
            ("sw-detail", detail[:_DETAIL_MAX].encode()),
            ("sw-topic", message.topic.encode()),
            ("sw-partition", b"%d" % message.partition),
            ("sw-offset", b"%d" % message.offset),
            ("sw-time", datetime.now(UTC).isoformat().encode()),
            *((name, value) for name, value in message.headers if not name.startswith("sw-")),
        ]
        self._producer.flush_checked([self._producer.send(self._topic, message.key, message.value or b"", headers)])
        metrics.DEAD_LETTERS.labels(self._stage, reason).inc()


def list_letters(address: BrokerAddress, prefix: str, *, all_letters: bool = False) -> Iterator[DeadLetter]:
    """Read the dead letters that were not replayed yet (or all), oldest first."""
    start = None if all_letters else _replayed(address, prefix)
    for message in read_topic(address, prefix + DLQ_JUDGE, start=start):
        yield _letter(message)


def replay(address: BrokerAddress, prefix: str, outage_s: float) -> int:
    """Send every dead letter that was not replayed yet back to where it came from; returns how many.

    What is still unusable comes back as a new dead letter. Repeats do no harm: judging is idempotent.
    """
    count = 0
    with Producer(address, outage_s) as producer:
        sends, done = [], {}
        for letter in list_letters(address, prefix):
            original = [(name, value) for name, value in letter.headers if not name.startswith("sw-")]
            sends.append(producer.send(letter.original_topic, letter.key, letter.value, [*original, (REPLAYED, b"1")]))
            done[letter.partition] = letter.offset + 1
            count += 1
        producer.flush_checked(sends)
    if done:
        with _replay_consumer(address, prefix) as consumer:
            consumer.commit({TopicPartition(prefix + DLQ_JUDGE, p): OffsetAndMetadata(at, "", -1) for p, at in done.items()})
    return count


def waiting(address: BrokerAddress, prefix: str) -> int:
    """Return how many dead letters were not replayed yet."""
    topic = prefix + DLQ_JUDGE
    with Admin(address) as admin:
        return admin.group(prefix + REPLAY_GROUP, [topic]).lag_by_topic().get(topic, 0)


def _replayed(address: BrokerAddress, prefix: str) -> dict[int, int]:
    with Admin(address) as admin:
        committed = admin.group(prefix + REPLAY_GROUP, [prefix + DLQ_JUDGE]).committed
    return {partition: offset for (_, partition), offset in committed.items()}


@contextlib.contextmanager
def _replay_consumer(address: BrokerAddress, prefix: str) -> Iterator[Any]:
    try:
        consumer = KafkaConsumer(
            **address.client_options(), group_id=prefix + REPLAY_GROUP, enable_auto_commit=False, metrics_enabled=False
        )
        with contextlib.closing(consumer):
            # Assigned by hand: the group is a bookmark, nobody joins it.
            consumer.assign([TopicPartition(prefix + DLQ_JUDGE, 0)])
            yield consumer
    except KafkaError as error:
        raise address.away(error) from error


def _letter(message: Any) -> DeadLetter:
    headers = dict(message.headers)

    def text(name: str, default: str = "") -> str:
        value = headers.get(name)
        return value.decode(errors="replace") if value is not None else default

    return DeadLetter(
        partition=message.partition,
        offset=message.offset,
        at=datetime.fromtimestamp(message.timestamp / 1000, UTC),
        reason=text("sw-reason", "unknown"),
        detail=text("sw-detail"),
        original_topic=text("sw-topic"),
        original_partition=int(text("sw-partition", "-1")),
        original_offset=int(text("sw-offset", "-1")),
        key=message.key,
        value=message.value,
        headers=tuple(message.headers),
    )
