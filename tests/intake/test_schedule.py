"""When a source is polled, and when a publication counts as missing."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from supplywatch import metrics, registry
from supplywatch.errors import BadSetting
from supplywatch.intake.options import SourceOptions
from supplywatch.intake.schedule import Schedule, due, last_release, overdue
from supplywatch.intake.status import source_health
from supplywatch.ledger.sources import SourceState
from supplywatch.model.records import SourceStatus
from supplywatch.model.source import Cursor, Request, Source
from tests.faults import straits
from tests.faults.monitor import Monitor, Watch
from tests.faults.server import Publisher, send
from tests.faults.straits import body, month

pytestmark = pytest.mark.loopback

CARD = registry.source("portwatch_chokepoints").card
TUESDAY = datetime(2026, 4, 21, 13, 35, tzinfo=UTC)
GOOD = SourceState(
    status=SourceStatus.ACCEPTED,
    last_poll_at=TUESDAY - timedelta(hours=2),
    last_good_at=TUESDAY - timedelta(hours=2),
    changed_at=TUESDAY - timedelta(days=7),
    content_observed="2026-04-12",
)


def test_a_weekly_publisher_is_asked_at_its_hour_and_then_every_quarter() -> None:
    assert due(CARD, GOOD, TUESDAY - timedelta(minutes=5)) > TUESDAY - timedelta(minutes=5)
    assert due(CARD, GOOD, TUESDAY) == TUESDAY
    asked = GOOD.model_copy(update={"last_poll_at": TUESDAY + timedelta(minutes=1)})
    assert due(CARD, asked, TUESDAY + timedelta(minutes=2)) == TUESDAY + timedelta(minutes=16)


def test_after_the_release_has_come_the_card_decides_again() -> None:
    served = GOOD.model_copy(update={"last_poll_at": TUESDAY + timedelta(minutes=16), "changed_at": TUESDAY + timedelta(minutes=16)})
    assert due(CARD, served, TUESDAY + timedelta(hours=1)) == TUESDAY + timedelta(minutes=16) + CARD.poll_every


def test_failures_are_repeated_soon_then_slower_and_never_before_the_publisher_allows() -> None:
    waits = [due(CARD, GOOD.model_copy(update={"failures": n}), TUESDAY) - (TUESDAY - timedelta(hours=2)) for n in (1, 2, 3, 12)]
    assert waits == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20), timedelta(hours=6)]
    asked_to_wait = GOOD.model_copy(update={"failures": 1, "not_before": TUESDAY + timedelta(hours=9)})
    assert due(CARD, asked_to_wait, TUESDAY) == TUESDAY + timedelta(hours=9)


def test_a_missing_publication_is_reported_once() -> None:
    released = datetime(2026, 4, 21, 13, 35, tzinfo=UTC)
    assert overdue(CARD, GOOD, released + timedelta(hours=12)) is None
    report = overdue(CARD, GOOD, released + timedelta(days=2))
    assert report is not None
    assert "nothing newer than 2026-04-12" in report.detail
    told = GOOD.model_copy(update={"overdue_for": "2026-04-12"})
    assert overdue(CARD, told, released + timedelta(days=3)) is None
    assert overdue(CARD, GOOD.model_copy(update={"content_observed": "2026-04-19"}), released + timedelta(days=2)) is None


def test_the_state_of_a_source_in_one_sentence() -> None:
    assert source_health(CARD, SourceState(), TUESDAY).level == "warn"
    well = source_health(CARD, GOOD, TUESDAY)
    assert (well.level, "2 h ago" in well.sentence, "2026-04-12" in well.sentence) == ("ok", True, True)
    refused = GOOD.model_copy(update={"status": SourceStatus.QUARANTINED, "failures": 3, "detail": "an empty list"})
    judged = source_health(CARD, refused, TUESDAY)
    assert (judged.level, "3 times in a row: an empty list" in judged.sentence) == ("fail", True)
    late = source_health(CARD, GOOD.model_copy(update={"overdue_for": "2026-04-12"}), TUESDAY)
    assert (late.level, late.sentence.startswith("overdue")) == ("fail", True)


def health(state: SourceState, **more: Any) -> tuple[str, str]:
    judged = source_health(CARD, state, TUESDAY, **more)
    return judged.level, judged.sentence


def test_a_source_nobody_polls_any_more_is_not_well() -> None:
    forgotten = GOOD.model_copy(update={"last_poll_at": TUESDAY - timedelta(days=3)})
    level, sentence = health(forgotten)
    assert (level, sentence.startswith("not polled for 3 d; 'supplywatch pull portwatch_chokepoints'")) == ("warn", True)
    assert health(forgotten, poll_every=timedelta(days=7))[0] == "ok"
    assert health(forgotten, enabled=False) == ("ok", "switched off in config/sources.yaml")


def test_a_missing_publication_is_seen_though_nobody_reported_it() -> None:
    level, sentence = health(GOOD.model_copy(update={"content_observed": "2026-03-29"}))
    assert (level, sentence.startswith("overdue: nothing newer than 2026-03-29; last good payload 2 h ago")) == ("fail", True)


def test_the_first_failure_and_a_source_that_was_never_good() -> None:
    once = SourceState(status=SourceStatus.UNREACHABLE, failures=1, detail="HTTP 500", last_poll_at=TUESDAY)
    assert health(once) == ("warn", "unreachable once: HTTP 500; no good payload yet")


@pytest.mark.parametrize(
    ("now", "release"),
    [
        ("2026-04-21T13:35+00:00", "2026-04-21T13:35+00:00"),
        ("2026-04-21T15:34+02:00", "2026-04-14T13:35+00:00"),
        ("2026-04-20T23:00+00:00", "2026-04-14T13:35+00:00"),
        ("2026-04-22T00:30+14:00", "2026-04-14T13:35+00:00"),
        ("2027-01-01T00:00+00:00", "2026-12-29T13:35+00:00"),
    ],
)
def test_the_newest_release_is_found_in_any_zone(now: str, release: str) -> None:
    assert last_release(straits.CARD.calendar, datetime.fromisoformat(now)) == datetime.fromisoformat(release)


@dataclass
class Office:
    """A schedule whose time passes in steps of five minutes."""

    monitor: Monitor
    server: Publisher
    sources: list[Source]
    told: list[tuple[str, bool]] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew, as after a restart of the process."""
        self.schedule = Schedule(
            self.monitor.runner,
            self.sources,
            {},
            wait=self._wait,
            clock=lambda: self.monitor.now,
            tell=lambda part, problem: self.told.append((part, problem is None)),
        )

    def until(self, end: datetime) -> list[str]:
        """Run, and return when the publisher was asked."""
        self.end = end
        self.polls.clear()
        self.server.new_poll()
        self.schedule.run()
        return list(self.polls)

    def _wait(self, seconds: float) -> bool:
        assert 0.0 <= seconds <= 60.0
        self.polls += [f"{self.monitor.now:%d %H:%M}"] * len(self.server.asked)
        self.server.new_poll()
        self.monitor.now += timedelta(minutes=5)
        return self.monitor.now >= self.end


