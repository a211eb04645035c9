"""The runner end to end on loopback: what is history, news, a revision, an old payload, and what becomes of a lost offer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from supplywatch import registry
from supplywatch.errors import BrokerAway
from supplywatch.intake.schedule import overdue
from supplywatch.ledger import sources
from supplywatch.model.records import ListChange, ListRelease, Record, SourceReport, SourceStatus, TransitCount
from supplywatch.model.source import Cursor, Part, Payload, Request
from tests.faults import straits
from tests.faults.monitor import FIRST_POLL, Monitor, Watch
from tests.faults.server import Publisher, conditional, send
from tests.faults.straits import body, month

pytestmark = pytest.mark.loopback

CSL = registry.source("csl")


@pytest.fixture
def monitor(watch: Watch) -> Monitor:
    return watch(straits.SOURCE)


def brief(records: list[Record]) -> list[tuple[str, int, int]]:
    return [(r.chokepoint_id, int(r.observed[-2:]), r.transits_total) for r in records if isinstance(r, TransitCount)]


def news(monitor: Monitor, server: Publisher, days: straits.Days) -> list[tuple[str, int, int]]:
    """Poll once and return what was offered by it."""
    before = len(monitor.producer.sent)
    server.answer = send(body(days))
    assert monitor.poll().outcome == "accepted"
    return brief(monitor.producer.sent[before:])


def test_a_first_load_is_history_but_for_the_newest_day_of_each_series(server: Publisher, monitor: Monitor) -> None:
    assert len(news(monitor, server, month(10) | month(7, "c"))) == 27
    assert brief([r for r in monitor.book() if not r.baseline]) == [("c", 7, 10), ("a", 10, 10), ("b", 10, 10)]


def test_only_what_is_new_is_offered_and_none_of_it_is_history(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(10))
    assert news(monitor, server, month(12)) == [("a", 11, 10), ("b", 11, 10), ("a", 12, 10), ("b", 12, 10)]
    assert not any(record.baseline for record in monitor.book()[-4:])


def test_the_history_of_a_series_seen_for_the_first_time_is_history(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(10))
    news(monitor, server, month(10) | month(5, "c"))
    assert [(r.observed[-2:], r.baseline) for r in monitor.book()[20:]] == [(f"{day:02d}", day < 5) for day in range(1, 6)]


def test_a_revised_day_is_a_new_vintage_and_only_that_is_offered(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(30))
    assert news(monitor, server, month(30, a3=4)) == [("a", 3, 4)]
    first, last = (record for record in monitor.book() if (record.series, record.observed) == ("transit/a", "2026-09-03"))
    assert last.fetched > first.fetched
    assert last.provenance.vintage > first.provenance.vintage
    assert monitor.operations() == []


def test_a_day_revised_back_is_a_third_vintage(server: Publisher, monitor: Monitor) -> None:
    for days in (month(29), month(29, a3=4)):
        news(monitor, server, days)
    assert news(monitor, server, month(30)) == [("a", 3, 10), ("a", 30, 10), ("b", 30, 10)]


def test_a_rewritten_history_is_one_piece_of_news_and_opens_nothing_else(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(30))
    rewritten: dict[str, Any] = {f"a{day}": 4 for day in range(1, 5)}
    assert len(news(monitor, server, month(30, **rewritten))) == 4
    ((transition, sentence),) = monitor.operations()
    assert transition == "opened"
    assert "4 of 60 common periods differ" in sentence
    assert "transit/a: 4 of 30" in sentence
    server.answer = send(body(month(30, **rewritten)))
    monitor.poll()
    assert len(monitor.operations()) == 1


def test_an_older_payload_served_again_is_dropped_without_noise(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(28))
    news(monitor, server, month(29))
    for old in (month(28), dict(reversed(month(28).items()))):
        server.answer = send(body(old))
        assert monitor.poll().outcome == "stale"
    assert (monitor.operations(), monitor.judged()) == ([], 58)
    assert monitor.state.last_good_at == monitor.now - timedelta(hours=2)
    assert [line.status for line in monitor.logged()] == ["accepted", "accepted", "stale", "stale"]
    server.answer = send(body(month(29)))
    assert monitor.poll().outcome == "unchanged"


def test_the_publishers_clock_tells_an_older_payload(server: Publisher, monitor: Monitor) -> None:
    def dated(days: straits.Days, hours: int) -> None:
        server.answer = send(body(days), Last_Modified=format_datetime(FIRST_POLL - timedelta(hours=hours), usegmt=True))

    dated(month(10), 2)
    assert monitor.poll().outcome == "accepted"
    dated(month(10, a3=4), 3)
    assert monitor.poll().outcome == "stale"
    dated(month(10, a3=5), 1)
    assert monitor.poll().outcome == "accepted"
    assert brief(monitor.book())[20:] == [("a", 3, 5)]
    assert monitor.book()[20].published == FIRST_POLL - timedelta(hours=1)


def test_not_modified_is_unchanged_and_keeps_the_age_of_transport_young(server: Publisher, monitor: Monitor) -> None:
    server.answer = conditional(body(month(10)), '"1"')
    assert [monitor.poll().outcome for _ in range(3)] == ["accepted", "unchanged", "unchanged"]
    assert monitor.state.last_good_at == monitor.now
    assert monitor.state.changed_at == FIRST_POLL


def test_half_of_what_is_known_is_shrunken_even_when_the_question_was_another(server: Publisher, watch: Watch) -> None:
    windowed = replace(straits.SOURCE, requests=lambda cursor: [Request(straits.URL, {"since": cursor.last_observed or ""})])
    monitor = watch(windowed)
    news(monitor, server, month(30))
    window = {key: count for key, count in month(30).items() if key[1] > 10}
    server.answer = send(body({key: count for key, count in window.items() if key[1] <= 20}))
    assert monitor.poll().reason == "shrunken"
    server.answer = send(body(window))
    assert monitor.poll().outcome == "accepted"


def test_days_that_do_not_exist_or_have_not_come_are_refused(server: Publisher, monitor: Monitor) -> None:
    server.answer = send(body({("a", 31): 10}))
    assert "2026-09-31, which is no day" in str(monitor.poll().detail)
    server.answer = send(body({("a", 3): 10}).replace(b"2026-09", b"2027-09"))
    assert "lies after 2026-11-20" in str(monitor.poll().detail)
    server.answer = send(body({("a", 3): 10}).replace(b'[{"strait"', b'[{"strait": "a", "day": "2026-09-03", "count": 9}, {"strait"'))
    assert "say different things about transit/a in 2026-09-03" in str(monitor.poll().detail)


def test_what_the_broker_lost_is_offered_again_to_the_last_bit(server: Publisher, monitor: Monitor) -> None:
    monitor.producer.forgets = True
    lost = news(monitor, server, month(10)) + news(monitor, server, month(11))
    assert (len(lost), monitor.judged()) == (22, 0)
    monitor.producer.forgets = False
    offered = list(monitor.producer.sent)
    monitor.restart()
    assert monitor.runner.reoffer(monitor.source) == 22
    assert monitor.producer.sent[22:] == offered
    assert [record.baseline for record in monitor.book()].count(False) == 4
    assert monitor.runner.reoffer(monitor.source) == 0
    assert monitor.state.outstanding == ()


def test_a_broker_that_is_away_loses_nothing_and_repeats_nothing(server: Publisher, monitor: Monitor) -> None:
    monitor.producer.away = True
    server.answer = send(body(month(10)))
    with pytest.raises(BrokerAway):
        monitor.poll()
    monitor.restart()
    server.answer = send(body(month(11)))
    with pytest.raises(BrokerAway):
        monitor.poll()
    monitor.producer.away = False
    assert monitor.poll().outcome == "accepted"
    assert (monitor.judged(), len(monitor.producer.sent)) == (22, 22)


def test_news_about_the_source_is_not_lost_either(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(10))
    monitor.producer.forgets = True
    server.answer = send(b"")
    assert monitor.poll().reason == "empty_body"
    monitor.producer.forgets = False
    monitor.restart()
    monitor.runner.reoffer(monitor.source)
    assert [transition for transition, _ in monitor.operations()] == ["opened"]


def test_a_source_that_another_process_polls_is_left_alone(server: Publisher, monitor: Monitor) -> None:
    server.answer = send(body(month(10)))
    with monitor.archive.lock("straits") as mine:
        assert mine
        assert monitor.poll().outcome == "busy"
    assert server.asked == []
    assert monitor.poll().outcome == "accepted"


def test_a_missing_publication_is_said_once_and_ends_when_it_comes(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(10))
    for _ in range(3):
        report = overdue(straits.CARD, monitor.state, monitor.now)
        if report is not None:
            monitor.runner.note_overdue(monitor.source, report)
    assert [transition for transition, _ in monitor.operations()] == ["opened"]
    assert monitor.poll().outcome == "unchanged"
    assert len(monitor.operations()) == 1, "the same again is not what was missing"
    news(monitor, server, month(30))
    assert [transition for transition, _ in monitor.operations()] == ["opened", "resolved"]
    assert "has come" in monitor.reports()[-1].detail


def given(content: bytes, day: int = 20, source_id: str = "straits") -> Payload:
    return Payload(source_id, (Part(content, "file"),), datetime(2026, 11, day, tzinfo=UTC))


def test_a_file_may_be_a_part_and_is_only_warned_about(monitor: Monitor) -> None:
    source = replace(monitor.source, card=replace(straits.CARD, min_records=100, anchors=("transit/z",)))
    warnings: list[str] = []
    assert monitor.runner.load(source, given(body(month(10))), warnings.append).outcome == "accepted"
    assert [("expected 100" in text, "transit/z" in text) for text in warnings] == [(True, False), (False, True)]
    assert monitor.judged() == 20


def test_a_bad_file_says_nothing_about_the_publisher(monitor: Monitor) -> None:
    result = monitor.runner.load(monitor.source, given(b'{"days": [], "next": null}'), lambda _text: None)
    assert (result.outcome, result.reason) == ("quarantined", "empty_list")
    assert (monitor.operations(), monitor.state.failures) == ([], 0)


def test_a_file_older_than_what_is_known_is_dropped(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(10))
    assert monitor.runner.load(monitor.source, given(body(month(10, a3=4)), day=1), lambda _text: None).outcome == "stale"


def changes(records: list[Record]) -> list[tuple[str, str, bool]]:
    return [(r.change.value, r.entry.name, r.baseline) for r in records if isinstance(r, ListChange)]


@pytest.fixture
def versions(fixtures: Path) -> tuple[bytes, bytes]:
    return (fixtures / "csl" / "good.csv").read_bytes(), (fixtures / "csl" / "changed.csv").read_bytes()


def test_a_list_is_a_baseline_first_and_its_changes_are_news(server: Publisher, watch: Watch, versions: tuple[bytes, bytes]) -> None:
    monitor = watch(CSL)
    server.answer = send(versions[0])
    monitor.poll()
    assert {(change, baseline) for change, _, baseline in changes(monitor.book())} == {("baseline", True)}
    entries = len(changes(monitor.book()))
    server.answer = send(versions[1])
    monitor.poll()
    found = changes(monitor.book())[entries:]
    assert sorted(change for change, _, _ in found) == ["addition", "amendment", "withdrawal"]
    assert not any(baseline for _, _, baseline in found)
    releases = [record for record in monitor.book() if isinstance(record, ListRelease)]
    assert [release.entries for release in releases] == [entries, entries]


@pytest.mark.parametrize("archive_is_lost", [False, True])
def test_a_lost_offer_of_a_list_is_the_same_again(
    server: Publisher, watch: Watch, versions: tuple[bytes, bytes], archive_is_lost: bool
) -> None:
    monitor = watch(CSL)
    server.answer = send(versions[0])
    monitor.poll()
    if archive_is_lost:
        for path in monitor.archive.root.rglob("*.gz"):
            path.write_bytes(b"rotten")
    monitor.producer.forgets = True
    server.answer = send(versions[1])
    before = len(monitor.producer.sent)
    monitor.poll()
    lost = monitor.producer.sent[before:]
    assert sorted(change for change, _, _ in changes(lost)) == ["addition", "amendment", "withdrawal"]
    monitor.producer.forgets = False
    monitor.restart()
    assert monitor.runner.reoffer(monitor.source) == len(lost)
    assert monitor.producer.sent[-len(lost) :] == lost


def test_acts_of_long_ago_are_history(server: Publisher, watch: Watch, fixtures: Path) -> None:
    monitor = watch(registry.source("federal_register"))
    monitor.now = datetime(2026, 10, 28, tzinfo=UTC)
    server.answer = send((fixtures / "federal_register" / "good.json").read_bytes())
    assert monitor.poll().outcome == "accepted"
    assert {record.baseline for record in monitor.book()} == {True, False}
    assert all(record.baseline == (record.observed < "2026-10-14") for record in monitor.book())


def test_the_next_poll_knows_what_was_accepted(server: Publisher, watch: Watch) -> None:
    seen: list[Cursor] = []

    def requests(cursor: Cursor) -> list[Request]:
        seen.append(cursor)
        return [Request(straits.URL)]

    monitor = watch(replace(straits.SOURCE, requests=requests))
    news(monitor, server, month(10))
    server.answer = send(b"")
    monitor.poll()
    monitor.poll()
    assert [cursor.last_observed for cursor in seen] == [None, "2026-09-10", "2026-09-10"]
    assert [cursor.now for cursor in seen] == [FIRST_POLL + timedelta(hours=n) for n in range(3)]


def test_reports_carry_the_age_of_the_last_good_payload(server: Publisher, monitor: Monitor) -> None:
    news(monitor, server, month(10))
    server.answer = send(b"")
    monitor.poll()
    (report,) = monitor.reports()
    assert isinstance(report, SourceReport)
    assert (report.status, report.content_observed, report.last_good_at) == (SourceStatus.QUARANTINED, "2026-09-10", FIRST_POLL)
    with monitor.ledger.read() as connection:
        assert sources.was_accepted(connection, "straits", str(monitor.state.polled_sha256))


def test_what_has_arrived_is_not_read_again(server: Publisher, monitor: Monitor) -> None:
    read: list[str] = []
    sound = monitor.source

    def parse(payload: Payload) -> Any:
        read.append(payload.sha256)
        return sound.parse(payload)

    monitor.source = replace(sound, parse=parse)
    news(monitor, server, month(10))
    news(monitor, server, month(11))
    monitor.poll()
    assert len(read) == 2, "each payload once: by its own poll"
