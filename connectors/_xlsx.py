"""One sheet of an Excel workbook as rows of texts: values only, nothing evaluated, sizes bounded."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, ParseError, XMLParser

from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.source import Part

MAX_MEMBER_BYTES = 64 * 1024 * 1024
MAX_COLUMNS = 2000
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")


def is_workbook(part: Part) -> bool:
    """Tell a workbook from a text by its first bytes."""
    return part.body.startswith(b"PK\x03\x04")


def sheet(part: Part, name: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield (row number, cells as texts) of a sheet, rows without a cell left out.

    Raises
    ------
    Quarantine
        ``truncated`` for a file that is cut, ``wrong_file`` for one that is no workbook, ``source_changed`` without that sheet.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(part.body)) as book:
            strings = _strings(book, part)
            root = _xml(book, _path_of(book, name, part), part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Quarantine("truncated", f"{part.name}: a workbook that cannot be unpacked ({error})") from error
    for row in root.iter(f"{_MAIN}row"):
        cells = _cells(row, strings, part)
        if cells:
            yield _number(row, part), cells


def _xml(book: zipfile.ZipFile, path: str, part: Part) -> Element:
    """Return the root of a member; a declaration of a document type, which could expand without bound, is refused."""
    try:
        info = book.getinfo(path)
    except KeyError as error:
        raise Quarantine("wrong_file", f"{part.name}: no workbook: {path[:80]} is not in it") from error
    if info.file_size > MAX_MEMBER_BYTES:
        raise Quarantine("too_large", f"{part.name}: {path[:80]} unpacks to {info.file_size} bytes, more than {MAX_MEMBER_BYTES}")
    body = book.read(info)
    if b"<!DOCTYPE" in body or b"\x00" in body[:4]:
        raise Quarantine("wrong_file", f"{part.name}: {path[:80]} has a document type declaration, which no workbook needs")
    parser = XMLParser()
    try:
        parser.feed(body)
        return parser.close()
    except ParseError as error:
        raise Quarantine("wrong_file", f"{part.name}: {path[:80]} is no XML ({error})") from error


def _path_of(book: zipfile.ZipFile, name: str, part: Part) -> str:
    sheets = {found.get("name"): found.get(_RELATION_ID) for found in _xml(book, "xl/workbook.xml", part).iter(f"{_MAIN}sheet")}
    if name not in sheets:
        raise SourceChanged("sheet", ", ".join(str(found) for found in sheets)[:120], part.name, f"a sheet named {name}")
    for relation in _xml(book, "xl/_rels/workbook.xml.rels", part).iter(_RELATION):
        if relation.get("Id") == sheets[name]:
            return "xl/" + (relation.get("Target") or "").removeprefix("/xl/")
    raise Quarantine("wrong_file", f"{part.name}: the workbook does not say where the sheet {name} is")


def _strings(book: zipfile.ZipFile, part: Part) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    items = _xml(book, "xl/sharedStrings.xml", part).iter(f"{_MAIN}si")
    return ["".join(text.text or "" for text in item.iter(f"{_MAIN}t")) for item in items]


def _number(row: Element, part: Part) -> int:
    text = row.get("r") or ""
    if not (text.isascii() and text.isdigit()):
        raise SourceChanged("row", text, part.name, "a row number")
    return int(text)


def _cells(row: Element, strings: Sequence[str], part: Part) -> list[str]:
    cells: list[str] = []
    for cell in row.iter(f"{_MAIN}c"):
        match = _CELL.fullmatch(cell.get("r") or "")
        column = 0
        for letter in match[1] if match else "":
            column = column * 26 + ord(letter) - 64
        if not 0 < column <= MAX_COLUMNS or column <= len(cells):
            raise SourceChanged("cell", cell.get("r"), part.name, "cells in the order of their columns")
        cells.extend([""] * (column - 1 - len(cells)))
        cells.append(_text(cell, strings, part))
    return cells


def _text(cell: Element, strings: Sequence[str], part: Part) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{_MAIN}t"))
    value = cell.findtext(f"{_MAIN}v") or ""
    if cell.get("t") != "s":
        return value
    if not (value.isascii() and value.isdigit() and int(value) < len(strings)):
        raise SourceChanged("cell", value, f"{part.name} {cell.get('r')}", "the number of a shared text")
    return strings[int(value)]
