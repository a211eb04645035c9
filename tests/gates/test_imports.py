"""Supplier concentration through the Comtrade connector."""

from pathlib import Path

import pytest

from detectors.commodity_dependence.supplier_concentration import concentration
from supplywatch.intake import guards
from supplywatch.model.records import TradeSlice
from supplywatch.registry import source
from tests import genuine
from tests.stepping import NOW, events, given

pytestmark = pytest.mark.gate

EXPECTED = [
    ("260111", "2012", 0.3059, 0.4928),
    ("260111", "2022", 0.4759, 0.6561),
    ("260111", "2024", 0.4293, 0.6145),
    ("270900", "2017", 0.0800, 0.1458),
    ("270900", "2024", 0.1058, 0.1925),
    ("271111", "2012", 0.3715, 0.5884),
    ("271111", "2022", 0.1841, 0.3062),
    ("120190", "2017", 0.4079, None),
    ("120190", "2018", 0.6088, None),
    ("120190", "2019", 0.4709, None),
    ("854231", "2012", 0.1802, None),
    ("854231", "2023", 0.2699, None),
    ("841191", "2023", 0.4133, None),
]


@pytest.fixture(scope="module")
def slices(data: Path) -> dict[tuple[str, str], TradeSlice]:
    payload = given("comtrade", genuine.comtrade(genuine.cipf(data))).payload
    found = [record for record in source("comtrade").parse(payload) if isinstance(record, TradeSlice)]
    return {(record.commodity, record.observed): record for record in found}


@pytest.mark.parametrize(("code", "year", "hhi", "top_share"), EXPECTED)
def test_gate_4_hhi_and_top_share(slices: dict[tuple[str, str], TradeSlice], code: str, year: str, hhi: float, top_share: float) -> None:
    values = [flow.value_usd for flow in slices[code, year].partners.flows() if flow.role == "economy" and flow.value_usd]
    found = concentration(values)
    assert found[0] == pytest.approx(hhi, abs=1e-4)
    assert top_share is None or found[1] == pytest.approx(top_share, abs=1e-4)


def test_table_and_json_say_the_same(data: Path) -> None:
    rows = genuine.cipf(data, ["120190", "854231"])
    as_json, as_table = (
        {record.record_id: record.digest for record in guards.read(source("comtrade"), given("comtrade", body).payload, now=NOW).records}
        for body in (genuine.comtrade(rows), genuine.comtrade_table(rows))
    )
    assert as_json
    assert as_json == as_table


def test_gate_13_soya_beans_2018_cross_the_critical_line(data: Path) -> None:
    found = events("comtrade", [given("comtrade", genuine.comtrade(genuine.cipf(data, ["120190"])))], "supplier_concentration")
    shock = [e for e in found if e.observed_at == "2018"]
    assert [(e.transition, e.severity) for e in shock] == [("worsened", "critical")]
    assert shock[0].measures["hhi_value"] == pytest.approx(0.6088, abs=1e-4)


def test_gate_14_a_missing_weight_is_said_and_moves_nothing(data: Path) -> None:
    found = events("comtrade", [given("comtrade", genuine.comtrade(genuine.nickel(data)))], "supplier_concentration")
    for year, words in (("2016", "missing"),):
        said = [e for e in found if e.observed_at == year]
        assert all(words in str(e.measures["weight"]) for e in said)
        assert all(e.axes.concentration is not None and e.axes.concentration.value is not None for e in said)


def test_natural_gas_does_not_start_in_alarm(data: Path) -> None:
    found = events("comtrade", [given("comtrade", genuine.comtrade(genuine.cipf(data, ["271111"])))], "import_dependence")
    assert found == []
