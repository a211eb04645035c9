"""Files of counterparties as rows: CSV, Excel workbooks and NDJSON, read as streams, whatever is in them.

What makes the whole file unreadable is a :class:`BadRequest` that says where and what to do; what is wrong with one row goes with the row.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from supplywatch.errors import BadRequest, Quarantine
from supplywatch.reading import workbooks as workbook
from supplywatch.reading.workbooks import Bounds
from supplywatch.watchlist.columns import MAX_COLUMNS, Column, accepted, column, columns

MAX_LINE_BYTES = 1_000_000
_SHEET_BYTES = 1024 * 1024 * 1024
_SEPARATORS = ",;\t"
_BYTE_ORDER_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONVERT = "save it as UTF-8, or name its encoding with --encoding (Chinese Excel writes CSV as gb18030)"


class RawRow(NamedTuple):
    """One row as it stands in the file; ``fault`` says why nothing of it can be used."""

    line: int
    cells: Sequence[tuple[Column, Any]]
    fault: str | None = None


def read(path: Path, file: IO[bytes], encoding: str | None = None) -> Iterator[RawRow]:
    """Yield the rows of a file, by what its name ends with.

    Parameters
    ----------
    path
        Its name: ``.csv``, ``.tsv`` or ``.txt``, ``.xlsx``, ``.ndjson`` or ``.jsonl``.
    encoding
        Of a text; UTF-8 unless its first bytes say UTF-16.

    Raises
    ------
    BadRequest
        When it cannot be read, or from where on it cannot.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        return _table(path.name, _csv(path.name, _lines(path.name, file, encoding)))
    if suffix in (".xlsx", ".xlsm"):
        return _table(path.name, _xlsx(path.name, file))
    if suffix in (".ndjson", ".jsonl"):
        return _ndjson(_lines(path.name, file, encoding))
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
    first = next(lines, "")
    separator = max(_SEPARATORS, key=first.count)

    def every() -> Iterator[str]:
        yield first
        yield from lines

    reader = csv.reader(every(), delimiter=separator, strict=True)
    while True:
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
            return
        except csv.Error as error:
            raise BadRequest(f"{name}, line {reader.line_num}: {error}; is a quotation mark missing or one too many?") from error


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


def _xlsx(name: str, file: IO[bytes]) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        yield from workbook.rows(file, name, bounds=Bounds(_SHEET_BYTES, MAX_COLUMNS))
    except Quarantine as error:
        raise BadRequest(f"{error}; save the first sheet as a workbook again, or as CSV") from error


def _lines(name: str, file: IO[bytes], encoding: str | None) -> Iterator[str]:
    """Yield the lines of a text with their ends; a line that cannot be read is named."""
    start = file.read(4)
    file.seek(0)
    if encoding is None and start.startswith(_BYTE_ORDER_16):
        encoding = "utf-16"
    chosen = _known(encoding)
    if chosen.startswith("utf-16"):
        yield from _wide_lines(name, file, chosen)
        return
    for line, raw in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES), b""), start=1):
        if len(raw) >= MAX_LINE_BYTES:
            raise BadRequest(f"{name}, line {line}: longer than {MAX_LINE_BYTES} bytes; write one counterparty a line")
        if b"\0" in raw:
            raise BadRequest(f"{name}, line {line}: holds a NUL byte, so it is no text in {chosen}; {_CONVERT}")
        try:
            text = raw.decode(chosen)
        except UnicodeDecodeError as error:
            raise BadRequest(f"{name}, line {line}, byte {error.start + 1}: is not {chosen.upper()}; {_CONVERT}") from error
        yield text.removeprefix("\ufeff") if line == 1 else text


def _wide_lines(name: str, file: IO[bytes], encoding: str) -> Iterator[str]:
    line = 0
    try:
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        for line, found in enumerate(iter(lambda: text.readline(MAX_LINE_BYTES), ""), start=1):
            if len(found) >= MAX_LINE_BYTES or "\0" in found:
                raise BadRequest(f"{name}, line {line}: {'holds a NUL' if chr(0) in found else 'too long a line'}; is it a table?")
            yield found.removeprefix("\ufeff") if line == 1 else found
    except UnicodeError as error:
        raise BadRequest(f"{name}, after line {line}: is not {encoding.upper()}; {_CONVERT}") from error


def _known(encoding: str | None) -> str:
    try:
        return codecs.lookup(encoding or "utf-8").name
    except LookupError as error:
        raise BadRequest(f"--encoding {encoding}: not known; write utf-8, utf-16 or gb18030") from error
