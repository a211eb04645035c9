"""The Consolidated Screening List: both forms, all lists, every refusal; changes between two snapshots."""

import csv
import gzip
import io
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from connectors.lists.csl import LISTS, SOURCE
from supplywatch.errors import Quarantine
from supplywatch.model.records import Alias, Identifier, ListEntry
from tests.stepping import events, given


def entries(path: Path) -> list[ListEntry]:
    return [entry for entry in SOURCE.parse(given("csl", path.read_bytes(), name=path.name).payload) if isinstance(entry, ListEntry)]


def test_table_and_json_give_equal_entries(fixtures: Path) -> None:
    from_table = entries(fixtures / "csl" / "good.csv")
    assert from_table == entries(fixtures / "csl" / "good.json")
    assert {entry.list_code for entry in from_table} == set(LISTS)


def test_an_entry_holds_what_its_row_says(fixtures: Path) -> None:
    found = {entry.key: entry for entry in entries(fixtures / "csl" / "good.csv")}
    works, person, ship = found["aa01"], found["9001"], found["9002"]
    assert (works.countries, works.citation, works.effective) == (("CN",), "87 FR 77505", date(2022, 12, 16))
    assert works.aliases == (Alias(text="SLW"), Alias(text="Hecheng Guangke"))
    assert (person.party_kind, person.countries) == ("person", ("KP",))
    assert person.identifiers[0] == Identifier(kind="passport", value="836238000", country="KP", label="Passport")
    assert (ship.party_kind, found["bb01"].party_kind) == ("vessel", "unknown")
    assert found["aa03"].name == "Xi?an Synthetic Optics"
    assert found["bb01"].ends == date(2056, 6, 29)


def test_relations_are_kept_with_their_words(fixtures: Path) -> None:
    found = {entry.key: entry.relations for entry in entries(fixtures / "csl" / "good.csv")}
    assert [(r.kind, r.text) for r in found["aa02"]] == [("successor_clause", "any successor, sub-unit, or subsidiary thereof")]
    assert found["aa01"] == ()


def test_a_link_in_remarks_names_the_other_party(fixtures: Path) -> None:
    rows = list(csv.reader(io.StringIO((fixtures / "csl" / "good.csv").read_text(encoding="utf-8"))))
    rows[1][rows[0].index("remarks")] = "(Linked To: SYNTHETIC BANK (SYB); Linked To: SYNTHETIC CORPS)"
    table = io.StringIO(newline="")
    csv.writer(table).writerows(rows)
    first = next(e for e in SOURCE.parse(given("csl", table.getvalue().encode()).payload) if isinstance(e, ListEntry))
    assert [(r.kind, r.name) for r in first.relations] == [("linked_to", "SYNTHETIC BANK (SYB)"), ("linked_to", "SYNTHETIC CORPS")]


def test_without_ids_the_content_is_the_key(fixtures: Path) -> None:
    found = entries(fixtures / "csl" / "good_28_columns.csv")
    assert all(entry.key == entry.content_key for entry in found)
    assert len({entry.key for entry in found}) == len(found)


