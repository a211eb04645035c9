"""Countermeasures of China's Ministry of Foreign Affairs: who is listed since when, by which law, and what later decisions change."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.lists.cn_mfa import SOURCE
from supplywatch.errors import Quarantine
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload


@pytest.fixture
def first(fixtures: Path) -> str:
    return (fixtures / "cn_mfa" / "good.md").read_text("utf-8")


def read(*texts: str, on: tuple[int, int, int] = (2027, 12, 1)) -> list[ListEntry]:
    parts = tuple(Part(text.encode(), f"{n}.md") for n, text in enumerate(texts, start=1))
    payload = Payload("cn_mfa", parts, datetime(*on, tzinfo=UTC))
    return [entry for entry in SOURCE.parse(payload) if isinstance(entry, ListEntry)]


def decision(number: int, title: str, says: str, annex: str = "") -> str:
    named = f"附件\n反制清单\n{annex}\n" if annex else ""
    return f"{title}\n中华人民共和国外交部令\n第{number}号\n依据《某法》第八条规定，{says}\n外交部\n2027年6月1日\n{named}"


def test_companies_and_persons_with_what_is_done_to_them(first: str) -> None:
    institute, company, person = read(first)
    assert (institute.key, institute.name, institute.party_kind, institute.aliases) == ("外交部令第41号#1", "示例智库", "organisation", ())
    assert (company.name, company.aliases[0].text) == ("Made-up Systems (Delta), Inc.", "虚构公司")
    assert company.remarks == "禁止我国境内的组织、个人与其进行有关交易"
    assert (person.name, person.aliases[0].text, person.party_kind) == ("John Q. Sample", "约翰·样本", "person")
    assert person.remarks == "冻结在我国境内的财产; 不予签发签证; post: 示例智库所长"
    for entry in (institute, company, person):
        assert (entry.effective, entry.published, entry.countries) == (date(2027, 3, 2), date(2027, 3, 1), ("US",))
        assert entry.programs == ("《中华人民共和国反外国制裁法》第四条、第六条",)
        assert entry.url == "https://www.mfa.gov.cn/web/example/202703/t20270301_1.shtml"


def test_an_annex_in_sections_and_a_page_with_mark_up(fixtures: Path) -> None:
    found = read((fixtures / "cn_mfa" / "good.html").read_text("utf-8"))
    assert [(e.name, e.party_kind, e.countries) for e in found] == [
        ("Alpha Example Ltd.", "organisation", ("CA",)),
        ("Beta Example Ltd.", "organisation", ("CA",)),
        ("Mary Invented", "person", ("CA",)),
    ]
    assert found[2].remarks == "不予签发签证、不准入境; post: 甲例公司总裁"


def test_a_suspension_keeps_the_entry_until_its_day(first: str) -> None:
    says = "自2027年7月1日起至2027年9月30日暂停外交部令第41号公布的反制措施。\n本决定自2027年7月1日起施行。"
    later = decision(45, "关于暂停执行对美国示例智库等反制措施的决定", says, "一、虚构公司（Made-up Systems (Delta), Inc.）")
    for on, status in (((2027, 6, 15), "listed"), ((2027, 8, 1), "suspended"), ((2027, 10, 1), "listed")):
        assert [e.status for e in read(first, later, on=on)] == ["listed", status, "listed"], on
    assert read(later, first, on=(2027, 8, 1))[1].suspended_until == date(2027, 9, 30)
    resumed = decision(46, "关于恢复对美国虚构公司反制措施的决定", "恢复外交部令第41号的措施。\n本决定自2027年7月20日起施行。")
    assert {e.status for e in read(first, later, resumed, on=(2027, 8, 1))} == {"listed"}


def test_an_end_takes_off_whom_it_names_or_all_of_an_order(first: str) -> None:
    says = "决定停止有关措施。\n本决定自2027年6月2日起施行。"
    one = decision(47, "关于停止对美国虚构公司采取反制措施的决定", says, "一、虚构公司（Made-up Systems (Delta), Inc.）")
    assert [e.name for e in read(first, one)] == ["示例智库", "John Q. Sample"]
    every = decision(48, "关于取消对美国示例智库反制措施的公告", "取消外交部令第41号。\n本公告自2027年6月2日起施行。")
    assert read(first, every) == []
    with pytest.raises(Quarantine, match="entries known to end: 外交部令第41号; give the earlier decisions too"):
        read(every)


def test_a_spokesman_who_quotes_a_decision_lists_nobody_and_ends_nothing(first: str, fixtures: Path) -> None:
    answer = (fixtures / "cn_mfa" / "bad_answer.md").read_text("utf-8")
    assert read(first, answer) == read(first)
    assert read(first, f"外交部发言人就有关问题答记者问\n{first.replace('41', '40')}") == read(first), "not even one quoted whole"
    payload = Payload("cn_mfa", (Part(first.encode(), "a.md"), Part(answer.encode(), "b.md")), datetime(2027, 12, 1, tzinfo=UTC))
    assert list(SOURCE.remarks(payload)) == ["b.md is no decision on countermeasures: it lists nobody and ends nothing."]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bad_count.md", "names 2 of 3 companies"),
        ("bad_gap.md", "number 四 where 二 is due"),
        ("bad_no_day.md", "field 'effective'"),
        ("bad_no_annex.md", "names 0 of 2 companies"),
        ("bad_no_measures.md", "field 'measures'"),
        ("bad_changes.md", "changed ones are not read"),
        ("bad_ends_the_unknown.md", "外交部令第40号; give the earlier decisions too"),
        ("bad_answer.md", "no decision of the ministry"),
    ],
)
def test_what_is_refused_and_why(fixtures: Path, name: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words):
        read((fixtures / "cn_mfa" / name).read_text("utf-8"))
