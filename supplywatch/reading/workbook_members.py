"""The members of a workbook's archive, unpacked within bounds."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, Self
from xml.etree import ElementTree

from supplywatch.errors import Quarantine

_BOMB_RATIO = 200
_SMALL = 8 * 1024 * 1024
"""A member that unpacks to no more than this may be packed as tightly as it likes."""
_MOST_MEMBERS = 2_000
_TEXTS_RATIO = 30
"""Our own line: 2.5 MB of hostile texts took 1.46 GB of memory. Not tried on large real workbooks."""
_LONG_TAG = re.compile(rb"<[^<>]{65536}")
"""One attribute without an end took 26 seconds; a cell holds at most 32,767 characters, and not within its tag."""
_CELL = re.compile(rb"<(?:\w+:)?(?:v|is)\b")
_PARTS = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/[^/]+\.xml|xl/_rels/workbook\.xml\.rels", re.IGNORECASE)
_DIRECTORY = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels", re.IGNORECASE)
_RELATION_ID = re.compile(r"\{[^{}]*/relationships\}id")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True)
class Bounds:
    """How large a workbook may be; a file beyond is refused before it is laid out."""

    member_bytes: int = 64 * 1024 * 1024
    columns: int = 2000
    cells: int = 25_000_000
    """Of the area between the first and the last cell."""


def tree_of(document: bytes, name: str, label: str) -> ElementTree.Element:
    """Return a small document of a workbook, parsed.

    Raises
    ------
    Quarantine
        ``wrong_file``, also for an encoding that nobody knows.
    """
    try:
        return ElementTree.fromstring(document)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise Quarantine("wrong_file", f"{label}: {name} is no XML ({error})") from error


class Members:
    """The parts of a workbook."""

    def __init__(self, file: IO[bytes], label: str, bounds: Bounds) -> None:
        self.bounds, self._label = bounds, label
        try:
            self._archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise Quarantine("truncated", f"{label}: a workbook that cannot be unpacked ({error})") from error
        members = self._archive.infolist()
        self._names = {info.filename: info for info in members}
        if len(members) > _MOST_MEMBERS or len(self._names) < len(members):
            raise Quarantine("wrong_file", f"{label}: no workbook: {len(members)} members, or one of them twice")
        self._read: dict[str, bytes] = {}
        self._paths: dict[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def copy(self, sheet: str | None) -> bytes:
        """Return an archive of what tells the sheets apart, and of one of them."""
        out = io.BytesIO()
        keep = [name for name in self._names if (_DIRECTORY if sheet is None else _PARTS).fullmatch(name)]
        keep += [] if sheet is None else [self._path(sheet)]
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name in dict.fromkeys(keep):
                archive.writestr(name, self._member(name))
        return out.getvalue()

    def sheet(self, name: str) -> bytes:
        """Return the document of a sheet."""
        return self._member(self._path(name))

    def styles(self) -> bytes | None:
        """Return the document of the formats, where there is one."""
        return self._member("xl/styles.xml") if "xl/styles.xml" in self._names else None

    def holds_cells(self, name: str) -> bool:
        """Tell whether a sheet has a value anywhere; one that cannot be looked into may have."""
        try:
            return _CELL.search(self._unpacked(self._path(name))) is not None
        except Quarantine:
            return True

    def _path(self, sheet: str) -> str:
        if self._paths is None:
            book, relations = (self._tree(name) for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
            targets = {each.get("Id"): each.get("Target") or "" for each in relations}
            self._paths = {}
            for each in book.iter():
                if each.tag.rpartition("}")[2] == "sheet":
                    found = next((value for key, value in each.attrib.items() if _RELATION_ID.fullmatch(key)), None)
                    self._paths[each.get("name") or ""] = posixpath.normpath(posixpath.join("/xl", targets.get(found, "")))[1:]
        return self._paths.get(sheet) or "no path"

    def _tree(self, name: str) -> ElementTree.Element:
        return tree_of(self._member(name), name, self._label)

    def _member(self, name: str) -> bytes:
        if name not in self._read:
            self._read[name] = self._unpacked(name)
        return self._read[name]

    def _unpacked(self, name: str) -> bytes:
        info, label = self._names.get(name), self._label
        if info is None:
            raise Quarantine("wrong_file", f"{label}: no workbook: {name[:80]} is not in it")
        if info.file_size > self.bounds.member_bytes:
            raise Quarantine("too_large", f"{label}: {name[:80]} unpacks to {info.file_size} bytes, more than {self.bounds.member_bytes}")
        ratio = _TEXTS_RATIO if name.lower().endswith("sharedstrings.xml") else _BOMB_RATIO
        if info.file_size > max(_SMALL, ratio * info.compress_size):
            raise Quarantine("too_large", f"{label}: {name[:80]} unpacks to more than {ratio} times its size: a zip bomb")
        try:
            found = self._archive.read(info)
        except _BROKEN as error:
            raise Quarantine("truncated", f"{label}: a workbook that cannot be unpacked ({error})") from error
        if b"<!DOCTYPE" in found[:4096]:
            raise Quarantine("wrong_file", f"{label}: {name[:80]} has a document type declaration, which no workbook needs")
        if _LONG_TAG.search(found):
            raise Quarantine("wrong_file", f"{label}: {name[:80]} has a tag of more than 65,536 bytes, which no workbook needs")
        if found.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Quarantine("wrong_file", f"{label}: {name[:80]} is not UTF-8")
        return found
