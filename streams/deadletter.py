"""Dead letters: messages nobody could use, kept as they came, with the reason; listed and, after a fix, sent again."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from streams.signing import SIGNATURE, is_signed, signature
from streams.topics import DLQ_JUDGE, replayed_to
from supplywatch import metrics
from supplywatch.runtime.broker import BrokerAddress, Headers, Producer
from supplywatch.runtime.broker_admin import Admin, read_topic
from supplywatch.runtime.sizes import MAX_MESSAGE_BYTES

REPLAY_GROUP = "dlq-replay"
REPLAYED = "sw-replayed"
"""Header of a message that was sent again: it may fail again, and says nothing of the stage."""
UNDECODABLE = "sw-undecodable"
"""Header of a message that stands for a batch that the client could not decode: why."""
SHA256, SIZE = "sw-sha256", "sw-size"
"""Headers of a letter that had to be cut: hash and size of the whole value, which stays where it came from."""
REASONS = ("invalid", "engine_error", "undecodable")
"""Why a message is put aside: it is no record; a good record that could not be worked on; a batch that could not be decoded."""
_DETAIL_MAX = 2000
_WHOLE_MAX = MAX_MESSAGE_BYTES - 64 * 1024
"""Bytes of a message that fit into a letter: beyond it the letter's own headers would bring it over the broker's limit."""
_CUT_VALUE, _CUT_KEY = 64 * 1024, 1024


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

    @property
    def undecodable(self) -> str | None:
        """Why the client could not decode what stands there; the value is then the whole batch."""
        return next(((value or b"").decode(errors="replace") for name, value in self.headers if name == UNDECODABLE), None)


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter as it stands on its topic.

    Parameters
    ----------
    reason
        One of :data:`REASONS`.
    detail
        What a person needs to mend it.
    hold
        Why it is not sent again, in words; ``None`` when it is.
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
    hold: str | None


class DeadLetters:
    """Sends dead letters of one stage, signed, and waits until the broker has them."""

    def __init__(self, producer: Producer, prefix: str, stage: str, signing_key: bytes) -> None:
        self._producer, self._topic, self._stage, self._signing_key = producer, prefix + DLQ_JUDGE, stage, signing_key
        for reason in REASONS:  # a counter that is born at 1 has no increase: the first letter would alarm nobody
            metrics.DEAD_LETTERS.labels(stage, reason)

    def put(self, message: Incoming, reason: str, detail: str) -> None:
        """Put one message aside.

        Raises
        ------
        BrokerAway
            It is not there; the message must not be acknowledged.
        """
        key, value, kept = _kept(message)
        headers = [
            ("sw-reason", reason.encode()),
            ("sw-detail", detail[:_DETAIL_MAX].encode(errors="replace")),
            ("sw-topic", message.topic.encode()),
            ("sw-partition", b"%d" % message.partition),
            ("sw-offset", b"%d" % message.offset),
            ("sw-time", datetime.now(UTC).isoformat().encode()),
            *kept,
        ]
        headers.append((SIGNATURE, signature(self._signing_key, key, value, headers)))
        self._producer.flush_checked([self._producer.send(self._topic, key, value, headers)])
        metrics.DEAD_LETTERS.labels(self._stage, reason).inc()


def _kept(message: Incoming) -> tuple[bytes | None, bytes, Headers]:
    """Return key, value and headers of a message as a letter keeps them: whole, or cut when they leave no room for the reason."""
    value = message.value or b""
    headers = [(name, content) for name, content in message.headers if name == UNDECODABLE or not name.startswith("sw-")]
    size = (
        len(value)
        + len(message.key or b"")
        + sum(len(name.encode(errors="replace")) + len(content or b"") + 8 for name, content in headers)
    )
    if size <= _WHOLE_MAX:
        return message.key, value, headers
    told = [(SIZE, b"%d" % len(value)), (SHA256, hashlib.sha256(value).hexdigest().encode())]
    told += [(name, content) for name, content in headers if name == UNDECODABLE]
    return message.key and message.key[:_CUT_KEY], value[:_CUT_VALUE], told


def list_letters(address: BrokerAddress, prefix: str, signing_key: bytes, *, all_letters: bool = False) -> Iterator[DeadLetter]:
    """Read the dead letters that were not replayed yet (or all), oldest first."""
    start = None if all_letters else _replayed(address, prefix)
    for message in read_topic(address, prefix + DLQ_JUDGE, start=start):
        yield letter_of(message, prefix, signing_key)


def replay(address: BrokerAddress, prefix: str, outage_s: float, signing_key: bytes) -> tuple[int, int]:
    """Send the dead letters that were not replayed yet back to where they came from; returns how many were sent, and how many held back.

    What is still unusable comes back as a new dead letter. Repeats do no harm: judging is idempotent. What is held back stays listed
    until a later letter was sent, and in the list of all letters.
    """
    sent = held = 0
    with Producer(address, outage_s) as producer:
        sends, done = [], {}
        for letter in list_letters(address, prefix, signing_key):
            if letter.hold is not None:
                held += 1
                continue
            original = [(name, value) for name, value in letter.headers if not name.startswith("sw-")]
            sends.append(producer.send(letter.original_topic, letter.key, letter.value, [*original, (REPLAYED, b"1")]))
            done[letter.partition] = letter.offset + 1
            sent += 1
        producer.flush_checked(sends)
    if done:
        with _replay_consumer(address, prefix) as consumer:
            consumer.commit({TopicPartition(prefix + DLQ_JUDGE, p): OffsetAndMetadata(at, "", -1) for p, at in done.items()})
    return sent, held


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


def letter_of(message: Any, prefix: str, signing_key: bytes) -> DeadLetter:
    """Read a letter as it stands on its topic, whoever wrote it: what cannot be read is shown as missing, never raised."""
    headers = dict(message.headers)

    def text(name: str, default: str = "") -> str:
        value = headers.get(name)
        return value.decode(errors="replace") if value is not None else default

    topic = text("sw-topic")
    return DeadLetter(
        partition=message.partition,
        offset=message.offset,
        at=_time(message.timestamp),
        reason=text("sw-reason", "unknown"),
        detail=text("sw-detail"),
        original_topic=topic,
        original_partition=_number(text("sw-partition")),
        original_offset=_number(text("sw-offset")),
        key=message.key,
        value=message.value or b"",
        headers=tuple(message.headers),
        hold=_hold(message, topic, prefix, signing_key),
    )


def _hold(message: Any, topic: str, prefix: str, signing_key: bytes) -> str | None:
    if not is_signed(signing_key, message.key, message.value, message.headers):
        return "not signed by this installation: forged, of a release before 0.3, or SUPPLYWATCH_LETTER_KEY is another one"
    if topic not in replayed_to(prefix):
        return "of no topic that letters are sent back to"
    if any(name == SIZE for name, _ in message.headers):
        return "cut: the whole message stands where it came from"
    if any(name == UNDECODABLE for name, _ in message.headers):
        return "a batch that no client can decode: its sender must send it anew"
    return None


def _number(text: str) -> int:
    # Python's int() takes other scripts' digits, and stops at 4,300 of them with an error of its own.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1


def _time(timestamp_ms: int) -> datetime:
    """Return the time of a message; a producer writes what it likes there."""
    try:
        return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
