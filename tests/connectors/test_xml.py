"""The streaming XML reader: nothing is expanded, fetched or skipped, and memory does not grow with the file."""

import tracemalloc

import pytest

from connectors._reading.xml import Document, shape
from supplywatch.errors import Quarantine
from supplywatch.model.source import Part

LIST = Document("list", {"date": shape(None), "group/entry": shape({"@id": None, "name": None, "note": {"@lang": None, "#": None}})})


def entries(body: bytes) -> list[tuple[str, str | None, str | None]]:
    return [
        (unit.position, unit.element.get("id"), unit.element.findtext("name"))
        for unit in LIST.read(Part(body, "list.xml"))
        if unit.path == "group/entry"
    ]


def test_entries_come_one_by_one_with_their_place() -> None:
    body = b'<list><date>x</date><group><entry id="1"><name>A &amp; B</name><note lang="en">n</note></entry><entry/></group><group/></list>'
    assert entries(body) == [("group/entry[1]", "1", "A & B"), ("group/entry[2]", None, None)]
    assert entries(b"\xef\xbb\xbf" + body) == entries(body)
    assert entries(body.replace(b"<list>", b'<?xml version="1.1" encoding="utf-8"?><!-- a list --><list>')) == entries(body)


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        (b"<list><group><entry/>stray</group></list>", "source_changed", "stray"),
        (b"<list><group>stray<entry/></group></list>", "source_changed", "stray"),
        (b"<list>stray</list>", "source_changed", "stray"),
        (b"<list><group><entry>stray</entry></group></list>", "source_changed", "stray"),
        (b"<list><group><entry><name/>stray</entry></group></list>", "source_changed", "stray"),
        (b"<list><entry/></list>", "source_changed", "field 'entry' is 'a new element'"),
        (b"<list><group><entry><name><b/></name></entry></group></list>", "source_changed", "field 'b'"),
        (b'<list><group><entry><name new="1"/></entry></group></list>', "source_changed", "field '@new' is '1'"),
        (b'<list new="1"/>', "source_changed", "field '@new'"),
        (b'<list><group new="1"/></list>', "source_changed", "field '@new'"),
        (b'<list><group><entry xmlns="urn:x"/></group></list>', "source_changed", "namespace"),
        (b"<list><group><entry></group></list>", "wrong_file", "mismatched tag"),
        (b"<list><group><entry/>", "truncated", "the file is cut"),
        (b"<list/><list/>", "wrong_file", "junk after document element"),
        (b"<list>&#0;</list>", "wrong_file", "invalid character"),
        (b"<list><date>\xff</date></list>", "encoding", "byte 12"),
        (b"<!DOCTYPE list><list/>", "wrong_file", "document type declaration"),
        (b"<" * 50, "wrong_file", "not XML"),
        (b"{}", "wrong_file", "not XML"),
    ],
)
def test_what_is_refused_is_named(body: bytes, reason: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words) as refused:
        entries(body)
    assert refused.value.reason == reason


def test_depth_and_length_are_no_trouble() -> None:
    for body in (b"<list><group><entry>" + b"<name>" * 100_000, b"<list>" + b"<group>" * 100_000):
        with pytest.raises(Quarantine):
            entries(body)
    assert len(entries(b"<list><group>" + b"<entry/>" * 50_000 + b"</group></list>")) == 50_000


def test_a_bad_byte_is_found_across_chunks() -> None:
    body = b"<list><date>" + b"x" * 65_522 + "é".encode() + b"\x81</date></list>"
    with pytest.raises(Quarantine, match=rf"byte {body.index(bytes((0x81,)))} "):
        entries(body)


def test_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for count in (2_000, 20_000):
        part = Part(b"<list><group>" + b'<entry id="1"><name>A name of some length</name></entry>' * count + b"</group></list>", "list.xml")
        tracemalloc.start()
        assert sum(1 for _ in LIST.read(part)) == count + 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]
