"""Genuine files of the EU, Canada and Switzerland: exact counts, the main name's language, names that share a cell."""

import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors._reading.aliases import is_native
from supplywatch.errors import Quarantine
from supplywatch.listing.snapshot import raw_counts
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload
from supplywatch.registry import source

pytestmark = pytest.mark.gate
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def entries(path: Path) -> list[ListEntry]:
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    payload = Payload(path.parent.name, (Part(body, path.name),), NOW)
    found = [entry for entry in source(path.parent.name).parse(payload) if isinstance(entry, ListEntry)]
    assert len({(entry.list_code, entry.key) for entry in found}) == len(found)
    assert raw_counts(found) == {}
    return found


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("eu_fsf/deriv_excerpt_eu_20200415.xml", 6),
        ("eu_fsf/reencoded_ammitto_20260202.xml.gz", 5_860),
        ("ca_sema/kebalkhadka_sema_lmes.xml", 4_759),
        ("ca_sema/worldmonitor_sema_slice.xml", 12),
        ("ch_sesam/fragment_20260827.xml", 2),  # the third is delisted
        ("uk_sanctions/fragment_20260902.xml", 2),
        ("uk_sanctions/fragment_20261008.csv", 1),
    ],
)
def test_every_entry_is_read_and_nothing_stays_raw(data: Path, name: str, count: int) -> None:
    assert len(entries(data / "found" / name)) == count


def test_changes_of_the_swiss_list_are_not_the_list(data: Path) -> None:
    with pytest.raises(Quarantine, match="'amendment', expected 'whole-list'"):
        entries(data / "found" / "ch_sesam" / "kebalkhadka_amendment_20240117.xml")


def test_the_main_name_of_the_eu_is_english_or_of_no_language(data: Path) -> None:
    found = entries(data / "found" / "eu_fsf" / "reencoded_ammitto_20260202.xml.gz")
    latin = [entry for entry in found if not is_native(entry.name)]
    assert len(latin) == 5860
    wrong = [e for e in found if is_native(e.name) and any(a.kind == "strong" for a in e.aliases)]
    assert not wrong
    assert (
        sum(any(a.language == "en" and a.kind == "strong" and " " in a.text for a in e.aliases) and is_native(e.name) for e in found) == 0
    )
    assert sum("RU" in e.countries and len(e.countries) > 1 for e in found) == 60


def test_names_of_the_canadian_list_that_share_a_cell(data: Path) -> None:
    found = entries(data / "found" / "ca_sema" / "kebalkhadka_sema_lmes.xml")
    aliases = [alias for entry in found for alias in entry.aliases]
    assert len(aliases) == 3753
    assert Counter(alias.language for alias in aliases if alias.language) == {"be": 32, "ru": 43, "fr": 36, "ar": 19}
    assert not [a.text for a in aliases if ";" in a.text or "Russian:" in a.text or "Belarusian:" in a.text or "\n" in a.text]
    assert len([a.text for a in aliases if " or " in a.text]) == 0
