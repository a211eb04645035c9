"""Lists of OFAC, the UN, the EU, the United Kingdom, Switzerland, Canada and Taiwan: every refusal, and the words it is told in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from supplywatch.errors import Quarantine
from supplywatch.intake import guards
from supplywatch.model.source import Part, Payload
from supplywatch.registry import source

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NOW = datetime(2026, 11, 23, tzinfo=UTC)

REFUSED: dict[str, dict[str, tuple[str, str]]] = {
    "ofac_sdn": {
        "bad_consolidated.csv": ("wrong_file", r"field 'program' is 'CMIC-EO13959'"),
        "bad_cp1252.csv": ("encoding", r"byte \d+ \(91\) is a control character"),
        "bad_cut.csv": ("truncated", "unexpected end"),
        "bad_cut_quote.csv": ("truncated", "unexpected end"),
        "bad_empty.csv": ("truncated", "the file with the parties is missing"),
        "bad_new_column.csv": ("source_changed", r"row 5: field 'number of columns' is 13"),
        "bad_no_addresses.csv": ("truncated", "the file with the addresses is missing"),
        "bad_no_name.csv": ("source_changed", r"row 5: field 'name'"),
        "bad_nul.csv": ("encoding", "not latin-1"),
        "bad_number.csv": ("source_changed", r"row 3: field 'ent_num' is '1O3'"),
        "bad_number_twice.csv": ("source_changed", r"row 5: field 'ent_num' is '104', expected a number of its own; .* row 4 has"),
        "bad_only_parties.csv": ("truncated", "the file with the addresses is missing"),
        "bad_orphan.csv": ("source_changed", r"field 'ent_num' is '999', expected the number of a party"),
        "bad_page.html": ("error_body", "web page"),
        "bad_utf16.csv": ("encoding", "not latin-1"),
        "bad_utf8.csv": ("encoding", "control character"),
    },
    "ofac_consolidated": {
        "bad_cut.csv": ("truncated", "unexpected end"),
        "bad_empty.csv": ("truncated", "missing"),
        "bad_new_program.csv": ("source_changed", r"field 'program' is 'BRAND-NEW'"),
        "bad_only_parties.csv": ("truncated", "missing"),
        "bad_orphan.csv": ("source_changed", "'999'"),
        "bad_page.html": ("error_body", "502 Bad Gateway"),
        "bad_utf8.csv": ("encoding", "control character|reads as utf-8"),
    },
    "ofac_advanced": {
        "bad_new_attribute.xml": ("source_changed", r"DistinctParty\[1\]/Profile/Identity/Alias: field '@Confidence' is '7'"),
        "bad_new_element.xml": ("source_changed", r"IDRegDocument\[1\]: field 'Biometrics'"),
        "bad_cut.xml": ("truncated", "the file is cut"),
        "bad_date.xml": ("source_changed", "a day of the calendar"),
        "bad_delta.xml": ("source_changed", r"field '@DeltaBaseVersion' is '1'"),
        "bad_entity_expansion.xml": ("wrong_file", "document type declaration"),
        "bad_entry_missing.xml": ("truncated", r"field '@ProfileID' is '902', expected an entry in SanctionsEntries"),
        "bad_external_entity.xml": ("wrong_file", "document type declaration"),
        "bad_location.xml": ("source_changed", r"field '@LocationID' is '99', expected a location of the file"),
        "bad_namespace.xml": ("source_changed", "field 'root element'"),
        "bad_new_kind.xml": ("source_changed", "thing|submarine"),
        "bad_new_list.xml": ("source_changed", r"field '@ListID' is 'Brand New List'"),
        "bad_new_reference_set.xml": ("source_changed", "MoonPhaseValues"),
        "bad_no_primary.xml": ("source_changed", "a primary name in Latin letters"),
        "bad_number_twice.xml": ("source_changed", r"field '@ID' is '902', expected a number of its own"),
        "bad_page.html": ("error_body", "Access denied"),
        "bad_party_missing.xml": ("truncated", "expected a party of the file"),
        "bad_reference.xml": ("source_changed", r"field '@ScriptID' is '221', expected the number of one of the file's ScriptValues"),
        "bad_utf16.xml": ("encoding", "UTF-16"),
    },
    "eu_fsf": {
        "bad_new_attribute.xml": ("source_changed", r"sanctionEntity\[1\]/nameAlias: field '@pronoun' is 'x'"),
        "bad_new_element.xml": ("source_changed", r"sanctionEntity\[1\]: field 'sanctionedShips'"),
        "bad_cut.xml": ("truncated", "the file is cut"),
        "bad_empty_list.xml": ("empty_list", "without a single record"),
        "bad_entity_expansion.xml": ("wrong_file", "document type declaration"),
        "bad_external_entity.xml": ("wrong_file", "document type declaration"),
        "bad_no_name.xml": ("source_changed", r"sanctionEntity\[3\]: field 'nameAlias'"),
        "bad_number_twice.xml": ("source_changed", "another entry has the same"),
        "bad_other_version.xml": ("source_changed", "root element"),
        "bad_page.html": ("error_body", "403 Forbidden"),
        "bad_utf16.xml": ("encoding", "UTF-16"),
    },
    "uk_sanctions": {
        "bad_new_attribute.xml": ("source_changed", r"UniqueID: field '@new' is '1'"),
        "bad_new_element.xml": ("source_changed", "field 'Shoe'"),
        "bad_cp1252.csv": ("encoding", "not utf-8"),
        "bad_cut.csv": ("truncated", "number of columns|unexpected end"),
        "bad_cut.xml": ("truncated", "the file is cut"),
        "bad_date.csv": ("source_changed", r"field 'Date Designated' is '2023-05-05'"),
        "bad_entity_expansion.xml": ("wrong_file", "document type declaration"),
        "bad_external_entity.xml": ("wrong_file", "document type declaration"),
        "bad_missing_column.csv": ("source_changed", "Regime Name"),
        "bad_new_column.csv": ("source_changed", "Brand New"),
        "bad_no_name.csv": ("source_changed", "field 'Name 6'"),
        "bad_no_number.csv": ("source_changed", "field 'Unique ID'"),
        "bad_page.html": ("error_body", "web page"),
        "bad_report_date.csv": ("source_changed", r"row 1: field 'Report Date' is '31-Foo-2026'"),
        "bad_two_kinds.csv": ("source_changed", "one value in all rows of a designation"),
        "bad_utf16.csv": ("encoding", "utf-8"),
    },
    "ch_sesam": {
        "bad_new_attribute.xml": ("source_changed", r"target\[1\]/individual: field '@age' is '7'"),
        "bad_new_element.xml": ("source_changed", "field 'horoscope'"),
        "bad_change.xml": ("source_changed", r"field '@modification-type' is 'paused'"),
        "bad_changes_only.xml": ("wrong_file", "field '@list-type' is 'delta-list'"),
        "bad_date.xml": ("source_changed", r"field '@effective-date' is '04.03.2022'"),
        "bad_no_name.xml": ("source_changed", "a primary name"),
        "bad_number_twice.xml": ("source_changed", r"field '@ssid' is '1002'"),
        "bad_place_missing.xml": ("truncated", r"field '@place-id' is '3002'"),
        "bad_program_missing.xml": ("truncated", r"field 'sanctions-set-id' is '52'"),
        "bad_cut.xml": ("truncated", "the file is cut"),
        "bad_entity_expansion.xml": ("wrong_file", "document type declaration"),
        "bad_external_entity.xml": ("wrong_file", "document type declaration"),
        "bad_page.html": ("error_body", "Service unavailable"),
        "bad_utf16.xml": ("encoding", "UTF-16"),
    },
    "ca_sema": {
        "bad_new_attribute.xml": ("source_changed", r"record\[1\]: field '@id' is '1'"),
        "bad_new_element.xml": ("source_changed", r"record\[1\]: field 'Weight'"),
        "bad_date.xml": ("source_changed", r"field 'DateOfListing' is '24/02/2023'"),
        "bad_empty_list.xml": ("empty_list", "without a single record"),
        "bad_no_country.xml": ("source_changed", "field 'Country'"),
        "bad_no_name.xml": ("source_changed", "field 'EntityOrShip'"),
        "bad_twice.xml": ("source_changed", "one element of each name"),
        "bad_cut.xml": ("truncated", "the file is cut"),
        "bad_entity_expansion.xml": ("wrong_file", "document type declaration"),
        "bad_external_entity.xml": ("wrong_file", "document type declaration"),
        "bad_page.html": ("error_body", "Service unavailable"),
        "bad_utf16.xml": ("encoding", "UTF-16"),
    },
    "tw_shtc": {
        "bad_big5.csv": ("encoding", "not utf-8"),
        "bad_cut.csv": ("truncated", "number of columns"),
        "bad_missing_column.csv": ("source_changed", "護照號碼ID Number"),
        "bad_new_column.csv": ("source_changed", "新欄"),
        "bad_number.csv": ("source_changed", r"row 3: field '項次item' is 'two'"),
        "bad_page.html": ("error_body", "Maintenance"),
        "bad_utf16.csv": ("encoding", "utf-8"),
    },
    "un_consolidated": {
        "bad_new_attribute.xml": ("source_changed", r"INDIVIDUAL\[1\]/GENDER: field '@lang' is 'en'"),
        "bad_new_element.xml": ("source_changed", r"INDIVIDUALS/INDIVIDUAL\[1\]: field 'BIOMETRICS'"),
        "bad_cut.xml": ("truncated", "the file is cut"),
        "bad_date.xml": ("source_changed", r"field 'LISTED_ON' is '09/06/2010'"),
        "bad_declared_latin1.xml": ("encoding", "ISO-8859-1|not utf-8"),
        "bad_empty_list.xml": ("empty_list", "without a single record"),
        "bad_entity_expansion.xml": ("wrong_file", "document type declaration"),
        "bad_external_dtd.xml": ("wrong_file", "document type declaration"),
        "bad_external_entity.xml": ("wrong_file", "document type declaration"),
        "bad_latin1.xml": ("encoding", "not utf-8"),
        "bad_namespace.xml": ("source_changed", "root element"),
        "bad_new_group.xml": ("source_changed", "field 'VESSELS'"),
        "bad_no_name.xml": ("source_changed", "FIRST_NAME"),
        "bad_no_number.xml": ("source_changed", "REFERENCE_NUMBER"),
        "bad_number_twice.xml": ("source_changed", "another entry has the same"),
        "bad_other_root.xml": ("source_changed", "sdnList"),
        "bad_page.html": ("error_body", "web page"),
        "bad_regime.xml": ("source_changed", "field 'UN_LIST_TYPE' is 'Ruritania'"),
        "bad_text_between.xml": ("source_changed", "stray text"),
        "bad_undefined_entity.xml": ("wrong_file", "undefined entity"),
        "bad_utf16.xml": ("encoding", "UTF-16"),
    },
}


@pytest.mark.parametrize(("source_id", "name"), [(source_id, name) for source_id, table in REFUSED.items() for name in table])
def test_what_is_refused_is_named(source_id: str, name: str) -> None:
    reason, words = REFUSED[source_id][name]
    payload = Payload(source_id, (Part((FIXTURES / source_id / name).read_bytes(), name),), NOW)
    with pytest.raises(Quarantine, match=words) as refused:
        guards.read(source(source_id), payload, now=NOW, warn=lambda _: None)
    assert refused.value.reason == reason


@pytest.mark.parametrize("source_id", REFUSED)
def test_every_bad_fixture_is_in_the_table(source_id: str) -> None:
    assert {path.name for path in (FIXTURES / source_id).glob("bad_*")} == set(REFUSED[source_id])
