"""What a person reads of trade and minerals: the sentences were written down before the rules said them.

Each is of figures that the publisher serves; the alerts they replace had the wrong stage, a measure without its name, or no amount.
"""

import gzip
from pathlib import Path

import pytest

from supplywatch.model.alert import AlertEvent, Transition
from supplywatch.model.items import load_items
from tests import genuine
from tests.stepping import events, given

pytestmark = pytest.mark.gate

SOYA_2018 = (
    "China imports of Soya beans; other than seed, whether or not broken (HS 120190), 2018, USD 38.1 billion: "
    "by value Brazil has 76 %, HHI 0.609 (before 0.408), 1.6 effective suppliers",
    "中国进口大豆(种用除外)(HS 120190),2018年,381亿美元:按金额计,巴西占76%,HHI 0.609(上期0.408),有效来源1.6个",
)
CIRCUITS_2022 = (
    "China imports of Electronic integrated circuits; processors and controllers … (HS 854231), 2022, USD 186.7 billion: "
    "by value Taiwan (Other Asia, nes) has 47 %, HHI 0.262 (before 0.244), 3.8 effective suppliers",
    "中国进口处理器及控制器集成电路(HS 854231),2022年,1867亿美元:按金额计,台湾(其他亚洲,未列名)占47%,HHI 0.262(上期0.244),有效来源3.8个",
)
TURBOJET_PARTS_2018 = (
    "China imports of Turbines; parts of turbo-jets and turbo-propellers (HS 841191), 2018, USD 3.0 billion: "
    "by value USA has 56 %, HHI 0.358 (before 0.451), 2.8 effective suppliers",
    "中国进口涡轮喷气或涡轮螺桨发动机零件(HS 841191),2018年,30.2亿美元:按金额计,美国占56%,HHI 0.358(上期0.451),有效来源2.8个",
)
NICKEL_2020 = (
    "China imports of Nickel ores and concentrates (HS 260400), 2020, USD 2.9 billion: by value Philippines has 60 %, "
    "HHI 0.383 (before 0.338), 2.6 effective suppliers; by weight Philippines has 82 %",
    "中国进口镍矿砂及其精矿(HS 260400),2020年,29.3亿美元:按金额计,菲律宾占60%,HHI 0.383(上期0.338),有效来源2.6个;按重量计,菲律宾占82%",
)
NICKEL_2021 = (
    "China imports of Nickel ores and concentrates (HS 260400), 2021, USD 4.4 billion: by value Philippines has 68 %, "
    "HHI 0.477 (before 0.383), 2.1 effective suppliers; by weight Philippines has 90 %",
    "中国进口镍矿砂及其精矿(HS 260400),2021年,44.2亿美元:按金额计,菲律宾占68%,HHI 0.477(上期0.383),有效来源2.1个;按重量计,菲律宾占90%",
)
COPPER_2025 = (
    "United States, refined copper, 2025: net import reliance, share of consumption, 57.0 %, estimate",
    "美国,精炼铜,2025年:净进口依赖度(占消费量)57.0%(估计值)",
)


def said(found: list[AlertEvent], subject: str, period: str) -> list[tuple[str, str]]:
    return [(e.headline.en, e.headline.zh) for e in found if e.subject.id == subject and e.observed_at == period]


@pytest.fixture(scope="module")
def china(data: Path) -> list[AlertEvent]:
    return events("comtrade", [given("comtrade", genuine.comtrade(genuine.cipf(data)))], "supplier_concentration")


@pytest.mark.parametrize(
    ("code", "period", "sentence"),
    [("120190", "2018", SOYA_2018), ("854231", "2022", CIRCUITS_2022), ("841191", "2018", TURBOJET_PARTS_2018)],
)
def test_goods_measure_and_amount_are_named(china: list[AlertEvent], code: str, period: str, sentence: tuple[str, str]) -> None:
    assert said(china, f"CHN/annual/{code}", period) == [sentence]


def test_goods_that_are_not_specified_alarm_nothing(china: list[AlertEvent]) -> None:
    assert [event for event in china if event.subject.id.endswith("/999999")] == []


def test_every_line_that_alarms_is_watched_and_says_its_materiality(china: list[AlertEvent]) -> None:
    told = [event for event in china if event.transition in (Transition.OPENED, Transition.WORSENED, Transition.EASED)]
    assert told
    assert all(load_items().of_hs(event.subject.id.rpartition("/")[2]) for event in told)
    assert {event.measures["materiality"] for event in told} <= {"small", "material", "large"}
    assert all("by value" in event.headline.en and "按金额计" in event.headline.zh for event in told)


@pytest.mark.parametrize(("period", "sentence"), [("2020", NICKEL_2020), ("2021", NICKEL_2021)])
def test_value_and_weight_are_both_said_of_nickel_ore(data: Path, period: str, sentence: tuple[str, str]) -> None:
    found = events("comtrade", [given("comtrade", genuine.comtrade(genuine.nickel(data)))], "supplier_concentration")
    assert said(found, "CHN/annual/260400", period) == [sentence]


def test_wood_wool_of_the_european_union_is_not_critical(data: Path) -> None:
    found = events("comtrade", [given("comtrade", genuine.comtrade(genuine.eu_wood(data)))], "supplier_concentration")
    assert {event.subject.id for event in found} == {"97/annual/4403"}  # logs are watched, wood wool and frames are listed
    assert all(event.severity != "critical" for event in found)


def test_american_copper_is_refined_and_an_estimate(data: Path) -> None:
    body = gzip.decompress((data / "production/manuali_MCS2026_Commodities_Data.csv.gz").read_bytes())
    found = events("usgs_mcs", [given("usgs_mcs", body)], "import_dependence")
    assert said(found, "USA/MAT.COPPER", "2025") == [COPPER_2025]
