"""Comparing snapshots: what is news, and what only looks new."""

import random
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplywatch.listing.evidence import Standing
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.listing.snapshot import Difference, World, compare
from supplywatch.model.records import Alias, ChangeKind, ListEntry
from tests.listing.entries import DAY, SEEN, entry


def kinds(differences: Sequence[Difference]) -> list[tuple[str, str]]:
    return [(difference.change.value, difference.entry.name) for difference in differences]


def one(previous: list[ListEntry] | None, current: list[ListEntry], **options: Any) -> Difference:
    (found,) = compare(previous, current, seen=SEEN, **options)
    return found


def test_first_snapshot_is_a_baseline_as_a_whole() -> None:
    found = compare(None, [entry("B"), entry("A")], seen=SEEN)
    assert kinds(found) == [("baseline", "A"), ("baseline", "B")]


def test_equal_snapshots_in_another_order_differ_in_nothing() -> None:
    entries = [entry(f"Company {letter}") for letter in "ABCDEF"]
    assert compare(entries, entries[::-1], seen=SEEN) == []


@pytest.mark.parametrize(
    ("age_days", "change"),
    [(0, "addition"), (14, "addition"), (15, "back_fill"), (-30, "addition")],
    ids=["today", "edge", "old", "future"],
)
def test_age_of_the_effective_date_tells_news_from_back_fill(age_days: int, change: str) -> None:
    assert one([entry("Other")], [entry("Other"), entry(effective=SEEN - age_days * DAY)]).change == change


def test_news_window_is_a_parameter() -> None:
    new = entry(effective=SEEN - 20 * DAY)
    assert one([], [new], news_window_days=30).change == "addition"


def test_unknown_effective_date_is_news_unless_the_party_stands_on_the_list() -> None:
    standing = entry(effective=None, key="1")
    assert one([], [standing]).change == "addition"
    again = standing.model_copy(update={"key": "2"})
    assert one([standing], [standing, again]).change == "back_fill"


def test_a_namesake_of_a_listed_person_is_news() -> None:
    listed = entry("KIM, Chol", "SDN", key="1", countries=(), party_kind="person", effective=None, identifiers=("Passport, 472310082, KP",))
    other = ListEntry.model_validate(listed.model_dump() | {"key": "2", "identifiers": ("Passport, 836238033, KP",)})
    assert one([listed], [listed, other]).change == "addition"


def test_fresh_designation_of_a_listed_party_is_news() -> None:
    listed = entry(key="1", effective=date(2019, 5, 16))
    assert one([listed], [listed, entry(key="2")]).change == "addition"


def test_withdrawal_carries_the_entry_as_it_last_was() -> None:
    gone = entry(remarks="last words")
    assert one([entry("Other"), gone], [entry("Other")]) == Difference(ChangeKind.WITHDRAWAL, gone)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"name": "Xi?an Research Institute"}, {"name": "Xi'an  RESEARCH institute; and any successor, sub-unit, or subsidiary thereof"}),
        ({"aliases": ("YMTC", "Changjiang Storage")}, {"aliases": ("Changjiang storage.", "YMTC")}),
        ({"citation": "79 FR  55608"}, {"citation": "79 F.R. 55608"}),
        ({"licence_policy": "Presumption of denial"}, {"licence_policy": "Presumption of Denial. "}),
        ({"addresses": ("No.88, Weilai 3rd Road, Wuhan, CN",)}, {"addresses": ("No. 88 Weilai 3rd Road, Wuhan, CN",)}),
        ({"url": "http://bit.ly/1L47xrV"}, {"url": "https://www.bis.gov/entity-list"}),
        ({"remarks": None}, {"remarks": ""}),
        ({"party_kind": "unknown"}, {"party_kind": "organisation"}),
    ],
)
def test_spelling_and_format_amend_nothing(before: Any, after: Any) -> None:
    assert one([entry(key="1", **before)], [entry(key="1", **after)]).change == "format_change"


