"""Strict reading of publishers' files: bytes to rows whose every field is used, knowingly ignored, or refused by name."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part

T = TypeVar("T")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_UNWRITABLE_ESCAPE = re.compile(r"\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
ABSENT = "(absent)"


def decode(part: Part, encoding: str) -> str:
    """Return the text of a part; a byte that the declared encoding does not know is refused.

    Raises
    ------
    Quarantine
        ``encoding``. A byte order mark is one too, unless the declared encoding has it (``utf-8-sig``), and a NUL.
    """
    if encoding != "utf-8-sig" and part.body.startswith(_BOMS):
        raise Quarantine("encoding", f"{part.name}: starts with a byte order mark; the publisher's files are {encoding} without one")
    if (nul := part.body.find(0)) >= 0:
        raise Quarantine("encoding", f"{part.name}: byte {nul} is a NUL; the publisher's files are text in {encoding}")
    try:
        return part.body.decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise Quarantine("truncated", f"{part.name}: ends within the character that starts at byte {error.start}") from error
        seen = part.body[error.start : error.start + 4].hex(" ")
        raise Quarantine("encoding", f"{part.name}: byte {error.start} ({seen}) is not {encoding}; the encoding has changed") from error


def is_json(part: Part) -> bool:
    """Tell a JSON document from a table by its first character."""
    return part.body.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] in (b"{", b"[")


def document(part: Part) -> Any:
    """Return a JSON document.

    Raises
    ------
    Quarantine
        ``truncated`` when it stops before its end, ``error_body`` for a web page, ``wrong_file`` when it is no JSON,
        ``encoding`` when a text in it cannot be written anywhere else.
    """
    text = decode(part, "utf-8")
    try:
        found = json.loads(text, parse_constant=_no_constant)
        if _UNWRITABLE_ESCAPE.search(text) and not _writable(found):
            raise Quarantine("encoding", f"{part.name}: a text holds an escaped NUL, or half of a surrogate pair")
        return found
    except RecursionError as error:
        raise Quarantine("wrong_file", f"{part.name}: nested too deeply for a publication") from error
    except json.JSONDecodeError as error:
        _no_page(text, part.name, "JSON")
        at_end = error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
        reason = "truncated" if text.lstrip()[:1] in ("{", "[") and at_end else "wrong_file"
        cut = "cut" if reason == "truncated" else "not JSON"
        raise Quarantine(reason, f"{part.name}: {cut} at character {error.pos} of {len(text)} ({error.msg})") from error
    except ValueError as error:
        raise Quarantine("wrong_file", f"{part.name}: not JSON ({error})") from error


def _writable(value: Any) -> bool:
    """Tell whether UTF-8 and databases can hold every text: escapes can name what bytes cannot."""
    if isinstance(value, str):
        return _UNWRITABLE.search(value) is None
    if isinstance(value, dict):
        return all(map(_writable, value.keys())) and all(map(_writable, value.values()))
    return not isinstance(value, list) or all(map(_writable, value))


def _no_page(text: str, name: str, wanted: str) -> None:
    if text.lstrip().startswith("<"):
        shown = " ".join(re.sub(r"<[^<>]*>", " ", text[:4000]).split())[:120]
        raise Quarantine("error_body", f"{name}: a web page instead of {wanted}: {shown}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def mapping(value: object, field: str, position: str) -> dict[str, Any]:
    """Return a JSON object, or refuse what stands in its place."""
    if not isinstance(value, dict):
        raise SourceChanged(field, value, position, "an object")
    return value


def listing(value: object, field: str, position: str) -> list[Any]:
    """Return a JSON array, or refuse what stands in its place."""
    if not isinstance(value, list):
        raise SourceChanged(field, value, position, "an array")
    return value


def check_names(found: Collection[str], known: Collection[str], required: Collection[str], position: str) -> None:
    """Refuse the first name that is missing or not known.

    Raises
    ------
    SourceChanged
        Names it.
    """
    for name in required:
        if name not in found:
            raise SourceChanged(name, ABSENT, position, "to be present")
    for name in found:
        if name not in known:
            raise SourceChanged(
                name[:80], "new", position, f"one of the {len(known)} known fields; read what it means, then extend the connector"
            )


def table(text: str | Iterable[str], name: str, *, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of a delimited text, or of its lines, blank ones left out.

    Raises
    ------
    Quarantine
        ``truncated`` when a quotation does not end, ``source_changed`` when the quoting is broken.
    """
    lines = io.StringIO(text, newline="") if isinstance(text, str) else text
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = "truncated" if "unexpected end" in str(error) else "source_changed"
            raise Quarantine(reason, f"{name}: line {reader.line_num}: {error}") from error
        if cells:
            yield reader.line_num, cells


