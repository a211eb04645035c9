"""Genuine files of OFAC and the UN: exact counts, no orphan, native scripts, days with a zone offset."""

import csv
import gzip
import io
import re
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors._reading.ofac import read_parties, read_remarks
from connectors.lists import csl, ofac_advanced, ofac_consolidated, ofac_sdn, un_consolidated
from supplywatch.errors import Quarantine
from supplywatch.intake import guards
from supplywatch.listing.snapshot import raw_counts
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload, Source

pytestmark = pytest.mark.gate
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def ofac(data: Path, *names: str) -> list[bytes]:
    folder = data / "sanctions" / "ofac_sdn"
    return [gzip.decompress((folder / name).read_bytes()) if name.endswith(".gz") else (folder / name).read_bytes() for name in names]


def payload(source: Source, *bodies: bytes) -> Payload:
    return Payload(source.card.source_id, tuple(Part(body, f"file {number}") for number, body in enumerate(bodies, 1)), NOW)


def entries(source: Source, *bodies: bytes) -> list[ListEntry]:
    return [entry for entry in source.parse(payload(source, *bodies)) if isinstance(entry, ListEntry)]


@pytest.mark.parametrize(
    ("name", "count", "raw"),
    [
        ("dukeqiansh_consolidated.xml", 1_021, {"COUNTRY": 1}),  # Sudan/South Sudan: an address in one of them
        ("perchrh_consolidated.xml", 1_093, {"COUNTRY": 1}),
        ("kebalkhadka_UN.xml", 877, {}),
    ],
)
def test_editions_of_the_un_list(data: Path, name: str, count: int, raw: dict[str, int]) -> None:
    found = entries(un_consolidated.SOURCE, (data / "found" / "un_consolidated" / name).read_bytes())
    assert len(found) == len({entry.key for entry in found}) == count
    assert raw_counts(found) == raw
    remarks = [entry for entry in found if "NATIONALITY: Bahrain (citizenship revoked in Jan. 2015)" in (entry.remarks or "")]
    assert [entry.countries for entry in remarks] == ([("BH",)] if raw else [])


def test_a_fragment_of_the_list_as_json(data: Path) -> None:
    found = entries(csl.SOURCE, (data / "found" / "csl" / "csl_json_20260925_fragment.json").read_bytes())
    assert [(entry.list_code, entry.key, entry.countries) for entry in found] == [
        ("SDN", "906", ("CU", "GB")),
        ("EL", "b6e959b59898e975daaae8fae3a8da1ec522f9f888cafc0e6401a16d", ("AF",)),
        ("ISN", "2446250b", ("TH",)),
    ]
    assert raw_counts(found) == {}


def test_the_advanced_file_of_the_further_lists(data: Path) -> None:
    found = entries(ofac_advanced.SOURCE, (data / "found" / "ofac_advanced" / "radwo_cons_advanced_20200317.xml").read_bytes())
    assert len({entry.key for entry in found}) == 375
    assert Counter(entry.list_code for entry in found) == {"SSI": 290, "PLC": 78, "SDN": 9, "FSE": 6, "CAP": 1}
    assert all(entry.effective for entry in found)
    assert raw_counts(found) == {}
    assert Counter(relation.kind for entry in found for relation in entry.relations) == {"owned_by": 279}


SDN_2019 = ("moov_sdn_20190115.csv.gz", "moov_add_20190115.csv.gz", "moov_alt_20190115.csv.gz")


def test_aliases_in_remarks_keep_their_apostrophes(data: Path) -> None:
    texts = [party.said("remarks") or "" for party in read_parties(payload(ofac_sdn.SOURCE, *ofac(data, *SDN_2019)))]
    aliases = [alias for text in texts for alias in read_remarks(text).aliases]
    assert len(aliases) == 2_037 == sum(len(re.findall(r"[afn]\.k\.a\. '", text)) for text in texts)
    assert sum("'" in alias.text for alias in aliases) == 76  # three of 79 stand between two pairs of marks: ''FOOPIE''
    assert not [alias for alias in aliases if ";" in alias.text or alias.text in ("O", "ABU")]


def test_sdn_of_january_2019(data: Path) -> None:
    parties = read_parties(payload(ofac_sdn.SOURCE, *ofac(data, *SDN_2019)))
    assert (len(parties), sum(len(p.addresses) for p in parties), sum(len(p.alts) for p in parties)) == (7_379, 11_696, 9_682)
    found = entries(ofac_sdn.SOURCE, *ofac(data, *SDN_2019))
    assert len({entry.key for entry in found}) == len(found) == 7_379
    assert Counter(entry.party_kind for entry in found) == {"person": 3_845, "organisation": 2_994, "vessel": 323, "aircraft": 217}
    assert {entry.list_code for entry in found} == {"SDN"}
    kinds: Counter[str] = Counter(identifier.kind for entry in found for identifier in entry.identifiers)
    assert all(kinds[kind] >= least for kind, least in {"passport": 1_200, "tax": 1_100, "registration": 700, "imo": 360}.items())
    ships = {i.value for entry in found if entry.party_kind == "vessel" for i in entry.identifiers if i.kind == "imo"}
    assert all(len(number) == 7 and number.isdigit() for number in ships)
    assert sum(relation.kind == "linked_to" for entry in found for relation in entry.relations) >= 2_500
    assert not any(text.startswith("-0") or ", -0" in text for entry in found for text in entry.addresses)


