"""Dead letters are signed by who wrote them, cut when they are too long, and read whoever wrote them."""

import hashlib
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streams.deadletter import DeadLetter, DeadLetters, Incoming, letter_of
from streams.signing import KEY_FILE, letter_key
from supplywatch.runtime.broker import Headers, Producer
from supplywatch.runtime.sizes import MAX_MESSAGE_BYTES
from supplywatch.settings import Settings

KEY = b"key of the tests"
TOPIC = "eu.records.transit.v1"


class Wire(Producer):
    """What a stage sent, as the topic would give it back."""

    def __init__(self) -> None:
        self.sent: list[SimpleNamespace] = []

    def send(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Any:
        """Keep a message."""
        self.sent.append(SimpleNamespace(topic=topic, partition=0, offset=7, timestamp=1, key=key, value=value, headers=tuple(headers)))

    def flush_checked(self, _sends: Any) -> None:
        """Everything has arrived."""


def written(value: bytes, key: bytes | None = b"k", headers: Headers = (), topic: str = TOPIC) -> SimpleNamespace:
    wire = Wire()
    DeadLetters(wire, "eu.", "judge", KEY).put(Incoming(topic, 3, 41, 0.0, key, value, headers), "invalid", "no \ud800 JSON")
    return wire.sent[0]


def read(message: SimpleNamespace, key: bytes = KEY) -> DeadLetter:
    return letter_of(message, "eu.", key)


def test_a_letter_of_ours_is_sent_again_to_where_it_came_from() -> None:
    letter = read(written(b"{", headers=[("trace", b"1"), ("sw-topic", b"eu.alerts.v1")]))
    assert (letter.original_topic, letter.original_partition, letter.original_offset, letter.hold) == (TOPIC, 3, 41, None)


@pytest.mark.parametrize("change", [{"value": b"other"}, {"key": None}, {"headers": [("sw-topic", b"eu.alerts.v1")]}])
def test_what_was_changed_after_it_was_signed_is_held_back(change: dict[str, Any]) -> None:
    message = written(b"{")
    forged = SimpleNamespace(**(vars(message) | change))
    assert "not signed" in (read(forged).hold or "")


def test_a_further_header_breaks_the_signature() -> None:
    message = written(b"{")
    message.headers = (*message.headers, ("sw-topic", b"eu.records.price.v1"))
    assert "not signed" in (read(message).hold or "")


def test_the_key_of_another_installation_is_no_key() -> None:
    assert "not signed" in (read(written(b"{"), b"another key").hold or "")


@pytest.mark.parametrize("topic", ["eu.alerts.v1", "eu.alert-state.v1", "records.transit.v1", "eu.dlq.judge.v1", ""])
def test_only_topics_that_stages_read_are_replayed_to(topic: str) -> None:
    assert "no topic" in (read(written(b"{", topic=topic)).hold or "")


@pytest.mark.parametrize("number", [b"abc", b"-1", b"9" * 5000, "٣".encode(), b"\xff", b""])
@pytest.mark.parametrize("timestamp", [2**61, -(2**62), -1])
def test_headers_and_times_of_strangers_end_nothing(number: bytes, timestamp: int) -> None:
    headers = (("sw-partition", number), ("sw-offset", number), ("sw-topic", None), ("sw-signature", None))
    letter = read(SimpleNamespace(partition=0, offset=1, timestamp=timestamp, key=None, value=None, headers=headers))
    assert (letter.original_partition, letter.original_offset, letter.value) == (-1, -1, b"")
    assert letter.hold


@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES - 90, MAX_MESSAGE_BYTES - 65_536, MAX_MESSAGE_BYTES + 5_000_000])
def test_a_message_too_long_for_a_letter_is_cut_and_says_where_the_whole_is(size: int) -> None:
    body = b"x" * (size - 1) + b"y"
    message = written(body, key=b"k" * 100, headers=[("trace", b"1")])
    assert len(message.value) + sum(len(name) + len(value) for name, value in message.headers) < MAX_MESSAGE_BYTES - 50_000
    letter = read(message)
    headers = dict(letter.headers)
    assert headers["sw-size"] == b"%d" % size
    assert headers["sw-sha256"] == hashlib.sha256(body).hexdigest().encode()
    assert (letter.original_topic, letter.original_partition, letter.original_offset) == (TOPIC, 3, 41)
    assert letter.hold == "cut: the whole message stands where it came from"


def test_a_long_key_or_many_headers_are_cut_too() -> None:
    for message in (written(b"{", key=b"k" * MAX_MESSAGE_BYTES), written(b"{", headers=[("h", b"v" * 100)] * 90_000)):
        assert len(message.key) + len(message.value) + sum(len(value) for _, value in message.headers) < 10_000


def test_the_key_is_made_once_and_is_readable_by_its_user_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    first = letter_key(settings)
    assert len(first) == 64
    assert letter_key(settings) == first
    assert stat.S_IMODE((tmp_path / "new" / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == [KEY_FILE]


def test_the_key_of_the_settings_comes_first_and_is_not_shown(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "letter_key": "canary-7f3a"})
    assert letter_key(settings) == b"canary-7f3a"
    assert "canary" not in repr(settings)
    assert not list(tmp_path.iterdir())