@pytest.mark.parametrize(
    ("field", "after"),
    [
        ("aliases", ("YMTC",)),
        ("countries", ("CN", "HK")),
        ("addresses", ("Wuhan, CN",)),
        ("programs", ("CMIC-EO13959",)),
        ("identifiers", ("USCC, 91420100MA4KPA5W4P",)),
        ("citation", "87 FR 77508; 88 FR 23332"),
        ("effective", date(2022, 12, 19)),
        ("ends", date(2025, 12, 16)),
        ("licence_requirement", "For all items subject to the EAR."),
        ("licence_policy", "Policy of denial"),
        ("remarks", "moved"),
        ("party_kind", "person"),
    ],
)
def test_amendment_names_its_fields(field: str, after: Any) -> None:
    old = entry(key="1")
    new = ListEntry.model_validate(old.model_dump() | {field: after})
    assert one([old], [new]) == Difference(ChangeKind.AMENDMENT, new, (field,))


def test_new_numbering_is_a_re_key() -> None:
    old, new = entry(key="dcc742038b"), entry(key="66f6ab3f26")
    assert one([old], [new]) == Difference(ChangeKind.RE_KEY, new, (), "dcc742038b")


def test_amendment_under_a_key_derived_from_the_citation_stays_an_amendment() -> None:
    old = entry(key="hash of 83 FR 37423", citation="83 FR 37423")
    new = entry(key="hash of both", citation="83 FR 37423; 87 FR 77505", licence_policy="Policy of denial")
    assert one([old], [new]) == Difference(ChangeKind.AMENDMENT, new, ("citation", "licence_policy"), old.key)


def test_key_used_again_for_another_party_is_two_events() -> None:
    old = entry("Golden Star Trading", "SDN", key="17014", countries=("SY",), effective=None)
    new = entry("PETROV, Ivan", "SDN", key="17014", countries=("RU",), effective=None, party_kind="person")
    assert kinds(compare([old], [new], seen=SEEN)) == [("withdrawal", "Golden Star Trading"), ("addition", "PETROV, Ivan")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Hong Kong Democratic Council", "Hong Kong Democracy Council"),
        ("Yangtze Memory Technolgies", "Yangtze Memory Technologies"),
        ("Shanghai Micro Electronics Equipment", "Shanghai Micro Electronics Equipment (Group) Co."),
    ],
)
def test_corrected_name_is_an_amendment_not_a_withdrawal_and_an_addition(before: Any, after: Any) -> None:
    found = one([entry(before)], [entry(after)])
    assert (found.change, found.amended_fields, found.previous_key) == ("amendment", ("name",), entry(before).key)


def test_new_name_with_the_old_one_as_alias_is_an_amendment() -> None:
    found = one([entry("Avic Xi'an")], [entry("Comac West", aliases=("AVIC Xi'an",))])
    assert (found.change, found.amended_fields) == ("amendment", ("name", "aliases"))


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ("CETC 13th Research Institute", "CETC 14th Research Institute", {}),
        ("Huawei Cloud Shanghai", "Huawei Cloud Shenzhen", {}),
        ("Huawei Cloud Dalian", "Huawei Cloud Dalian", {"countries": ("SG",)}),
        ("Huawei Cloud Dalian Co", "Huawei Cloud Dalian", {"effective": date(2022, 12, 15)}),
    ],
    ids=["number", "place", "country", "circumstances"],
)
def test_another_party_is_not_a_rename(before: Any, after: Any, fields: dict[str, Any]) -> None:
    changes = {found.change for found in compare([entry(before)], [entry(after, **fields)], seen=SEEN)}
    assert changes == {"withdrawal", "addition"}


def listed(name: str, number: int | str, code: str = "EL", **fields: Any) -> ListEntry:
    return entry(name, code, key=str(number), effective=date(2020, 1, 1), **fields)


def test_a_column_that_is_appended_changes_the_format_alone() -> None:
    before = [listed(f"Company {n}", n) for n in range(30)]
    after = [e.model_copy(update={"remarks": f"maker of part {n}"} if n < 12 else {}) for n, e in enumerate(before)]
    assert {(d.change, d.amended_fields) for d in compare(before, after, seen=SEEN)} == {("format_change", ("remarks",))}


def test_dates_rewritten_in_bulk_change_the_format_alone() -> None:
    before = [listed(f"Company {n}", n) for n in range(100)]
    after = [e.model_copy(update={"effective": date(2020, 1, 2)} if n < 30 else {}) for n, e in enumerate(before)]
    assert [d.change for d in compare(before, after, seen=SEEN)] == ["format_change"] * 30


