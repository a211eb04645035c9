"""When a source is polled, and when a publication counts as missing."""

from datetime import UTC, datetime, timedelta

from supplywatch import registry
from supplywatch.intake.schedule import due, overdue
from supplywatch.intake.status import source_health
from supplywatch.ledger.sources import SourceState
from supplywatch.records import SourceStatus

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
