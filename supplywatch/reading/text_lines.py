"""Texts that people save, line by line: how lines end, which encoding it is, and where a byte does not fit."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import IO

from supplywatch.errors import BadRequest

MAX_LINE_BYTES = 1_000_000
_BYTE_ORDER_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONVERT = "save it as UTF-8, or name its encoding with --encoding (Chinese Excel writes CSV as gb18030)"
_NO_TEXT = ("idna", "punycode", "unicode_escape", "unicode-escape", "raw_unicode_escape", "raw-unicode-escape", "utf-7")
"""Python's ways to write text in text: none of them is what a person's file is saved in."""
_PROBE = 1 << 16
_RUN = re.compile("[\u4e00-\u9fa5]{2}")
_NO_CHINESE = re.compile("[^\x00-\x7f\u00a0-\u00ff\u2010-\u2026\u3000-\u30ff\u4e00-\u9fa5\uff00-\uffee]")
_NO_WESTERN = re.compile("[\x80-\x9f]")
"""What windows-1252 leaves open."""


def lines(name: str, file: IO[bytes], encoding: str | None) -> Iterator[str]:
    """Yield the lines of a text with their ends; a line that cannot be read is named.

    Parameters
    ----------
    encoding
        UTF-8 unless it is given, or the first bytes say UTF-16. Others are not guessed: what two encodings can read may be wrong in one.

    Raises
    ------
    BadRequest
        Where it cannot be read, and with which option it can.
    """
    start = file.read(_PROBE)
    file.seek(0)
    if encoding is None and start.startswith(_BYTE_ORDER_16):
        encoding = "utf-16"
    chosen = _known(encoding)
    if chosen.startswith("utf-16"):
        yield from _wide_lines(name, file, chosen)
        return
    # Macs before OS X, and Excel's "CSV (Macintosh)" still, end lines with a carriage return alone.
    raw_lines = _ended_by_cr(file) if b"\r" in start and b"\n" not in start else iter(lambda: file.readline(MAX_LINE_BYTES), b"")
    for line, raw in enumerate(raw_lines, start=1):
        if len(raw) >= MAX_LINE_BYTES:
            raise BadRequest(f"{name}, line {line}: longer than {MAX_LINE_BYTES} bytes; write one counterparty a line")
        if b"\0" in raw:
            raise BadRequest(f"{name}, line {line}: holds a NUL byte, so it is no text in {chosen}; {_CONVERT}")
        try:
            text = raw.decode(chosen)
        except UnicodeDecodeError as error:
            raise BadRequest(
                f"{name}, line {line}, byte {error.start + 1}: is not {chosen.upper()}; {_advice(raw, error, chosen)}"
            ) from error
        yield text.removeprefix("\ufeff") if line == 1 else text


def _advice(raw: bytes, error: UnicodeDecodeError, chosen: str) -> str:
    """Return which encoding reads a line that is not UTF-8, shown on its own words."""
    if chosen != "utf-8":
        return _CONVERT
    for encoding, fits in (("gb18030", _is_chinese), ("cp1252", _is_western)):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if fits(text):
            place = len(raw[: error.start].decode(encoding, "ignore"))
            shown = text[max(0, place - 8) : place + 12].strip()
            return f"read as {encoding} it says {shown!r}: if that is right, add --encoding {encoding}, else {_CONVERT}"
    return _CONVERT


def _is_chinese(text: str) -> bool:
    """GB18030 decodes Western accents too, to one rare character amid letters: Chinese stands in runs, of frequent characters."""
    return _RUN.search(text) is not None and _NO_CHINESE.search(text) is None


def _is_western(text: str) -> bool:
    return _NO_WESTERN.search(text) is None


def _ended_by_cr(file: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := file.read(_PROBE):
        *whole, rest = (rest + chunk).split(b"\r")
        yield from (line + b"\n" for line in whole)
        if len(rest) >= MAX_LINE_BYTES:
            break
    if rest:
        yield rest


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
        found = codecs.lookup(encoding or "utf-8").name
        if found in _NO_TEXT or "name".encode(found).decode(found) != "name":
            raise LookupError(found)
        return found
    except (LookupError, ValueError, AttributeError) as error:
        raise BadRequest(f"--encoding {encoding}: not known; write utf-8, utf-16, gb18030 or cp1252") from error
