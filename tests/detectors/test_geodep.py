"""World exports and M/X beside the concentration of imports, read from export slices of the same year; figures synthetic."""

from datetime import UTC, datetime
from typing import Literal

from supplywatch import registry
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import load_items
from supplywatch.model.records import Economy, PartnerFlow, Partners, Provenance, TradeSlice

NAMES = {"AUS": "Australia", "BRA": "Brazil", "ZAF": "South Africa", "CHN": "China", "W00": "World"}
NAMES |= {"USA": "United States", "JPN": "Japan", "NLD": "Netherlands", "DEU": "Germany"}


def slice_of(reporter: str, flow: Literal["import", "export"], year: int, values: dict[str, float], code: str = "260111") -> TradeSlice:
    flows = tuple(
        PartnerFlow(
            partner=Economy(code=iso3, iso3=iso3, name=NAMES[iso3]), role="economy", value_usd=value, net_weight_kg=None, position=iso3
        )
        for iso3, value in values.items()
    )
    return TradeSlice(
        observed=str(year),
        fetched=datetime(year + 1, 5, 1 if flow == "export" else 2, tzinfo=UTC),
        provenance=Provenance(source="comtrade", vintage="test", payload_sha256="0" * 64, position="synthetic"),
        reporter=Economy(code=reporter, iso3=reporter, name=NAMES[reporter]),
        flow=flow,
        commodity=code,
        classification="H6",
        frequency="annual",
        partners=Partners.of(flows),
    )


def exports(year: int, *, australia: float = 9e9) -> list[TradeSlice]:
    sold = {"AUS": australia, "BRA": 2e9, "ZAF": 1e9}
    return [slice_of(iso3, "export", year, {"CHN": value}) for iso3, value in sold.items()] + [
        slice_of("CHN", "export", year, {"AUS": 1e8})
    ]


def imports(year: int) -> TradeSlice:
    return slice_of("CHN", "import", year, {"AUS": 7e9, "BRA": 2e9, "ZAF": 1e9})


def measures(batches: list[list[TradeSlice]]) -> list[dict[str, object]]:
    engine = Engine(Ledger.open("sqlite://"), {"supplier_concentration": registry.rule("supplier_concentration")}, load_items())
    return [dict(event.measures) for batch in batches for event in engine.judge(batch).events]


def test_criteria_2_and_3_stand_beside_the_index() -> None:
    (found,) = measures([exports(2023), [imports(2023)]])
    assert found["world_export_hhi"] == round((81 + 4 + 1) / 144, 6)
    assert found["import_export_ratio"] == 100.0
    assert found["structural"] is None, "one year is no structure"


def test_without_export_figures_both_are_unknown_not_zero() -> None:
    (found,) = measures([[imports(2023)]])
    assert (found["world_export_hhi"], found["import_export_ratio"], found["structural"]) == (None, None, None)


def test_too_few_of_the_exporters_are_no_world() -> None:
    (found,) = measures([exports(2023)[1:], [imports(2023)]])
    assert found["world_export_hhi"] is None
    assert found["import_export_ratio"] == 100.0


def test_two_of_three_years_are_structure() -> None:
    rule, items = registry.rule("supplier_concentration"), load_items()
    engine = Engine(Ledger.open("sqlite://"), {"supplier_concentration": rule}, items)
    for year in (2021, 2022):
        engine.judge(exports(year))
        engine.judge([slice_of("CHN", "import", year, {"AUS": 6e9, "BRA": 3e9, "ZAF": 1e9})])
    engine.judge(exports(2023, australia=2e9))  # the world's exports are not concentrated that year
    risen = slice_of("CHN", "import", 2023, {"AUS": 3.5e10, "BRA": 1e9, "ZAF": 1e9})
    events = [event.measures["structural"] for event in engine.judge([risen]).events]
    assert events == [True], "worsened; the criteria were met in two of three years"