def test_what_else_changed_in_a_bulk_change_is_said() -> None:
    before = [listed(f"Company {n}", n) for n in range(30)]
    after = [
        e.model_copy(update={"remarks": "x"} | ({"licence_policy": "Presumption of denial"} if n == 7 else {}))
        for n, e in enumerate(before)
    ]
    told = [d for d in compare(before, after, seen=SEEN) if d.change == "amendment"]
    assert [(d.entry.key, d.amended_fields) for d in told] == [("7", ("licence_policy",))]


def test_names_transliterated_anew_under_their_keys_are_no_news() -> None:
    before = [listed(f"Завод номер {n}", n, citation="77 FR 1") for n in "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩ"]
    after = [e.model_copy(update={"name": f"Zavod nomer {n}", "content_key": f"EL|zavod {n}|CN"}) for n, e in enumerate(before)]
    assert {d.change for d in compare(before, after, seen=SEEN)} == {"format_change"}


def test_a_suspension_and_its_end_are_neither_withdrawal_nor_addition() -> None:
    standing, suspended = entry(key="1"), entry(key="1", status="suspended", suspended_until=date(2023, 11, 10))
    assert one([standing], [suspended]) == Difference(ChangeKind.SUSPENSION, suspended, ("status", "suspended_until"))
    assert one([suspended], [standing]).change == "restoration"


def test_a_mass_suspension_is_no_change_of_format() -> None:
    before = [listed(f"Company {n}", n) for n in range(30)]
    after = [e.model_copy(update={"status": "suspended"}) for e in before]
    assert {d.change for d in compare(before, after, seen=SEEN)} == {"suspension"}


def test_an_undated_entry_that_cites_an_old_notice_is_a_back_fill() -> None:
    assert one([], [entry(effective=None, citation="77 FR 61249 No. 195")]).change == "back_fill"
    assert one([], [entry(effective=None, citation="87 FR 77505")]).change == "addition"


def test_a_key_used_again_by_a_row_number_hides_no_addition() -> None:
    before = [listed("Alpha Optics Co., Ltd.", 1), listed("Beta Lithography Co., Ltd.", 2)]
    after = [listed("Alpha Optics Co., Ltd.", 1), entry("Gamma Metrology Co., Ltd.", key="2"), listed("Beta Lithography Co., Ltd.", 3)]
    assert {(d.change, d.entry.name[:5]) for d in compare(before, after, seen=SEEN)} == {("re_key", "Beta "), ("addition", "Gamma")}


FIRST = Standing("ofac_sdn", entry("Synthetic Optics Trading LLC", "SDN", key="9", effective=None))
OFAC = World("csl", lambda: [FIRST])


def test_a_designation_that_another_feed_told_is_a_duplicate() -> None:
    copy = entry("SYNTHETIC OPTICS TRADING L.L.C.", "SDN", key="x", effective=None)
    found = one([], [copy], world=OFAC)
    assert found.same_as is not None
    assert (found.change, found.same_as.source, found.same_as.key) == ("duplicate_of_other_list", "ofac_sdn", "9")


def test_a_party_of_another_list_that_is_designated_anew_is_news_with_its_other_listings() -> None:
    found = one([], [entry("Synthetic Optics Trading LLC", "EL")], world=OFAC)
    assert (found.change, [listing.list_code for listing in found.also_on]) == ("addition", ["SDN"])


def test_a_party_put_on_two_lists_by_one_act_is_told_once() -> None:
    found = compare([], [entry("Synthetic Optics Trading", "EL"), entry("Synthetic Optics Trading", "MEU")], seen=SEEN)
    assert [(d.entry.list_code, d.change, d.same_as and d.same_as.list_code) for d in found] == [
        ("EL", "addition", None),
        ("MEU", "duplicate_of_other_list", "EL"),
    ]


def test_two_entries_of_one_list_that_share_an_alias_are_two_designations() -> None:
    """A publisher that lists an institute and its factory gives them one alias and two licence requirements."""
    alias = (Alias(text="Quartz Accelerator Works"),)
    two = [entry("Lumen Physics Bureau", aliases=alias), entry("Quartz Accelerator Facility", aliases=alias)]
    assert [(d.change.value, d.same_as, d.also_on) for d in compare([], two, seen=SEEN)] == [("addition", None, ())] * 2


