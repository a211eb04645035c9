"""A full disk under the archive: nobody is asked in vain, and when there is room nothing is missing."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from supplywatch.errors import ArchiveAway
from supplywatch.intake.archive import Archive
from supplywatch.intake.schedule import FIRST_BACKOFF, Schedule
from supplywatch.model.source import Part, Payload
from tests.faults import straits
from tests.faults.monitor import Monitor
from tests.faults.server import Publisher, publisher, send
from tests.faults.straits import body, month
from tests.servers.fixtures import lacking
from tests.servers.process import Unavailable
from tests.servers.small_disk import fill, small_disk

pytestmark = pytest.mark.loopback


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with small_disk(tmp_path / "small", 2_000) as mounted:
            yield mounted
    except Unavailable as error:
        lacking(str(error))


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as running:
        yield running


def payload(number: int) -> Payload:
    noise = random.Random(number).randbytes(300_000)
    return Payload("straits", (Part(noise, "days"),), datetime(2026, 11, 20, number, tzinfo=UTC))


def test_what_does_not_fit_leaves_no_trace_and_fits_later(disk: Path) -> None:
    archive = Archive(disk / "archive")
    archive.save(payload(1))
    ballast = fill(disk, leave_kb=8)
    with pytest.raises(ArchiveAway, match=r"No space left on device.*make room on the disk"):
        archive.save(payload(2))
    assert archive.holds(payload(1))
    assert len([path for path in archive.root.rglob("*") if path.is_file()]) == 1, "no half of a body is left"
    ballast.unlink()
    archive.save(payload(2))
    assert archive.holds(payload(2))


def test_a_reserve_is_left_to_the_others(disk: Path) -> None:
    archive = Archive(disk / "archive", reserve_bytes=1_000_000)
    archive.check_room()
    fill(disk, leave_kb=900)
    with pytest.raises(ArchiveAway, match=r"0 MB are free on its disk, 1 MB are kept .*SUPPLYWATCH_DISK_RESERVE_MB"):
        archive.check_room()


def test_a_monitor_waits_and_nothing_is_lost(disk: Path, server: Publisher) -> None:
    watched = Monitor(straits.SOURCE, server, disk / "archive")
    watched.archive = Archive(disk / "archive", reserve_bytes=100_000)
    watched.restart()
    told: list[tuple[str, str | None]] = []
    schedule = Schedule(
        watched.runner, [watched.source], {}, wait=lambda _s: True, clock=lambda: watched.now, tell=lambda *news: told.append(news)
    )

    def turn() -> int:
        watched.now += 2 * FIRST_BACKOFF + watched.source.card.poll_every
        before = len(server.asked)
        schedule.turn()
        return len(server.asked) - before

    with capture_logs():
        server.answer = send(body(month(3)))
        assert turn() == 1
        assert watched.judged() == 6
        ballast = fill(disk, leave_kb=50)
        server.answer = send(body(month(4)))
        server.asked.clear()
        assert [turn() for _ in range(3)] == [0, 0, 0], "the publisher is not asked for what cannot be kept"
        assert told[-1][0] == "archive"
        assert "polling goes on when there is room" in str(told[-1][1])
        assert watched.judged() == 6
        ballast.unlink()
        assert turn() == 1
    assert told[-1] == ("archive", None)
    assert sorted({record.observed for record in watched.book()}) == ["2026-09-01", "2026-09-02", "2026-09-03", "2026-09-04"]
    assert watched.judged() == 8
    watched.close()
