"""Genuine notices and spokesman's answers of China's Ministry of Commerce: whom they name, what stands after them."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors._reading.mofcom_notice import Notice, read_notice
from connectors.lists.cn_mofcom import SOURCE
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload

pytestmark = pytest.mark.gate
PARTIES = {
    "ecl_202501": 28,
    "ecl_202513": 15,
    "ecl_202521": 16,
    "ecl_202551": 3,
    "uel_202301": 2,
    "uel_202402": 1,
    "uel_202504": 2,
    "uel_202505": 10,
    "uel_202506": 1,
    "uel_202507": 11,
    "uel_202508": 6,
    "uelup_20250514": 0,
    "uelup_20251105": 0,
}
MECHANISM = "不可靠实体清单工作机制公告"


def pages(data: Path) -> dict[str, Part]:
    return {path.stem: Part(path.read_bytes(), path.name) for path in sorted((data / "found" / "cn_mofcom" / "html").glob("*.html"))}


def notices(data: Path) -> dict[str, Notice]:
    return {name: notice for name, part in pages(data).items() if (notice := read_notice(part)) is not None}


def test_every_notice_names_whom_it_counts(data: Path) -> None:
    found = notices(data)
    assert {name: len(notice.parties) for name, notice in found.items()} == PARTIES
    assert {name for name in pages(data) if name not in found} == {"uel_202403"}, "an inquiry lists nobody"
    assert [party.chinese for party in found["uel_202402"].parties] == ["波音防务、空间与安全集团"]
    assert [party.chinese for party in found["uel_202301"].parties] == ["洛克希德·马丁公司", "雷神导弹与防务公司"]
    assert found["uel_202508"].parties[4].latin == "Group W"
    assert found["ecl_202521"].parties[0].latin == "High Point Aerotechnologies"
    assert {name for name, notice in found.items() if notice.nation != "US"} == {
        "uel_202301",
        "uel_202402",
        "uel_202504",
        "uel_202506",
        "uelup_20251105",
    }
    assert {found[name].number for name in PARTIES if name.startswith("uel_")} == {
        f"{MECHANISM}〔{year}〕{number}号" for year, number in ((2023, 1), (2024, 2), *((2025, n) for n in range(4, 9)))
    }


def test_what_stands_after_them(data: Path) -> None:
    payload = Payload("cn_mofcom", tuple(pages(data).values()), datetime(2025, 11, 20, tzinfo=UTC))
    entries = [entry for entry in SOURCE.parse(payload) if isinstance(entry, ListEntry)]
    standing = Counter((entry.list_code, entry.status, str(entry.suspended_until)) for entry in entries)
    assert standing == {
        ("CN-ECL", "listed", "None"): 62,
        ("CN-UEL", "listed", "None"): 5,  # of 2023 no. 1, 2024 no. 2, 2025 no. 4
        ("CN-UEL", "suspended", "2026-11-10"): 11,
        ("CN-UEL", "suspended", "None"): 6,
    }
    assert not [entry for entry in entries if entry.citation in (f"{MECHANISM}〔2025〕5号", f"{MECHANISM}〔2025〕6号")]
    illumina = [entry for entry in entries if entry.name == "Illumina, Inc."]
    assert [(entry.citation, entry.remarks) for entry in illumina] == [(f"{MECHANISM}〔2025〕4号", None)]


def test_measures_of_their_own_are_no_second_entry(data: Path) -> None:
    parts = tuple(part for name, part in pages(data).items() if name in ("uel_202504", "uel_202506"))
    entries = [
        entry for entry in SOURCE.parse(Payload("cn_mofcom", parts, datetime(2025, 4, 1, tzinfo=UTC))) if isinstance(entry, ListEntry)
    ]
    assert [(entry.name, entry.remarks) for entry in entries] == [
        ("美国PVH集团", None),
        ("Illumina, Inc.", f"further measures: {MECHANISM}〔2025〕6号"),
    ]
