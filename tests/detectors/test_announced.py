"""Numbers, units and destinations of announcements, in wordings that the genuine file of tests/gates does not have."""

from datetime import UTC, datetime

import pytest

from detectors._measures.announced import additions
from detectors.decoupling.list_announcement import RULE, Params, detect, lists_in
from supplywatch.config import rule_params
from supplywatch.model.items import load_items
from supplywatch.model.records import PolicyAct, Provenance
from supplywatch.model.rule import Context

PARAMS = rule_params("list_announcement", Params)
NOW = datetime(2027, 2, 1, 13, tzinfo=UTC)


def said(abstract: str) -> tuple[int | None, str | None, str]:
    found = additions(abstract, PARAMS.lists)
    return found.count, found.unit, " ".join(f"{one.country}{'' if one.count is None else one.count}" for one in found.destinations)


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("BIS amends the EAR by adding one hundred and twelve entities under 119 entries to the Entity List.", (112, "entities", "")),
        ("This rule adds a company to the Entity List under the destination of Oman.", (1, "companies", "OM")),
        (
            "BIS is adding eight (8) addresses to the Entity List under the destinations of Hong Kong (6) and Turkey (2).",
            (8, "addresses", "HK6 TR2"),
        ),
        ("This rule adds to the Unverified List (UVL) nineteen persons, located in Peru and Chile.", (19, "persons", "PE CL")),
        (
            "This rule adds three entities to the Entity List. They are listed under the destinations of Bosnia and Herzegovina (1), "
            "Trinidad and Tobago (1), and Korea, North (1).",
            (3, "entities", "BA1 TT1 KP1"),
        ),
        (
            "BIS adds 1,204 persons to the Unverified List. Of these persons, one is under each of the following destinations: Malta and "
            "T[uuml]rkiye; two are under the destination of Gabon.",
            (1204, "persons", "MT1 TR1 GA2"),
        ),
        ("BIS adds certain entities to the Entity List under the destination of Yemen.", (None, None, "YE")),
        ("BIS removes twelve entities under the destination of Iran from the Entity List.", (None, None, "")),
        (
            "This rule adds two entities to the Entity List under the destination of Iraq. It revises nine entries under the "
            "destination of Qatar.",
            (2, "entities", "IQ"),
        ),
        ("BIS adds six entities to the Entity List and four persons to the Unverified List.", (10, "parties", "")),
        ("BIS removes six entities from the Entity List and adds nothing to the Unverified List.", (None, None, "")),
    ],
)
def test_what_a_summary_says_is_added(abstract: str, expected: tuple[int | None, str | None, str]) -> None:
    assert said(abstract) == expected


def test_two_lists_that_count_differently_are_parties() -> None:
    found = additions("BIS adds six entities to the Entity List. It adds four persons to the Unverified List.", PARAMS.lists)
    assert (found.count, found.unit, found.by_list) == (10, "parties", {"EL": 6, "UVL": 4})


@pytest.mark.parametrize(
    ("abstract", "en", "zh"),
    [
        (
            "BIS is removing 12 persons from the Unverified List (UVL) and adding them to the Entity List, under the "
            "destination of Cyprus.",
            "Announced: 12 additions (moved from UVL), Cyprus; not yet listed (EL), 92 FR 1000",
            "已公告:新增12个(由UVL移入),塞浦路斯;清单尚未更新(EL), 92 FR 1000",
        ),
        (
            "BIS transfers five entities from the Military End-User (MEU) List to the Entity List and adds two entities to "
            "the Entity List.",
            "Announced: 7 additions (5 of them moved from MEU); not yet listed (EL), 92 FR 1000",
            "已公告:新增7个(其中5个由MEU移入);清单尚未更新(EL), 92 FR 1000",
        ),
        (
            "BIS adds forty entities to the Entity List under the destinations of Cuba (1), China (30), Egypt (4), Ghana (3), "
            "Japan (1) and Kenya (1).",
            "Announced: 40 additions, China 30, Egypt 4, Ghana 3, Cuba 1 and 2 more; not yet listed (EL), 92 FR 1000",
            "已公告:新增40个,中国 30、埃及 4、加纳 3、古巴 1等6个目的地;清单尚未更新(EL), 92 FR 1000",
        ),
        (
            "BIS adds parties to the Entity List.",
            "Announced: additions; not yet listed (EL), 92 FR 1000",
            "已公告:新增;清单尚未更新(EL), 92 FR 1000",
        ),
    ],
)
def test_headlines(abstract: str, en: str, zh: str) -> None:
    act = PolicyAct(
        observed="2027-02-01",
        published=NOW,
        fetched=NOW,
        provenance=Provenance(source="federal_register", vintage="2027-02-01T13:00:00Z", payload_sha256="0" * 64, position="results[0]"),
        authority="Bureau of Industry and Security",
        document_number="2027-00001",
        act_type="rule",
        title="Revisions to the Entity List",
        abstract=abstract,
        citation="92 FR 1000",
        url="https://www.federalregister.gov/d/2027-00001",
    )
    _, finding = detect(None, act, PARAMS, Context(load_items()))
    assert finding.headline is not None
    assert (finding.headline.en, finding.headline.zh) == (en, zh)
    assert isinstance(finding.measures["added"], int) or "Announced: additions" in en
    assert RULE.card.rule_id == "list_announcement"


def test_a_correction_repeats_a_title_and_adds_nothing() -> None:
    title = "Addition of Entities to the Entity List; Correction"
    assert lists_in(title, "BIS corrects two errors in a rule that was published in May.", PARAMS) == ()
    assert lists_in(title, "BIS is adding an entity that was left out to the Entity List.", PARAMS) == ("EL",)
    assert lists_in(title, None, PARAMS) == ("EL",)
