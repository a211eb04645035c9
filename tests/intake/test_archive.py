"""The archive: bodies come back as they were, or not at all."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supplywatch.errors import BadSetting
from supplywatch.intake.archive import Archive, ArchiveLost
from supplywatch.model.source import Part, Payload, Request

FETCHED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAYLOAD = Payload(
    "straits",
    (
        Part(b"one", "days", "text/csv", Request("https://straits.example/days", {"page": "1"}, ("X-Key", "comtrade_key"))),
        Part(b"two", "days.csv"),
    ),
    FETCHED,
    published=FETCHED.replace(hour=8),
)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def files(archive: Archive) -> list[Path]:
    return sorted(path for path in archive.root.rglob("*") if path.is_file())


def test_a_payload_comes_back_as_it_was_but_for_the_name_of_its_key(archive: Archive) -> None:
    stored = archive.save(PAYLOAD)
    back = archive.load("straits", stored, PAYLOAD.fetched, PAYLOAD.published)
    assert [(part.body, part.name, part.content_type) for part in back.parts] == [(b"one", "days", "text/csv"), (b"two", "days.csv", None)]
    assert back.parts[0].request == Request("https://straits.example/days", {"page": "1"})
    assert (back.sha256, back.vintage) == (PAYLOAD.sha256, PAYLOAD.vintage)
    assert archive.holds(PAYLOAD)


def test_the_same_again_is_written_once(archive: Archive) -> None:
    archive.save(PAYLOAD)
    before = {path: path.stat().st_mtime_ns for path in files(archive)}
    archive.save(PAYLOAD)
    assert {path: path.stat().st_mtime_ns for path in files(archive)} == before
    assert len(before) == 2


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"rotten"),
        lambda path: path.write_bytes(path.read_bytes()[:-4]),
        lambda path: path.write_bytes(gzip.compress(b"something else")),
    ],
    ids=["gone", "empty", "rotten", "cut", "another"],
)
def test_what_is_damaged_is_never_given_out_and_mended_when_it_comes_again(archive: Archive, harm: Callable[[Path], object]) -> None:
    stored = archive.save(PAYLOAD)
    harm(next(path for path in files(archive) if stored[0].sha256 in path.name))
    assert archive.find("straits", stored[0].sha256) is None
    assert not archive.holds(PAYLOAD)
    with pytest.raises(ArchiveLost, match="restore it from a backup"):
        archive.load("straits", stored, FETCHED, None)
    archive.save(PAYLOAD)
    assert archive.body("straits", stored[0].sha256) == b"one"


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    blocked = Archive(tmp_path / "taken" / "archive")
    with pytest.raises(BadSetting, match="SUPPLYWATCH_DATA_DIR"):
        blocked.save(PAYLOAD)
    with pytest.raises(BadSetting, match="SUPPLYWATCH_DATA_DIR"), blocked.lock("straits"):
        pass


def test_one_poll_of_a_source_at_a_time(archive: Archive) -> None:
    with archive.lock("straits") as first, Archive(archive.root).lock("straits") as second, archive.lock("csl") as other:
        assert (first, second, other) == (True, False, True)
    with archive.lock("straits") as again:
        assert again
