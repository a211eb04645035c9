"""What the publishers of trade beside Comtrade write, read with their own codes, units and totals; synthetic figures."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.trade import baci
from supplywatch.errors import BadSetting, Quarantine
from supplywatch.model.items import Item, Items
from supplywatch.model.records import TradeSlice
from supplywatch.model.source import Cursor, Part, Payload
from supplywatch.registry import source

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def read(fixtures: Path, source_id: str, name: str, *, called: str | None = None) -> dict[tuple[str, str], TradeSlice]:
    return parsed(source_id, Part((fixtures / source_id / name).read_bytes(), called or name))


def parsed(source_id: str, *parts: Part) -> dict[tuple[str, str], TradeSlice]:
    feed = source(source_id)
    records = list(feed.parse(feed.told(Payload(source_id, parts, NOW))))
    return {(record.series, record.observed): record for record in records if isinstance(record, TradeSlice)}


def told(record: TradeSlice) -> dict[str, tuple[str, float | None, float | None]]:
    return {flow.partner.code: (flow.role, flow.value, flow.net_weight_kg) for flow in record.partners.flows()}


def test_baci_tells_what_each_economy_sells_and_what_the_watched_one_buys(fixtures: Path) -> None:
    found = read(fixtures, "baci", "good.csv")
    world = found["trade/0/import/annual/260400/baci", "2022"]
    assert told(world) == {
        "156": ("economy", 1250.0, 10.0),
        "360": ("economy", 1_500_500.0, 40_000_000.0),
        "540": ("economy", 800_250.0, 20_000_000.0),
        "608": ("economy", 2_500_125.0, None),  # the weight of one flow is missing, so that of the whole is
    }
    assert {flow.partner.iso3 for flow in world.partners.flows()} == {"CHN", "IDN", "NCL", "PHL"}
    assert sorted(told(found["trade/CHN/import/annual/260400/baci", "2022"])) == ["360", "540", "608"]
    assert told(found["trade/CHN/import/annual/260400/baci", "2023"]) == {"608": ("economy", 2_500_000.0, 95_000_000.0)}
    chips = found["trade/CHN/import/annual/854231/baci", "2022"]
    assert [(flow.partner.iso3, flow.value_usd, flow.net_weight_kg) for flow in chips.partners.flows()] == [
        ("TWN", 5_000_750.0, 12_500.0),
        ("KOR", 4_100_000.0, None),
    ]
    assert len(found) == 8, "nobody watches sandstone, medicines and cauliflowers; only China's imports are asked for"


def test_baci_is_read_from_the_archive_as_it_is_published(fixtures: Path) -> None:
    body, packed = (fixtures / "baci" / "good.csv").read_bytes(), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BACI_HS22_Y2022_V202601.csv", body)
        archive.writestr("country_codes_V202601.csv", "country_code\n4\n")
    found = parsed("baci", Part(packed.getvalue(), "BACI_HS22_V202601.zip"))
    assert {key: told(one) for key, one in found.items()} == {key: told(one) for key, one in read(fixtures, "baci", "good.csv").items()}
    assert all(one.provenance.position.startswith("BACI_HS22_Y2022_V202601.csv row ") for one in found.values())
    with pytest.raises(Quarantine, match="damaged"):
        parsed("baci", Part(packed.getvalue()[:300], "BACI_HS22_V202601.zip"))


def test_a_code_that_lost_its_leading_zero_is_found(fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = Item(id="X.CAULIFLOWER", en="Cauliflower", zh="花椰菜", taxonomy=(), hs=("071120",))
    monkeypatch.setattr(baci, "load_items", lambda: Items(reporter="ALB", items=(item,)))
    assert sorted(series for series, _ in read(fixtures, "baci", "good.csv")) == ["trade/0/import/annual/071120/baci"]


def test_comext_stays_in_euros_and_its_members_are_no_partners_of_the_union(fixtures: Path) -> None:
    found = read(fixtures, "eurostat_comext", "good.csv")
    oil = found["trade/EU27_2020/import/monthly/270900/eurostat_comext", "2026-07"]
    assert told(oil) == {
        "NO": ("economy", 410_500_000.0, 810_000_000.0),
        "US": ("economy", 502_250_000.0, 990_000_000.0),
        "KZ": ("economy", 300_000_000.0, 660_000_000.0),
        "DE": ("self", 20_000_000.0, 40_000_000.0),
        "QY": ("nowhere", 1_500_000.0, 2_000_000.0),
        "XK": ("economy", 0.0, None),
    }
    assert all(flow.value_usd is None for flow in oil.partners.flows())
    assert oil.world is not None
    assert oil.world.value_eur == 1_234_250_000.0
    copper = found["trade/DEU/import/monthly/260300/eurostat_comext", "2026-08"]
    assert [(flow.partner.iso3, flow.partner.name) for flow in copper.partners.flows()][-1] == ("GRC", "Greece")
    annual = read(fixtures, "eurostat_comext", "good_annual.csv")
    assert list(annual) == [("trade/DEU/import/annual/26030000/eurostat_comext", "2025")]


def test_an_empty_answer_is_a_retired_code_unless_all_are(fixtures: Path) -> None:
    good = Part((fixtures / "eurostat_comext" / "good.csv").read_bytes(), "good.csv")
    assert len(parsed("eurostat_comext", Part(b"", "retired"), good)) == 3
    with pytest.raises(Quarantine, match="no rows"):
        parsed("eurostat_comext", Part(b"", "retired"))


def test_the_census_has_groups_and_a_total_among_its_rows(fixtures: Path) -> None:
    found = read(fixtures, "us_census", "good.json")
    august = found["trade/USA/import/monthly/280530/us_census", "2026-08"]
    assert told(august) == {
        "5700": ("economy", 3_000_000.0, None),
        "5800": ("economy", 2_000_000.0, None),
        "4280": ("economy", 1_200_000.0, None),
        "1220": ("economy", 3_500_000.0, None),
        "8220": ("nowhere", 300_000.0, None),
    }
    assert [flow.partner.iso3 for flow in august.partners.flows()] == ["CHN", "KOR", "DEU", "CAN", None]
    assert august.world is not None
    assert august.world.value_usd == 10_000_000.0
    assert {key: told(one) for key, one in read(fixtures, "us_census", "good_twice.json").items()} == {
        key: told(one) for key, one in found.items()
    }


def test_the_customs_table_is_added_up_over_procedures(fixtures: Path) -> None:
    found = read(fixtures, "gacc", "good.csv")
    chips = found["trade/CHN/import/monthly/85423119/gacc", "2026-08"]
    assert told(chips) == {
        "143": ("economy", 1_075_308_642.0, 51_356.0),
        "133": ("economy", 387_654_321.0, None),
        "142": ("self", 287_654_321.0, 3210.0),
        "701": ("nowhere", 12.0, None),
    }
    ore = found["trade/CHN/import/monthly/26040000/gacc", "2026-09"]
    assert [(flow.partner.iso3, flow.net_weight_kg) for flow in ore.partners.flows()] == [("PHL", 4_523_456_789.0), ("COD", 523_456.0)]
    years = read(fixtures, "gacc", "good_year.csv")
    assert sorted(years) == [("trade/CHN/import/annual/2604/gacc", "2024"), ("trade/CHN/import/annual/2604/gacc", "2025")]
    exports = read(fixtures, "gacc", "good.csv", called="2026-08出口.csv")
    assert {one.flow for one in exports.values()} == {"export"}


def test_a_table_that_is_as_long_as_the_site_allows_is_cut(fixtures: Path) -> None:
    header, *_ = (fixtures / "gacc" / "good_year.csv").read_bytes().decode("gb18030").splitlines()
    rows = [f'2024,2604,"矿",{partner},伙伴{partner},"1"' for partner in range(10_000)]
    with pytest.raises(Quarantine, match="the most the site gives at once"):
        parsed("gacc", Part("\n".join([header, *rows, ""]).encode("gb18030"), "download.csv"))


@pytest.mark.parametrize(
    ("source_id", "options"),
    [
        ("baci", {"edition": "2026"}),
        ("eurostat_comext", {"reporters": "DE"}),
        ("eurostat_comext", {"codes": ["2709O0"]}),
        ("us_census", {"codes": ["27090"]}),
    ],
)
def test_options_that_are_not_understood_are_refused(source_id: str, options: dict[str, object]) -> None:
    with pytest.raises(BadSetting, match=f"{source_id}.options.{next(iter(options))}"):
        list(source(source_id).requests(Cursor(NOW, options=options)))
