"""A publisher's sheet as rows of texts, from a workbook of today (.xlsx) or of before 2007 (.xls)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part
from supplywatch.reading import workbooks

_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
Line = tuple[int, Sequence[str]]


def is_workbook(part: Part) -> bool:
    """Tell a workbook of either kind from a text by its first bytes."""
    return part.body.startswith(_OLD) or workbooks.is_workbook(part)


def sheet(part: Part, name: str) -> Iterator[Line]:
    """Yield (row number, cells as texts) of a sheet, rows without a cell left out.

    Raises
    ------
    Quarantine
        ``wrong_file`` for one that cannot be read, ``source_changed`` without that sheet.
    """
    if not part.body.startswith(_OLD):
        yield from workbooks.sheet(part, name)
        return
    try:
        book = CalamineWorkbook.from_object(io.BytesIO(part.body))
        if name not in book.sheet_names:
            raise SourceChanged("sheet", ", ".join(book.sheet_names)[:80], part.name, f"a sheet {name!r}")
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, PasswordError, ValueError, OSError) as error:
        raise Quarantine("wrong_file", f"{part.name}: an Excel workbook that cannot be read ({str(error)[:120]})") from error
    for number, cells in enumerate(rows, start=1):
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield number, texts


def _text(cell: object) -> str:
    """Return a cell as text; a whole number without the decimals that every number of a workbook has."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