@pytest.fixture
def office(watch: Watch, server: Publisher) -> Office:
    monitor = watch(straits.SOURCE)
    monitor.now = datetime(2026, 9, 15, 6, 0, tzinfo=UTC)  # a Tuesday
    server.answer = send(body(month(6)))
    return Office(monitor, server, [monitor.source])


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=UTC)


def test_a_day_of_a_weekly_publisher(office: Office, server: Publisher) -> None:
    assert office.until(at(15, 14)) == ["15 06:00", "15 12:00", "15 13:35", "15 13:50"]
    server.answer = send(body(month(13)))
    assert office.until(at(16, 3)) == ["15 14:05", "15 20:05", "16 02:05"]


def test_a_release_that_does_not_come_is_waited_for_half_a_day(office: Office) -> None:
    office.until(at(15, 13, 30))
    asked = office.until(at(16, 9))
    assert asked[:3] == ["15 13:35", "15 13:50", "15 14:05"]
    assert asked[-3:] == ["16 01:20", "16 01:35", "16 07:35"]


def test_failures_are_repeated_with_growing_pauses(office: Office, server: Publisher) -> None:
    server.answer = send(b"gone", 404)
    assert office.until(at(15, 9)) == ["15 06:00", "15 06:05", "15 06:15", "15 06:35", "15 07:15", "15 08:35"]


def test_a_publisher_that_asks_to_wait_is_not_asked_before(office: Office, server: Publisher) -> None:
    server.answer = send(b"", 429, Retry_After="7200")
    assert office.until(at(15, 9)) == ["15 06:00", "15 08:00"]


def test_a_missing_publication_is_noted_once(office: Office, server: Publisher) -> None:
    office.until(at(15, 7))
    office.monitor.now = at(25, 12)
    office.until(at(25, 14))
    assert [transition for transition, _ in office.monitor.operations()] == ["opened"]
    assert "an expected publication has not come" in office.monitor.operations()[0][1]
    server.answer = send(body(month(20)))
    office.until(at(25, 19))
    assert [transition for transition, _ in office.monitor.operations()] == ["opened", "resolved"]


def test_a_broker_that_comes_back_gets_everything(office: Office) -> None:
    office.monitor.producer.away = True
    office.until(at(15, 6, 20))
    assert office.told
    assert set(office.told) == {("broker", False)}
    office.monitor.producer.away = False
    office.until(at(15, 6, 40))
    assert office.told[-1] == ("broker", True)
    assert office.monitor.judged() == 12


def test_a_broker_that_forgets_is_told_again_after_an_outage(office: Office) -> None:
    office.monitor.producer.forgets = True
    office.until(at(15, 6, 20))
    assert office.monitor.judged() == 0
    office.monitor.producer.forgets = False
    office.start()
    office.until(at(15, 6, 40))
    assert office.monitor.judged() == 12


def broken(error: Exception) -> Source:
    def requests(_cursor: Cursor) -> list[Request]:
        raise error

    return replace(straits.SOURCE, card=replace(straits.CARD, source_id="broken"), requests=requests)


@pytest.mark.parametrize(("error", "reason"), [(ZeroDivisionError("a defect"), "defect"), (BadSetting("sources.yaml: wrong"), "refused")])
def test_what_is_wrong_with_one_source_does_not_stop_the_others(office: Office, error: Exception, reason: str) -> None:
    counter = metrics.POLL_FAILURES.labels("broken", reason)
    before = counter._value.get()
    office.schedule.sources = [broken(error), *office.sources]
    with capture_logs() as logs:
        assert office.until(at(15, 7, 30)) == ["15 06:00"]
    assert office.monitor.judged() == 12
    assert [entry["source"] for entry in logs if entry["log_level"] == "error"] == ["broken"] * 5
    assert counter._value.get() - before == 5, "after 5, 10, 20 and 40 minutes"


def test_a_source_polled_elsewhere_is_looked_at_a_minute_later(office: Office) -> None:
    with office.monitor.archive.lock("straits"):
        assert office.until(at(15, 6, 30)) == []
    assert office.until(at(15, 7)) == ["15 06:30"]


def test_the_users_choice_of_pace_is_kept(office: Office) -> None:
    office.schedule.options = {"straits": SourceOptions(poll_every=timedelta(hours=1))}
    assert office.until(at(15, 9)) == ["15 06:00", "15 07:00", "15 08:00"]
