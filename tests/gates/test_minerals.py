"""Gates 2 and 3: net import reliance from its components, and the processing gaps, on the publishers' files."""

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.commodities import bgs_minerals, usgs_mcs
from detectors._measures.balance import processing_gap
from supplywatch.intake.guards import read
from supplywatch.model.items import StageTotal, load_items
from supplywatch.model.records import CommodityBalance, Figure
from supplywatch.model.source import Part, Payload, Source

pytestmark = pytest.mark.gate

FETCHED = datetime(2026, 4, 19, tzinfo=UTC)
YEARS = ("2021", "2022", "2023", "2024", "2025")
MCS_FILES = ("manuali_MCS2026_Commodities_Data.csv.gz",)
BGS_GAP_FILES = tuple(f"manuali_BGS_{metal}_production.csv.gz" for metal in ("cobalt", "copper", "nickel"))
TONNES = {
    "million metric tons": 1e6,
    "thousand metric tons": 1e3,
    "metric tons": 1.0,
    "tonnes (metric)": 1.0,
    "tonnes (metal content)": 1.0,
}
Balances = Mapping[tuple[str, str], CommodityBalance]

# Imports; exports; secondary; primary; stocks; releases from Government stocks, by chapter.
COMPONENTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "cobalt": (
        ("Imports for consumption",),
        ("Exports",),
        ("Production: Secondary",),
        (),
        ("Stocks, yearend: Industry", "Stocks, yearend: LME, U.S. warehouse"),
        (),
    ),
    "chromium": (
        ("Imports for consumption",),
        ("Exports",),
        ("Production: Secondary",),
        ("Production: Mine",),
        ("Stocks, consumer, yearend",),
        ("Shipments from Government stockpile",),
    ),
    "copper": (
        ("Imports for consumption: Refined",),
        ("Exports: Refined",),
        ("Production: Copper recovered from old (post-consumer) scrap",),
        ("Production, Refinery: Primary (from ore)",),
        ("Stocks, refined, held by U.S. producers, consumers, and metal exchanges, yearend",),
        (),
    ),
    "nickel": (
        ("Imports: Primary",),
        ("Exports: Primary",),
        ("Consumption: Reported, secondary, purchased scrap",),
        (),
        ("Stocks, yearend: Consumer", "Stocks, yearend: LME U.S. warehouses"),
        (),
    ),
}
RELIANCE = {
    "cobalt": ((73.0, 73.1, 68.5, 74.2, 81.7), (73, 73, 69, 74, 79)),
    "chromium": ((75.9, 76.7, 68.4, 77.0, 79.2), (76, 77, 68, 77, 79)),
    "copper": ((44.2, 40.8, 41.6, 45.0, 57.1), (44, 41, 42, 45, 57)),
    "nickel": ((38.2, 43.8, 40.6, 42.8, 41.1), (38, 43, 41, 43, 41)),
}
GAPS = [
    ("MAT.COPPER", "bgs_minerals", "2018", 82.1),
    ("MAT.COPPER", "bgs_minerals", "2022", 82.9),
    ("MAT.COPPER", "bgs_minerals", "2023", 86.0),
    ("MAT.COPPER", "usgs_mcs", "2024", 85.2),
    ("MAT.NICKEL", "bgs_minerals", "2022", 87.1),
    ("MAT.NICKEL", "bgs_minerals", "2023", 88.4),
    ("MAT.COBALT", "bgs_minerals", "2018", 97.1),
    ("MAT.COBALT", "bgs_minerals", "2022", 98.6),
    ("MAT.COBALT", "bgs_minerals", "2023", 98.9),
    ("MAT.IRON", "usgs_mcs", "2024", 77.2),
    ("MAT.IRON", "usgs_mcs", "2025", 76.9),
]


def payload(source: Source, data: Path, names: tuple[str, ...]) -> Payload:
    folder = data / "production"
    parts = tuple(Part(gzip.decompress((folder / name).read_bytes()), name.removesuffix(".gz")) for name in names)
    return Payload(source.card.source_id, parts, FETCHED)


def balances(source: Source, data: Path, names: tuple[str, ...]) -> Balances:
    records = [record for record in source.parse(payload(source, data, names)) if isinstance(record, CommodityBalance)]
    return {(record.series, record.observed): record for record in records}


@pytest.fixture(scope="module")
def mcs(data: Path) -> Balances:
    return balances(usgs_mcs.SOURCE, data, MCS_FILES)


@pytest.fixture(scope="module")
def bgs(data: Path) -> Balances:
    return balances(bgs_minerals.SOURCE, data, BGS_GAP_FILES)