def rows(
    text: str, name: str, header: Collection[str], required: Collection[str] | None = None, rename: Callable[[str], str] = str
) -> Iterator[Row]:
    """Yield the rows of a table with a header line; columns are found by name, in any order.

    Parameters
    ----------
    header
        The columns that are known.
    required
        Those that must be there; all when ``None``.
    rename
        From a column's heading to the name it is known by.

    Raises
    ------
    Quarantine
        A column is missing, new or doubled; a row is shorter or longer than the header (``truncated`` for a short last one);
        ``error_body`` for a web page.
    """
    _no_page(text, name, "a table")
    lines = table(text, name)
    first = next(lines, None)
    if first is None:
        raise Quarantine("empty_body", f"{name}: no header line")
    columns = [rename(cell.strip()) for cell in first[1]]
    if len(columns) > 1 and not columns[-1]:
        columns.pop()  # a delimiter at the end of each row, the header's too
    check_names(columns, header, header if required is None else required, f"{name} header")
    if len(set(columns)) != len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise SourceChanged(twice, "twice", f"{name} header", "one column of each name")
    held: tuple[int, list[str]] | None = None
    for line in lines:
        if held is not None:
            yield _row(held, columns, name, last=False)
        held = line
    if held is not None:
        yield _row(held, columns, name, last=True)


def _row(line: tuple[int, list[str]], columns: list[str], name: str, *, last: bool) -> Row:
    number, cells = line
    if len(cells) == len(columns) + 1 and not cells[-1].strip():
        cells = cells[:-1]  # some publishers end each row, but not the header, with a delimiter
    if len(cells) != len(columns):
        reason = "truncated" if last and len(cells) < len(columns) else "source_changed"
        raise SourceChanged("number of columns", len(cells), f"{name} row {number}", f"{len(columns)} as in the header", reason)
    return Row(dict(zip(columns, cells, strict=True)), f"row {number}", texts=True)


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of one row.

    Parameters
    ----------
    values
        By name.
    position
        Where it stands in the payload.
    texts
        Numbers and flags are written as text, and empty means missing (a table, not JSON).
    """

    values: Mapping[str, Any]
    position: str
    texts: bool = False

    def refuse(self, field: str, expected: str) -> SourceChanged:
        """Return the error for a field that cannot be read."""
        return SourceChanged(field, self.values.get(field, ABSENT), self.position, expected)

    def optional_text(self, field: str) -> str | None:
        """Return a text without outer blanks, ``None`` when empty or null."""
        value = self._value(field)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.refuse(field, "a text")
        return value.strip() or None

    def text(self, field: str) -> str:
        """Return a text that must not be empty."""
        value = self.optional_text(field)
        if value is None:
            raise self.refuse(field, "a text that is not empty")
        return value

    def optional_number(self, field: str) -> float | None:
        """Return a finite number, ``None`` when empty or null."""
        value = self._value(field)
        if value is None or (self.texts and value.strip() == ""):
            return None
        if self.texts:
            return self._parsed(field, value.strip())
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise self.refuse(field, "a number")
        return float(value)

    def number(self, field: str) -> float:
        """Return a finite number that must be there."""
        value = self.optional_number(field)
        if value is None:
            raise self.refuse(field, "a number")
        return value

    def count(self, field: str, most: int = 10**9) -> int:
        """Return a whole number from 0 to ``most``."""
        value = self.number(field)
        if not 0 <= value <= most or value != int(value):
            raise self.refuse(field, f"a whole number from 0 to {most}")
        return int(value)

    def flag(self, field: str) -> bool:
        """Return a truth value."""
        value = self._value(field)
        if self.texts and isinstance(value, str) and value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        if not isinstance(value, bool):
            raise self.refuse(field, "true or false")
        return value

    def choice(self, field: str, known: Mapping[str, T]) -> T:
        """Return what a text stands for; one that is not known is refused."""
        value = self.text(field)
        if value not in known:
            raise self.refuse(field, f"one of {', '.join(sorted(known)[:12])}")
        return known[value]

    def _value(self, field: str) -> Any:
        if field not in self.values:
            raise self.refuse(field, "to be present")
        return self.values[field]

    def _parsed(self, field: str, text: str) -> float:
        if not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
            raise self.refuse(field, "a number")
        return value


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
