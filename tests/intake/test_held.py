"""Lists that go back or shrink: older copies, true delistings, a person's word; live and in a back-test alike."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from sqlalchemy import select

from supplywatch import registry
from supplywatch.errors import BadRequest
from supplywatch.intake.held import Acceptance
from supplywatch.intake.replay import steps
from supplywatch.ledger import schema
from supplywatch.model.alert import AlertEvent
from supplywatch.model.records import ListChange, Record, SourceReport
from supplywatch.model.source import Part, Payload
from tests.faults.monitor import Monitor, Watch
from tests.faults.server import Publisher, send
from tests.stepping import given

pytestmark = pytest.mark.loopback

CSL = registry.source("csl")
HEAD = (
    "_id,source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,standard_order,"
    "license_requirement,license_policy,call_sign,vessel_type,gross_tonnage,gross_registered_tonnage,vessel_flag,vessel_owner,remarks,"
    "source_list_url,alt_names,citizenships,dates_of_birth,nationalities,places_of_birth,source_information_url,ids\n"
)
WORDS = "Alder Birch Cedar Damson Elder Fir Gorse Hazel Ivy Juniper Larch Maple Oak Pine Rowan Spruce Tansy Willow Yarrow Zinnia".split()
START = datetime(2026, 11, 20, 9, tzinfo=UTC)


def csl(*numbers: int, notice: str = "80 FR 100", day: str = "2015-03-02") -> str:
    """Return rows; a number stands for one company."""
    return "".join(
        f'r{n},Entity List (EL) - Bureau of Industry and Security,,,,"{WORDS[n % 20]}{WORDS[n // 20].lower()} Metrology Works",,'
        f'"{n} Example Road, Wuhan, CN",{notice},{day},,,,,,,,,,,,,,,,,,,\n'
        for n in numbers
    )


OLD = HEAD + csl(*range(60))
NEW = OLD + csl(*range(60, 67), notice="91 FR 70", day="2026-11-19")
LAST = NEW + csl(70, notice="91 FR 71", day="2026-11-24")


def poll(monitor: Monitor, server: Publisher, text: str, day: float, published: datetime | None = None) -> str:
    monitor.now = START + timedelta(days=day)
    headers: dict[str, Any] = {"Last_Modified": format_datetime(published, usegmt=True)} if published else {}
    server.answer = send(text.encode(), **headers)
    result = monitor.poll()
    return result.reason or result.outcome


def kinds(records: list[Record]) -> list[str]:
    return [r.change.value for r in records if isinstance(r, ListChange) and not r.baseline]


def alerts(monitor: Monitor, rule: str) -> list[AlertEvent]:
    e = schema.alert_event.c
    with monitor.ledger.read() as connection:
        bodies = connection.execute(select(e.body).where(e.rule == rule).order_by(e.seq)).scalars()
        return [AlertEvent.model_validate_json(body) for body in bodies]


def test_an_older_copy_delists_nobody_and_is_told_as_trouble_of_the_source(server: Publisher, watch: Watch) -> None:
    monitor = watch(CSL)
    said = [poll(monitor, server, text, day) for text, day in ((OLD + "\n", 0), (NEW, 1), (OLD, 2), (NEW, 2.1), (LAST, 3))]
    assert said == ["accepted", "accepted", "rollback", "unchanged", "accepted"]
    assert kinds(monitor.book()) == ["addition"] * 8
    trouble = alerts(monitor, "source_health")
    assert [event.transition.value for event in trouble] == ["opened", "resolved"]
    assert "goes back to what it said before 2026-11-21" in trouble[0].headline.en


def test_what_stays_for_three_days_is_a_state_like_any_and_what_comes_back_is_restored(server: Publisher, watch: Watch) -> None:
    monitor = watch(CSL)
    days: Sequence[tuple[str, float]] = ((OLD, 0), (NEW, 1), (OLD, 2), (OLD, 4.9), (OLD, 5), (NEW, 6))
    said = [poll(monitor, server, text, day) for text, day in days]
    assert said == ["accepted", "accepted", "rollback", "rollback", "shrunken", "unchanged"], "seven of 67 need a person"
    few = OLD + csl(60, 61, notice="91 FR 70", day="2026-11-19")
    other = watch(CSL)
    days = ((OLD, 0), (few, 1), (OLD, 2), (OLD, 5), (few, 6))
    assert [poll(other, server, text, day) for text, day in days] == ["accepted", "accepted", "rollback", "accepted", "accepted"]
    assert kinds(other.book()) == ["addition"] * 2 + ["withdrawal"] * 2 + ["restoration"] * 2


def test_the_publishers_own_clock_is_believed(server: Publisher, watch: Watch) -> None:
    monitor = watch(CSL)
    few = OLD + csl(60, 61, notice="91 FR 70", day="2026-11-19")
    clocks = [START + timedelta(days=day) for day in (-1, 0.5, -1, 1.5)]
    versions = zip((OLD, few, OLD + "\n", OLD), (0, 1, 2, 3), clocks, strict=True)
    assert [poll(monitor, server, text, day, clock) for text, day, clock in versions] == ["accepted", "accepted", "rollback", "accepted"]
    assert kinds(monitor.book()) == ["addition"] * 2 + ["withdrawal"] * 2, "published later: a true delisting that restores old bytes"


def test_who_takes_off_some_of_what_came_delists(server: Publisher, watch: Watch) -> None:
    monitor = watch(CSL)
    part = OLD + csl(*range(60, 65), notice="91 FR 70", day="2026-11-19")
    assert [poll(monitor, server, text, day) for text, day in ((OLD, 0), (NEW, 1), (part, 2))] == ["accepted"] * 3
    assert kinds(monitor.book())[7:] == ["withdrawal"] * 2


SHRUNK = HEAD + csl(*range(40))
SHRUNK_AND_NEW = SHRUNK + csl(80, notice="91 FR 80", day="2026-11-21")
SHRUNK_AND_TWO = SHRUNK_AND_NEW + csl(81, notice="91 FR 81", day="2026-11-22")


def test_while_a_snapshot_waits_its_new_entries_are_judged_once(server: Publisher, watch: Watch) -> None:
    monitor = watch(CSL)
    days = ((OLD, 0), (SHRUNK, 1), (SHRUNK_AND_NEW, 2), (SHRUNK_AND_NEW, 3), (SHRUNK_AND_TWO, 4))
    assert [poll(monitor, server, text, day) for text, day in days] == ["accepted", *["shrunken"] * 4]
    assert kinds(monitor.book()) == ["addition", "addition"]
    trouble = alerts(monitor, "source_health")
    assert "20 of 60 entries vanished" in trouble[0].headline.en
    assert "new entries judged meanwhile: 2;" in (monitor.runner.state(monitor.source).detail or "")
    file = Payload("csl", (Part(SHRUNK_AND_TWO.encode(), "list.csv"),), monitor.now + timedelta(hours=1))
    assert monitor.runner.load(monitor.source, file, lambda _text: None).reason == "shrunken"
    word = Acceptance.of("shrunken", "A. Person", "the programme ended, 91 FR 82")
    assert monitor.runner.load(monitor.source, file, lambda _text: None, word).outcome == "accepted"
    assert kinds(monitor.book())[2:] == ["withdrawal"] * 20
    ended = alerts(monitor, "source_health")[-1]
    assert (ended.transition.value, "A. Person: the programme ended" in (ended.reason or "")) == ("resolved", True)
    assert str([line.detail for line in monitor.logged() if line.status == "accepted"][-1]).startswith("accepted by A. Person")
    assert poll(monitor, server, SHRUNK_AND_TWO + csl(82, notice="91 FR 83", day="2026-11-25"), 6) == "accepted"
    assert kinds(monitor.book())[22:] == ["addition"]


def test_a_lost_offer_of_what_is_new_while_a_snapshot_waits_is_the_same_again(server: Publisher, watch: Watch) -> None:
    monitor = watch(CSL)
    poll(monitor, server, OLD, 0)
    monitor.producer.forgets = True
    before = len(monitor.producer.sent)
    poll(monitor, server, SHRUNK_AND_NEW, 1)
    lost = monitor.producer.sent[before:]
    monitor.producer.forgets = False
    monitor.restart()
    assert monitor.runner.reoffer(monitor.source) == len(lost) == 2
    assert monitor.producer.sent[-2:] == lost


def test_a_file_of_another_kind_is_not_taken_for_news(server: Publisher, watch: Watch) -> None:
    monitor = watch(CSL)
    poll(monitor, server, OLD, 0)
    assert poll(monitor, server, HEAD + csl(*range(100, 160)), 1) == "shrunken"
    assert kinds(monitor.book()) == []
    assert "new entries, too many to be judged" in alerts(monitor, "source_health")[0].headline.en


@pytest.mark.parametrize(
    "versions",
    [
        ((OLD + "\n", 0), (NEW, 1), (OLD, 2), (NEW, 2.1), (LAST, 3)),
        ((OLD, 0), (OLD + csl(60, notice="91 FR 70", day="2026-11-19"), 1), (OLD, 2), (OLD, 5)),
        ((OLD, 0), (SHRUNK, 1), (SHRUNK_AND_NEW, 2), (SHRUNK_AND_TWO, 4)),
    ],
    ids=["older copy", "stays", "waits"],
)
def test_a_back_test_says_the_same(versions: tuple[tuple[str, float], ...], server: Publisher, watch: Watch) -> None:
    monitor = watch(CSL)
    for text, day in versions:
        poll(monitor, server, text, day)
    payloads = [given("csl", text.encode(), (START + timedelta(days=day)).isoformat()) for text, day in versions]
    now = START + timedelta(days=9)
    found = [record for batch in steps(CSL, payloads, now=now, warn=lambda _text: None) for record in batch]
    live = monitor.book()
    assert sorted((r.series, r.observed, r.digest) for r in found if not isinstance(r, SourceReport)) == sorted(
        (r.series, r.observed, r.digest) for r in live if not isinstance(r, SourceReport)
    )
    # A back-test counts every payload that was refused; live, the same trouble is said once.
    assert list(dict.fromkeys(r.reason for r in found if isinstance(r, SourceReport))) == list(
        dict.fromkeys(r.reason for r in monitor.reports())
    )


@pytest.mark.parametrize(("reason", "by", "why"), [("encoding", "A", "b"), ("shrunken", " ", "b"), ("shrunken", "A", None)])
def test_a_word_needs_a_name_a_reason_and_something_that_can_be_accepted(reason: str, by: str, why: str | None) -> None:
    with pytest.raises(BadRequest, match="--accept"):
        Acceptance.of(reason, by, why)
