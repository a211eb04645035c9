"""China's lists from notices: what stands after additions, suspensions, extensions and ends."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.lists.cn_mofcom import INDEX, SOURCE, next_request
from supplywatch.errors import Quarantine
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload, Request

NUMBER = "商务部公告2026年第27号"


def notice(number: int, title: str, body: str, day: str) -> Part:
    text = f"<html><body><h1>商务部公告2026年第{number}号 {title}</h1><p>{body}</p><p>{day}</p></body></html>"
    return Part(text.encode(), f"{number}.html")


def standing(fixtures: Path, *changes: Part, on: tuple[int, int]) -> list[ListEntry]:
    good = Part((fixtures / "cn_mofcom" / "good.html").read_bytes(), "27.html")
    payload = Payload("cn_mofcom", (*changes, good), datetime(2026, *on, tzinfo=UTC))
    return [entry for entry in SOURCE.parse(payload) if isinstance(entry, ListEntry)]


PAUSE = notice(30, "公布暂停出口管制管控名单有关措施", f"自2026年7月1日起，90天内暂停{NUMBER}所列实体的措施。", "2026年6月30日")
LONGER = notice(40, "公布继续暂停出口管制管控名单有关措施", f"自2026年9月29日起，继续暂停{NUMBER}的措施，期限1年。", "2026年9月28日")
END = notice(50, "公布停止出口管制管控名单有关措施", f"自2026年10月20日起，停止{NUMBER}所列实体的措施。", "2026年10月19日")
ONE = notice(45, "公布将示例电子移出出口管制管控名单", "决定将示例电子(Example Electronics)移出出口管制管控名单。", "2026年10月9日")


def test_a_notice_is_its_parties_with_number_day_and_both_names(fixtures: Path) -> None:
    found = standing(fixtures, on=(7, 1))
    assert len(found) == 12
    first, third = found[0], found[2]
    assert (first.name, first.citation, str(first.effective), first.countries) == (
        "Synthetic Optics Corporation",
        NUMBER,
        "2026-06-29",
        ("JP",),
    )
    assert [(alias.text, alias.language) for alias in first.aliases] == [("合成光学公司", "zh")]
    assert third.name == "Synthetic Aerospace Systems (Holdings) Inc."
    assert len({entry.key for entry in found}) == 12


def test_a_suspension_is_no_removal_and_ends_by_itself(fixtures: Path) -> None:
    assert {(entry.status, str(entry.suspended_until)) for entry in standing(fixtures, PAUSE, on=(7, 2))} == {("suspended", "2026-09-29")}
    assert {(entry.status, entry.suspended_until) for entry in standing(fixtures, PAUSE, on=(9, 29))} == {("listed", None)}
    assert {str(entry.suspended_until) for entry in standing(fixtures, LONGER, PAUSE, on=(10, 1))} == {"2027-09-29"}


def test_measures_end_for_one_party_or_for_all_of_a_notice(fixtures: Path) -> None:
    left = standing(fixtures, LONGER, ONE, PAUSE, on=(10, 10))
    assert len(left) == 11
    assert "Example Electronics" not in {entry.name for entry in left}
    other = Part((fixtures / "cn_mofcom" / "good_inline.html").read_bytes(), "uel.html")
    unreliable = standing(fixtures, other, END, PAUSE, on=(10, 21))
    assert [(entry.list_code, entry.name) for entry in unreliable] == [("CN-UEL", "Synthetic Apparel Group"), ("CN-UEL", "示例基因公司")]
    assert [relation.text for relation in unreliable[1].relations] == ["及其分支机构"]


def test_the_index_leads_from_notice_to_notice() -> None:
    links = [f"/flzc/gzjgfxwj/art/2026/art_{n:032x}.html" for n in (1, 2)]
    index = Part(
        ('{"data": {"html": "' + "".join(f"<a href='{link}'>x</a>" for link in links) + '"}}').encode(), "i", request=Request(INDEX)
    )
    first = next_request(index)
    assert first is not None
    second = next_request(Part(b"<html></html>", "n", request=first))
    assert second is not None
    assert [request.url.rpartition("/flzc")[2] for request in (first, second)] == [link.removeprefix("/flzc") for link in links]
    assert next_request(Part(b"<html></html>", "n", request=second)) is None


def mechanism(number: int, title: str, body: str, day: tuple[int, int], annex: str = "") -> Part:
    """Return a notice of the working mechanism, as its pages are: no number in the heading."""
    month, date = day
    lines = (
        f"不可靠实体清单工作机制关于{title}的公告",
        "【发布单位】安全与管制局",
        f"【发布文号】不可靠实体清单工作机制〔2026〕{number}号",
        f"【发文日期】2026年{month:02}月{date:02}日",
        "不 可 靠 实 体 清 单 工 作 机 制",
        "公　　告",
        f"2026年 第{number}号",
        body,
        "本公告自公布之日起实施。",
        f"2026年{month}月{date}日",
        *annex.splitlines(),
    )
    return Part("".join(f"<p>{line}</p>" for line in lines).encode(), f"uel{number}.html")


def answer(title: str, said: str, day: str) -> Part:
    lines = (f"来源：商务部新闻办公室 {day} 16:00", f"商务部新闻发言人就{title}答记者问", "问：自2026年1月1日起有何考虑？", f"答：{said}")
    return Part("".join(f"<p>{line}</p>" for line in lines).encode(), "answer.html")


SEVEN = mechanism(
    3,
    "将橡木公司等3家加拿大企业列入不可靠实体清单",
    "决定将橡木公司等3家实体列入不可靠实体清单（见附件）。",
    (3, 2),
    "附件\n被列入不可靠实体清单的3家加拿大实体\n1. 橡木公司（\u200cOak Inc.）\n2.枫树公司（Maple, Ltd.）\n3. 松林公司（Pine）\n4.",
)
EIGHT = mechanism(
    4,
    "将白杨公司等4家企业列入不可靠实体清单",
    "决定将参与对台湾地区军售的白杨公司（Poplar）、榆树空间、海洋与防务集团（Elm Space, Sea & Defense）、Group Y公司（Group Y）和柳树公司"
    "（Willow (Holdings) Co.）等4家实体列入不可靠实体清单，并采取以下处理措施：一、禁止进出口。",
    (3, 9),
)
OWN = mechanism(
    5,
    "对枫树公司采取不可靠实体清单处理措施",
    "决定于2026年3月2日将枫树公司（Maple, Ltd.）列入不可靠实体清单。现决定采取以下处理措施：",
    (4, 2),
)


def of(*parts: Part, on: tuple[int, int] = (12, 1)) -> dict[str, ListEntry]:
    given = Payload("cn_mofcom", parts, datetime(2026, *on, tzinfo=UTC))
    return {entry.name: entry for entry in SOURCE.parse(given) if isinstance(entry, ListEntry)}


def test_a_heading_without_number_is_known_by_its_label() -> None:
    found = of(SEVEN, EIGHT)
    assert list(found) == ["Oak Inc.", "Maple, Ltd.", "Pine", "Poplar", "Elm Space, Sea & Defense", "Group Y", "Willow (Holdings) Co."]
    assert {entry.citation for entry in found.values()} == {f"不可靠实体清单工作机制公告〔2026〕{number}号" for number in (3, 4)}
    assert found["Oak Inc."].countries == ("CA",)
    assert found["Elm Space, Sea & Defense"].aliases[0].text == "榆树空间、海洋与防务集团"
    assert str(found["Poplar"].effective) == "2026-03-09"


def test_an_answer_changes_what_it_quotes_and_is_not_taken_for_it() -> None:
    said = (
        "不可靠实体清单工作机制于2026年3月2日和9日将7家实体列入不可靠实体清单。为落实共识，自2026年5月4日起，继续暂停3月2日公告"
        "（不可靠实体清单工作机制〔2026〕3号）相关措施1年，停止3月9日公告（不可靠实体清单工作机制公告〔2026〕4号和5号）相关措施。"
    )
    found = of(SEVEN, EIGHT, OWN, answer("调整不可靠实体清单措施", said, "2026-05-03"))
    assert {name: (entry.status, str(entry.suspended_until)) for name, entry in found.items()} == {
        "Oak Inc.": ("suspended", "2027-05-04"),
        "Maple, Ltd.": ("suspended", "2027-05-04"),
        "Pine": ("suspended", "2027-05-04"),
    }


def test_an_answer_may_quote_the_day_alone() -> None:
    found = of(
        SEVEN,
        EIGHT,
        answer("暂停不可靠实体清单措施", "自2026年5月4日起，暂停不可靠实体清单3月9日公告相关措施60天。", "2026-05-03"),
        on=(5, 6),
    )
    assert Counter((entry.status, str(entry.suspended_until)) for entry in found.values()) == {
        ("listed", "None"): 3,
        ("suspended", "2026-07-03"): 4,
    }


def test_measures_against_a_party_already_listed_are_no_second_entry() -> None:
    found = of(SEVEN, OWN)
    assert len(found) == 3
    assert found["Maple, Ltd."].remarks == "further measures: 不可靠实体清单工作机制公告〔2026〕5号"


def test_an_inquiry_lists_nobody_and_a_count_is_held_against_the_names() -> None:
    inquiry = mechanism(6, "对榉树公司启动不可靠实体清单调查", "决定对榉树公司启动调查。", (5, 5))
    assert len(of(SEVEN, inquiry)) == 3
    short = mechanism(
        7, "将橡木公司等3家加拿大企业列入不可靠实体清单", "决定将橡木公司等3家实体列入不可靠实体清单。", (5, 6), "附件\n1. 橡木公司（Oak）"
    )
    with pytest.raises(Quarantine, match="names 1 of 3"):
        of(short)


def test_links_to_other_notices_are_not_the_notice() -> None:
    link = "/zwgk/zcfb/art/2026/art_" + "0" * 32 + ".html"
    page = Part(f'<p><a href="{link}">商务部公告2026年第9号 公布将2家实体列入出口管制管控名单</a></p>'.encode() + SEVEN.body, "page.html")
    assert list(of(page)) == ["Oak Inc.", "Maple, Ltd.", "Pine"]
    index = Part(page.body, "index.html", request=Request("https://www.mofcom.gov.cn/zcfb/blgg/gg/2026/index.html"))
    following = next_request(index)
    assert following is not None
    assert following.url == f"https://www.mofcom.gov.cn{link}"
    assert next_request(Part(page.body, "art.html", request=following)) is None
