"""Notices and the entries that cite them, whichever comes first; and one designation shown by two feeds."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from supplywatch import registry
from supplywatch.intake.changes import list_changes, with_listed
from supplywatch.intake.guards import Reading
from supplywatch.judging.engine import Engine
from supplywatch.ledger import lists
from supplywatch.ledger.book import Ledger
from supplywatch.listing.notices import Notices
from supplywatch.listing.same_entry import content_key
from supplywatch.listing.snapshot import World
from supplywatch.model.items import load_items
from supplywatch.model.records import ListEntry, PolicyAct, Provenance
from supplywatch.model.source import Part, Payload

NAME = "Synthetic Lithography Works Co., Ltd."


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 12, tzinfo=UTC)


def notice(**fields: Any) -> PolicyAct:
    given = {"citation": "91 FR 60001", "end_page": 60040, "effective": date(2026, 11, 16)} | fields
    return PolicyAct(
        observed="2026-11-17",
        fetched=at(17),
        provenance=Provenance(source="federal_register", vintage="v", payload_sha256="0" * 64, position="results[0]"),
        authority="Bureau of Industry and Security",
        document_number="2026-20001",
        act_type="rule",
        title="Additions to the Entity List",
        url="https://www.federalregister.gov/d/2026-20001",
        **given,
    )


def entry(
    name: str = NAME, citation: str | None = "91 FR 60033, 11/17/26", code: str = "EL", effective: date | None = date(2026, 11, 16)
) -> ListEntry:
    key = content_key(code, name, ("CN",))
    return ListEntry(
        list_code=code,
        list_name=code,
        key=key,
        content_key=key,
        party_kind="organisation",
        name=name,
        countries=("CN",),
        citation=citation,
        effective=effective,
    )


class Desk:
    """An engine with a ledger in memory, and lists as they are polled."""

    def __init__(self) -> None:
        self.ledger = Ledger.open("sqlite://")
        self.engine = Engine(self.ledger, {name: registry.rule(name) for name in ("list_entry", "list_announcement")}, load_items())

    def poll(self, source: str, day: int, before: list[ListEntry] | None, now: list[ListEntry]) -> list[tuple[str, str]]:
        payload = Payload(source, (Part(b"list", "list"),), at(day))
        with self.ledger.read() as connection:
            others = lists.standing(connection, until=at(day), without=source)
            told = lists.told_as(connection, until=at(day))
            acts = lists.acts(connection, until=at(day))
        world = World(source, lambda: others, lambda: told, lambda: acts)
        return self._judge(list_changes(Reading(payload, (), tuple(now), ""), before, world))

    def publish(self, act: PolicyAct) -> list[tuple[str, str]]:
        with self.ledger.read() as connection:
            cited = [one.entry.citation for one in lists.standing(connection, until=act.fetched) if one.entry.citation]
        return self._judge(with_listed([act], lambda: cited))

    def _judge(self, records: list[Any]) -> list[tuple[str, str]]:
        return [(event.rule, event.transition.value) for event in self.engine.judge(records).events]


@pytest.fixture
def desk() -> Desk:
    return Desk()


OTHER = entry("Other Optics Works", "80 FR 1", effective=date(2015, 1, 1))


def test_a_notice_is_announced_and_then_confirmed_by_an_entry_that_cites_another_page(desk: Desk) -> None:
    assert desk.poll("csl", 10, None, [OTHER]) == []
    assert desk.publish(notice()) == [("list_announcement", "opened")]
    assert sorted(desk.poll("csl", 20, [OTHER], [OTHER, entry()])) == [("list_announcement", "resolved"), ("list_entry", "opened")]


def test_a_notice_after_the_list_says_nothing(desk: Desk) -> None:
    desk.poll("csl", 10, None, [OTHER])
    assert desk.poll("csl", 16, [OTHER], [OTHER, entry()]) == [("list_entry", "opened")]
    assert desk.publish(notice()) == []


def test_an_entry_of_another_notice_confirms_nothing(desk: Desk) -> None:
    desk.poll("csl", 10, None, [OTHER])
    desk.publish(notice())
    assert desk.poll("csl", 20, [OTHER], [OTHER, entry(citation="91 FR 60041")]) == [("list_entry", "opened")]


def test_two_feeds_of_one_list_are_one_alert_that_ends_with_the_second_withdrawal(desk: Desk) -> None:
    sdn = entry(code="SDN", citation=None, effective=None)
    theirs = sdn.model_copy(update={"key": "29001", "name": NAME.upper()})
    assert desk.poll("csl", 1, None, [OTHER]) == desk.poll("ofac_sdn", 1, None, [OTHER.model_copy(update={"key": "1"})]) == []
    first = [OTHER.model_copy(update={"key": "1"})]
    assert desk.poll("ofac_sdn", 10, first, [*first, theirs]) == [("list_entry", "opened")]
    assert desk.poll("csl", 11, [OTHER], [OTHER, sdn]) == []
    assert desk.poll("ofac_sdn", 12, [*first, theirs], first) == []
    assert desk.poll("csl", 13, [OTHER, sdn], [OTHER]) == [("list_entry", "resolved")]


def test_a_renamed_entry_that_is_withdrawn_ends_its_alert(desk: Desk) -> None:
    desk.poll("csl", 10, None, [OTHER])
    renamed = entry("Synthetic Lithografy Works (Group) Co., Ltd.")
    assert desk.poll("csl", 20, [OTHER], [OTHER, entry()]) == [("list_entry", "opened")]
    assert desk.poll("csl", 21, [OTHER, entry()], [OTHER, renamed]) == [("list_entry", "opened")], "the amendment"
    assert desk.poll("csl", 22, [OTHER, renamed], [OTHER]) == [("list_entry", "resolved")]


def test_a_notice_whose_end_is_not_known_does_not_swallow_the_next() -> None:
    found = Notices(
        [notice(end_page=None), notice(end_page=None, citation="91 FR 60005").model_copy(update={"document_number": "2026-20002"})]
    )
    assert found.announcing("91 FR 60003") == "federal_register/2026-20001"
    assert found.announcing("91 FR 60010") == "federal_register/2026-20002"
    assert found.announcing("91 FR 60100") is None
