"""Lists that others transcribe, on genuine files: exact counts, links, change sets in order."""

import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.lists import dod_1260h, export_registry, opensanctions, us_transcripts
from supplywatch.errors import Quarantine
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload, Source

pytestmark = pytest.mark.gate

NOW = datetime(2026, 8, 22, tzinfo=UTC)


def part(data: Path, path: str) -> Part:
    body = (data / "sanctions" / path).read_bytes()
    return Part(gzip.decompress(body) if path.endswith(".gz") else body, Path(path).name)


def entries(data: Path, source: Source, *paths: str) -> list[ListEntry]:
    payload = Payload(source.card.source_id, tuple(part(data, path) for path in paths), NOW)
    return [entry for entry in source.parse(payload) if isinstance(entry, ListEntry)]


def test_chinas_lists_and_japans(data: Path) -> None:
    found = entries(
        data, export_registry.SOURCE, "cn_mofcom/xyna_cn_entities_20260719.json", "jp_meti/xyna_jp_end_user_list_20260720.json.gz"
    )
    assert Counter(entry.list_code for entry in found) == {"CN-ECL": 139, "CN-UEL": 61, "CN-ATT": 40, "JP-EUL": 835}
    chinese = [entry for entry in found if entry.list_code != "JP-EUL"]
    days = {entry.effective.isoformat() for entry in chinese if entry.effective is not None}
    assert (len(days), min(days), max(days)) == (16, "2023-02-16", "2026-06-29")
    assert sum(entry.countries == ("IR",) for entry in found) == 257
    assert not any(entry.name.startswith("People's Republic of China ") for entry in found)


def test_us_lists(data: Path) -> None:
    names = ("bis_dpl", "bis_entity_list", "bis_meu", "dhs_uflpa", "dow_1260h", "ofac_nscmic")
    found = entries(data, us_transcripts.SOURCE, *(f"us_lists/{name}.json.gz" for name in names))
    # Two of the 564 denied persons stand there twice, word for word.
    assert Counter(entry.list_code for entry in found) == {"EL": 3409, "DPL": 562, "UFLPA": 148, "1260H": 80, "MEU": 70, "CMIC": 68}
    assert sum(len(entry.aliases) for entry in found if entry.list_code == "EL") > 5_000
    assert sum(relation.kind == "subsidiary_of" for entry in found if entry.list_code == "MEU" for relation in entry.relations) == 15
    assert sum(identifier.kind == "uscc" for entry in found for identifier in entry.identifiers) == 58
    assert not any("a.k.a., the following" in entry.name for entry in found)
    assert {str(entry.effective) for entry in found if entry.list_code == "UFLPA"} >= {"2022-06-21", "2025-01-15"}


def test_chinese_military_companies_and_their_groups(data: Path) -> None:
    found = entries(data, dod_1260h.SOURCE, "opensanctions/us_dod_chinese_milcorps_sanctions.csv")
    assert len(found) == 397 - 21, "rows that ended are history"
    assert Counter(str(entry.effective) for entry in found)["2026-06-08"] == 188
    assert sum(bool(entry.relations) for entry in found) > 150


def test_followthemoney_whole_and_changed(data: Path) -> None:
    assert [
        len(entries(data, opensanctions.SOURCE, f"opensanctions/ftm/yente_{name}__entities.ftm.json.gz")) for name in ("t1", "zala")
    ] == [
        6,
        17,
    ]
    owned = entries(data, opensanctions.SOURCE, "opensanctions/ftm/yente_zala__entities.ftm.json.gz")
    assert sum(relation.kind == "owned_by" for entry in owned for relation in entry.relations) == 14
    full = "opensanctions/ftm/yente_t1__entities.ftm.json.gz"
    changes = sorted(f"opensanctions/ftm/{path.name}" for path in (data / "sanctions" / "opensanctions" / "ftm").glob("yente_t2__2*"))
    sizes = [len(entries(data, opensanctions.SOURCE, full, *changes[:number])) for number in range(len(changes) + 1)]
    assert sizes == [6, 6, 8, 9, 8, 9], "0 bytes, 2 ADD, ADD and MOD, DEL, ADD"
    index = "opensanctions/ftm/yente_t2__delta.json.gz"
    assert len(entries(data, opensanctions.SOURCE, full, index, *changes)) == 9
    with pytest.raises(Quarantine, match="20240527194702-wnk is missing"):
        entries(data, opensanctions.SOURCE, full, index, changes[0], changes[2])
