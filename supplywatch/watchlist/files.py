"""Files of counterparties as rows: CSV, Excel workbooks and NDJSON, read as streams, whatever is in them.

What makes the whole file unreadable is a :class:`BadRequest` that says where and what to do; what is wrong with one row goes with the row.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from supplywatch.errors import BadRequest, Quarantine
from supplywatch.reading.text_lines import lines as lines_of
from supplywatch.reading.workbooks import Bounds, opened
from supplywatch.watchlist.columns import MAX_COLUMNS, Column, accepted, column, columns

_SHEET_BYTES = 1024 * 1024 * 1024
_SEPARATORS = ",;\t"
_NAMES_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE | re.DOTALL)
"""Excel's own first line of a CSV, which it never shows."""


def _quiet(_: str) -> None:
    """Say nothing."""


class RawRow(NamedTuple):
    """One row as it stands in the file; ``fault`` says why nothing of it can be used."""

    line: int
    cells: Sequence[tuple[Column, Any]]
    fault: str | None = None


def read(
    path: Path, file: IO[bytes], encoding: str | None = None, sheet: str | None = None, note: Callable[[str], None] = _quiet
) -> Iterator[RawRow]:
    """Yield the rows of a file, by what its name ends with.

    Parameters
    ----------
    path
        Its name: ``.csv``, ``.tsv`` or ``.txt``, ``.xlsx``, ``.ndjson`` or ``.jsonl``.
    encoding
        Of a text; UTF-8 unless its first bytes say UTF-16.
    sheet
        Of a workbook; its first visible one when not given.
    note
        Called with what was passed over.

    Raises
    ------
    BadRequest
        When it cannot be read, or from where on it cannot.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        return _table(path.name, _csv(path.name, lines_of(path.name, file, encoding)))
    if suffix in (".xlsx", ".xlsm"):
        return _table(path.name, _xlsx(path.name, file, sheet, note))
    if suffix in (".ndjson", ".jsonl"):
        return _ndjson(lines_of(path.name, file, encoding))
    raise BadRequest(f"{path.name}: a file named .csv, .tsv, .xlsx or .ndjson is read; save it as one of these")


def _table(name: str, rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[RawRow]:
    """Yield rows under the titles of the first one."""
    _, titles = next(rows, (0, ()))
    if not titles:
        raise BadRequest(f"{name}: holds nothing; the first row must hold the titles of the columns, {accepted()}")
    if len(titles) > MAX_COLUMNS:
        raise BadRequest(f"{name}: {len(titles)} columns; a watch-list has at most {MAX_COLUMNS}")
    heads = columns(titles, f"{name}, row of titles")
    for line, texts in rows:
        over = next((text for text in texts[len(heads) :] if text.strip()), None)
        untitled = next((text for head, text in zip(heads, texts, strict=False) if head is None and text.strip()), None)
        if over is not None or untitled is not None:
            yield RawRow(
                line, (), f"{(over or untitled or '')[:40]!r} stands under no title: a separator within a value needs quotation marks"
            )
        elif any(text.strip() for text in texts):
            yield RawRow(line, [(head, text) for head, text in zip(heads, texts, strict=False) if head is not None])


def _csv(name: str, lines: Iterator[str]) -> Iterator[tuple[int, Sequence[str]]]:
    first, before = next(lines, ""), 0
    named = _NAMES_SEPARATOR.fullmatch(first)
    if named is not None:
        first, before = next(lines, ""), 1
    separator = named[1] if named is not None else max(_SEPARATORS, key=first.count)

    def every() -> Iterator[str]:
        yield first
        yield from lines

    reader = csv.reader(every(), delimiter=separator, strict=True)
    while True:
        try:
            for cells in reader:
                if cells:
                    yield before + reader.line_num, cells
            return
        except csv.Error as error:
            raise BadRequest(f"{name}, line {before + reader.line_num}: {error}; is a quotation mark missing or one too many?") from error


def _ndjson(lines: Iterator[str]) -> Iterator[RawRow]:
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield RawRow(line, (), f"is no JSON ({error}); write one object a line")
            continue
        yield _object(line, given)


def _object(line: int, given: object) -> RawRow:
    if not isinstance(given, dict):
        return RawRow(line, (), "is no object; write one JSON object a line")
    found = [(column(key), value) for key, value in given.items()]
    unknown = next((key for key, (known, _) in zip(given, found, strict=True) if known is None), None)
    if unknown is not None:
        return RawRow(line, (), f"field {unknown[:60]!r} is not known; {accepted()}")
    return RawRow(line, [(known, value) for known, value in found if known is not None and value is not None])


def _xlsx(name: str, file: IO[bytes], sheet: str | None, note: Callable[[str], None]) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        found = opened(file, name, sheet, Bounds(_SHEET_BYTES, MAX_COLUMNS), carry=True)
        if sheet is None and found.others:
            others = ", ".join(map(repr, found.others))
            note(f"{name}: the sheet {found.name!r} was read, not {others}; --sheet NAME chooses another")
        if found.hidden:
            note(f"{name}: {len(found.hidden)} hidden sheets were passed over: {', '.join(map(repr, found.hidden))[:200]}")
        yield from found.rows
    except Quarantine as error:
        raise BadRequest(f"{error}; save it as a workbook (.xlsx) again, or as CSV") from error
