"""Exact counts on the publishers' genuine payloads, through the connectors."""

import csv
import gzip
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.commodities import jodi_oil
from connectors.logistics import portwatch_disruptions, portwatch_places, portwatch_ports
from connectors.policy import federal_register
from connectors.prices import gscpi, worldbank_prices
from connectors.trade import baci, eu_cn_concordance, eurostat_comext
from supplywatch.intake import guards
from supplywatch.model.codes import CodeChange, Concordance
from supplywatch.model.items import Item, Items
from supplywatch.model.records import CommodityBalance, DisruptionEvent, IndexValue, Place, PortCalls, Record, TradeSlice
from supplywatch.model.source import Part, Payload, Source

pytestmark = pytest.mark.gate

FETCHED = datetime(2026, 5, 1, tzinfo=UTC)


def read(source: Source, body: bytes, name: str) -> tuple[Record, ...]:
    return guards.read(source, Payload(source.card.source_id, (Part(body, name),), FETCHED), now=FETCHED, warn=lambda _: None).records


def test_disruption_events(data: Path) -> None:
    path = data / "portwatch/openbb_portwatch_disruptions_response_2026_first2.json"
    gezani, hormuz = (r for r in read(portwatch_disruptions.SOURCE, path.read_bytes(), path.name) if isinstance(r, DisruptionEvent))
    assert (hormuz.name, hormuz.begins, hormuz.ends, hormuz.affected_places) == ("HORMUZ-26", date(2026, 3, 1), None, ("chokepoint6",))
    assert (hormuz.event_id, hormuz.event_type, hormuz.alert_level, hormuz.countries) == ("10000004", "OT", "red", ())
    assert (gezani.name, gezani.begins, gezani.ends) == ("GEZANI-26", date(2026, 2, 6), date(2026, 2, 18))
    assert (gezani.countries, gezani.affected_places) == (("Madagascar", "Mozambique"), ())


def test_gscpi_to_july_2024(data: Path) -> None:
    """A copy with one edition: the publisher's own file has a column for each."""
    path = data / "gscpi/maxmeiji_gscpi_199801-202407.csv"
    records = [r for r in read(gscpi.SOURCE, path.read_bytes(), path.name) if isinstance(r, IndexValue)]
    assert (len(records), records[0].observed, records[-1].observed) == (319, "1998-01", "2024-07")
    assert (records[0].value, records[-1].value) == (-1.06, -0.09)
    assert max(records, key=lambda r: r.value or 0.0).observed == "2021-12"


def test_jodi_january_and_february_2026(data: Path) -> None:
    body = gzip.decompress((data / "energy_jodi/laluprasad7_jodi_primary_2026.csv.gz").read_bytes())
    rows = list(csv.DictReader(body.decode().splitlines()))
    records = [r for r in read(jodi_oil.SOURCE, body, "2026.csv") if isinstance(r, CommodityBalance)]
    assert len(rows) == 38_400
    assert Counter(row["OBS_VALUE"] for row in rows if row["OBS_VALUE"] in "-..x") == {"-": 16_312, "..": 3_280, "x": 1_536}
    assert (len(records), len({r.economy.iso3 for r in records})) == (96 * 4 * 2, 96)
    figures = [figure for record in records for figure in record.figures]
    assert len(figures) == 38_400 * 2 // 5, "two of five units"
    kept = [row for row in rows if row["UNIT_MEASURE"] in ("KTONS", "KBBL")]
    assert sum(figure.value is not None for figure in figures) == sum(row["OBS_VALUE"] not in ("-", "..", "x") for row in kept)
    china = [figure for record in records if record.economy.iso3 == "CHN" for figure in record.figures]
    assert all(figure.value is None and figure.special for figure in china), "conversion factors only"
    saudi = {r.observed: r for r in records if r.series == "mineral/jodi_oil/SAU/crude oil"}
    assert [f.value for f in saudi["2026-02"].figures if (f.statistic, f.unit) == ("Production", "thousand barrels")] == [304_696.0]


