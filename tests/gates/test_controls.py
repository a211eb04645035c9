"""Gates J1, J3 and J4 of the join: coalitions, standings by day, and the HS lines that notices reach."""

import csv
import gzip
import io
import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from detectors._measures.coalition import coalition_hhi, coalition_share, headroom
from supplywatch import registry
from supplywatch.desk.typed_measures import check
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.model.control import load_measures, narrow
from supplywatch.model.records import CommodityBalance
from tests.controlled import noon, trade
from tests.stepping import given

pytestmark = pytest.mark.gate


@pytest.fixture(scope="session")
def controls(data: Path) -> Path:
    return data.parent / "join" / "controls"


def test_j3_the_typed_clauses_stand_as_the_reference_on_every_day(controls: Path) -> None:
    typed = {one.id: one for one in load_measures()}
    reference = json.loads((controls / "control_measures.json").read_text(encoding="utf-8"))["measures"]
    assert {one["id"] for one in reference} <= typed.keys()
    for one in reference:
        steps = [(step["status"], date.fromisoformat(step["from"])) for step in one["status"]]
        for status, start in steps:
            assert typed[one["id"]].standing(start) == status, (one["id"], start)
        assert typed[one["id"]].standing(steps[0][1] - timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2023-07-02", {"cn-mofcom-2023-23": None}),
        ("2023-07-03", {"cn-mofcom-2023-23": "scheduled"}),
        ("2023-08-01", {"cn-mofcom-2023-23": "in_force"}),
        ("2023-10-20", {"cn-mofcom-2023-39-1": "scheduled", "cn-mofcom-2023-39-2": "scheduled"}),
        ("2024-09-15", {"cn-mofcom-2024-33-1": "in_force", "cn-mofcom-2024-33-2": "in_force"}),
        ("2025-04-03", {"cn-mofcom-2025-18": None}),
        ("2025-04-04", {"cn-mofcom-2025-18": "in_force"}),
        (
            "2025-10-09",
            {"cn-mofcom-2025-61-1(1)": "scheduled", "cn-mofcom-2025-61-1(2)": "scheduled", "cn-mofcom-2025-61-1(3)": "in_force"},
        ),
        ("2025-11-07", {"cn-mofcom-2025-61-1(1)": "suspended", "cn-mofcom-2025-61-1(3)": "suspended", "cn-mofcom-2025-18": "in_force"}),
        ("2026-11-10", {"cn-mofcom-2025-61-1(1)": "suspended"}),
        ("2026-11-11", {"cn-mofcom-2025-61-1(1)": "in_force", "cn-mofcom-2025-61-1(3)": "in_force", "cn-mofcom-2025-18": "in_force"}),
    ],
)
def test_j3_standing_by_day(day: str, expected: dict[str, str | None]) -> None:
    typed = {one.id: one for one in load_measures()}
    assert {name: typed[name].standing(date.fromisoformat(day)) for name in expected} == expected


def test_j4_the_lines_that_notices_reach_and_those_wider_than_the_control() -> None:
    typed = {one.id: one for one in load_measures()}
    printed = {name: {hs6 for group in typed[name].products if group.role != "proxy" for hs6 in group.hs6} for name in typed}
    assert printed["cn-mofcom-2023-23"] == set("282560 282590 282739 284290 285000 285390 381800 382569 811292 811299".split())
    assert [len(printed[f"cn-mofcom-{name}"]) for name in ("2023-39-1", "2024-33-1", "2024-33-2")] == [5, 9, 4]
    assert printed["cn-mofcom-2025-18"] == set("280530 284690 382499 848690".split())
    assert typed["cn-mofcom-2025-18"].hs6 - printed["cn-mofcom-2025-18"] == {"850511"}
    named = [typed[f"cn-mofcom-{name}"] for name in ("2023-23", "2023-39-1", "2024-33-1", "2024-33-2", "2025-18")]
    wider = "282560 282580 282590 282739 284290 285000 285390 293190 380110 381800 382499 382569 "
    wider += "681519 710491 811292 847989 847990 848690 903289"
    assert narrow(named) - {"850511"} == set(wider.split())


