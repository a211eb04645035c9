"""China's lists from notices: what stands after additions, suspensions, extensions and ends."""

from datetime import UTC, datetime
from pathlib import Path

from connectors.lists.cn_mofcom import INDEX, SOURCE, next_request
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
