"""UN Comtrade: slices, roles, weights, the table of the same rows, refusals, and what is asked for."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.trade.comtrade import CODES_PER_CALL, KEYED_ROWS, KEYED_URL, NAMES, PREVIEW_ROWS, PREVIEW_URL, SOURCE
from supplywatch.errors import BadSetting, Quarantine
from supplywatch.intake import guards
from supplywatch.model.records import PartnerFlow, TradeSlice
from supplywatch.model.source import Cursor, Part, Payload, Request

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
NICKEL, CRUDE = "trade/CHN/import/annual/260400", "trade/CHN/import/annual/270900"

REFUSALS = [
    ("bad_count_zero.json", "empty_list", "comtrade: no rows"),
    ("bad_count.json", "truncated", "bad_count.json: count says 9 rows, there are 5"),
    ("bad_count_missing.json", "source_changed", r"bad_count_missing.json: field 'count' is '\(absent\)'"),
    ("bad_401.json", "error_body", "invalid subscription key"),
    ("bad_429.json", "error_body", "Try again in 37 seconds"),
    ("bad_error.json", "error_body", "number of periods is limited to 1"),
    ("bad_web_page.html", "error_body", "a web page instead of a table: UN Comtrade Please sign in"),
    ("bad_empty_body.json", "empty_body", "1 bytes"),
    ("bad_flow.json", "source_changed", r"data\[2\]: field 'flowCode' is 'Z', expected one of"),
    ("bad_type.json", "source_changed", r"data\[1\]: field 'typeCode' is 'S'"),
    ("bad_frequency.json", "source_changed", r"data\[1\]: field 'freqCode' is 'Q'"),
    ("bad_new_field.json", "source_changed", r"data\[3\]: field 'tariff' is 'new'"),
    ("bad_missing_field.json", "source_changed", r"data\[3\]: field 'netWgt' is '\(absent\)'"),
    ("bad_new_envelope.json", "source_changed", "bad_new_envelope.json: field 'nextPage' is 'new'"),
    ("bad_negative_weight.json", "source_changed", r"data\[3\]: field 'netWgt' is -900000.0"),
    ("bad_negative_value.json", "source_changed", r"data\[3\]: field 'primaryValue' is -40000.0"),
    ("bad_value_text.json", "source_changed", r"data\[3\]: field 'primaryValue' is '40 000'"),
    ("bad_estimated.json", "source_changed", r"data\[3\]: field 'isNetWgtEstimated' is 1"),
    ("bad_period.json", "source_changed", r"data\[2\]: field 'period' is '2023', .*refYear 2024"),
    ("bad_period_number.json", "source_changed", r"data\[2\]: field 'period' is 2024.0"),
    ("bad_year.json", "source_changed", r"data\[2\]: field 'period' is '2024', .*refYear 2023"),
    ("bad_year_zero.json", "source_changed", r"data\[0\]: field 'refYear' is 0, expected a year from 1962"),
    ("bad_month.json", "source_changed", r"data\[1\]: field 'period' is '202613', .*refMonth 13"),
    ("bad_commodity.json", "source_changed", r"data\[1\]: field 'cmdCode' is '26.04'"),
    ("bad_commodity_number.json", "source_changed", r"data\[1\]: field 'cmdCode' is 260400, expected a text"),
    ("bad_partner.json", "source_changed", r"data\[4\]: field 'partnerCode' is 'CHN'"),
    ("bad_partner_missing.json", "source_changed", r"data\[4\]: field 'partnerCode' is None"),
    ("bad_two_revisions.json", "source_changed", r"data\[4\]: field 'classificationCode' is 'H5', expected H6 as in data\[0\]"),
    ("bad_two_values.json", "source_changed", r"data\[5\]: field 'partnerCode' is 608, .*data\[1\] says something else"),
    ("bad_truncated.json", "truncated", "cut at character"),
    ("bad_truncated.csv", "truncated", "bad_truncated.csv row 6: field 'number of columns' is 18"),
    ("bad_missing_column.csv", "source_changed", r"header: field 'motCode' is '\(absent\)'"),
    ("bad_new_column.csv", "source_changed", "header: field 'tariff' is 'new'"),
    ("bad_value.csv", "source_changed", "row 4: field 'primaryValue' is '80,000'"),
    ("bad_encoding.csv", "encoding", r"byte \d+ \(ef"),
]


@pytest.fixture
def folder(fixtures: Path) -> Path:
    return fixtures / "comtrade"


def read(*parts: Part) -> dict[tuple[str, str], TradeSlice]:
    found = guards.read(SOURCE, Payload("comtrade", parts, NOW), now=NOW, warn=None).records
    return {(record.series, record.observed): record for record in found if isinstance(record, TradeSlice)}


def part(path: Path) -> Part:
    return Part(path.read_bytes(), path.name)


def document(path: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(path.read_bytes())
    return body


def changed(body: dict[str, Any], rows: list[dict[str, Any]], request: Request | None = None) -> Part:
    return Part(json.dumps({**body, "data": rows, "count": len(rows)}).encode(), "answer", request=request)


def partner(record: TradeSlice, code: str) -> PartnerFlow:
    [found] = [flow for flow in record.partners.flows() if flow.partner.code == code]
    return found


def test_one_slice_for_each_commodity_and_year(folder: Path) -> None:
    records = read(part(folder / "good.json"))
    assert set(records) == {(series, year) for series in (NICKEL, CRUDE) for year in ("2023", "2024")}
    nickel = records[NICKEL, "2023"]
    assert [flow.partner.code for flow in nickel.partners.flows()] == ["251", "360", "490", "608", "899"]
    assert (nickel.reporter.code, nickel.flow, nickel.frequency, nickel.classification) == ("156", "import", "annual", "H6")
    assert nickel.commodity_name == "Nickel ores and concentrates"


def test_the_world_is_a_check_and_no_partner(folder: Path) -> None:
    for record in read(part(folder / "good.json")).values():
        assert record.world is not None
        assert record.world.partner.code == "0"
        assert record.world.value_usd == pytest.approx(sum(flow.value_usd or 0.0 for flow in record.partners.flows()))


@pytest.mark.parametrize(
    ("key", "code", "iso3", "role", "weight"),
    [
        ((NICKEL, "2023"), "490", "TWN", "economy", None),
        ((NICKEL, "2023"), "899", None, "nowhere", None),
        ((NICKEL, "2023"), "251", "FRA", "economy", 1_200_000.0),
        ((NICKEL, "2024"), "156", "CHN", "self", 50_000.0),
        ((CRUDE, "2024"), "360", "IDN", "economy", None),
    ],
)
def test_partners(folder: Path, key: tuple[str, str], code: str, iso3: str | None, role: str, weight: float | None) -> None:
    found = partner(read(part(folder / "good.json"))[key], code)
    assert (found.partner.iso3, found.role, found.net_weight_kg) == (iso3, role, weight)


def test_a_weight_of_zero_is_missing_and_a_value_of_zero_is_not(folder: Path) -> None:
    records = read(part(folder / "good.json"))
    asia, crude = partner(records[NICKEL, "2023"], "490"), partner(records[CRUDE, "2024"], "360")
    assert (asia.value_usd, asia.net_weight_kg) == (4000.0, None)
    assert (crude.value_usd, crude.net_weight_kg) == (0.0, None)
    assert [flow.partner.code for flow in records[NICKEL, "2023"].partners.flows() if flow.weight_estimated] == ["251"]


def test_details_and_re_imports_are_parts_of_other_rows(folder: Path) -> None:
    """Neither the rows by mode of transport nor those of flow RM are read: they would count twice."""
    rows = document(folder / "good.json")["data"]
    assert sum(row["motCode"] != 0 for row in rows) == 2
    assert sum(row["flowCode"] == "RM" for row in rows) == 1
    records = read(part(folder / "good.json"))
    assert partner(records[NICKEL, "2023"], "608").value_usd == 1_500_000.0
    assert partner(records[NICKEL, "2024"], "156").position == "data[12]"


@pytest.mark.parametrize("name", ["partner2Code", "customsCode", "mosCode"])
def test_a_row_by_any_other_detail_is_left_out(folder: Path, name: str) -> None:
    body = document(folder / "good.json")
    detail = body["data"][2] | {name: 36 if name == "partner2Code" else "C01", "primaryValue": 1.0}
    assert read(changed(body, [*body["data"], detail])).keys() == read(part(folder / "good.json")).keys()


def digests(records: dict[tuple[str, str], TradeSlice]) -> dict[tuple[str, str], str]:
    return {key: record.digest for key, record in records.items()}


def test_the_table_says_the_same(folder: Path) -> None:
    table = read(part(folder / "good.csv"))
    assert digests(table) == digests(read(part(folder / "good.json")))
    assert table[NICKEL, "2023"].provenance.position == "row 2"


def test_the_sites_own_download_is_latin_1(folder: Path) -> None:
    found = read(part(folder / "site_latin1.csv"))
    partners = {flow.partner.iso3: flow.partner.name for flow in found[NICKEL, "2024"].partners.flows()}
    assert partners["CIV"] == "Côte d'Ivoire"


@pytest.mark.parametrize(("code", "level", "read_as"), [("50400", "6", "050400"), ("407", "4", "0407"), ("1019000", "8", "01019000")])
def test_a_leading_zero_that_a_spreadsheet_took_comes_back(folder: Path, code: str, level: str, read_as: str) -> None:
    text = (folder / "good.csv").read_text(encoding="utf-8")
    found = read(Part(text.replace(",260400,", f",{code},").replace(",6,True,C00", f",{level},True,C00").encode(), "a.csv"))
    assert (f"trade/CHN/import/annual/{read_as}", "2024") in found
    with pytest.raises(Quarantine, match=f"cmdCode' is '{code}'"):
        read(Part(text.replace(",260400,", f",{code},").replace(",6,True,C00", ",2,True,C00").encode(), "a.csv"))


def test_a_table_may_have_underscores_another_order_a_mark_and_a_last_comma(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((folder / "good.csv").read_text(encoding="utf-8"))))
    snake = {name: "".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in reversed(NAMES)}
    lines = [",".join(snake.values())]
    assert "net_wgt" in lines[0]
    for row in rows:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator=",").writerow([row[name] for name in snake])
        lines.append(out.getvalue())
    body = "\r\n".join(lines).encode("utf-8-sig")
    assert digests(read(Part(body, "download.csv"))) == digests(read(part(folder / "good.json")))


def test_the_order_of_the_rows_says_nothing(folder: Path) -> None:
    body = document(folder / "good.json")
    assert digests(read(changed(body, body["data"][::-1]))) == digests(read(part(folder / "good.json")))


def test_a_month(folder: Path) -> None:
    [((series, month), record)] = read(part(folder / "good_monthly.json")).items()
    assert (series, month, record.frequency) == ("trade/CHN/import/monthly/270900", "2026-02", "monthly")


def test_answers_to_several_calls_make_one_payload(folder: Path) -> None:
    body = document(folder / "good.json")
    rows = body["data"]
    records = read(changed(body, rows[:13]), changed(body, []), changed(body, rows[13:]))
    assert digests(records) == digests(read(part(folder / "good.json")))
    assert {record.provenance.position for record in records.values()} == {
        "answer 1 data[0]",
        "answer 1 data[8]",
        "answer 3 data[1]",
        "answer 3 data[4]",
    }
    rows[20] = rows[20] | {"netWgt": -1.0}
    with pytest.raises(Quarantine, match=r"answer 2 data\[7\]: field 'netWgt'"):
        read(changed(body, rows[:13]), changed(body, rows[13:]))


@pytest.mark.parametrize(("url", "most"), [(PREVIEW_URL, PREVIEW_ROWS), (KEYED_URL, KEYED_ROWS)])
def test_an_answer_that_fills_the_service_is_cut(url: str, most: int) -> None:
    body = json.dumps({"count": most, "data": [None] * most}).encode()
    with pytest.raises(Quarantine, match=f"{most} rows, the most the service gives at once") as refusal:
        read(Part(body, "answer", request=Request(url)))
    assert refusal.value.reason == "truncated"


def test_one_row_less_is_whole_and_a_file_has_no_limit(folder: Path) -> None:
    body = document(folder / "good_monthly.json")
    rows = [body["data"][1]] * PREVIEW_ROWS
    assert len(read(changed(body, rows[1:], Request(PREVIEW_URL)))) == 1
    assert len(read(changed(body, rows))) == 1


@pytest.mark.parametrize(("name", "reason", "words"), REFUSALS)
def test_refused(folder: Path, name: str, reason: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words) as refusal:
        read(part(folder / name))
    assert refusal.value.reason == reason


def test_every_bad_payload_is_tested(folder: Path) -> None:
    assert {path.name for path in folder.glob("bad_*")} == {name for name, _, _ in REFUSALS}


TOTALS = {"flowCode": "M", "partner2Code": "0", "customsCode": "C00", "motCode": "0", "includeDesc": "true"}


def test_without_a_key_each_code_and_year_is_a_call() -> None:
    asked = list(SOURCE.requests(Cursor(NOW, options={"codes": ["270900", "260400"], "years_back": 2})))
    assert [(request.params["cmdCode"], request.params["period"]) for request in asked] == [
        ("260400", "2024"),
        ("260400", "2025"),
        ("270900", "2024"),
        ("270900", "2025"),
    ]
    assert all(request.url == PREVIEW_URL and request.secret_header is None for request in asked)
    assert all(request.params.items() >= TOTALS.items() and request.params["reporterCode"] == "156" for request in asked)


def test_with_a_key_codes_and_years_share_calls() -> None:
    codes = [f"{n:06d}" for n in range(250000, 250000 + CODES_PER_CALL + 1)]
    options = {"codes": [*codes, codes[0]], "reporter": "699", "years_back": 14}
    asked = list(SOURCE.requests(Cursor(NOW, has_secret=True, options=options)))
    first, second = [str(year) for year in range(2012, 2024)], ["2024", "2025"]
    assert [(request.params["cmdCode"].split(","), request.params["period"].split(",")) for request in asked] == [
        (codes[:CODES_PER_CALL], first),
        (codes[:CODES_PER_CALL], second),
        (codes[CODES_PER_CALL:], first),
        (codes[CODES_PER_CALL:], second),
    ]
    assert {request.secret_header for request in asked} == {("Ocp-Apim-Subscription-Key", "comtrade_key")}
    assert all(request.url == KEYED_URL and request.params.items() >= {**TOTALS, "reporterCode": "699"}.items() for request in asked)
    assert not any("key" in name.lower() for request in asked for name in request.params)


def test_the_watched_codes_are_asked_for() -> None:
    keyed, single = (list(SOURCE.requests(Cursor(NOW, has_secret=has))) for has in (True, False))
    codes = [code for request in keyed for code in request.params["cmdCode"].split(",")]
    assert len(codes) == len(set(codes))
    assert {request.params["cmdCode"] for request in single} < set(codes), "without a key only the items themselves, for the last year"
    assert {request.params["period"] for request in single} == {str(NOW.year - 1)}
    assert len(single) <= 120
    assert len(keyed) == -(-len(codes) // CODES_PER_CALL)
    assert {"260400", "270900"} <= set(codes)


@pytest.mark.parametrize(
    "options",
    [
        {"codes": "260400"},
        {"codes": []},
        {"codes": [260400]},
        {"codes": ["26.04"]},
        {"years_back": "many"},
        {"years_back": 0},
        {"years_back": True},
        {"reporter": "China"},
        {"reporter": None},
    ],
)
def test_options_that_cannot_be_asked_for_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(BadSetting, match=rf"config/sources.yaml: comtrade.options.{next(iter(options))}: must be"):
        list(SOURCE.requests(Cursor(NOW, options=options)))