@pytest.mark.parametrize(
    ("year", "hhi", "usa", "both", "both_hhi", "rooms"),
    [
        (2018, 0.2249, 0.2924, 0.5684, 0.3863, (2.643, 1.612)),
        (2019, 0.2064, 0.2353, 0.5095, 0.3354, (3.101, 1.989)),
        (2020, 0.2074, 0.2678, 0.5155, 0.3401, (2.603, 1.722)),
    ],
)
def test_j1_coalitions_of_machines_for_making_chips(
    controls: Path, year: int, hhi: float, usa: float, both: float, both_hhi: float, rooms: tuple[float, float]
) -> None:
    exports, imports = _trade(controls / "world_trade_848620_903082_903141_2016_2020.csv.gz", year)
    pair = {"USA", "JPN"}
    assert coalition_hhi(exports, ()) == pytest.approx(hhi, abs=0.001)
    assert coalition_share(exports, {"USA"}) == pytest.approx(usa, abs=0.001)
    assert (coalition_share(exports, pair), coalition_hhi(exports, pair)) == pytest.approx((both, both_hhi), abs=0.001)
    assert (headroom(exports, {"USA"}, imports), headroom(exports, pair, imports)) == pytest.approx(rooms, abs=0.002)


def _trade(path: Path, year: int) -> tuple[dict[str, float], float]:
    exports: dict[str, float] = defaultdict(float)
    imports = 0.0
    with io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig") as text:
        for row in csv.DictReader(text):
            if (row["year"], row["hs6"]) != (str(year), "848620"):
                continue
            if row["flow"] == "Export" and row["iso3"] != "CHN":
                exports[row["iso3"]] += float(row["value_usd"])
            if row["flow"] == "Import" and row["iso3"] == "CHN":
                imports += float(row["value_usd"])
    return exports, imports


def test_worked_example_of_machines_for_making_chips(controls: Path) -> None:
    """The line says nothing by itself, 0.340 with Japan as one; it is wider than the control, so it decides nothing either."""
    engine = Engine(Ledger.open("sqlite://"), {"control_exposure": registry.rule("control_exposure")}, registry.items())
    for year in (2019, 2020):
        exports, _ = _trade(controls / "world_trade_848620_903082_903141_2016_2020.csv.gz", year)
        engine.judge([trade("0", year, exports, "2022-01-01", "baci", "848620")])
    found = {day: {e.subject.id: e for e in check(engine, noon(day)).events} for day in ("2022-10-07", "2023-07-23")}
    subject = "CHN/TEC.IC_EQUIP/us-bis-2022-10-13"
    alone = found["2022-10-07"][subject]
    assert (alone.measures["world_hhi"], alone.measures["world_share_of_controllers"]) == pytest.approx((0.2074, 0.2678), abs=0.001)
    japan = found["2023-07-23"]["CHN/TEC.IC_EQUIP/jp-meti-2023-07-23"]
    assert japan.measures["controllers"] == "JPN, USA"
    assert japan.measures["world_hhi_controllers_as_one"] == pytest.approx(0.3401, abs=0.001)
    assert "(concentration 0.207, 0.340 as one)" in japan.headline.en
    assert "the lines are wider than the control" in japan.headline.en
    assert {event.severity for event in (alone, japan)} == {"watch"}


def test_output_of_the_material_is_a_finer_figure(data: Path) -> None:
    """Gallium is seen in no whole line but one; that China makes 99 % of it lifts the bound of every line of the notice."""
    body = gzip.decompress((data / "production" / "manuali_MCS2026_Commodities_Data.csv.gz").read_bytes())
    source = registry.source("usgs_mcs")
    engine = Engine(Ledger.open("sqlite://"), {"control_exposure": registry.rule("control_exposure")}, registry.items())
    check(engine, noon("2025-04-04"))
    read = source.parse(given("usgs_mcs", body, "2026-02-10T00:00:00+00:00").payload)
    records = [one for one in read if isinstance(one, CommodityBalance) and one.commodity == "gallium"]
    said = {event.subject.id: event for event in engine.judge(records).events}
    worse = said["EU27_2020/TEC.IC_MATERIAL/cn-mofcom-2023-23"]
    assert (worse.transition, worse.severity) == ("worsened", "warning")
    assert "China makes 99 % of the world's primary gallium (2024, by weight)" in worse.headline.en