def test_the_files_in_another_order_or_joined_say_the_same(data: Path) -> None:
    sdn, add, alt = ofac(data, *SDN_2019)
    whole = entries(ofac_sdn.SOURCE, sdn, add, alt)
    assert entries(ofac_sdn.SOURCE, alt, add, sdn) == whole
    assert entries(ofac_sdn.SOURCE, b"\x1a".join((sdn, add, alt))) == whole


def test_addresses_and_aliases_of_2025(data: Path) -> None:
    """The parties of 2025 are not among the samples: their numbers alone stand in for them."""
    add, alt = ofac(data, "moov_add_2025.csv.gz", "moov_alt_2025.csv.gz")
    assert add.endswith(b"\r\n\x1a")
    assert alt.endswith(b"\r\n\x1a")
    numbers = {line.split(b",", 1)[0].decode() for line in (add + b"\n" + alt).splitlines() if b"," in line}
    sdn = "".join(f'{number},"PARTY {number}",-0- ,"X",{"-0- ," * 7}-0- \r\n' for number in sorted(numbers, key=int)).encode()
    parties = read_parties(payload(ofac_sdn.SOURCE, sdn, add, alt))
    assert (sum(len(p.addresses) for p in parties), sum(len(p.alts) for p in parties)) == (22_641, 19_486)
    assert len(entries(ofac_sdn.SOURCE, sdn, add, alt)) == len(numbers)


def test_orphans_are_refused(data: Path) -> None:
    sdn, add, alt = ofac(data, *SDN_2019)
    with pytest.raises(Quarantine, match=r"field 'ent_num' is '36', expected the number of a party"):
        read_parties(payload(ofac_sdn.SOURCE, sdn.split(b"\n", 1)[1], add, alt))


def test_consolidated_lists(data: Path) -> None:
    (prim,) = ofac(data, "moov_cons_prim.csv")
    assert prim.endswith(b"\x1a")
    add, alt = b'9639,1,-0- ,-0- ,"West Bank",-0- \r\n\x1a', b'9639,1,"aka","HANIYEH",-0- \r\n\x1a'
    parties = read_parties(payload(ofac_consolidated.SOURCE, prim, add, alt))
    assert len(parties) == len({party.said("ent_num") for party in parties}) == 442
    counts = Counter(entry.list_code for entry in entries(ofac_consolidated.SOURCE, prim, add, alt))
    # SSI, PLC and CMIC as in the Consolidated Screening List of July 2026 (286, 78, 68).
    assert counts == {"SSI": 286, "PLC": 78, "CMIC": 68, "NS-MBS": 15, "CAP": 14}


def test_un_of_february_2026(data: Path) -> None:
    body = gzip.decompress((data / "sanctions" / "un" / "moov_UN_consolidated_20260227.xml.gz").read_bytes())
    reading = guards.read(un_consolidated.SOURCE, payload(un_consolidated.SOURCE, body), now=NOW)
    found = reading.entries
    assert Counter(entry.party_kind for entry in found) == {"person": 730, "organisation": 273}
    assert len({entry.key for entry in found}) == 1_003
    assert max(entry.effective for entry in found if entry.effective) == date(2026, 2, 24)
    assert all(entry.effective for entry in found)
    assert sum(f"<LISTED_ON>{entry.effective}-04:00<".encode() in body for entry in found) >= 10
    natives = [alias.text for entry in found for alias in entry.aliases if alias.kind == "native"]
    assert len(natives) == 377, "336 persons and 42 entities, one of them in Latin letters"
    assert not any(text.isascii() for text in natives)
    saddam = next(entry for entry in found if entry.key == "IQi.001")
    assert any("صدام" in alias.text for alias in saddam.aliases)
    assert {relation.kind for entry in found for relation in entry.relations} == {"owned_by", "subsidiary_of"}


def test_both_feeds_of_the_sdn_list_give_the_same_keys(data: Path) -> None:
    """So that a change is judged once, whichever feed shows it first; the two samples are nearly five years apart."""
    direct = {entry.key: entry for entry in entries(ofac_sdn.SOURCE, *ofac(data, *SDN_2019))}
    table = gzip.decompress((data / "sanctions" / "csl" / "moov_csl_partial_20231130.csv.gz").read_bytes()).decode()
    rows = list(csv.reader(io.StringIO(table, newline="")))
    whole = io.StringIO(newline="")
    csv.writer(whole).writerows([rows[0], *rows[2:-1]])  # the header stands there twice, and the last row is cut
    screened = [entry for entry in entries(csl.SOURCE, whole.getvalue().encode()) if entry.list_code == "SDN"]
    pairs = [(direct[entry.key], entry) for entry in screened if entry.key in direct]
    assert (len(screened), len(pairs)) == (1_737, 1_736)
    assert sum(one.content_key == other.content_key for one, other in pairs) == 1_699