def test_the_second_feed_of_a_list_repeats_each_of_two_entries_that_share_an_alias() -> None:
    alias = (Alias(text="Quartz Accelerator Works"),)
    two = [entry(name, aliases=alias) for name in ("Lumen Physics Bureau", "Quartz Accelerator Facility")]
    for order in (two, two[::-1]):
        standing = [Standing("csl", one) for one in order]
        found = compare([], two, seen=SEEN, world=World("bis_entity_list", partial(list, standing)))
        assert {(d.change.value, d.entry.name, d.same_as and d.same_as.name) for d in found} == {
            ("duplicate_of_other_list", e.name, e.name) for e in two
        }


def test_an_entry_that_another_list_knows_under_the_others_name_is_news() -> None:
    """One feed holds the bureau only: the factory that shares its alias is told, for nobody told it yet."""
    alias = (Alias(text="Quartz Accelerator Works"),)
    bureau, factory = (entry(name, aliases=alias) for name in ("Lumen Physics Bureau", "Quartz Accelerator Facility"))
    found = compare([], [bureau, factory], seen=SEEN, world=World("bis_entity_list", lambda: [Standing("csl", bureau)]))
    assert kinds(found) == [("addition", factory.name), ("duplicate_of_other_list", bureau.name)]


def test_the_withdrawal_of_a_duplicate_says_whose() -> None:
    gone = entry("Synthetic Optics Trading LLC", "SDN", key="x")
    assert one([gone], [], world=World("csl", told_as=lambda: {("csl", "SDN", "x"): FIRST.listing})).same_as == FIRST.listing


def test_lists_do_not_mix() -> None:
    found = compare([entry(code="UVL")], [entry(code="EL")], seen=SEEN)
    assert [(f.entry.list_code, f.change) for f in found] == [("EL", "addition"), ("UVL", "withdrawal")]


def test_one_of_several_equal_names_withdrawn() -> None:
    same = [entry(citation=f"8{n} FR 1", effective=date(2010 + n, 1, 1)) for n in range(3)]
    before, after = with_unique_keys(same), with_unique_keys(same[1:])
    found = compare(before, after, seen=SEEN)
    assert [(f.entry.citation, f.change) for f in found if f.change != "re_key"] == [("80 FR 1", "withdrawal")]


def test_unique_keys_do_not_depend_on_the_order_of_rows() -> None:
    same = [entry(citation=f"8{n} FR 1") for n in range(5)] + [entry("Other")]
    mixed = random.Random(7).sample(same, len(same))
    assert sorted(with_unique_keys(same), key=str) == sorted(with_unique_keys(mixed), key=str)
    assert len({e.key for e in with_unique_keys(same)}) == 6


NAMES = st.sampled_from(["Alpha Works", "Alpha Work", "Beta Institute", "Beta 2 Institute", "Gamma", "??"])
ENTRIES = st.lists(
    st.builds(
        entry,
        NAMES,
        st.sampled_from(["EL", "UVL"]),
        st.sampled_from(["1", "2", "3", None]),
        st.sampled_from([(), ("CN",), ("CN", "HK")]),
        citation=st.sampled_from([None, "87 FR 1", "88 FR 2"]),
        effective=st.sampled_from([None, SEEN, date(2010, 1, 1)]),
    ),
    max_size=8,
).map(with_unique_keys)


@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False))
def test_every_entry_is_accounted_for_once_and_order_does_not_matter(
    previous: list[ListEntry], current: list[ListEntry], rng: random.Random
) -> None:
    found = compare(previous, current, seen=SEEN)
    count = {kind: sum(f.change is kind for f in found) for kind in ChangeKind}
    added = sum(count[kind] for kind in (ChangeKind.ADDITION, ChangeKind.BACK_FILL, ChangeKind.DUPLICATE_OF_OTHER_LIST))
    assert len(previous) - count[ChangeKind.WITHDRAWAL] == len(current) - added
    assert compare(current, current, seen=SEEN) == []
    shuffled = [rng.sample(entries, len(entries)) for entries in (previous, current)]
    assert compare(*shuffled, seen=SEEN) == found
