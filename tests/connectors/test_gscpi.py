"""New York Fed GSCPI: editions side by side, months, refusals."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.prices.gscpi import SOURCE
from supplywatch.errors import Quarantine
from supplywatch.intake import guards
from supplywatch.model.records import Edition, IndexValue
from supplywatch.model.source import Part, Payload
from tests.workbooks import workbook

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
REFUSALS = [
    ("bad_day.csv", "source_changed", r"row 4: field 'Date' is '30-Mar-2024', expected the last day of a month"),
    ("bad_month.csv", "source_changed", "field 'Date' is '31-Mrz-2024'"),
    ("bad_date.csv", "source_changed", "field 'Date' is '2024-03-31'"),
    ("bad_value.csv", "source_changed", "field 'Jan-26' is 'n/a'"),
    ("bad_outside.csv", "source_changed", "field 'Jan-26' is '515.0', expected standard deviations"),
    ("bad_edition.csv", "source_changed", "'Dez-25', expected a month and a year"),
    ("bad_column.csv", "source_changed", "field 'Comment' is 'new'"),
    ("bad_no_date.csv", "source_changed", "field 'Date' is '\\(absent\\)'"),
    ("bad_truncated.csv", "truncated", "number of columns"),
    ("bad_page.csv", "error_body", "a web page instead of a table"),
    ("bad_two_values.csv", "source_changed", "say different things"),
]


def read(body: bytes, name: str = "gscpi.csv") -> list[IndexValue]:
    records = guards.read(SOURCE, Payload("gscpi", (Part(body, name),), NOW), now=NOW, warn=lambda _: None).records
    return [record for record in records if isinstance(record, IndexValue)]


@pytest.fixture
def good(fixtures: Path) -> bytes:
    return (fixtures / "gscpi" / "good.csv").read_bytes()


@pytest.mark.parametrize(("name", "reason", "words"), REFUSALS)
def test_refused(fixtures: Path, name: str, reason: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words) as refused:
        read((fixtures / "gscpi" / name).read_bytes(), name)
    assert refused.value.reason == reason


def test_the_newest_edition_counts_and_the_others_stay(good: bytes) -> None:
    records = {record.observed: record for record in read(good)}
    assert (min(records), max(records), len(records)) == ("2024-01", "2025-12", 24)
    header, first, *_, last = good.decode().splitlines()
    values = [float(cell) for cell in first.split(",")[1:]]
    assert header == "Date,Nov-25,Dec-25,Jan-26"
    january = records["2024-01"]
    assert (january.value, january.edition) == (values[2], "2026-01")
    assert january.earlier == (Edition(edition="2025-11", value=values[0]), Edition(edition="2025-12", value=values[1]))
    assert (records["2025-12"].value, records["2025-12"].earlier) == (float(last.split(",")[3]), ())


def test_editions_are_ordered_by_their_month_not_by_their_column(good: bytes) -> None:
    turned = "\n".join(",".join([line.split(",")[0], *reversed(line.split(",")[1:])]) for line in good.decode().splitlines()).encode()
    assert [r.model_dump(include={"value", "edition", "earlier"}) for r in read(turned)] == [
        r.model_dump(include={"value", "edition", "earlier"}) for r in read(good)
    ]


def test_a_new_edition_that_says_the_same_is_no_revision(good: bytes) -> None:
    header, *rows = good.decode().splitlines()
    longer = "\n".join([f"{header},Feb-26", *(f"{row},{row.rsplit(',', 1)[1]}" for row in rows)]).encode()
    assert [r.digest for r in read(longer)] == [r.digest for r in read(good)]
    assert {r.edition for r in read(longer)} == {"2026-02"}


def test_rows_of_delimiters_at_the_end_are_no_months(good: bytes) -> None:
    assert read(b"\xef\xbb\xbf" + good + b",,,\r\n,,,\n")[-1].observed == "2025-12"


def test_editions_headed_as_excel_counts_days(good: bytes) -> None:
    """Nov-25, Dec-25 and Jan-26 saved as numbers, and so the days of one row."""
    numbered = good.decode().replace("Nov-25,Dec-25,Jan-26", "45962,45992,46023").replace("29-Feb-2024", "45351")
    assert [record.digest for record in read(numbered.encode())] == [record.digest for record in read(good)]
    with pytest.raises(Quarantine, match="field 'Date' is '45350', expected the last day"):
        read(numbered.replace("45351", "45350").encode())


def test_the_workbook_behind_the_download_button() -> None:
    """Written by hand to the layout of a genuine one of April 2026: a banner beside the figures, dates as texts."""
    table = "Date,GSCPI,,\n,,,NEW YORK FED\n,,,research\n31-May-2022,2.5,,\n30-Jun-2022,-0.25,,\n31-Jul-2022,,,\n"
    found = read(workbook(table, "GSCPI Monthly Data"), "gscpi_data.xlsx")
    assert [(r.observed, r.value, r.edition) for r in found] == [("2022-05", 2.5, None), ("2022-06", -0.25, None), ("2022-07", None, None)]
    with pytest.raises(Quarantine, match="GSCPI Monthly Data"):
        read(workbook(table, "Overview"), "gscpi_data.xlsx")


@pytest.mark.parametrize("length", [8, 600, 5000])
def test_an_old_workbook_that_cannot_be_read_is_refused(length: int) -> None:
    body = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 20)[:length]
    with pytest.raises(Quarantine, match="Excel workbook that cannot be read") as refused:
        read(body, "gscpi_data.xls")
    assert refused.value.reason == "wrong_file"