def test_world_bank_prices_since_1960(data: Path) -> None:
    """A copy with headings of its own, written back into the layout of the sheet."""
    text = gzip.decompress((data / "production/laluprasad7_worldbank_cmo_monthly_prices.csv.gz").read_bytes()).decode()
    (_, *names), *rows = csv.reader(text.splitlines())
    assert (len(rows), len(names)) == (794, 71)
    lines = [["World Bank Commodity Price Data (The Pink Sheet)"], ["", *names], ["", *["($)"] * len(names)]]
    lines += [[f"{month[:4]}M{month[5:7]}", *prices] for month, *prices in rows]
    body = "\n".join(",".join(line) for line in lines).encode()
    records = [r for r in read(worldbank_prices.SOURCE, body, "prices.csv") if isinstance(r, IndexValue)]
    assert sum(r.value is not None for r in records) == sum(bool(cell) for _, *cells in rows for cell in cells)
    assert len({r.series for r in records}) == len(names)
    assert (records[0].observed, records[-1].observed) == ("1960-01", "2026-02")


def test_baci_of_two_exporters_in_2020(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row of the sample is counted when every code is watched; its chromium ore goes to Mozambique, none to China."""
    body = gzip.decompress((data / "trade/baci/cran_iopspackage_BACI_HS17_Y2020_V202301_i4_i710.csv.gz").read_bytes())
    rows = list(csv.DictReader(body.decode().splitlines()))
    lost = {row["k"] for row in rows if len(row["k"]) == 5}
    assert (len(rows), sum(len(row["k"]) == 5 for row in rows), sum(row["q"].strip() == "NA" for row in rows)) == (72_097, 5_133, 2_175)
    chapters = tuple(f"{chapter:02d}" for chapter in range(1, 98))
    everything = Items(reporter="MOZ", items=(Item(id="X.ALL", en="all", zh="全部", taxonomy=(), hs=chapters),))
    monkeypatch.setattr(baci, "load_items", lambda: everything)
    records = [r for r in read(baci.SOURCE, body, "BACI_HS17_Y2020_V202301.csv") if isinstance(r, TradeSlice)]
    world = [r for r in records if r.reporter.key == "0"]
    total = sum(flow.value_usd or 0.0 for r in world for flow in r.partners.flows())
    assert total == pytest.approx(1000 * sum(float(row["v"]) for row in rows))
    assert {r.commodity for r in world} == {row["k"].zfill(6) for row in rows}
    assert {code.zfill(6) for code in lost} <= {r.commodity for r in world}
    chromium = next(r for r in records if r.series == "trade/MOZ/import/annual/261000/baci")
    assert [(flow.partner.iso3, flow.value_usd) for flow in chromium.partners.flows()] == [("ZAF", 365_716_704.0)]
    (south_africa,) = next(r for r in world if r.commodity == "261000").partners.flows()
    assert south_africa.value_usd == 460_875_833.0
    assert not [row for row in rows if row["k"] == "261000" and row["j"] == "156"]


@pytest.mark.parametrize(
    ("name", "last", "records", "prices"),
    [
        ("dburton8511", "2021-05", 46_422, 46_084),
        ("malphons", "2024-03", 48_776, 48_396),
        ("lukasfrankenq", "2025-09", 50_054, 49_625),
        ("phanhienduc", "2026-02", 50_409, 49_963),
        ("klaus0005", "2026-05", 50_622, 50_167),
    ],
)
def test_pink_sheets_of_five_editions(data: Path, name: str, last: str, records: int, prices: int) -> None:
    path = data / f"found/worldbank_prices/{name}_CMO.xlsx"
    found = [r for r in read(worldbank_prices.SOURCE, path.read_bytes(), path.name) if isinstance(r, IndexValue)]
    assert (len(found), sum(r.value is not None for r in found)) == (records, prices)
    assert (min(r.observed for r in found), max(r.observed for r in found)) == ("1960-01", last)
    assert {r.index_id for r in found} == worldbank_prices.KNOWN, "whatever an edition calls them"


def test_gscpi_of_2026(data: Path) -> None:
    folder = data / "found/gscpi"
    book = folder / "goldhac_gscpi_data.xls"
    records = [r for r in read(gscpi.SOURCE, book.read_bytes(), book.name) if isinstance(r, IndexValue)]
    assert (len(records), records[0].observed, records[-1].observed, records[-1].value) == (338, "1998-01", "2026-02", 0.4935899721307661)
    table = folder / "macrogauge_interactive_20260928_excerpt.csv"
    payload = Payload("gscpi", (Part(table.read_bytes(), table.name),), datetime(2026, 9, 28, tzinfo=UTC))
    last = [r for r in gscpi.SOURCE.parse(payload) if isinstance(r, IndexValue)][-1]
    assert (last.observed, last.value, last.edition, last.earlier) == ("2026-08", 1.06, "2026-09", ())


def test_ports_of_the_hub(data: Path) -> None:
    path = data / "found/portwatch_places/cherrylchico_ports_database.csv"
    places = [r for r in read(portwatch_places.SOURCE, path.read_bytes(), path.name) if isinstance(r, Place)]
    assert Counter(r.place_kind for r in places) == {"port": 1852, "offshore_terminal": 181}
    assert sum(r.locode is not None for r in places) == 753
    assert all(len(r.locode) == 5 for r in places if r.locode)
    japan = sum(r.share_country_import or 0.0 for r in places if r.country_iso3 == "JPN")
    assert japan == pytest.approx(1.0, abs=0.001), "percent of a country's imports add up to 100"


def test_rows_of_portwatch_of_september_2026(data: Path) -> None:
    ports, places, events = (
        data / f"found/{name}/td_probe_20260909_attributes.json"
        for name in ("portwatch_ports", "portwatch_places", "portwatch_disruptions")
    )
    (qingdao,) = (r for r in read(portwatch_ports.SOURCE, ports.read_bytes(), ports.name) if isinstance(r, PortCalls))
    assert (qingdao.observed, qingdao.port_id, qingdao.calls_total, qingdao.calls_tanker) == ("2019-02-06", "port1069", 14, 3)
    tsuruga, suez = (r for r in read(portwatch_places.SOURCE, places.read_bytes(), places.name) if isinstance(r, Place))
    assert (tsuruga.share_country_import, suez.place_kind, suez.share_country_import) == (0.0042, "chokepoint", None)
    found = {r.name: r for r in read(portwatch_disruptions.SOURCE, events.read_bytes(), events.name) if isinstance(r, DisruptionEvent)}
    assert found["RED SEA TENSIONS"].affected_places == ("chokepoint4", "chokepoint1", "chokepoint7")
    assert (found["IDAI-19"].alert_level, found["IDAI-19"].countries) == ("red", ("Mozambique",))


def test_a_page_of_110_documents_says_so(data: Path) -> None:
    path = data / "found/federal_register/monument_watch_fr.json"
    told: list[str] = []
    payload = Payload("federal_register", (Part(path.read_bytes(), path.name),), FETCHED)
    assert len(guards.read(federal_register.SOURCE, payload, now=FETCHED, warn=told.append).records) == 5
    assert told == [f"{path.name}: 5 of 110 documents, 1 of 22 pages: the others are not read; give all pages, joined by +"]


def test_german_plastic_waste_by_comext(data: Path) -> None:
    body = gzip.decompress((data / "found/eurostat_comext/sinahecke_ds045409_codes_imports_20250217.csv.gz").read_bytes())
    slices = [r for r in read(eurostat_comext.SOURCE, body, "comext.csv") if isinstance(r, TradeSlice)]
    assert len(slices) == 44
    assert {(r.commodity, r.flow, len(r.partners.flows())) for r in slices} == {("3915", "import", 0)}, "World only"


def test_codes_of_goods_since_1988(data: Path) -> None:
    """Every row of Eurostat's workbook; splits and mergers followed through 37 revisions, checked by hand in the workbook."""
    path = data / "found/eu_cn_concordance/CN_concordances_1988_2025.xls"
    changes = [r for r in read(eu_cn_concordance.SOURCE, path.read_bytes(), path.name) if isinstance(r, CodeChange)]
    assert sum(len(change.becomes) for change in changes) == 16_962
    known = Concordance.of(changes)
    assert known.years == (1988, 2025)
    assert known.chained("02012011", 1988, 1989) == ("02012021", "02012029")
    assert known.chained("85299097", 2024, 2025) == ("85299096",)
    assert set(known.chained("85299096", 2025, 2024)) >= {"85299092", "85299097"}
