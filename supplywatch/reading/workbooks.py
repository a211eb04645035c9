"""One sheet of an Excel workbook as rows of texts: read as a stream, values only, nothing evaluated, sizes bounded."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main|"
_RELATION_ID = "http://schemas.openxmlformats.org/officeDocument/2006/relationships|id"
_RELATION = "http://schemas.openxmlformats.org/package/2006/relationships|Relationship"
_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_CHUNK = 1 << 16
_BOMB_RATIO = 200
_SMALL = 8 * 1024 * 1024
"""A member that unpacks to no more than this may be packed as tightly as it likes."""


@dataclass(frozen=True)
class Bounds:
    """How large a workbook may be; a file beyond is refused before it is unpacked."""

    member_bytes: int = 64 * 1024 * 1024
    columns: int = 2000


class FormulaText(str):
    """What a formula came to when the workbook was saved."""

    __slots__ = ()


def is_workbook(part: Part) -> bool:
    """Tell a workbook from a text by its first bytes."""
    return part.body.startswith(b"PK\x03\x04")


def sheet(part: Part, name: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield (row number, cells as texts) of a publisher's sheet; see :func:`rows`."""
    return rows(io.BytesIO(part.body), part.name, name)


def rows(file: IO[bytes], label: str, name: str | None = None, bounds: Bounds | None = None) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield (row number, cells as texts) of a sheet, rows without a cell left out.

    Parameters
    ----------
    file
        The workbook.
    label
        What it is called in errors.
    name
        Of the sheet; the first one when it is not given.

    Raises
    ------
    Quarantine
        ``truncated`` for a file that is cut, ``wrong_file`` for one that is no workbook, ``too_large`` for one beyond the bounds,
        ``source_changed`` without that sheet.
    """
    allowed = bounds or Bounds()
    try:
        with zipfile.ZipFile(file) as book:
            path = _path_of(book, name, label, allowed)
            strings = _Strings(label)
            if "xl/sharedStrings.xml" in book.namelist():
                for _ in _parsed(book, "xl/sharedStrings.xml", strings, label, allowed):
                    pass
            reader = _Rows(strings.texts, label, allowed)
            for _ in _parsed(book, path, reader, label, allowed):
                yield from reader.taken()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Quarantine("truncated", f"{label}: a workbook that cannot be unpacked ({error})") from error


class _Reader:
    """What is called for every element of a member."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Text within an element, perhaps in parts."""


class _Tags(_Reader):
    """The attributes of every element of one kind."""

    def __init__(self, tag: str) -> None:
        self._tag, self.found = tag, list[dict[str, str]]()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Keep the attributes."""
        if tag == self._tag:
            self.found.append(attributes)


class _Texts(_Reader):
    """Collects the text of ``<t>``, without what tells how characters sound."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._parts: list[str] = []
        self._open = self._spoken = False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        """Listen within text."""
        if tag == f"{_MAIN}t":
            self._open = not self._spoken
        elif tag == f"{_MAIN}rPh":
            self._spoken = True

    def end(self, tag: str) -> None:
        """Stop listening."""
        if tag == f"{_MAIN}t":
            self._open = False
        elif tag == f"{_MAIN}rPh":
            self._spoken = False

    def text(self, data: str) -> None:
        """Keep what is listened to."""
        if self._open:
            self._parts.append(data)

    def _collected(self) -> str:
        whole = "".join(self._parts)
        self._parts.clear()
        return whole


