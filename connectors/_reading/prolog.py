"""The start of an XML file, read before anything in it is believed: UTF-8, no document type declaration, no web page."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from xml.parsers import expat

from supplywatch.errors import Quarantine
from supplywatch.model.source import Part

CHUNK_BYTES = 1 << 16
CUT = frozenset(
    {
        expat.errors.codes[message]
        for message in (
            expat.errors.XML_ERROR_NO_ELEMENTS,
            expat.errors.XML_ERROR_UNCLOSED_TOKEN,
            expat.errors.XML_ERROR_PARTIAL_CHAR,
            expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        )
    }
)
"""What the parser says of a file that stops before its end."""


def chunks(part: Part) -> Iterator[bytes]:
    """Yield the body piece by piece; what is not UTF-8 is refused with its place."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(part.body)
    for start in range(0, len(view), CHUNK_BYTES):
        chunk = bytes(view[start : start + CHUNK_BYTES])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            at = max(0, start - len(error.object) + len(chunk) + error.start)
            message = f"{part.name}: byte {at} ({part.body[at : at + 4].hex(' ')}) is not utf-8; the encoding has changed"
            raise Quarantine("encoding", message) from error
        yield chunk


class _Prolog(Exception):
    """The root element was reached."""


def check_prolog(part: Part) -> None:
    """Read up to the root element: no document type declaration can come after it."""
    if part.body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or 0 in part.body[:4]:
        raise Quarantine("encoding", f"{part.name}: byte 0 ({part.body[:4].hex(' ')}) begins UTF-16, not utf-8; the encoding has changed")
    if not part.body.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"<"):
        raise Quarantine("wrong_file", f"{part.name}: not XML; it begins with {part.body[:40]!r}")
    parser = expat.ParserCreate()
    parser.XmlDeclHandler = lambda _version, encoding, _standalone: _check_encoding(part, encoding)
    parser.StartDoctypeDeclHandler = lambda name, *_: _refuse_doctype(part, name)
    parser.StartElementHandler = lambda name, _attributes: _reach_root(part, name)
    try:
        for chunk in chunks(part):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except _Prolog:
        return
    except expat.ExpatError as error:
        cut = error.code in CUT
        message = f"{part.name}: {'the file is cut' if cut else 'not XML'} at line {error.lineno} ({expat.ErrorString(error.code)})"
        raise Quarantine("truncated" if cut else "wrong_file", message) from error


def _check_encoding(part: Part, encoding: str | None) -> None:
    if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Quarantine("encoding", f"{part.name}: says it is in {encoding[:40]!r}; the publisher's files are in utf-8")


def _refuse_doctype(part: Part, name: str) -> None:
    if name.lower() == "html":
        raise _web_page(part)
    message = f"{part.name}: has a document type declaration ({name[:40]!r}), which none of the publisher's files has; not read further"
    raise Quarantine("wrong_file", message)


def _reach_root(part: Part, name: str) -> None:
    if name.lower().rpartition("}")[2] == "html":
        raise _web_page(part)
    raise _Prolog


def _web_page(part: Part) -> Quarantine:
    shown = " ".join(re.sub(r"<[^<>]*>", " ", part.body[:4000].decode("utf-8", "ignore")).split())[:120]
    return Quarantine("error_body", f"{part.name}: a web page instead of the list: {shown}")
