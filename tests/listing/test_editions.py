"""Editions that repeat a list: repeats are repeats, what is new is news, whom an edition drops is told."""

from datetime import date
from typing import Any

import pytest

from supplywatch.listing.editions import companies
from supplywatch.listing.same_entry import content_key
from supplywatch.listing.snapshot import compare
from supplywatch.model.records import Alias, ListEntry

FIRST, SECOND, THIRD = date(2023, 5, 4), date(2024, 9, 30), date(2026, 2, 11)
SEEN = date(2026, 2, 13)
NAMES = [f"{word} Turbine Works Co., Ltd." for word in ("Amber", "Birch", "Cedar", "Dahlia", "Elder", "Fennel")]


def row(name: str, day: date, **fields: Any) -> ListEntry:
    content = content_key("MIL", name, ("CN",))
    return ListEntry(
        list_code="MIL",
        list_name="Military Companies",
        key=f"{name}|{day}",
        content_key=content,
        party_kind="organisation",
        name=name,
        countries=("CN",),
        effective=day,
        edition=day,
        **fields,
    )


def edition(day: date, *names: str) -> list[ListEntry]:
    return [row(name, day) for name in names]


def said(before: list[ListEntry], now: list[ListEntry]) -> list[tuple[str, str]]:
    return sorted((d.change.value, d.entry.name) for d in compare(before, now, seen=SEEN) if d.change != "repeat")


def repeats(before: list[ListEntry], now: list[ListEntry]) -> list[str]:
    return sorted(d.entry.name for d in compare(before, now, seen=SEEN) if d.change == "repeat")


def test_only_the_company_that_is_new_is_news() -> None:
    before = edition(SECOND, *NAMES)
    again = [name.upper().replace("CO., LTD.", "Co Ltd") for name in NAMES]
    now = [*before, *edition(THIRD, *again, "Gorse Optics Ltd.")]
    assert said(before, now) == [("addition", "Gorse Optics Ltd.")]
    assert repeats(before, now) == sorted(again)


@pytest.mark.parametrize("gone", [0, 3, 6], ids=["all kept", "half closed", "all closed"])
def test_closing_the_former_rows_withdraws_nobody(gone: int) -> None:
    before = edition(SECOND, *NAMES)
    now = [*before[gone:], *edition(THIRD, *NAMES, "Gorse Optics Ltd.")]
    assert said(before, now) == [("addition", "Gorse Optics Ltd.")]


def test_whom_an_edition_leaves_out_is_taken_off_once() -> None:
    before = edition(SECOND, *NAMES)
    now = [*before, *edition(THIRD, *NAMES[:-1])]
    assert said(before, now) == [("withdrawal", NAMES[-1])]
    closed = [entry for entry in now if entry.name != NAMES[-1]]
    assert said(now, closed) == [], "the row of who was dropped is closed later: told already"
    assert said(closed, [*closed, *edition(THIRD, "Gorse Optics Ltd.")]) == [("addition", "Gorse Optics Ltd.")]


def test_who_was_dropped_and_comes_again_is_designated_anew() -> None:
    before = [*edition(FIRST, *NAMES), *edition(SECOND, *NAMES[1:])]
    now = [*before, *edition(THIRD, *NAMES)]
    assert said(before, now) == [("addition", NAMES[0])]


def test_an_edition_that_only_adds_drops_nobody() -> None:
    before = edition(SECOND, *NAMES)
    assert said(before, [*before, *edition(THIRD, "Gorse Optics Ltd.")]) == [("addition", "Gorse Optics Ltd.")]


@pytest.mark.parametrize(
    ("then", "fields"),
    [
        ("Ivy Aero Engines Co., Ltd.", {"aliases": (Alias(text="Amber Turbine Works Co., Ltd.", kind="former"),)}),
        ("Amber Turbine Works Group Corporation", {}),
        ("Amber Turbine Works Co., Ltd. (ATW)", {}),
    ],
    ids=["former name", "legal form", "short name in brackets"],
)
@pytest.mark.parametrize("closed", [False, True], ids=["kept", "closed"])
def test_a_company_under_another_name_is_a_repeat(then: str, fields: dict[str, Any], closed: bool) -> None:
    before = edition(SECOND, *NAMES)
    now = [*before[int(closed) :], row(then, THIRD, **fields), *edition(THIRD, *NAMES[1:])]
    assert said(before, now) == []
    assert then in repeats(before, now)


def test_a_subsidiary_of_a_similar_name_is_news() -> None:
    before = edition(SECOND, *NAMES)
    now = [*before, *edition(THIRD, *NAMES, "Amber Turbine Works Shanghai Co., Ltd.")]
    assert said(before, now) == [("addition", "Amber Turbine Works Shanghai Co., Ltd.")]


def test_a_row_that_ended_long_before_the_next_edition_is_no_repeat() -> None:
    rows = [row(NAMES[0], SECOND, ends=date(2025, 3, 1)), *edition(SECOND, *NAMES[1:]), *edition(THIRD, *NAMES)]
    assert [len(company.rows) for company in companies(rows) if company.last.name == NAMES[0]] == [1, 1]


def test_the_order_of_rows_changes_nothing() -> None:
    before, now = edition(SECOND, *NAMES), [*edition(SECOND, *NAMES), *edition(THIRD, *NAMES[2:], "Gorse Optics Ltd.")]
    assert compare(before, now, seen=SEEN) == compare(before[::-1], now[::-1], seen=SEEN)