REFUSED = {
    "bad_repeated_header.csv": ("source_changed", "row 3: field 'source'"),
    "bad_cut.csv": ("truncated", "number of columns"),
    "bad_renamed_column.csv": ("source_changed", "federal_register_notice"),
    "bad_unknown_list.csv": ("source_changed", "Brand New List"),
    "bad_date.csv": ("source_changed", "12/16/2022"),
    "bad_utf16.csv": ("encoding", "byte order mark"),
    "bad_latin1.csv": ("encoding", "not utf-8"),
    "bad_error.json": ("error_body", "Access denied"),
    "bad_page.html": ("error_body", "web page"),
    "bad_no_name.csv": ("source_changed", "name"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(fixtures: Path, name: str) -> None:
    reason, words = REFUSED[name]
    with pytest.raises(Quarantine, match=words) as refused:
        entries(fixtures / "csl" / name)
    assert refused.value.reason == reason


def test_every_bad_fixture_is_in_the_table(fixtures: Path) -> None:
    assert {path.name for path in (fixtures / "csl").glob("bad_*")} == set(REFUSED)


def test_a_changed_snapshot_is_one_addition_one_amendment_one_withdrawal(fixtures: Path) -> None:
    first, second = ((fixtures / "csl" / name).read_bytes() for name in ("good.csv", "changed.csv"))
    found = events("csl", [given("csl", first, "2026-11-17T12:00Z"), given("csl", second, "2026-11-20T12:00Z")], "list_entry")
    assert Counter((e.measures["change"], e.severity.value) for e in found) == {
        ("addition", "warning"): 1,
        ("amendment", "watch"): 1,
        ("withdrawal", "info"): 1,
    }
    assert {e.known_at.date() for e in found} == {date(2026, 11, 20)}


@pytest.mark.gate
def test_genuine_files(data: Path) -> None:
    folder = data / "sanctions" / "csl"
    body = gzip.decompress((folder / "moov_csl_partial_20231130.csv.gz").read_bytes())
    with pytest.raises(Quarantine, match="row 2: field 'source' is 'source'"):
        list(SOURCE.parse(given("csl", body).payload))
    rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
    whole = io.StringIO(newline="")
    csv.writer(whole).writerows([rows[0], *rows[2:-1]])
    found = [e for e in SOURCE.parse(given("csl", whole.getvalue().encode()).payload) if isinstance(e, ListEntry)]
    lists = Counter(entry.list_code for entry in found)
    assert (len(found), lists["EL"], lists["DPL"], lists["FSE"]) == (4226, 919, 577, 1)
    assert sum(entry.list_code == "EL" and entry.effective is None for entry in found) == 173
    assert len(entries(folder / "moov_csl_20191203.csv")) == 115
    assert len(entries(folder / "moov_consolidated_testdata_20250625.csv")) == 13


def envelope(*records: dict[str, object], **said: object) -> list[ListEntry]:
    whole = {"results": list(records), "offset": 0, "total": len(records), "sources_used": [], "search_performed_at": "2026-11-20"} | said
    payload = given("csl", json.dumps(whole).encode(), name="consolidated.json").payload
    return [entry for entry in SOURCE.parse(payload) if isinstance(entry, ListEntry)]


STATE: dict[str, object] = {"source": "Nonproliferation Sanctions (ISN) - State Department", "name": "Synthetic Trading", "id": "77"}


def test_the_download_has_an_envelope_and_entries_a_country_of_their_own() -> None:
    (found,) = envelope(STATE | {"country": "VN", "alt_names": ["f.k.a., Old Synthetic", "SYNTRA"]})
    assert found.countries == ("VN",)
    assert found.aliases == (Alias(text="Old Synthetic", kind="former"), Alias(text="SYNTRA"))
    with pytest.raises(Quarantine, match="field 'mood' is"):
        envelope(STATE | {"mood": {"now": "calm"}})


def test_a_ship_has_a_flag_and_owners() -> None:
    sdn: dict[str, object] = {
        "source": "Specially Designated Nationals (SDN) - Treasury Department",
        "name": "SYN STAR",
        "id": "8",
        "type": "Vessel",
    }
    (found,) = envelope(sdn | {"vessel_flag": "Cabo Verde", "vessel_owner": "Syn Lines Ltd (registered owner); Syn Crew SA"})
    assert found.countries == ("CV",)
    assert [(relation.kind, relation.name) for relation in found.relations] == [("owned_by", "Syn Lines Ltd"), ("owned_by", "Syn Crew SA")]


@pytest.mark.parametrize("said", [{"total": 3}, {"offset": 50}])
def test_a_page_of_the_search_is_not_the_list(said: dict[str, object]) -> None:
    with pytest.raises(Quarantine, match="a page of 1 of") as refused:
        envelope(STATE, **said)
    assert refused.value.reason == "truncated"
