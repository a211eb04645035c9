"""Payloads given by hand."""

import gzip
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supplywatch.errors import BadRequest
from supplywatch.intake.files import Given, read_file
from tests.faults.straits import CARD

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CHANGED = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "days.json"
    made.write_bytes(b"{}")
    os.utime(made, (CHANGED.timestamp(), CHANGED.timestamp()))
    return made


def read(spec: object) -> Given:
    return read_file(str(spec), replace(CARD, max_bytes=1000), now=NOW)


def test_a_file_counts_as_fetched_when_it_was_last_changed(path: Path) -> None:
    given = read(path)
    assert (given.timed, given.payload.fetched, given.payload.parts[0].name) == (False, CHANGED, "days.json")
    os.utime(path, (NOW.timestamp() + 9, NOW.timestamp() + 9))
    assert read(path).payload.fetched == NOW, "no fetch lies in the future"


@pytest.mark.parametrize(
    ("text", "fetched"),
    [
        ("2026-04-21T13:36Z", datetime(2026, 4, 21, 13, 36, tzinfo=UTC)),
        ("2026-04-21T15:36+02:00", datetime(2026, 4, 21, 13, 36, tzinfo=UTC)),
        ("2026-04-21T13:36", datetime(2026, 4, 21, 13, 36, tzinfo=UTC)),
        ("2026-04-21", datetime(2026, 4, 21, tzinfo=UTC)),
    ],
)
def test_a_fetch_time_may_be_given(path: Path, text: str, fetched: datetime) -> None:
    given = read(f"{path}@{text}")
    assert (given.timed, given.payload.fetched, given.payload.parts[0].body) == (True, fetched, b"{}")


def test_a_file_with_an_at_in_its_name_is_taken_as_it_is(path: Path) -> None:
    odd = path.rename(path.parent / "days@2026-04-21")
    assert (read(odd).timed, read(f"{odd}@2026-04-22").timed) == (False, True)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("{}@yesterday", "is no instant; write it as in"),
        ("{}@2027-01-01", "lies in the future"),
        ("{}.missing", "cannot be read"),
        ("{}.missing@2026-01-01", "cannot be read"),
        ("{}/..", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(path: Path, spec: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        read(spec.format(path))


def test_the_parts_of_one_payload_are_joined_by_a_plus(path: Path) -> None:
    second = path.with_name("more.json")
    second.write_bytes(b"[]")
    given = read(f"{path}+{second}@2026-04-21T13:36Z")
    assert [(part.name, part.body) for part in given.payload.parts] == [("days.json", b"{}"), ("more.json", b"[]")]
    assert given.payload.fetched == datetime(2026, 4, 21, 13, 36, tzinfo=UTC)
    odd = path.with_name("a+b.json")
    odd.write_bytes(b"{}")
    assert [part.name for part in read(odd).payload.parts] == ["a+b.json"]
    with pytest.raises(BadRequest, match=r"absent\.json: cannot be read"):
        read(f"{path}+{path.with_name('absent.json')}")


def test_a_folder_is_no_payload(path: Path) -> None:
    with pytest.raises(BadRequest, match="is a folder"):
        read(path.parent)


def test_gzip_wrapping_is_undone(path: Path) -> None:
    packed = path.with_name("days.json.gz")
    packed.write_bytes(gzip.compress(b"{}", mtime=0))
    assert (read(packed).payload.parts[0].body, read(packed).payload.parts[0].name) == (b"{}", "days.json")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(gzip.compress(b"{}", mtime=0)[:-3], "truncated"), (gzip.compress(b" " * 1001, mtime=0), "too_large"), (b" " * 1001, "too_large")],
)
def test_what_must_not_be_believed_is_said_before_it_is_parsed(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    refused = read(path).refused
    assert refused is not None
    assert refused.reason == reason
