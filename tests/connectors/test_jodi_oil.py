"""JODI oil: one fact in five units, symbols, refusals."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.commodities.jodi_oil import SOURCE
from supplywatch.errors import BadSetting, Quarantine
from supplywatch.intake import guards
from supplywatch.model.records import CommodityBalance
from supplywatch.model.source import Cursor, Part, Payload

NOW = datetime(2026, 5, 22, 9, tzinfo=UTC)
REFUSALS = [
    ("bad_area.csv", "source_changed", "row 2: field 'REF_AREA' is 'XX'"),
    ("bad_month.csv", "source_changed", "field 'TIME_PERIOD' is '2026-13'"),
    ("bad_product.csv", "source_changed", "field 'ENERGY_PRODUCT' is 'CRUDE'"),
    ("bad_flow.csv", "source_changed", "field 'FLOW_BREAKDOWN' is 'PROD'"),
    ("bad_unit.csv", "source_changed", "field 'UNIT_MEASURE' is 'KT'"),
    ("bad_assessment.csv", "source_changed", "field 'ASSESSMENT_CODE' is '4'"),
    ("bad_symbol.csv", "source_changed", "field 'OBS_VALUE' is 'W'"),
    ("bad_number.csv", "source_changed", "field 'OBS_VALUE' is '42_000'"),
    ("bad_empty_value.csv", "source_changed", "field 'OBS_VALUE' is ''"),
    ("bad_column.csv", "source_changed", "OBS_VALUE"),
    ("bad_two_values.csv", "source_changed", "said already"),
    ("bad_truncated.csv", "truncated", "number of columns"),
    ("bad_page.csv", "error_body", "a web page instead of a table"),
]


def read(path: Path) -> dict[tuple[str, str], CommodityBalance]:
    payload = Payload("jodi_oil", (Part(path.read_bytes(), path.name),), NOW)
    found = guards.read(SOURCE, payload, now=NOW, warn=lambda _: None).records
    return {(record.series, record.observed): record for record in found if isinstance(record, CommodityBalance)}


@pytest.mark.parametrize(("name", "reason", "words"), REFUSALS)
def test_refused(fixtures: Path, name: str, reason: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words) as refused:
        read(fixtures / "jodi_oil" / name)
    assert refused.value.reason == reason


def test_a_fact_is_read_in_tonnes_and_in_barrels_only(fixtures: Path) -> None:
    record = read(fixtures / "jodi_oil" / "good.csv")["mineral/jodi_oil/SAU/crude oil", "2026-02"]
    production = [figure for figure in record.figures if figure.statistic == "Production"]
    assert [(figure.unit, figure.value, figure.estimated) for figure in production] == [
        ("thousand barrels", 306600.0, False),
        ("thousand tonnes", 42000.0, False),
    ]
    assert {figure.unit for figure in record.figures} == {"thousand barrels", "thousand tonnes"}
    assert {figure.value for figure in record.figures if figure.statistic == "Stock change"} == {-250.5, -1828.65}
    assert {figure.value for figure in record.figures if figure.stage == "stock"} == {0.0}, "a reported zero is one"


def test_what_is_not_reported_is_missing_and_says_why(fixtures: Path) -> None:
    records = read(fixtures / "jodi_oil" / "good.csv")
    china = records["mineral/jodi_oil/CHN/crude oil", "2026-01"]
    assert {(figure.value, figure.special) for figure in china.figures} == {(None, "not available")}
    (liquids,) = records["mineral/jodi_oil/NOR/natural gas liquids", "2026-01"].figures
    assert (liquids.value, liquids.special, liquids.estimated) == (None, "not applicable", True)


def test_years_are_asked_for_one_by_one() -> None:
    assert [request.url[-8:] for request in SOURCE.requests(Cursor(NOW))] == ["2024.csv", "2025.csv", "2026.csv"]
    later = Cursor(NOW, last_observed="2026-03", options={"first_year": 2010})
    assert [request.url[-8:] for request in SOURCE.requests(later)] == ["2025.csv", "2026.csv"]
    for wrong in ("1999", "2030", "all", ""):
        with pytest.raises(BadSetting, match="first_year"):
            list(SOURCE.requests(Cursor(NOW, options={"first_year": wrong})))
