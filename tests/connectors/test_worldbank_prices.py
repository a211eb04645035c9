"""World Bank commodity prices: the workbook and its sheet as CSV, units, gaps, refusals."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.prices.worldbank_prices import SOURCE
from supplywatch.errors import BadSetting, Quarantine
from supplywatch.intake import guards
from supplywatch.model.records import IndexValue
from supplywatch.model.source import Cursor, Part, Payload
from tests.workbooks import workbook

NOW = datetime(2026, 4, 3, 9, tzinfo=UTC)
REFUSALS = [
    ("bad_month.csv", "source_changed", "row 6: field 'month' is '2024M13'"),
    ("bad_value.csv", "source_changed", "row 5: field 'crude_oil_average' is '70.5 e'"),
    ("bad_negative.csv", "source_changed", "field 'crude_oil_average' is '-70.5'"),
    ("bad_unit.csv", "source_changed", "'per tonne', expected the unit of Copper in brackets"),
    ("bad_series.csv", "source_changed", "field 'name' is 'Unobtainium', expected one of the 71 known series"),
    ("bad_heading.csv", "source_changed", "nothing above the months"),
    ("bad_twice.csv", "source_changed", "a name of its own"),
    ("bad_column_without_name.csv", "source_changed", "a name of its own"),
    ("bad_short_row.csv", "source_changed", "number of columns"),
    ("bad_truncated.csv", "truncated", "number of columns"),
    ("bad_no_months.csv", "source_changed", "months such as 1960M01"),
    ("bad_page.csv", "error_body", "a web page"),
    ("bad_two_values.csv", "source_changed", "say different things"),
]


def read(body: bytes, name: str = "CMO-Historical-Data-Monthly.xlsx") -> dict[tuple[str, str], IndexValue]:
    payload = Payload("worldbank_prices", (Part(body, name),), NOW)
    found = guards.read(SOURCE, payload, now=NOW, warn=lambda _: None).records
    return {(record.index_id, record.observed): record for record in found if isinstance(record, IndexValue)}


@pytest.fixture
def good(fixtures: Path) -> str:
    return (fixtures / "worldbank_prices" / "good.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "reason", "words"), REFUSALS)
def test_refused(fixtures: Path, name: str, reason: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words) as refused:
        read((fixtures / "worldbank_prices" / name).read_bytes(), name)
    assert refused.value.reason == reason


def test_each_series_has_its_unit_and_begins_with_its_first_price(good: str) -> None:
    records = read(good.encode())
    rubber = {month: record for (series, month), record in records.items() if series == "rubber_tsr20"}
    assert (min(rubber), len(rubber), rubber["2024-05"].unit, rubber["2024-05"].name) == ("2024-05", 20, "$/kg", "Rubber, TSR20")
    assert records["copper", "2024-09"].value is None, "a gap is a missing price"
    assert records["crude_oil_average", "2024-01"].value == 70.25
    assert len(records) == 4 * 24 + 20


def test_the_workbook_says_what_its_sheet_says(good: str) -> None:
    assert {key: record.digest for key, record in read(workbook(good)).items()} == {
        key: record.digest for key, record in read(good.encode()).items()
    }


def test_four_lines_of_titles_change_nothing(fixtures: Path, good: str) -> None:
    titled = read((fixtures / "worldbank_prices" / "good_titles.csv").read_bytes())
    assert {key: record.digest for key, record in titled.items()} == {key: record.digest for key, record in read(good.encode()).items()}


def with_codes(text: str, codes: str) -> str:
    title, names, units, *months = text.splitlines()
    return "\n".join([title, names, units, codes, *months])


def test_a_row_of_codes_below_the_units_changes_nothing(good: str) -> None:
    coded = with_codes(good, ",CRUDE_PETRO,CRUDE_BRENT,RUBBER_TSR20,COPPER,GOLD")
    for body in (coded.encode(), workbook(coded), workbook(coded + "\n\n")):
        assert {key: record.digest for key, record in read(body).items()} == {
            key: record.digest for key, record in read(good.encode()).items()
        }


def test_a_code_says_which_series_an_older_name_means(good: str) -> None:
    """Names by hand: of a series that was renamed since, with and without its code."""
    older = good.replace("Copper", '"Nickel, melting grade"')
    found = read(with_codes(older, ",CRUDE_PETRO,CRUDE_BRENT,RUBBER_TSR20,NICKEL,GOLD").encode())
    assert found["nickel", "2024-01"].name == "Nickel, melting grade"
    with pytest.raises(Quarantine, match="'Nickel, melting grade', expected one of the 71 known series"):
        read(older.encode())
    with pytest.raises(Quarantine, match="'TIN', expected the code of Copper"):
        read(with_codes(good, ",CRUDE_PETRO,CRUDE_BRENT,RUBBER_TSR20,TIN,GOLD").encode())
    assert ("lamb", "2024-01") in read(good.replace("Copper", '"Meat, sheep"').encode())


def test_damaged_workbooks_are_refused(good: str) -> None:
    whole = workbook(good)
    bomb = '<!DOCTYPE b [<!ENTITY a "aaaa">]>'
    for body, reason in (
        (whole[: len(whole) // 2], "truncated"),
        (whole[:200] + b"\x00" * 50 + whole[250:], None),
        (workbook(good, name="Annual Prices"), "source_changed"),
        (workbook(good, extra=bomb), "wrong_file"),
        (workbook(""), "source_changed"),
    ):
        with pytest.raises(Quarantine) as refused:
            read(body)
        assert reason is None or refused.value.reason == reason


def test_the_address_can_be_another_on_the_same_host() -> None:
    other = "https://thedocs.worldbank.org/en/doc/other/CMO-Historical-Data-Monthly.xlsx"
    (request,) = SOURCE.requests(Cursor(NOW, options={"url": other}))
    assert request.url == other
    with pytest.raises(BadSetting, match="url"):
        list(SOURCE.requests(Cursor(NOW, options={"url": "https://example.org/x.xlsx"})))
