"""Side fields of lists: what cannot be read stays on its entry as raw text, is counted, and keeps no entry from being told."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors._reading.fields import Tally
from supplywatch.errors import SourceChanged
from supplywatch.intake import guards
from supplywatch.listing.snapshot import to_records
from supplywatch.model.records import Alias, ListRelease
from supplywatch.model.source import Part, Payload
from supplywatch.registry import source

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ODD: dict[str, dict[str, list[tuple[str, str]]]] = {
    "bis_entity_list": {"odd_country.xml": [("Country", "RURITANIA")]},
    "ch_sesam": {
        "odd_country.xml": [("country/@iso-code", "QQ")],
        "odd_name_type.xml": [("@name-type", "nickname")],
        "odd_object.xml": [("@object-type", "satellite")],
        "odd_quality.xml": [("@quality", "medium")],
    },
    "csl": {"odd_type.csv": [("type", "Submarine")]},
    "eu_fsf": {
        "odd_country.xml": [("address/@countryIso2Code", "QQ")],
        "odd_date.xml": [("regulation/@publicationDate", "24/06/2024")],
        "odd_kind.xml": [("subjectType/@code", "robot")],
        "odd_no_kind.xml": [("subjectType/@code", "(absent)")],
        "odd_strong.xml": [("@strong", "maybe")],
    },
    "ofac_advanced": {
        "odd_alias_type.xml": [("@AliasTypeID", "W.K.A.")],
        "odd_country.xml": [],
        "odd_new_relation.xml": [("@RelationTypeID", "Entangled With"), ("@RelationTypeID", "Entangled With")],  # on two lists
    },
    "ofac_sdn": {
        "odd_alias_type.csv": [("alt_type", "wka")],
        "odd_country.csv": [("country", "Ruritania")],
        "odd_new_type.csv": [("type", "submarine")],
    },
    "opensanctions_eu": {"odd_country.csv": [("country", "Atlantis")], "odd_type.csv": [("schema", "Spaceship")]},
    "tw_shtc": {"odd_country.csv": [("國家代碼country code", "QQ")]},
    "uk_sanctions": {
        "odd_country.csv": [("Address Country", "Ruritania")],
        "odd_kind.csv": [("Designation Type", "Submarine")],
        "odd_name_type.csv": [("Name type", "Nickname")],
        "odd_strength.csv": [("Alias strength", "Dubious")],
    },
    "un_consolidated": {
        "odd_country.xml": [("COUNTRY", "Ruritania")],
        "odd_quality.xml": [("QUALITY", "Medium")],
    },
    "us_transcripts": {"odd_country.json": [("country", "Ruritania")]},
}


def read(source_id: str, name: str) -> guards.Reading:
    payload = Payload(source_id, (Part((FIXTURES / source_id / name).read_bytes(), name),), NOW)
    return guards.read(source(source_id), payload, now=NOW, warn=lambda _: None)


@pytest.mark.parametrize(("source_id", "name"), [(source_id, name) for source_id, table in ODD.items() for name in table])
def test_an_odd_value_stays_on_its_entry(source_id: str, name: str) -> None:
    reading = read(source_id, name)
    raw = [(one.field, one.text) for entry in reading.entries for one in entry.raw]
    assert raw == ODD[source_id][name]
    release = to_records((), reading.payload, source_id, reading.entries)[-1]
    assert isinstance(release, ListRelease)
    assert release.raw == Counter(field for field, _ in raw)
    assert (reading.kept_raw is None) is not bool(raw)


@pytest.mark.parametrize("source_id", ODD)
def test_every_odd_fixture_is_in_the_table(source_id: str) -> None:
    assert {path.name for path in (FIXTURES / source_id).glob("odd_*")} == set(ODD[source_id])


def test_an_address_keeps_the_words_of_its_country() -> None:
    entry = next(entry for entry in read("ofac_sdn", "odd_country.csv").entries if entry.raw)
    assert any("Ruritania" in address for address in entry.addresses)


@pytest.mark.parametrize(
    ("good", "odd", "refused"),
    [(10, 5, False), (10, 6, True), (10_000, 99, False), (10_000, 150, True), (900, 8, False), (40, 7, True)],
)
def test_the_budget_of_a_payload(good: int, odd: int, *, refused: bool) -> None:
    tally = Tally()
    for number in range(good + odd):
        tally.entry(f"row {number}").country("Chile" if number < good else "Ruritania", "flag")
    if not refused:
        tally.check()
        return
    with pytest.raises(SourceChanged, match=rf"row {good}: field 'flag' is 'Ruritania'.*{odd} of {good + odd} values of this field"):
        tally.check()


@pytest.mark.parametrize(
    ("entries", "odd", "refused"), [(3, 1, True), (99, 1, True), (100, 1, False), (1_000, 10, False), (1_000, 11, True)]
)
def test_a_name_nobody_declared_may_be_rare_but_a_renamed_field_is_missed(entries: int, odd: int, *, refused: bool) -> None:
    """However small the payload: it is in every entry that has the field."""
    tally = Tally()
    for number in range(entries):
        fields = tally.entry(f"entry {number}")
        if number < odd:
            fields.undeclared("renamed", "x")
            assert [(raw.field, raw.text) for raw in fields.raw] == [("renamed", "x")]
    if not refused:
        tally.check()
        return
    with pytest.raises(SourceChanged, match="entry 0: field 'renamed' is 'x'"):
        tally.check()


def test_what_was_renamed_is_told_before_what_is_missing_for_it() -> None:
    def read_one(tally: Tally) -> None:
        with tally:
            tally.entry("entry 1").undeclared("nom", "Oak")
            raise SourceChanged("name", None, "entry 1", "a name")

    with pytest.raises(SourceChanged, match="field 'nom' is 'Oak'"):
        read_one(Tally())


def test_a_rare_field_that_changed_is_no_hundredth_of_all_values() -> None:
    tally = Tally()
    for number in range(10_000):
        tally.entry(f"row {number}").country("Chile", "country")
    for number in range(60):
        tally.entry(f"row {number}").choice("AKA (strong)", "strength", {"strong": 1}, 0)
    with pytest.raises(SourceChanged, match=r"field 'strength' is .*60 of 60 values of this field, 60 of 10060 in all"):
        tally.check()


def test_many_odd_flags_refuse_a_table() -> None:
    body = (FIXTURES / "ofac_sdn" / "good.csv").read_bytes()
    payload = Payload("ofac_sdn", (Part(body.replace(b',"Iran"', b',"Persis"').replace(b',"China"', b',"Cathay"'), "sdn.csv"),), NOW)
    reading = guards.read(source("ofac_sdn"), payload, now=NOW, warn=lambda _: None)
    assert reading.kept_raw is not None
    assert "country" in reading.kept_raw


def test_a_name_that_went_through_a_web_form_is_repaired_and_marked() -> None:
    alias = Alias(text="MÃ¼hle &amp; Co")
    entry = Tally().entry("row 1").listed("SDN", "list", "1", "Xi&#39;an Optik", (), party_kind="organisation", aliases=(alias,))
    assert (entry.name, entry.aliases[0].text) == ("Xi'an Optik", "Mühle & Co")
    assert entry.remarks == "as published: Xi&#39;an Optik; as published: MÃ¼hle &amp; Co"
    plain = Tally().entry("row 2").listed("SDN", "list", "2", "CAÑAS & Söhne", (), party_kind="organisation")
    assert (plain.name, plain.remarks) == ("CAÑAS & Söhne", None)
