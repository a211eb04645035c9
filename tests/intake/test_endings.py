"""Entries with an end: on its day it is told once, live and in a back-test alike, whether the publisher sends new bytes or not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from supplywatch import registry
from supplywatch.ledger import schema
from supplywatch.model.alert import AlertEvent
from supplywatch.model.records import ListChange, ListRelease
from tests.faults.monitor import Monitor, Watch
from tests.faults.server import Publisher, send
from tests.stepping import events, given

pytestmark = pytest.mark.loopback

CSL = registry.source("csl")
ROW = (
    'aa77,Denied Persons List (DPL) - Bureau of Industry and Security,,,,Synthetic Freight Bureau,,"4 Example Street, Ankara, TR",'
    "91 FR 61000,2026-11-18,{end},,,,,,,,,,,,,,,,,,\n"
)


@pytest.fixture
def base(fixtures: Path) -> bytes:
    return (fixtures / "csl" / "good.csv").read_bytes()


def told(monitor: Monitor) -> list[tuple[str, str]]:
    e = schema.alert_event.c
    with monitor.ledger.read() as connection:
        bodies = connection.execute(select(e.body).where(e.rule == "list_entry").order_by(e.seq)).scalars()
        found = [AlertEvent.model_validate_json(body) for body in bodies]
    return [(event.transition.value, event.headline.en.partition(":")[0]) for event in found]


def kinds(monitor: Monitor) -> list[str]:
    return [r.change.value for r in monitor.book() if isinstance(r, ListChange) and r.change != "baseline"]


def poll(monitor: Monitor, server: Publisher, body: bytes, day: int) -> str:
    monitor.now = datetime(2026, 11, day, 8, tzinfo=UTC)
    server.answer = send(body)
    return monitor.poll().outcome


OPENED, ENDED = ("opened", "Added to Denied Persons List (DPL)"), ("resolved", "No longer in force on Denied Persons List (DPL)")


def test_an_alert_ends_on_the_day_though_the_same_bytes_come(server: Publisher, watch: Watch, base: bytes) -> None:
    monitor, listed = watch(CSL), base + ROW.format(end="2026-11-24").encode()
    assert [poll(monitor, server, body, day) for body, day in ((base, 18), (listed, 20), (listed, 23))] == [
        "accepted",
        "accepted",
        "unchanged",
    ]
    assert told(monitor) == [OPENED]
    assert [poll(monitor, server, listed, day) for day in (24, 25)] == ["accepted", "unchanged"]
    assert told(monitor) == [OPENED, ENDED]
    assert kinds(monitor) == ["addition", "ended"]
    counts = [record.counts for record in monitor.book() if isinstance(record, ListRelease)]
    assert counts[-1] == {"DPL": {"ended": 1}}


def test_a_lost_offer_of_an_end_is_the_same_again(server: Publisher, watch: Watch, base: bytes) -> None:
    monitor, listed = watch(CSL), base + ROW.format(end="2026-11-24").encode()
    for body, day in ((base, 18), (listed, 20)):
        poll(monitor, server, body, day)
    monitor.producer.forgets = True
    before = len(monitor.producer.sent)
    poll(monitor, server, listed, 24)
    lost = monitor.producer.sent[before:]
    monitor.producer.forgets = False
    monitor.restart()
    assert monitor.runner.reoffer(monitor.source) == len(lost) == 2
    assert monitor.producer.sent[-2:] == lost
    assert told(monitor) == [OPENED, ENDED]


def test_an_end_that_is_moved_in_time_ends_nothing_and_one_moved_later_restores(server: Publisher, watch: Watch, base: bytes) -> None:
    monitor = watch(CSL)
    first, second, third = (base + ROW.format(end=f"2026-11-{end}").encode() for end in (24, 26, 29))
    for body, day in ((base, 18), (first, 20), (second, 24), (second, 26), (third, 27)):
        poll(monitor, server, body, day)
    assert kinds(monitor) == ["addition", "amendment", "ended", "restoration"]


def test_what_had_ended_when_it_was_first_seen_is_no_news(server: Publisher, watch: Watch, base: bytes) -> None:
    monitor = watch(CSL)
    for body, day in ((base, 18), (base + ROW.format(end="2026-11-19").encode(), 20)):
        poll(monitor, server, body, day)
    assert kinds(monitor) == ["back_fill"]


@pytest.mark.parametrize("last", [24, 27], ids=["payload on the day", "payload later"])
def test_a_back_test_tells_the_same_on_the_same_day(base: bytes, last: int) -> None:
    listed = base + ROW.format(end="2026-11-24").encode()
    bodies = ((base, 18), (listed, 20), (listed + (b"\n" if last == 27 else b""), last))
    payloads = [given("csl", body, f"2026-11-{day}T08:00:00Z") for body, day in bodies]
    found = events("csl", payloads, "list_entry")
    assert [(e.transition.value, e.headline.en.partition(":")[0], e.known_at.day) for e in found] == [(*OPENED, 20), (*ENDED, 24)]
    assert found[-1].reason == "ended 2026-11-24"
    assert found[-1].known_at - found[0].known_at <= timedelta(days=4)
