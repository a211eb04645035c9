"""USGS Mineral Commodity Summaries: figures, symbols, encodings and layouts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.commodities.usgs_mcs import SOURCE, URL
from supplywatch.errors import BadSetting, Quarantine, SourceChanged
from supplywatch.model.records import CommodityBalance, Figure
from supplywatch.model.source import Cursor, Part, Payload

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

REFUSALS = [
    ("bad_utf8.csv", "encoding", "UTF-8"),
    ("bad_utf8_bom.csv", "encoding", "UTF-8"),
    ("bad_byte.csv", "encoding", "81"),
    ("bad_value.csv", "source_changed", "row 4: field 'Value' is 'approx. 900'"),
    ("bad_grouping.csv", "source_changed", "row 2: field 'Value' is '1,10'"),
    ("bad_empty_value.csv", "source_changed", "row 4: field 'Value'"),
    ("bad_statistic.csv", "source_changed", "row 9: field 'Statistics' is 'Recycling'"),
    ("bad_country.csv", "source_changed", "row 14: field 'Country' is 'Atlantis'"),
    ("bad_year.csv", "source_changed", "row 11: field 'Year'"),
    ("bad_truncated.csv", "truncated", "row 24"),
    ("bad_new_column.csv", "source_changed", "new: Revised"),
    ("bad_missing_column.csv", "source_changed", "missing: Notes; new: Remarks"),
    ("bad_wide_2025.csv", "source_changed", "this is the Mineral Commodity Summaries 2025 world data release layout"),
    ("bad_page.html.csv", "error_body", "maintenance|web page"),
    ("bad_catalogue_entry.csv", "wrong_file", "catalogue entry"),
]


def read(body: bytes, name: str = "MCS2026_Commodities_Data.csv") -> list[CommodityBalance]:
    records = list(SOURCE.parse(Payload("usgs_mcs", (Part(body, name),), NOW)))
    assert all(isinstance(record, CommodityBalance) for record in records)
    return [record for record in records if isinstance(record, CommodityBalance)]


@pytest.fixture
def folder(fixtures: Path) -> Path:
    return fixtures / "usgs_mcs"


@pytest.fixture
def records(folder: Path) -> dict[tuple[str, str], CommodityBalance]:
    return {(record.series, record.observed): record for record in read((folder / "good.csv").read_bytes())}


def figure(record: CommodityBalance, words: str) -> Figure:
    [found] = [f for f in record.figures if words in f.statistic]
    return found


def test_one_record_for_each_country_chapter_and_year(records: dict[tuple[str, str], CommodityBalance]) -> None:
    china = records["mineral/usgs_mcs/CHN/copper", "2024"]
    assert [(f.statistic, f.stage, f.value, f.unit, f.estimated, f.position) for f in china.figures] == [
        ("Production: Mine production", "mine", 1850.0, "thousand metric tons", False, "row 12"),
        ("Production: Refinery production", "refinery", 12500.0, "thousand metric tons", True, "row 13"),
    ]
    assert sum(len(record.figures) for record in records.values()) == 23


def test_areas_without_a_code_keep_their_name(records: dict[tuple[str, str], CommodityBalance]) -> None:
    names = {record.economy.name for record in records.values() if record.economy.iso3 is None}
    assert names == {"Other countries", "World total", "United States and Canada"}
    codes = {record.economy.iso3 for record in records.values()}
    assert {"COD", "KOR", "CIV", "USA"} <= codes


@pytest.mark.parametrize(
    ("series", "year", "words", "value", "special", "stage"),
    [
        ("USA/copper", "2024", "Mine, recoverable", 1100.0, None, "mine"),
        ("USA/copper", "2024", "Ore and concentrate", None, "less than half a unit", "import"),
        ("USA/copper", "2024", "Exports: Refined", 0.0, None, "export"),
        ("USA/copper", "2024", "Stocks", None, "withheld", "stock"),
        ("USA/copper", "2024", "Consumption", None, "not available", "consumption"),
        ("USA/copper", "2024", "Price", None, "50 to 300", "price"),
        ("USA/copper", "2024", "Employment", 12000.0, None, "other"),
        ("USA/copper", "2024", "Net import reliance", None, "more than 95", "reliance"),
        ("CHL/copper", "2024", "Import sources 2021-2024: Refined copper (2021–24)", 64.0, None, "other"),
        ("World total/copper", "2024", "rounded", None, "more than 20,000", "mine"),
        ("KOR/graphite (natural)", "2025", "Production", None, "less than 25", "mine"),
        ("AUT/graphite (natural)", "2025", "Reserves", None, "Included in “World total.”", "reserve"),
        ("CIV/graphite (natural)", "2025", "Reserves", None, "large", "reserve"),
        ("CHN/iron and steel", "2024", "Pig iron", 850.0, None, "smelter"),
        ("United States and Canada/iron and steel", "2024", "Raw steel", None, "not applicable", "other"),
        ("USA/iron ore", "2025", "reliance", None, "net exporter", "reliance"),
        ("USA/niobium (columbium)", "2021", "Shipments", None, "1 with a sign that the file has lost", "other"),
        ("USA/rare earths", "2025", "[Lanthanum]", 1.71, None, "price"),
    ],
)
def test_values_and_symbols(
    records: dict[tuple[str, str], CommodityBalance],
    series: str,
    year: str,
    words: str,
    value: float | None,
    special: str | None,
    stage: str,
) -> None:
    found = figure(records[f"mineral/usgs_mcs/{series}", year], words)
    assert (found.value, found.special, found.stage) == (value, special, stage)


@pytest.mark.parametrize(("name", "reason", "said"), REFUSALS)
def test_refused(folder: Path, name: str, reason: str, said: str) -> None:
    with pytest.raises(Quarantine, match=said) as refusal:
        read((folder / name).read_bytes())
    assert refusal.value.reason == reason


def test_every_bad_payload_is_tested(folder: Path) -> None:
    assert {path.name for path in folder.glob("bad_*")} == {name for name, _, _ in REFUSALS}


def test_columns_are_found_by_name(folder: Path) -> None:
    lines = ["Value,Year," + ",".join(["Unit", "Statistics_detail", "Statistics", "Country", "Commodity", "Section", "MCS chapter"])]
    lines[0] += ",Notes,Is critical mineral 2025,Other notes"
    lines.append("120,2024,metric tons,Mine production,Production,China,Cobalt,World Mine Production and Reserves,COBALT,,Yes,")
    [record] = read("\n".join(lines).encode("cp1252"))
    assert (record.series, record.figures[0].value) == ("mineral/usgs_mcs/CHN/cobalt", 120.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [(b"12,500", b"9" * 400, "field 'Value'"), (b"MCS chapter,", b"MCS chapter\r,", "header"), (b'"1,850"', b'"1,850', "line")],
)
def test_damage_is_refused_and_never_raises_anything_else(folder: Path, old: bytes, new: bytes, said: str) -> None:
    body = (folder / "good.csv").read_bytes()
    assert old in body
    with pytest.raises(Quarantine, match=said):
        read(body.replace(old, new))


def test_the_address_is_an_option() -> None:
    [request] = SOURCE.requests(Cursor(NOW))
    assert request.url == URL
    other = "https://www.sciencebase.gov/catalog/file/get/abc?name=MCS2026_Commodities_Data.csv"
    [request] = SOURCE.requests(Cursor(NOW, options={"url": other}))
    assert request.url == other


@pytest.mark.parametrize("url", ["http://www.sciencebase.gov/x.csv", "https://example.org/x.csv", "file:///tmp/x.csv", "https://[", ""])
def test_another_host_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="usgs_mcs"):
        list(SOURCE.requests(Cursor(NOW, options={"url": url})))


def test_the_utf8_sample_of_another_project_is_refused(data: Path) -> None:
    with pytest.raises(Quarantine, match="UTF-8") as refusal:
        read((data / "production/worldmonitor_mcs-sample.csv").read_bytes())
    assert refusal.value.reason == "encoding"


def test_refusals_name_the_field(folder: Path) -> None:
    with pytest.raises(SourceChanged) as refusal:
        read((folder / "bad_value.csv").read_bytes())
    assert (refusal.value.field, refusal.value.value) == ("Value", "approx. 900")
