"""Genuine texts of China's Ministry of Foreign Affairs and the genuine workbook of METI: exact counts."""

import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.lists import cn_mfa, export_registry, jp_meti
from supplywatch.listing.snapshot import raw_counts
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload, Source

pytestmark = pytest.mark.gate
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def entries(source: Source, *parts: Part) -> list[ListEntry]:
    found = [e for e in source.parse(Payload(source.card.source_id, parts, NOW)) if isinstance(e, ListEntry)]
    assert len({(e.list_code, e.key) for e in found}) == len(found)
    assert raw_counts(found) == {}
    return found


def decisions(data: Path) -> list[ListEntry]:
    paths = sorted((data / "found" / "cn_mfa").glob("mfa_*.md"))
    return entries(cn_mfa.SOURCE, *(Part(path.read_bytes(), path.name) for path in paths))


def workbook(data: Path) -> list[ListEntry]:
    path = data / "found" / "jp_meti" / "ammitto_meti_foreign_user_list_20250929.xlsx"
    return entries(jp_meti.SOURCE, Part(path.read_bytes(), path.name))


def test_five_decisions_on_countermeasures(data: Path) -> None:
    found = decisions(data)
    assert Counter((e.citation, str(e.effective), e.party_kind) for e in found) == {
        ("外交部令第1号", "2023-04-07", "organisation"): 2,
        ("外交部令第1号", "2023-04-07", "person"): 4,
        ("外交部令第5号", "2024-04-11", "organisation"): 2,
        ("外交部令第7号", "2024-05-22", "organisation"): 12,
        ("外交部令第7号", "2024-05-22", "person"): 10,
        ("外交部令第14号", "2024-12-05", "organisation"): 13,
        ("外交部令第14号", "2024-12-05", "person"): 6,
        ("外交部令第19号", "2025-12-26", "organisation"): 20,
        ("外交部令第19号", "2025-12-26", "person"): 10,
    }
    assert {(e.countries, e.status, e.published == e.effective) for e in found} == {(("US",), "listed", True)}
    assert sum(bool(e.aliases) for e in found) == 77, "two institutes have no Latin name"
    assert Counter(text for e in found for text in e.programs) == {
        "《中华人民共和国反外国制裁法》第四条、第五条、第六条、第十五条": 6,
        "《中华人民共和国反外国制裁法》第三条、第四条、第五条、第六条、第九条、第十五条": 73,
    }


def test_what_is_done_to_whom(data: Path) -> None:
    found = {e.name: e for e in decisions(data)}
    assert found["Axient"].remarks == "冻结在我国境内的动产、不动产和其他各类财产"
    assert (found["Kathy J. Warden"].remarks or "").startswith("不予签发签证、不准入境(包括香港、澳门); post: 诺斯罗普·格鲁曼公司董事长")
    assert found["John Heubusch"].aliases[0].text == "约翰·希布斯奇"
    assert sum("不准入境" in (e.remarks or "") for e in found.values()) == 32, "30 persons, and two companies for their managers"
    assert sum("禁止我国境内的组织、个人" in (e.remarks or "") for e in found.values()) == 53


def test_the_ministrys_workbook(data: Path) -> None:
    found = workbook(data)
    assert len(found) == 835
    countries = Counter(code for e in found for code in e.countries)
    assert countries.most_common(5) == [("IR", 257), ("KP", 154), ("CN", 127), ("PK", 103), ("RU", 100)]
    assert (countries.total(), countries["LB"]) == (835, 9)
    assert Counter(text for e in found for text in e.programs) == {
        "missiles": 616,
        "nuclear weapons": 465,
        "conventional weapons": 240,
        "chemical weapons": 233,
        "biological weapons": 218,
    }
    assert Counter(a.kind for e in found for a in e.aliases) == {"strong": 1673, "native": 273, "abbreviation": 88}
    assert not any("\n" in a.text or "・" in a.text for e in found for a in e.aliases)


def test_the_transcript_of_the_same_edition_means_the_same_parties(data: Path) -> None:
    """Ten differ in words: blanks within Chinese names where the PDF broke a line, a bracket lost, a further name run into one."""
    body = gzip.decompress((data / "sanctions" / "jp_meti" / "xyna_jp_end_user_list_20260720.json.gz").read_bytes())
    typed = {e.content_key for e in entries(export_registry.SOURCE, Part(body, "jp.json"))}
    assert sum(e.content_key in typed for e in workbook(data)) == 825
