"""Genuine annexes of EU regulations: how many entries, on which list, with which dates."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.lists.opensanctions_eu import SOURCE
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload

pytestmark = pytest.mark.gate

AMENDING = {
    "32026R1843": 216,
    "32026R1848": 157,
    "32026R1895": 10,
    "32026R1720": 9,
    "32026R1960": 7,
    "32026R1940": 5,
    "32026R1846": 4,
    "32026R1880": 3,
    "32026R1817": 2,
    "32026R1883": 2,
    "32026R1941": 2,
}


def read(data: Path, *acts: str) -> list[ListEntry]:
    folder = data / "sanctions" / "opensanctions" / "eu_journal"
    parts = tuple(Part((folder / f"{act}.csv").read_bytes(), f"{act}.csv") for act in acts)
    payload = Payload("opensanctions_eu", parts, datetime(2026, 8, 22, tzinfo=UTC))
    return [entry for entry in SOURCE.parse(payload) if isinstance(entry, ListEntry)]


def test_the_consolidated_act(data: Path) -> None:
    entries = read(data, "32014R0833")
    lists = Counter(entry.list_code for entry in entries)
    assert (len(entries), lists["833/2014 IV"], lists["833/2014 XLII"]) == (1746, 921, 633)
    assert sum(entry.effective is None for entry in entries) == 81
    assert all(number.kind == "imo" for entry in entries if entry.party_kind == "vessel" for number in entry.identifiers)
    assert len({(entry.list_code, entry.key) for entry in entries}) == len(entries)


@pytest.mark.parametrize(("act", "rows"), AMENDING.items())
def test_amending_acts(data: Path, act: str, rows: int) -> None:
    assert len(read(data, act)) == rows


def test_only_one_of_them_changes_833_2014(data: Path) -> None:
    acts = {act for act in AMENDING for entry in read(data, act) if entry.list_code.startswith("833/2014")}
    assert acts == {"32026R1848"}
    together = read(data, "32014R0833", *AMENDING)
    assert len(together) <= 1746 + sum(AMENDING.values())
    assert max(entry.effective for entry in together if entry.effective) > date(2026, 8, 22)
