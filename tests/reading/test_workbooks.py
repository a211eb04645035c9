"""Workbooks as their writers make them: what a person sees is what is read, with Excel's own rules for what is shown."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from supplywatch.errors import BadRequest, Quarantine
from supplywatch.model.counterparty import Counterparty
from supplywatch.model.source import Part
from supplywatch.reading.workbooks import DateText, FormulaText, opened, sheet
from supplywatch.watchlist.files import read
from supplywatch.watchlist.rows import Validator
from tests.workbooks import MAIN

HEAD = ["reference", "name", "country", "owner"]


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def by_openpyxl(*rows: Sequence[object], head: list[str] = HEAD) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in (head, *rows):
        book.active.append(row)
    return book


def texts(file: io.BytesIO, **more: Any) -> list[list[str]]:
    return [list(cells) for _, cells in opened(file, "a.xlsx", **more).rows]


def counterparties(file: io.BytesIO, sheet: str | None = None) -> tuple[list[Any], list[str]]:
    notes: list[str] = []
    validator = Validator(())
    return [validator.counterparty(row) for row in read(Path("a.xlsx"), file, None, sheet, notes.append)], notes


def test_numbers_are_read_as_they_are_shown() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    shown = [
        ("0000000", 4711, "0004711"),
        ('"K-"0000', 12, "K-0012"),
        ("000-000", 1234, "001-234"),
        ("00", 123, "123"),
        ("0000;-0000", 7, "0007"),
        ("#,##0.00", 1234.5, "1234.5"),
        ("0", 31, "31"),
        ("0.00", 2, "2"),
        ("General", 914403007084616988, "9.14403007084617E+17"),
        ("000000", 12.5, "12.5"),
        ("@", "007", "007"),
    ]
    for row, (form, value, _) in enumerate(shown):
        page.write(row, 0, value, book.add_format({"num_format": form}))
    book.close()
    out.seek(0)
    assert [cells[0] for cells in texts(out)] == [said for _, _, said in shown]


def test_dates_times_booleans_and_formulas_are_told_from_texts() -> None:
    book = by_openpyxl(
        [date(2027, 1, 9), "Hoshino Valve KK", "JP", None],
        ["R-2", time(7, 30), "JP", None],
        ["R-3", True, "JP", datetime(2027, 2, 1, 8, 0, tzinfo=UTC).replace(tzinfo=None)],
        ["R-4", True, "JP", None],
        ["R-5", "=A5", "JP", None],
    )
    (_, *cells) = texts(saved(book))
    assert [type(row[n]) for row, n in zip(cells, (0, 1, 3, 1, 1), strict=True)] == [DateText, DateText, DateText, str, FormulaText]
    found, _ = counterparties(saved(book))
    dates = "is a date to the spreadsheet; format the column as text and enter it again"
    assert [(r.line, r.column, r.value, r.reason) for r in found[:3]] == [
        (2, "reference", "2027-01-09", dates),
        (3, "name", "07:30:00", dates),
        (4, "owner", "2027-02-01T08:00:00", dates),
    ]
    assert (found[3].name, type(found[3])) == ("TRUE", Counterparty)


def test_merged_cells_hold_for_their_rows_but_not_those_of_the_titles_or_of_nothing() -> None:
    book = by_openpyxl(
        ["R-1", "Sato Seiki", "JP", "Hoshino Holdings"],
        ["R-2", "Ito Seiki", None, None],
        ["R-3", "Abe Seiki", None, None],
        ["R-4", "Mori Seiki", None, None],
        [None, None, None, None],
        ["R-6", "Kato Seiki", None, None],
    )
    for area in ("C2:C4", "D2:D6", "B5:C5"):
        book.active.merge_cells(area)
    found, _ = counterparties(saved(book))
    assert [(one.reference, one.country, one.owners) for one in found] == [
        ("R-1", "JP", ("Hoshino Holdings",)),
        ("R-2", "JP", ("Hoshino Holdings",)),
        ("R-3", "JP", ("Hoshino Holdings",)),
        ("R-4", None, ("Hoshino Holdings",)),
        ("R-6", None, ()),
    ]
    title = openpyxl.Workbook()
    for row in (["reference", "name"], [None, "Sato Seiki"]):
        title.active.append(row)
    title.active.merge_cells("A1:A2")
    assert texts(saved(title), carry=True)[1] == ["", "Sato Seiki"]


def sheets(state: str) -> io.BytesIO:
    book = by_openpyxl(["Z-1", "Retired Gears Inc", "US", None])
    book.active.title, book.active.sheet_state = "old", state
    for name, supplier in (("now", "Sato Seiki"), ("more", "Ito Seiki")):
        page = book.create_sheet(name)
        page.append(HEAD)
        page.append(["R-1", supplier, "JP"])
    book.create_sheet("notes")
    book.active = 1
    return saved(book)


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_the_first_sheet_that_people_see_is_read_and_the_others_are_named(state: str) -> None:
    found, notes = counterparties(sheets(state))
    assert [one.name for one in found] == ["Sato Seiki"]
    assert notes == [
        "a.xlsx: the sheet 'now' was read, not 'more'; --sheet NAME chooses another",
        "a.xlsx: 1 hidden sheets were passed over: 'old'",
    ]
    found, notes = counterparties(sheets(state), "more")
    assert ([one.name for one in found], len(notes)) == (["Ito Seiki"], 1)
    with pytest.raises(BadRequest, match="expected a sheet named 'none'"):
        counterparties(sheets(state), "none")


def test_a_publishers_sheet_is_found_by_name_hidden_or_not() -> None:
    part = Part(sheets("hidden").getvalue(), "a.xlsx")
    assert [cells[1] for _, cells in sheet(part, "old")] == ["name", "Retired Gears Inc"]


def test_blank_cells_at_the_end_and_empty_rows_and_columns_keep_their_places() -> None:
    book = openpyxl.Workbook()
    for place, value in {"B3": "a", "D3": "b", "B5": "c", "B9": 0}.items():
        book.active[place] = value
    assert [(n, list(cells)) for n, cells in opened(saved(book), "a.xlsx").rows] == [
        (3, ["", "a", "", "b"]),
        (5, ["", "c", "", ""]),
        (9, ["", "0", "", ""]),
    ]
    assert texts(saved(openpyxl.Workbook())) == []


def rewritten(file: io.BytesIO, change: dict[bytes, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            for before, after in change.items():
                body = body.replace(before, after)
            new.writestr(name, body)
    out.seek(0)
    return out


def test_strict_ooxml_is_read() -> None:
    strict = {
        MAIN.encode(): b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    }
    book = by_openpyxl(["R-1", "Sato Seiki", "JP", None])
    assert texts(rewritten(saved(book), strict))[1] == ["R-1", "Sato Seiki", "JP", ""]


@pytest.mark.parametrize("encoding", [b"UTF-8-8", b"gb18030", b"utf-7"])
def test_an_encoding_that_nobody_reads_is_refused_in_words(encoding: bytes) -> None:
    book = by_openpyxl([1, "Sato Seiki", "JP", None])
    book.active["A2"].number_format = "0000"
    said = {b"<styleSheet ": b'<?xml version="1.0" encoding="' + encoding + b'"?><styleSheet '}
    with pytest.raises(Quarantine, match=r"xl/styles\.xml is no XML"):
        texts(rewritten(saved(book), said))


def far(place: str) -> io.BytesIO:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B2"] = "reference", "x"
    return rewritten(saved(book), {b'r="B2"': f'r="{place}"'.encode()})


def without_places() -> io.BytesIO:
    book = openpyxl.Workbook()
    for _ in range(2):
        book.active.append(range(1500))
    bare = {f' r="{cell.coordinate}"'.encode(): b"" for row in book.active for cell in row}
    return rewritten(saved(book), bare | {b'<row r="2"': b'<row r="900000"'})


def lying() -> io.BytesIO:
    """A workbook whose directory says of its sheet that it unpacks to a tenth of what it does."""
    body = saved(by_openpyxl(*(["R", "x" * 40, "", ""] for _ in range(2000))))
    with zipfile.ZipFile(body) as book:
        size = book.getinfo("xl/worksheets/sheet1.xml").file_size
    return io.BytesIO(body.getvalue().replace(size.to_bytes(4, "little"), (size // 10).to_bytes(4, "little")))


@pytest.mark.parametrize(
    ("file", "reason", "said"),
    [
        (far("B1048576"), None, None),
        (far("ZZ900000"), "too_large", "its last cell stands in row 900000, column 702"),
        (far("XFD2"), "source_changed", "at most 2000"),
        (without_places(), "too_large", "its last cell stands in row 900000, column 1500"),
        (lying(), "truncated", "cannot be unpacked"),
        (io.BytesIO(b"PK\x05\x06" + bytes(18)), "wrong_file", "no workbook: xl/workbook.xml is not in it|cannot be read"),
    ],
    ids=["last row", "far corner", "many columns", "no places", "lying size", "empty archive"],
)
def test_what_would_take_the_memory_is_refused_before_it_is_laid_out(file: io.BytesIO, reason: str | None, said: str | None) -> None:
    if reason is None:
        assert len(texts(file)) == 2
        return
    with pytest.raises(Quarantine, match=said) as refused:
        texts(file)
    assert refused.value.reason == reason