def component(record: CommodityBalance, statistics: tuple[str, ...]) -> float | None:
    """Add up figures; in this gate only, 'not available' counts as 0. ``None``: all of them are missing."""
    found = [figure for figure in record.figures if figure.statistic in statistics]
    assert len(found) == len(statistics), (record.series, record.observed, statistics)
    assert {figure.special for figure in found} <= {None, "not available"}
    return sum(figure.value or 0.0 for figure in found)


def reliance(record: CommodityBalance, before: CommodityBalance | None) -> float:
    """Return (M - X - dS + Gov) / (Pprim + Psec + M - X - dS + Gov) in per cent; the stock change of the first year is unknown, 0."""
    bought, sold, secondary, primary, stocks, government = COMPONENTS[record.commodity]
    imports, exports, recycled, mined, held, released = (
        component(record, words) or 0.0 for words in (bought, sold, secondary, primary, stocks, government)
    )
    change = 0.0 if before is None else held - (component(before, stocks) or 0.0)
    net = imports - exports - change + released
    return 100.0 * net / (mined + recycled + net)


def test_net_import_reliance_from_components(mcs: Balances) -> None:
    near = []
    for chapter, (expected, published) in RELIANCE.items():
        series = [mcs[f"mineral/usgs_mcs/USA/{chapter}", year] for year in YEARS]
        for number, record in enumerate(series):
            ours = reliance(record, series[number - 1] if number else None)
            assert ours == pytest.approx(expected[number], abs=0.1), (chapter, record.observed)
            [theirs] = [figure.value for figure in record.figures if figure.stage == "reliance"]
            assert theirs == published[number]
            near.append((abs(ours - published[number]) <= 1.0, chapter, record.observed))
    assert [place for fits, *place in near if not fits] == [["cobalt", "2025"]]
    assert len(near) == 20


def tonnes(record: CommodityBalance, stage: StageTotal) -> float:
    wanted = (stage.statistic or "").lower()
    found: list[Figure] = [figure for figure in record.figures if figure.stage == stage.stage and wanted in figure.statistic.lower()]
    assert found
    total = 0.0
    for figure in found:
        assert figure.value is not None
        total += figure.value * TONNES[figure.unit]
    return stage.factor * total


@pytest.mark.parametrize(("item_id", "source", "year", "expected"), GAPS)
def test_processing_gaps_of_the_watched_items(mcs: Balances, bgs: Balances, item_id: str, source: str, year: str, expected: float) -> None:
    records = mcs if source == "usgs_mcs" else bgs
    [item] = [item for item in load_items().items if item.id == item_id]
    [gap] = [gap for gap in item.processing_gaps if gap.source == source]
    mined, refined = (tonnes(records[f"mineral/{source}/CHN/{stage.commodity}", year], stage) for stage in (gap.mined, gap.refined))
    assert 100.0 * processing_gap(mined, refined) == pytest.approx(expected, abs=0.1)


def test_the_whole_edition_is_read(data: Path) -> None:
    warned: list[str] = []
    reading = read(usgs_mcs.SOURCE, payload(usgs_mcs.SOURCE, data, MCS_FILES), now=FETCHED, warn=warned.append)
    figures = [figure for record in reading.records if isinstance(record, CommodityBalance) for figure in record.figures]
    assert (len(figures), reading.newest, warned) == (8886, "2025", [])
    missing = [figure for figure in figures if figure.value is None]
    assert all(figure.special for figure in missing)
    assert not any(figure.special for figure in figures if figure.value is not None)
    assert {words: sum(f.special == words for f in missing) for words in ("not available", "withheld", "net exporter")} == {
        "not available": 353,
        "withheld": 224,
        "net exporter": 92,
    }
    # 313 dashes, and zeroes that are written as digits.
    assert sum(figure.value == 0.0 for figure in figures) >= 313


def test_the_whole_of_thirteen_tables_is_read(data: Path) -> None:
    names = tuple(sorted(path.name for path in (data / "production").glob("manuali_BGS_*.csv.gz")))
    warned: list[str] = []
    reading = read(bgs_minerals.SOURCE, payload(bgs_minerals.SOURCE, data, names), now=FETCHED, warn=warned.append)
    figures = [figure for record in reading.records if isinstance(record, CommodityBalance) for figure in record.figures]
    assert (len(names), len(figures), reading.newest, warned) == (13, 26_997, "2023", [])
    assert sum(figure.value is None for figure in figures) == 188 + 8
    codes = {record.economy.name: record.economy.iso3 for record in reading.records if isinstance(record, CommodityBalance)}
    assert {name for name, iso3 in codes.items() if iso3 is None} == {"German Federal Republic", "Kosovo", "Rhodesia"}
    assert (codes["Congo"], codes["Congo, Democratic Republic"], codes["Namibia"]) == ("COG", "COD", "NAM")
