"""Chinese names against their Chinese listing: as suppliers write them, in hundreds, among thousands of others."""

import gzip
import random
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import opencc
import pytest

from supplywatch.model.name_match import Name, Party
from supplywatch.screening.chinese import simplified
from supplywatch.screening.index import Index
from supplywatch.screening.matcher import Matcher
from supplywatch.screening.tables import read_lists

pytestmark = pytest.mark.gate
STRONG, TOLD = ("strong",), ("strong", "review")
CITY = re.compile(
    "^(?:北京|上海|天津|重庆|深圳|广州|杭州|武汉|成都|南京|苏州|宁波|东莞|青岛|厦门|西安|长沙|合肥|郑州|济南|大连|沈阳|无锡|佛山|福州|昆明|哈尔滨)市?"
)
BRACKET = re.compile(r"[（(](?!集团)[^（）()]{2,3}[)）]")
FORM = re.compile("(?:股份|集团)?(?:有限责任公司|有限公司|公司)$")


def table(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


@pytest.fixture(scope="module")
def queries(data: Path) -> dict[str, dict[str, str]]:
    """Chinese names of listed parties, in full and in short, by the parties they mean."""
    found: dict[str, dict[str, str]] = {"zh_full": {}, "zh_short": {}}
    for _, text, _, subgroup, expected in table(data / "screening" / "queries_dev.tsv.gz"):
        if subgroup in found:
            found[subgroup][expected] = text
    return found


@pytest.fixture(scope="module")
def listed(data: Path, queries: dict[str, dict[str, str]]) -> list[str]:
    """The Chinese names of companies on lists."""
    parties = read_lists(data / "screening" / "lists_eval.tsv.gz")
    own = [name.text for party in parties if party.kind == "organisation" for name in party.names if "公司" in name.text]
    return list(dict.fromkeys([*queries["zh_full"].values(), *own]))


@pytest.fixture(scope="module")
def generated(data: Path) -> list[str]:
    return list(dict.fromkeys(row[0] for row in table(data / "screening" / "zh_en_generated_pairs.tsv.gz")))


@pytest.fixture(scope="module")
def matcher(listed: list[str], generated: list[str]) -> Matcher:
    return Matcher(Index.build(Party(name, (Name(name),)) for name in dict.fromkeys([*listed, *generated])))


def share(matcher: Matcher, pairs: list[tuple[str, str]], tiers: tuple[str, ...]) -> float:
    """Return of how many pairs (asked, meant) the asked name raises the meant one in one of the tiers."""
    assert len(pairs) > 50
    hits = [any(m.party_id == meant and m.tier in tiers for m in matcher.screen(Party("q", (Name(text),)))) for text, meant in pairs]
    return sum(hits) / len(hits)


def plain_brackets(name: str) -> str | None:
    return name.replace("（", "(").replace("）", ")") if "（" in name else None


def other_form(name: str) -> str | None:
    return name.replace("有限公司", "有限责任公司") if name.endswith("有限公司") and "股份" not in name else None


def traditional(name: str) -> str:
    return str(opencc.OpenCC("s2t").convert(name))


def without_city(name: str) -> str | None:
    rest = CITY.sub("", name)
    return rest if rest != name and len(rest) > 6 else None


def without_bracket(name: str) -> str | None:
    rest = BRACKET.sub("", name)
    return rest if rest != name else None


def one_wrong(name: str) -> str:
    """Return a name with any one of its characters before the legal form written as any other."""
    rng = random.Random(name)
    at = rng.choice([at for at, character in enumerate(FORM.sub("", name)) if "\u4e00" <= character <= "\u9fff"])
    return name[:at] + rng.choice("安平司限技展化光大海新天中华金长东南信德") + name[at + 1 :]


@pytest.mark.parametrize(
    ("change", "tiers", "least"),
    [
        (simplified, STRONG, 1.0),
        (traditional, STRONG, 1.0),
        (plain_brackets, STRONG, 1.0),
        (other_form, STRONG, 1.0),
        (without_city, TOLD, 0.95),
        (without_bracket, TOLD, 0.95),
        (one_wrong, TOLD, 0.9),
    ],
)
def test_a_chinese_listing_is_found(
    matcher: Matcher,
    listed: list[str],
    generated: list[str],
    change: Callable[[str], str | None],
    tiers: tuple[str, ...],
    least: float,
) -> None:
    pairs = [(asked, name) for name in (*listed, *generated[::8]) if (asked := change(name)) is not None]
    assert share(matcher, pairs, tiers) >= least


def test_short_names_that_are_in_use(matcher: Matcher, queries: dict[str, dict[str, str]]) -> None:
    pairs = [(text, queries["zh_full"][party]) for party, text in queries["zh_short"].items() if party in queries["zh_full"]]
    assert share(matcher, pairs, TOLD) >= 0.75


def test_other_chinese_companies_raise_next_to_nothing(data: Path, listed: list[str]) -> None:
    matcher = Matcher(Index.build(Party(name, (Name(name),)) for name in listed))
    with gzip.open(data / "screening" / "watchlist_1m.tsv.gz", "rt", encoding="utf-8") as lines:
        rows = (line.rstrip("\n").split("\t") for line in lines)
        names = [row[3] for row in islice((row for row in rows if row[1] == "zh"), 5000)]
    told = [name for name in names if any(match.tier in TOLD for match in matcher.screen(Party("q", (Name(name),)), limit=1))]
    assert len(told) <= 5, told


def test_every_listed_party_matches_itself_however_it_is_written(data: Path) -> None:
    parties = list(read_lists(data / "screening" / "lists_eval.tsv.gz"))
    matcher = Matcher(Index.build(parties))
    for party in parties[::60]:
        text = party.names[0].text
        wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
        for asked in (text, text.upper(), text.lower(), wide, text.replace(".", "").replace(",", " ")):
            found = {match.party_id: match for match in matcher.screen(Party("q", (Name(asked),), kind=party.kind), limit=50)}
            assert party.id in found, (party.id, asked)
            match = found[party.id]
            expected = "review" if match.qualification.short_name or party.kind == "vessel" else "strong"
            assert match.tier == expected, (match, asked)
