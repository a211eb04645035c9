"""The matcher's promises, by property: a name is found under every spelling, either way round, and the score can be recomputed."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supplywatch.model.name_match import Name, Party, recompute
from supplywatch.screening.index import Index
from supplywatch.screening.matcher import Matcher

COMPANIES = (
    "Hangzhou Hikvision Digital Technology Co., Ltd.",
    "Yangtze Memory Technologies Co., Ltd.",
    "深圳市大疆创新科技有限公司",
    "华信船务（香港）有限公司",
    "中国电子科技集团公司第十四研究所",
    "上海微电子装备（集团）股份有限公司",
    "ООО «Резонит»",
    "Joint Stock Company 360 Aviation Repair Plant",
    "Nordzucker Anlagenbau GmbH",
    "MAHAN AIR",
)
PARTIES = tuple(Party(f"p{number}", (Name(text),), kind="organisation") for number, text in enumerate(COMPANIES))


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(Index.build(PARTIES))


def best(matcher: Matcher, text: str, **more: object) -> tuple[str, str, float]:
    found = matcher.screen(Party("q", (Name(text),), **more), limit=3)  # type: ignore[arg-type]
    assert found, text
    return found[0].party_id, found[0].tier, found[0].score


@pytest.mark.parametrize("number", range(len(COMPANIES)))
@pytest.mark.parametrize("change", [str, str.upper, str.lower, lambda t: t.replace(".", "").replace(",", " "), lambda t: f"  {t} "])
def test_case_punctuation_and_blanks_change_nothing(matcher: Matcher, number: int, change: object) -> None:
    assert best(matcher, change(COMPANIES[number]))[:2] == (f"p{number}", "strong")  # type: ignore[operator]


@pytest.mark.parametrize("number", range(len(COMPANIES)))
def test_full_width_changes_nothing(matcher: Matcher, number: int) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in COMPANIES[number])
    assert best(matcher, wide)[:2] == (f"p{number}", "strong")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("深圳市大疆創新科技有限公司", "p2"),
        ("深圳大疆创新科技股份有限公司", "p2"),
        ("華信船務(香港)有限公司", "p3"),
        ("中国电子科技集团公司第14研究所", "p4"),
        ("上海微電子裝備集團有限公司", "p5"),
        ("OOO Rezonit", "p6"),
        ("JSC 360 Aviation Repair Plant", "p7"),
        ("Hangzhou Hikvision Digital Technology Limited", "p0"),
        ("Nordzucker Anlagenbau AG", "p8"),
    ],
)
def test_script_and_legal_form_never_drop_below_strong(matcher: Matcher, text: str, expected: str) -> None:
    assert best(matcher, text)[:2] == (expected, "strong")


def test_another_number_is_another_institute(matcher: Matcher) -> None:
    found = matcher.screen(Party("q", (Name("中国电子科技集团公司第十三研究所"),)))
    assert all(match.tier == "below" for match in found)


@pytest.mark.parametrize("least", [0.3, 0.5, 0.75, 0.82])
def test_what_is_left_out_below_the_least_score_changes_nothing_above_it(matcher: Matcher, least: float) -> None:
    asked = [Party("q", (Name(text),)) for text in (*COMPANIES, "Hikvison Digital", "360 Repair Plant", "上海微电子", "Yangtze Trading")]
    for query in asked:
        whole = [match for match in matcher.screen(query, limit=50, min_score=0.0) if match.score >= least]
        assert [match for match in matcher.screen(query, limit=50, min_score=least) if match.score >= least] == whole


def test_an_identifier_is_enough_and_a_country_only_lowers(matcher: Matcher) -> None:
    listed = Party("x", (Name("Some Unlike Name Ltd"),), country="CN", kind="organisation", identifiers=(("uscc", "91440300708461698X"),))
    found = Matcher(Index.build([listed])).screen(Party("q", (Name("Whatever"),), identifiers=listed.identifiers))
    assert [(m.score, m.tier, m.qualification.identifier) for m in found] == [(1.0, "strong", "uscc:91440300708461698X")]
    other = Matcher(Index.build([listed])).screen(Party("q", (Name("Some Unlike Name Ltd"),), country="DE"))
    assert [(m.tier, m.qualification.country_mismatch) for m in other] == [("review", True)]


def test_a_short_or_common_name_is_at_most_for_review() -> None:
    matcher = Matcher(Index.build([Party("a", (Name("ABC Ltd"),)), Party("b", (Name("Technology Corp"),))]))
    assert best(matcher, "ABC Ltd")[1] == best(matcher, "Technology Corp")[1] == "review"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.sampled_from(COMPANIES), second=st.sampled_from(COMPANIES), cut=st.integers(0, 6))
def test_which_side_came_first_changes_nothing(first: str, second: str, cut: int) -> None:
    listed, ours = Party("l", (Name(first),)), Party("c", (Name(second[cut:] or second),))
    forward = Matcher(Index.build([listed])).screen(ours, min_score=0.0)
    backward = Matcher(Index.build([ours]), indexed="counterparties").screen(listed, min_score=0.0)
    assert [m.score for m in forward] == [m.score for m in backward]
    for match in forward:
        assert recompute(json.loads(json.dumps(match.as_json()))["explanation"]) == match.score


def test_the_order_of_arrival_changes_nothing() -> None:
    built = Matcher(Index.build(PARTIES))
    grown = Matcher(Index.build(PARTIES[:2]))
    for party in reversed(PARTIES[2:]):
        grown.index.add(party)
    for text in COMPANIES:
        query = Party("q", (Name(text),))
        assert grown.screen(query) == built.screen(query)
    grown.index.commit()
    grown.index.remove("p0")
    assert all(match.party_id != "p0" for match in grown.screen(Party("q", (Name(COMPANIES[0]),))))
