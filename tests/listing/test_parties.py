"""Who is the same party: by number, by name with care, by a person's word; explained, undone, never merged."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from supplywatch.listing.evidence import Elsewhere, Standing, same_notice, why_same
from supplywatch.listing.parties import Decision, explain, parties, reference
from supplywatch.listing.same_entry import content_key
from supplywatch.model.records import Alias, Identifier, ListEntry

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(
    name: str,
    code: str = "EL",
    key: str = "1",
    countries: tuple[str, ...] = ("CN",),
    kind: Any = "organisation",
    **fields: Any,
) -> ListEntry:
    return ListEntry(
        list_code=code,
        list_name=code,
        key=key,
        content_key=content_key(code, name, countries),
        party_kind=kind,
        name=name,
        countries=countries,
        **fields,
    )


def standing(*entries: ListEntry, source: str = "csl") -> list[Standing]:
    return [Standing(source, one) for one in entries]


BORN = Identifier(kind="other", value="1970-01-02", label="DOB")
USCC = Identifier(kind="uscc", value="91440300708461698Q", country="CN")


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (entry("Hikvision", identifiers=(USCC,)), entry("杭州海康威视", identifiers=(USCC,)), "number uscc"),
        (entry("Synthetic Optics Co., Ltd."), entry("SYNTHETIC OPTICS COMPANY LIMITED"), "same name"),
        (entry("Synthetic Optics"), entry("Other Name", aliases=(Alias(text="Synthetic Optics"),)), "same name"),
        (
            entry("Jane Synthetic", kind="person", effective=date(2026, 1, 1)),
            entry("SYNTHETIC, Jane", kind="person", effective=date(2026, 1, 1)),
            "effective date",
        ),
        (
            entry("Jane Synthetic", kind="person", identifiers=(BORN,)),
            entry("SYNTHETIC, Jane", kind="person", identifiers=(BORN,)),
            "date of birth 1970-01-02",
        ),
    ],
    ids=["number", "spelling", "alias", "person on one day", "person of one birthday"],
)
def test_what_joins(one: ListEntry, other: ListEntry, words: str) -> None:
    assert words in (why_same(one, other) or "")
    assert why_same(one, other) == why_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (entry("Synthetic Optics"), entry("Synthetic Optics", countries=("RU",))),
        (entry("CETC 13th Research Institute"), entry("CETC 14th Research Institute")),
        (entry("Trading Co., Ltd."), entry("Trading Company Limited")),
        (entry("Star"), entry("Star", countries=())),
        (entry("Synthetic Optics"), entry("Other Name", aliases=(Alias(text="Synthetic Optics", kind="weak"),))),
        (entry("Jane Synthetic", kind="person"), entry("Jane Synthetic", kind="person")),
        (entry("Ocean Star Queen", kind="vessel"), entry("Ocean Star Queen", kind="vessel")),
        (
            entry("Synthetic Optics", identifiers=(USCC,)),
            entry("Synthetic Optics", identifiers=(USCC.model_copy(update={"value": "91110000710935732K"}),)),
        ),
        (entry("Synthetic Optics", kind="person"), entry("Synthetic Optics")),
    ],
    ids=["country", "number in the name", "generic", "short", "weak alias", "namesakes", "ships", "other number", "kind"],
)
def test_what_does_not_join(one: ListEntry, other: ListEntry) -> None:
    assert why_same(one, other) is None


def test_a_party_holds_all_its_entries_and_says_why() -> None:
    un = standing(entry("Synthetic Optics Co Ltd", "UN", "QDe.1"), source="un")
    csl = standing(entry("Synthetic Optics Co., Ltd."), entry("Alone Works", key="2"))
    found = parties([*csl, *un])
    assert [[reference(one) for one in party.entries] for party in found] == [["csl/EL/1", "un/UN/QDe.1"], ["csl/EL/2"]]
    assert explain("csl/EL/1", "un/UN/QDe.1", [*csl, *un])[1].startswith("csl/EL/1 = un/UN/QDe.1: the same name")
    assert explain("csl/EL/2", "un/UN/QDe.1", [*csl, *un])[-1].startswith("two parties")


def test_a_split_holds_through_third_entries_and_a_join_undoes_it() -> None:
    three = standing(*(entry("Synthetic Optics Co., Ltd.", code) for code in ("EL", "MEU", "SDN")))
    apart = Decision("split", "csl/EL/1", "csl/SDN/1", "A. Person", "another Synthetic Optics", NOON)
    found = parties(three, [apart])
    assert sorted(len(party.entries) for party in found) == [1, 2]
    assert not any({"csl/EL/1", "csl/SDN/1"} <= {reference(one) for one in party.entries} for party in found)
    lines = explain("csl/EL/1", "csl/SDN/1", three, [apart])
    assert lines[0] == "2026-11-23 split by A. Person: another Synthetic Optics"
    assert "although" in lines[-1]
    again = Decision("join", "csl/SDN/1", "csl/EL/1", "B. Person", "the same after all", NOON)
    (party,) = parties(three, [apart, again])
    assert len(party.entries) == 3


def test_branches_abroad_do_not_meet_over_an_entry_without_a_country() -> None:
    lists = (("EL", ()), ("MEU", ("SE",)), ("SDN", ("ZA",)))
    three = standing(*(entry("Synthetic Optics Fund", code, countries=countries) for code, countries in lists))
    found = parties(three)
    assert sorted(len(party.entries) for party in found) == [1, 2]
    assert not any({"SE", "ZA"} <= {c for one in party.entries for c in one.entry.countries} for party in found)


def test_a_person_joins_what_no_evidence_does() -> None:
    two = standing(entry("Hikvision"), entry("杭州海康威视数字技术股份有限公司", "CN-UEL", "n1"))
    assert len(parties(two)) == 2
    join = Decision("join", "csl/EL/1", "csl/CN-UEL/n1", "A. Person", "annual report 2024, page 2", NOON)
    (party,) = parties(two, [join])
    assert "A. Person" in party.links[0].why


def test_the_order_of_entries_changes_nothing() -> None:
    many = standing(*(entry(f"Synthetic {word} Optics", code, key=word) for word in ("North", "South") for code in ("EL", "MEU", "SDN")))
    assert parties(many) == parties(many[::-1])


def test_where_else_a_party_stands() -> None:
    elsewhere = Elsewhere(standing(entry("Synthetic Optics Co., Ltd."), entry("Other Optics", key="2")))
    assert [one.key for one in elsewhere.same_party("un", entry("Synthetic Optics Co Ltd", "UN", "9"))] == ["1"]


BUREAU = entry("Lumen Physics Bureau", key="1", aliases=(Alias(text="Quartz Accelerator Works"),))
WORKS = entry("Quartz Accelerator Facility", key="2", aliases=(Alias(text="Quartz Accelerator Works"),))


def test_separate_entries_of_one_list_that_share_an_alias_are_two_parties() -> None:
    found = parties(standing(BUREAU, WORKS))
    assert [len(party.entries) for party in found] == [1, 1]
    assert explain("csl/EL/1", "csl/EL/2", standing(BUREAU, WORKS))[-1].endswith("separate entries of one list, which a name never joins")


def test_they_do_not_meet_over_an_entry_of_another_list_either() -> None:
    """The other list's entry goes to the one whose own name it bears, whatever the order of its keys."""
    other = standing(entry("Quartz Accelerator Facility", "UN", "0", aliases=(Alias(text="Quartz Accelerator Works"),)), source="un")
    every = [*standing(BUREAU, WORKS), *other]
    assert [[reference(one) for one in party.entries] for party in parties(every)] == [["csl/EL/1"], ["csl/EL/2", "un/UN/0"]]
    assert [one.key for one in Elsewhere(every).same_party("un", other[0].entry)] == ["2", "1"]
    assert [one.place for one in Elsewhere(every).same_party("csl", BUREAU)] == []
    assert [one.place for one in Elsewhere(every).same_party("csl", WORKS)] == [("un", "UN", "0")]


def test_a_number_joins_within_one_list() -> None:
    two = standing(BUREAU.model_copy(update={"identifiers": (USCC,)}), entry("Other Name", key="2", identifiers=(USCC,)))
    assert [len(party.entries) for party in parties(two)] == [2]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("76 FR 71867", "76 FR 71869, 11/21/11", True),
        ("83 FR 37423; 87 FR 77505", "87 FR 77508, 12/19/22", True),
        ("87 FR 77505", "87 FR 40000", False),
        ("76 FR 71867", "77 FR 71867", False),
        ("87 FR 77505", None, False),
    ],
)
def test_citations_of_one_notice_differ_in_the_page(one: str, other: str | None, same: bool) -> None:
    assert same_notice(one, other) is same
