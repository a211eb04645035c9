"""BGS World Mineral Statistics: the API's pages and the CSV export of the same rows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.commodities.bgs_minerals import COMMODITIES, SOURCE, URL
from supplywatch.errors import BadSetting, Quarantine
from supplywatch.model.records import CommodityBalance, Figure
from supplywatch.model.source import Cursor, Part, Payload, Request

NOW = datetime(2026, 4, 19, 9, tzinfo=UTC)
REFUSALS = [
    ("bad_statistic_type.json", "source_changed", "features.0.: field 'bgs_statistic_type_trans' is 'Reserves'"),
    ("bad_quantity_text.json", "source_changed", "features.1.: field 'quantity' is 'about 5'"),
    ("bad_quantity.csv", "source_changed", "row 3: field 'quantity' is '8,000,000'"),
    ("bad_negative.csv", "source_changed", "row 3: field 'quantity' is '-1'"),
    ("bad_precision.csv", "source_changed", "row 3: field 'sdmx_code' is 'Z'"),
    ("bad_missing_with_value.csv", "source_changed", "row 3: field 'sdmx_code' is 'O'"),
    ("bad_year.csv", "source_changed", "row 3: field 'year'"),
    ("bad_country_codes.csv", "source_changed", "row 3: field 'country_iso3_code' is 'IND', expected CHN"),
    ("bad_two_values.csv", "source_changed", "row 5: field 'quantity' is '1500001'.*row 2 says 1500000"),
    ("bad_new_column.csv", "source_changed", "'grade'"),
    ("bad_missing_column.csv", "source_changed", "'units' is '.absent.'"),
    ("bad_truncated.csv", "truncated", "row 4"),
    ("bad_truncated.json", "truncated", "cut at character"),
    ("bad_new_property.json", "source_changed", "features.1.: field 'grade'"),
    ("bad_fewer_than_matched.json", "truncated", "numberMatched is 19, but 3 rows came"),
    ("bad_further_pages.json", "truncated", "further pages"),
    ("bad_returned.json", "truncated", "numberReturned is 500, there are 3"),
    ("bad_overlap.json", "truncated", "features.3.: field 'id'"),
    ("bad_empty.json", "empty_list", "no rows"),
    ("bad_error.json", "error_body", "InvalidParameterValue"),
    ("bad_page.json", "error_body", "502 Bad Gateway"),
    ("bad_encoding.csv", "encoding", "utf-8"),
]


@pytest.fixture
def folder(fixtures: Path) -> Path:
    return fixtures / "bgs_minerals"


def read(*paths: Path) -> dict[tuple[str, str], CommodityBalance]:
    payload = Payload("bgs_minerals", tuple(Part(path.read_bytes(), path.name) for path in paths), NOW)
    found = [record for record in SOURCE.parse(payload) if isinstance(record, CommodityBalance)]
    records = {(record.series, record.observed): record for record in found}
    assert len(records) == len(found)
    return records


def said(record: CommodityBalance) -> dict[str, object]:
    """What a record says, wherever it stands."""
    content = record.model_dump(exclude={"provenance": True, "figures": {"__all__": {"position"}}})
    return content | {"source": record.provenance.source}


@pytest.mark.parametrize("name", ["good.csv", "good.json"])
def test_stages_of_a_metal_are_figures_of_one_record(folder: Path, name: str) -> None:
    china = read(folder / name)["mineral/bgs_minerals/CHN/copper", "2022"]
    assert [(f.statistic, f.stage, f.value, f.unit, f.estimated) for f in china.figures] == [
        ("copper, mine", "mine", 1_500_000.0, "tonnes (metal content)", False),
        ("copper, refined", "refinery", 10_000_000.0, "tonnes (metric)", True),
        ("copper, smelter", "smelter", 8_000_000.0, "tonnes (metric)", False),
    ]
    assert (china.economy.code, china.economy.iso3, china.economy.name) == ("CN", "CHN", "China")


def test_the_table_and_the_api_say_the_same(folder: Path) -> None:
    table, api = read(folder / "good.csv"), read(folder / "good.json")
    assert {key: said(record) for key, record in table.items()} == {key: said(record) for key, record in api.items()}
    assert [record.digest for record in table.values()] == [record.digest for record in api.values()]
    pages = read(folder / "page_1.json", folder / "page_2.json")
    assert {key: said(record) for key, record in pages.items()} == {key: said(record) for key, record in api.items()}
    assert pages["mineral/bgs_minerals/SUN/manganese ore", "1975"].provenance.position == "page 2 features[2]"


@pytest.mark.parametrize(
    ("series", "year", "words", "value", "special", "stage"),
    [
        ("CHN/copper", "2023", "copper, mine", 1_600_000.5, None, "mine"),
        ("MAR/nickel", "2022", "nickel, smelter/refinery", 0.0, None, "refinery"),
        ("MAR/nickel", "2022", "nickel, smelter/refinery: Sulfate", 100.0, None, "refinery"),
        ("Kosovo/nickel", "2022", "nickel, mine", None, "quantity is more than 0 but less than 0.5", "mine"),
        ("NAM/lithium minerals", "1975", "lithium minerals: Petalite", None, "figures not available", "mine"),
        ("COG/copper", "2022", "copper, mine", 7000.0, None, "mine"),
        ("COD/copper", "2022", "copper, mine", 2_500_000.0, None, "mine"),
        ("Rhodesia/copper", "1975", "copper, mine", 40_000.0, None, "mine"),
        ("SUN/manganese ore", "1975", "manganese ore", 9_000_000.0, None, "mine"),
        ("German Federal Republic/graphite", "1990", "graphite", 10_400.0, None, "other"),
        ("DEU/graphite", "1990", "graphite", None, "figures not available", "other"),
        ("CHN/petroleum, crude", "2022", "petroleum, crude", 200_000_000.0, None, "other"),
        ("CHN/copper, unwrought", "2022", "Imports: copper, unwrought", 3_600_000.0, None, "import"),
        ("CHN/copper, unwrought", "2022", "Exports: copper, unwrought", 250_000.0, None, "export"),
    ],
)
def test_figures(folder: Path, series: str, year: str, words: str, value: float | None, special: str | None, stage: str) -> None:
    record = read(folder / "good.csv")[f"mineral/bgs_minerals/{series}", year]
    [found] = [figure for figure in record.figures if figure.statistic == words]
    assert (found.value, found.special, found.stage) == (value, special, stage)


def test_units_are_the_publishers(folder: Path) -> None:
    [palladium] = read(folder / "good.json")["mineral/bgs_minerals/CHN/platinum group metals", "2022"].figures
    assert isinstance(palladium, Figure)
    assert palladium.unit == "kilograms (metal content)"


@pytest.mark.parametrize(("name", "reason", "words"), REFUSALS)
def test_refused(folder: Path, name: str, reason: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words) as refusal:
        read(folder / name)
    assert refusal.value.reason == reason


def test_every_bad_payload_is_tested(folder: Path) -> None:
    assert {path.name for path in folder.glob("bad_*")} == {name for name, _, _ in REFUSALS}


def test_each_commodity_is_asked_for_once() -> None:
    asked = list(SOURCE.requests(Cursor(NOW, options={"commodities": ["tin, mine", "copper, mine"]})))
    assert [request.params["bgs_commodity_trans"] for request in asked] == [*COMMODITIES, "tin, mine"]
    assert {(request.url, request.params["f"], request.params["bgs_statistic_type_trans"]) for request in asked} == {
        (URL, "json", "Production")
    }
    with pytest.raises(BadSetting, match="commodities"):
        list(SOURCE.requests(Cursor(NOW, options={"commodities": "tin, mine"})))


def page(folder: Path, next_url: str | None, rows: int = 2) -> Part:
    body = json.loads((folder / "good.json").read_bytes())
    body |= {"features": body["features"][:rows], "numberReturned": rows, "numberMatched": 4}
    body["links"] = [link for link in body["links"] if link["rel"] != "next"]
    if next_url is not None:
        body["links"].append({"rel": "next", "href": next_url})
    return Part(json.dumps(body).encode(), "items", request=Request(URL, {"bgs_commodity_trans": "copper, mine"}))


def test_pages_are_followed_on_the_same_host_by_https(folder: Path) -> None:
    following = f"{URL}?f=json&offset=2&bgs_commodity_trans=copper%2C%20mine"
    for given in (following, following.replace("https", "http"), following.removeprefix("https://ogcapi.bgs.ac.uk")):
        request = SOURCE.next_request(page(folder, given))
        assert request is not None
        assert (request.url, dict(request.params)) == (following, {})
    assert SOURCE.next_request(page(folder, None)) is None
    with pytest.raises(Quarantine, match=r"example\.org") as refusal:
        SOURCE.next_request(page(folder, "https://example.org/items?offset=2"))
    assert refusal.value.reason == "not_allowed"
    with pytest.raises(Quarantine, match="an address"):
        SOURCE.next_request(page(folder, "https://["))
    with pytest.raises(Quarantine, match="without rows"):
        SOURCE.next_request(page(folder, following, rows=0))


def test_an_empty_page_may_end_an_answer(folder: Path) -> None:
    whole = page(folder, None, rows=0)
    first, second = page(folder, f"{URL}?offset=2"), Part(whole.body.replace(b'"numberMatched": 4', b'"numberMatched": 2'), "items")
    assert SOURCE.next_request(second) is None
    payload = Payload("bgs_minerals", (first, second), NOW)
    assert [record.observed for record in SOURCE.parse(payload) if isinstance(record, CommodityBalance)] == ["2022"]


def test_a_commodity_the_service_does_not_know_is_named(folder: Path) -> None:
    body = (folder / "bad_empty.json").read_bytes()
    with pytest.raises(Quarantine, match="'copper, mined'") as refusal:
        SOURCE.next_request(Part(body, "items", request=Request(URL, {"bgs_commodity_trans": "copper, mined"})))
    assert refusal.value.reason == "empty_list"
