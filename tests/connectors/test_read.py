"""What every connector leaves to the strict readers: texts that cannot be kept, numbers, pages in place of files."""

import json

import pytest

from connectors._reading.read import Row, check_names, decode, document, rows
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part


@pytest.mark.parametrize("body", [rb'{"a": "\ud800"}', rb'{"\u0000": 1}', rb'[["x", {"a": ["\udc00\ud83d"]}]]', rb'"\ud83d\ude00 \uDFFF"'])
def test_a_text_that_nothing_can_hold_is_refused(body: bytes) -> None:
    """Neither UTF-8 nor PostgreSQL takes them: what passed here would stop a worker."""
    with pytest.raises(Quarantine, match="answer: a text holds an escaped NUL, or half of a surrogate pair") as refusal:
        document(Part(body, "answer"))
    assert refusal.value.reason == "encoding"


@pytest.mark.parametrize("text", ["😀", "\\ud800", "\\u0000", "a\\\\u0000", "中国"])
def test_whole_characters_and_backslashes_are_texts(text: str) -> None:
    for ascii_only in (True, False):
        assert document(Part(json.dumps({"a": text}, ensure_ascii=ascii_only).encode(), "answer")) == {"a": text}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_nul_is_refused(encoding: str) -> None:
    with pytest.raises(Quarantine, match="answer: byte 3 is a NUL") as refusal:
        decode(Part(b"a,b\x00", "answer"), encoding)
    assert refusal.value.reason == "encoding"


@pytest.mark.parametrize("text", ["١٢٣", "２０２６", "1_000", "1,000", "0x10", "nan", "inf", "1e999", "-", ".", "1e", "9" * 400])
def test_what_only_looks_like_a_number_is_refused(text: str) -> None:
    with pytest.raises(SourceChanged, match="row 2: field 'value'"):
        Row({"value": text}, "row 2", texts=True).optional_number("value")


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12.0), (" -1.5 ", -1.5), ("+.5", 0.5), ("2.", 2.0), ("1.5E+3", 1500.0), ("", None), (" ", None)]
)
def test_numbers_in_a_table(text: str, number: float | None) -> None:
    assert Row({"value": text}, "row 2", texts=True).optional_number("value") == number


def test_a_page_in_place_of_a_table_is_named() -> None:
    with pytest.raises(Quarantine, match="download: a web page instead of a table: 502 Bad Gateway") as refusal:
        list(rows("\n<html><b>502</b> Bad\nGateway</html>", "download", ["a"]))
    assert refusal.value.reason == "error_body"


def test_a_long_name_is_shortened() -> None:
    with pytest.raises(SourceChanged) as refusal:
        check_names(["x" * 10_000], ["a"], [], "row 1")
    assert len(str(refusal.value)) < 300
