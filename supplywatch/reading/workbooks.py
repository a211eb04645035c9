"""A sheet of an Excel workbook as rows of texts, as a person sees them: ``python-calamine`` reads the values, nothing is evaluated.

Calamine gets a copy of the members that a sheet needs, unpacked here with their sizes bounded: a header that lies about a size,
or two cells in far corners (it lays out the whole area between them), would otherwise take the memory of the machine.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import IO, Any, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part
from supplywatch.reading.workbook_marks import FormulaText, Marks, marks_of
from supplywatch.reading.workbook_members import Bounds, Members

_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EXACT_BELOW = 10**15
"""A spreadsheet keeps 15 digits of a number."""
Line = tuple[int, Sequence[str]]
__all__ = ["Bounds", "DateText", "FormulaText", "Line", "Sheet", "is_workbook", "opened", "sheet"]


class DateText(str):
    """What a spreadsheet holds as a date or a time, whatever was typed."""

    __slots__ = ()


class Sheet(NamedTuple):
    """One sheet, and which others there are."""

    name: str
    rows: Iterator[Line]
    others: tuple[str, ...] = ()
    """Further visible sheets that hold something."""
    hidden: tuple[str, ...] = ()


def is_workbook(part: Part) -> bool:
    """Tell a workbook, of today or of before 2007, from a text by its first bytes."""
    return part.body.startswith((b"PK\x03\x04", _OLD))


def sheet(part: Part, name: str | None) -> Iterator[Line]:
    """Yield (row number, cells as texts) of a publisher's sheet, hidden or not, the first one without a name; see :func:`opened`."""
    if part.body.startswith(_OLD):
        book = _book(part.body, part.name)
        return _lines(_named(book, name if name is not None else next(iter(book.sheet_names), ""), part.name), Marks())
    return opened(io.BytesIO(part.body), part.name, name).rows


def opened(file: IO[bytes], label: str, name: str | None = None, bounds: Bounds | None = None, *, carry: bool = False) -> Sheet:
    """Open a sheet of a workbook; its rows without a cell are left out.

    Parameters
    ----------
    file
        The workbook.
    label
        What it is called in errors.
    name
        Of the sheet; the first one that is visible when it is not given.
    carry
        Give the value of merged cells to every row of them.

    Raises
    ------
    Quarantine
        ``truncated`` for a file that is cut, ``wrong_file`` for one that is no workbook, ``too_large`` for one beyond the bounds,
        ``source_changed`` without that sheet.
    """
    members = Members(file, label, bounds or Bounds())
    with members:
        whole = _book(members.copy(None), label)
        sheets = [each for each in whole.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
        visible = [each.name for each in sheets if each.visible == SheetVisibleEnum.Visible]
        wanted = name if name is not None else next(iter(visible), None)
        if wanted is None or wanted not in [each.name for each in sheets]:
            there = ", ".join(repr(each.name) for each in sheets)[:120] or "none"
            raise SourceChanged("sheet", there, label, "a visible sheet" if name is None else f"a sheet named {name!r}")
        others = tuple(each for each in visible if each != wanted and members.holds_cells(each))
        marks = marks_of(members.sheet(wanted), members.styles(), label, members.bounds)
        found = _named(_book(members.copy(wanted), label), wanted, label)
    hidden = tuple(each.name for each in sheets if each.visible != SheetVisibleEnum.Visible)
    return Sheet(wanted, _lines(found, marks, carry=carry), others, hidden)


def _book(body: bytes, label: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_object(io.BytesIO(body))
    except (CalamineError, PasswordError, ValueError, OSError) as error:
        raise Quarantine("wrong_file", f"{label}: an Excel workbook that cannot be read ({str(error)[:120]})") from error


def _named(book: CalamineWorkbook, name: str, label: str) -> Any:
    if name not in book.sheet_names:
        raise SourceChanged("sheet", ", ".join(book.sheet_names)[:120], label, f"a sheet named {name!r}")
    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, ValueError, OSError) as error:
        raise Quarantine("wrong_file", f"{label}: the sheet {name!r} cannot be read ({str(error)[:120]})") from error


def _lines(found: Any, marks: Marks, *, carry: bool = False) -> Iterator[Line]:
    if found.start is None:
        return
    left = [""] * found.start[1]
    carried = _Carried(found.merged_cell_ranges or []) if carry else None
    for row, values in enumerate(found.iter_rows()):
        cells = left + [value if value.__class__ is str else _text(value) for value in values]
        for column, mark in marks.of(row):
            if column < len(cells):
                cells[column] = mark(cells[column])
        if carried is not None:
            carried.into(row, cells)
        if any(cells):
            yield row + 1, cells


class _Carried:
    """Merged cells: a file holds their value in the first one alone. Those of the titles stay as they are."""

    def __init__(self, ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> None:
        self._ends = {(top, column): bottom for (top, column), (bottom, _) in ranges if bottom > top}
        self._held: dict[int, tuple[int, str]] = {}
        self._begun = False

    def into(self, row: int, cells: list[str]) -> None:
        """Fill in what the rows above say of this one, and keep what it says of those below."""
        said = any(cells)
        for column, (bottom, text) in list(self._held.items()):
            if row > bottom:
                del self._held[column]
            elif said and column < len(cells) and not cells[column]:
                cells[column] = text
        if self._begun and self._ends:
            for column, text in enumerate(cells):
                if (row, column) in self._ends:
                    self._held[column] = (self._ends[row, column], text)
        self._begun = self._begun or any(cells)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime | date | time):
        return DateText(value.isoformat().removesuffix("T00:00:00"))
    return DateText(value) if isinstance(value, timedelta) else str(value)


def number_text(value: float) -> str:
    """Return a number as it is shown: a whole one without decimals, one beyond 15 digits as the rounded number that it is.

    >>> number_text(12.0), number_text(0.1), number_text(914403007084616988.0)
    ('12', '0.1', '9.14403007084617E+17')
    """
    if abs(value) < _EXACT_BELOW:
        return str(int(value)) if value == int(value) else repr(float(value))
    return f"{value:.15G}"