class _Strings(_Texts):
    """The texts that cells share."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.texts: list[str] = []

    def end(self, tag: str) -> None:
        """Keep a text when it is complete."""
        super().end(tag)
        if tag == f"{_MAIN}si":
            self.texts.append(self._collected())


class _Rows(_Texts):
    """The rows of a sheet."""

    def __init__(self, strings: Sequence[str], label: str, bounds: Bounds) -> None:
        super().__init__(label)
        self._strings, self._bounds = strings, bounds
        self._rows: list[tuple[int, Sequence[str]]] = []
        self._cells: list[str] = []
        self._number = 0
        self._attributes: dict[str, str] = {}
        self._formula = False

    def taken(self) -> list[tuple[int, Sequence[str]]]:
        """Return the rows that are complete, once."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell, or a value."""
        if tag == f"{_MAIN}v":
            self._open = True
        elif tag == f"{_MAIN}c":
            self._attributes, self._formula = attributes, False
        elif tag == f"{_MAIN}f":
            self._formula = True
        elif tag == f"{_MAIN}row":
            self._begin(attributes.get("r"))
        else:
            super().start(tag, attributes)

    def end(self, tag: str) -> None:
        """Complete a row, a cell, or a value."""
        if tag == f"{_MAIN}v":
            self._open = False
        elif tag == f"{_MAIN}c":
            self._place()
        elif tag == f"{_MAIN}row":
            if self._cells:
                self._rows.append((self._number, self._cells))
        else:
            super().end(tag)

    def _begin(self, number: str | None) -> None:
        if number is None:
            number = str(self._number + 1)
        if not (number.isascii() and number.isdigit()):
            raise SourceChanged("row", number, self.label, "a row number")
        self._number, self._cells = int(number), []

    def _place(self) -> None:
        where = self._attributes.get("r")
        column = len(self._cells) + 1 if where is None else _column(where)
        if not len(self._cells) < column <= self._bounds.columns:
            expected = f"cells in the order of their columns, at most {self._bounds.columns} of them"
            raise SourceChanged("cell", where or column, f"{self.label}, row {self._number}", expected)
        self._cells.extend([""] * (column - 1 - len(self._cells)))
        self._cells.append(self._value())

    def _value(self) -> str:
        value = self._collected()
        if self._attributes.get("t") == "s":
            if not (value.isascii() and value.isdigit() and int(value) < len(self._strings)):
                raise SourceChanged("cell", value, f"{self.label} {self._attributes.get('r')}", "the number of a shared text")
            value = self._strings[int(value)]
        return FormulaText(value) if self._formula else value


def _column(where: str) -> int:
    match = _CELL.fullmatch(where)
    column = 0
    for letter in match[1] if match else "":
        column = column * 26 + ord(letter) - 64
    return column


def _parsed(book: zipfile.ZipFile, path: str, reader: _Reader, label: str, bounds: Bounds) -> Iterator[None]:
    """Feed a member to a reader piece by piece; a declaration of a document type, which could expand without bound, is refused."""

    def refused(*_: object) -> None:
        raise Quarantine("wrong_file", f"{label}: {path[:80]} has a document type declaration, which no workbook needs")

    info = _info(book, path, label, bounds)
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refused
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = reader.start, reader.end, reader.text
    try:
        with book.open(info) as member:
            while chunk := member.read(_CHUNK):
                parser.Parse(chunk, False)
                yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise Quarantine("wrong_file", f"{label}: {path[:80]} is no XML ({error})") from error


def _info(book: zipfile.ZipFile, path: str, label: str, bounds: Bounds) -> zipfile.ZipInfo:
    try:
        info = book.getinfo(path)
    except KeyError as error:
        raise Quarantine("wrong_file", f"{label}: no workbook: {path[:80]} is not in it") from error
    if info.file_size > bounds.member_bytes:
        raise Quarantine("too_large", f"{label}: {path[:80]} unpacks to {info.file_size} bytes, more than {bounds.member_bytes}")
    if info.file_size > max(_SMALL, _BOMB_RATIO * info.compress_size):
        raise Quarantine("too_large", f"{label}: {path[:80]} unpacks to more than {_BOMB_RATIO} times its size: a zip bomb")
    return info


def _path_of(book: zipfile.ZipFile, name: str | None, label: str, bounds: Bounds) -> str:
    sheets = {found.get("name"): found.get(_RELATION_ID) for found in _tags(book, "xl/workbook.xml", f"{_MAIN}sheet", label, bounds)}
    wanted = next(iter(sheets), None) if name is None else name
    if wanted not in sheets:
        raise SourceChanged(
            "sheet", ", ".join(str(found) for found in sheets)[:120], label, "a sheet" if name is None else f"a sheet named {name}"
        )
    for relation in _tags(book, "xl/_rels/workbook.xml.rels", _RELATION, label, bounds):
        if relation.get("Id") == sheets[wanted]:
            return "xl/" + (relation.get("Target") or "").removeprefix("/xl/")
    raise Quarantine("wrong_file", f"{label}: the workbook does not say where the sheet {wanted} is")


def _tags(book: zipfile.ZipFile, path: str, tag: str, label: str, bounds: Bounds) -> list[dict[str, str]]:
    reader = _Tags(tag)
    for _ in _parsed(book, path, reader, label, bounds):
        pass
    return reader.found
