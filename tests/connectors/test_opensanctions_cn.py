"""China's lists as OpenSanctions keeps them: spellings of days and countries, rows that repeat, what is refused."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from connectors.lists.opensanctions_cn import SOURCE
from supplywatch.errors import Quarantine
from supplywatch.intake.options import load_options
from supplywatch.model.records import Alias, ListEntry
from supplywatch.registry import sources
from tests.stepping import events, given


def entries(path: Path) -> list[ListEntry]:
    parsed = SOURCE.parse(given("opensanctions_cn", path.read_bytes(), name=path.name).payload)
    return [entry for entry in parsed if isinstance(entry, ListEntry)]


def test_a_row_is_an_entry(fixtures: Path) -> None:
    found = {entry.key: entry for entry in entries(fixtures / "opensanctions_cn" / "good.csv")}
    drones = found["Synthetic Drones Inc.|UEL"]
    assert drones.aliases == (Alias(text="SynDrone"), Alias(text="Synthetic UAV"), Alias(text="合成无人机公司", language="zh"))
    assert [found[key].effective for key in ("Synthetic Drones Inc.|List of Export Controls", "Jane Synthetic|")] == [
        date(2025, 1, 9),
        date(2021, 3, 5),
    ]
    assert (found["Jane Synthetic|"].ends, found["Jane Synthetic|"].list_name) == (date(2023, 7, 13), "no list named")
    assert found["Synthetic Institute of Orbits|Export Control Watch List"].countries == ("JP",)


def test_an_appended_column_is_read(fixtures: Path) -> None:
    found = entries(fixtures / "opensanctions_cn" / "good_with_address.csv")
    assert found[0].addresses == ("1 Example Road, Springfield, USA",)


REFUSED = {
    "bad_type.csv": ("source_changed", "Spaceship"),
    "bad_date.csv": ("source_changed", "31.02.2026"),
    "bad_country.csv": ("source_changed", "Atlantis"),
    "bad_no_name.csv": ("source_changed", "Name"),
    "bad_renamed_column.csv": ("source_changed", "Date"),
    "bad_new_column.csv": ("source_changed", "Weight"),
    "bad_cut.csv": ("truncated", "number of columns"),
    "bad_page.html": ("error_body", "web page"),
    "bad_latin1.csv": ("encoding", "not utf-8"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(fixtures: Path, name: str) -> None:
    reason, words = REFUSED[name]
    with pytest.raises(Quarantine, match=words) as refused:
        entries(fixtures / "opensanctions_cn" / name)
    assert refused.value.reason == reason


def test_one_addition_and_one_back_fill_but_no_rename(fixtures: Path) -> None:
    first, second = ((fixtures / "opensanctions_cn" / name).read_bytes() for name in ("good.csv", "changed.csv"))
    payloads = [given("opensanctions_cn", first, "2026-11-17T12:00Z"), given("opensanctions_cn", second, "2026-11-21T12:00Z")]
    found = events("opensanctions_cn", payloads, "list_entry")
    assert Counter(e.subject.kind for e in found) == {"list_entry": 1, "list_release": 1}
    assert [e.subject.name for e in found if e.subject.kind == "list_entry"] == ["Synthetic Sensors LLC (US), CN"]


def test_it_is_off_unless_somebody_switches_it_on() -> None:
    assert not load_options(list(sources()))["opensanctions_cn"].enabled
    assert "NC" in SOURCE.card.licence
