"""Damaged payloads: only records or a refusal come out of a connector, in a sane time.

The default tier tries 200 payloads for each source, the long tier 100,000 (``pytest -m long tests/connectors/test_fuzz.py``).
"""

import copy
import csv
import io
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supplywatch.errors import Quarantine
from supplywatch.intake import guards
from supplywatch.judging.folding import RECORD
from supplywatch.model.records import ListEntry, Record
from supplywatch.model.source import Cursor, Part, Payload, Request, Source
from supplywatch.registry import sources

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
MOST_SECONDS = 2.0
EXAMPLES = 200 if os.environ.get("CI") else 60
"""For each feed; 100,000 with ``-m long``."""
RAW = "@raw@"

TEXTS = (
    *"0 00 -1 1 1.5 1e5 1e999 nan inf - + . 1_000 1,000 0x10 TRUE None W NA M A S19 chokepoint6 null [] {} <html> >1-2? %s%n (EL)".split(),
    *"0000 0001 1899 1990 2026 9999 10000 20262 2026-13 202602 2026-02-30 0000-00-00 0001-01-01 9999-12-31 2026-W15-5 2026-04-10".split(),
    *"2026-04-10T00:00:00Z 99999999999999999999 ١٢٣ ２０２６ ² Ⅷ é e\u0301 \u202eabc 😀 中国 https://[ http://example.org/?page=2".split(),
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "\ufeff",
        "\u2028",
        "_X ",
        "; ",
        "a,b",
        'a"b',
        "a\nb",
        "9" * 400,
        "9" * 5000,
        "a" * 3000,
        "<" * 50,
    ),
)
NUMBERS = (0, 1, -1, 1.5, -0.0, 52, 99, 9999, 1e308, 2**31, 2**63, 2**64, 10**30, 10**400, 253402214400000, -62135596800000, 1e-320)
VALUES: tuple[Any, ...] = (None, True, False, *NUMBERS, *TEXTS, [], {}, [[]], [None], [[[1]]], {"a": None}, {"": []}, ["a", 1, None], RAW)
RAWS = (*r'NaN Infinity -Infinity 1e999 -1e999 "\ud800" "\u0000" { tru 01 -'.split(), "", "9" * 5000, "1." + "0" * 400, "[" * 3000)
BYTES = (b"\xef\xbb\xbf", *(bytes([code]) for code in b"\x00\xff\xc3\x81\"',\r\n{}[]:-.e09<\\"))
_WORD = re.compile(rb"[A-Za-z0-9_.-]+")

Mutation = Callable[[random.Random, bytes, str], bytes]


def _flip(rng: random.Random, body: bytes, _encoding: str) -> bytes:
    at = rng.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << rng.randrange(8))]) + body[at + 1 :]


def _insert(rng: random.Random, body: bytes, _encoding: str) -> bytes:
    at = rng.randrange(len(body) + 1)
    return body[:at] + rng.choice(BYTES) * rng.choice((1, 1, 1, 2, 300)) + body[at:]


def _span(rng: random.Random, body: bytes) -> tuple[int, int]:
    start = rng.randrange(len(body))
    return start, min(len(body), start + rng.choice((1, 2, 8, 64, 512)))


def _remove(rng: random.Random, body: bytes, _encoding: str) -> bytes:
    start, end = _span(rng, body)
    return body[:start] + body[end:]


def _cut(rng: random.Random, body: bytes, _encoding: str) -> bytes:
    at = rng.randrange(len(body))
    return body[:at] if rng.random() < 0.8 else body[at:]


def _repeat(rng: random.Random, body: bytes, _encoding: str) -> bytes:
    start, end = _span(rng, body)
    at = rng.choice((end, rng.randrange(len(body) + 1)))
    return body[:at] + body[start:end] + body[at:]


def _replace_word(rng: random.Random, body: bytes, encoding: str) -> bytes:
    """Replace a word wherever it stands: a year in all its fields, a code in all rows."""
    words = _WORD.findall(body)
    if not words:
        return body
    other = rng.choice(TEXTS) if rng.random() < 0.7 else rng.choice(words).decode("ascii")
    return re.sub(rb"(?<![A-Za-z0-9_.-])" + re.escape(rng.choice(words)) + rb"(?![A-Za-z0-9_.-])", lambda _: encoded(other, encoding), body)


def _containers(value: Any, found: list[Any]) -> list[Any]:
    if isinstance(value, dict | list) and value:
        found.append(value)
        for inner in value.values() if isinstance(value, dict) else value:
            _containers(inner, found)
    return found


def _change_json(rng: random.Random, body: bytes, encoding: str) -> bytes:
    try:
        document = json.loads(body)
        for _ in range(rng.choice((1, 1, 2, 4))):
            _change_container(rng, rng.choice(_containers(document, []) or [[0]]))
        text = json.dumps(document, ensure_ascii=rng.random() < 0.9)
    except (ValueError, OverflowError, RecursionError):
        return _flip(rng, body, encoding)
    return encoded(text.replace(f'"{RAW}"', rng.choice(RAWS)), "utf-8")


def _change_container(rng: random.Random, inside: Any) -> None:
    key = rng.choice(list(inside)) if isinstance(inside, dict) else rng.randrange(len(inside))
    kind = rng.randrange(8)
    if kind == 0:
        del inside[key]
    elif kind == 1 and isinstance(inside, dict):
        inside[rng.choice(TEXTS)] = rng.choice(VALUES)
    elif kind == 1:
        inside.insert(key, inside[rng.randrange(len(inside))])
    elif kind == 2:
        inside[key] = [inside[key]]
    elif kind == 3:
        inside[key] = str(inside[key])
    elif kind == 4 and isinstance(inside[key], int | float):
        inside[key] = rng.choice((-inside[key], inside[key] + 1, float(inside[key]), inside[key] * 10**6))
    else:
        inside[key] = rng.choice(VALUES)


def _change_table(rng: random.Random, body: bytes, encoding: str) -> bytes:
    try:
        lines = [row for row in csv.reader(io.StringIO(body.decode(encoding), newline="")) if row]
    except (ValueError, csv.Error):
        lines = []
    if not lines:
        return _flip(rng, body, encoding)
    for _ in range(rng.choice((1, 1, 2, 4))):
        _change_row(rng, lines, rng.choice(lines))
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)), lineterminator=rng.choice(("\n", "\r\n")))
    writer.writerows(lines)
    return encoded(out.getvalue(), encoding)


def _change_row(rng: random.Random, lines: list[list[str]], row: list[str]) -> None:
    at, kind = rng.randrange(len(row) or 1), rng.randrange(8)
    if kind == 0 or not row:
        row.insert(at, rng.choice(TEXTS))
    elif kind == 1:
        del row[at]
    elif kind == 2:
        lines.insert(rng.randrange(len(lines) + 1), list(row))
    elif kind == 3:
        row[at] = rng.choice(rng.choice(lines) or [""])
    else:
        row[at] = rng.choice(TEXTS)


def _change_xml(rng: random.Random, body: bytes, encoding: str) -> bytes:
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        return _flip(rng, body, encoding)
    for _ in range(rng.choice((1, 1, 2, 4))):
        _change_element(rng, rng.choice(list(root.iter())), root)
    try:
        return ElementTree.tostring(root, encoding="unicode").encode("utf-8", "surrogatepass")
    except (TypeError, ValueError):
        return _flip(rng, body, encoding)


def _change_element(rng: random.Random, element: ElementTree.Element, root: ElementTree.Element) -> None:
    kind = rng.randrange(7)
    if kind == 0:
        element.text = rng.choice(TEXTS)
    elif kind == 1:
        element.tail = rng.choice(TEXTS)
    elif kind == 2 and element.attrib:
        element.set(rng.choice(list(element.attrib)), rng.choice(TEXTS))
    elif kind == 3 and element.attrib:
        del element.attrib[rng.choice(list(element.attrib))]
    elif kind == 4 and len(element):
        element.remove(rng.choice(list(element)))
    elif kind == 5:
        element.append(copy.deepcopy(rng.choice(list(root.iter()))))
    else:
        element.tag = rng.choice([other.tag for other in root.iter()])


def encoded(text: str, encoding: str) -> bytes:
    """Return the bytes of a text; what the encoding does not know is written as UTF-8, lone surrogates included."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


BLIND: tuple[Mutation, ...] = (_flip, _insert, _remove, _cut, _repeat, _replace_word)


def damaged(rng: random.Random, body: bytes, encoding: str) -> bytes:
    """Return a payload with one to four things changed, half of them with knowledge of the format."""
    structural = {b"{": _change_json, b"[": _change_json, b"<": _change_xml}.get(body.lstrip()[:1], _change_table)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        mutation: Mutation = structural if rng.random() < 0.5 else rng.choice(BLIND)
        body = mutation(rng, body, encoding) or b"0"
    return body


class Feed:
    """One connector with its good payloads and the request they answer."""

    def __init__(self, source: Source, paths: Iterable[Path]) -> None:
        self.source = source
        self.encoding = source.card.encoding
        self.bodies = [(path.name, path.read_bytes()) for path in paths]
        self.request: Request | None = next(iter(source.requests(Cursor(NOW))), None)

    def judge(self, rng: random.Random) -> bool:
        """Return whether a damaged payload was read; fail when anything but records or a refusal comes out."""
        name, body = rng.choice(self.bodies)
        request = self.request if rng.random() < 0.5 else None
        parts = [Part(damaged(rng, body, self.encoding), name, request=request)]
        if rng.random() < 0.2:  # one page of several
            parts.insert(rng.randrange(2), Part(rng.choice(self.bodies)[1], "another page", request=request))
        payload = Payload(self.source.card.source_id, tuple(parts), NOW)
        started = time.perf_counter()
        read = _judged(self.source, payload)
        assert time.perf_counter() - started < MOST_SECONDS
        return read


def _judged(source: Source, payload: Payload) -> bool:
    try:
        for part in payload.parts:
            following = source.next_request(part)
            assert following is None or isinstance(following, Request)
    except Quarantine as refusal:
        _check_words(refusal)
    try:
        reading = guards.read(source, payload, now=NOW, warn=lambda _: None)
    except Quarantine as refusal:
        _check_words(refusal)
        return False
    for record in reading.records:
        assert isinstance(record, Record)
        assert RECORD.validate_json(record.model_dump_json()) == record
    for entry in reading.entries:
        assert isinstance(entry, ListEntry)
        assert ListEntry.model_validate_json(entry.model_dump_json()) == entry
    return True


def _check_words(refusal: Quarantine) -> None:
    """A message goes to logs, to the ledger and to topics."""
    words = str(refusal)
    assert words.encode()
    assert len(words) < 1000


def feeds() -> dict[str, Feed]:
    found = {source_id: sorted((FIXTURES / source_id).glob("good*")) for source_id in sources()}
    return {source_id: Feed(sources()[source_id], paths) for source_id, paths in found.items() if paths}


FEEDS = feeds()


@pytest.mark.parametrize("source_id", FEEDS)
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(100_000, 2**32))
def test_damaged_payloads_are_read_or_refused(source_id: str, seed: int) -> None:
    FEEDS[source_id].judge(random.Random(seed))


@pytest.mark.long
@pytest.mark.parametrize("source_id", FEEDS)
def test_100_000_damaged_payloads_are_read_or_refused(source_id: str) -> None:
    read, seed = 0, 0
    try:
        for seed in range(100_000):
            read += FEEDS[source_id].judge(random.Random(seed))
    except Exception as error:
        error.add_note(f"seed {seed} of {source_id}")
        raise
    assert 1_000 < read < 99_000, "damage that is always refused, or never, tests nothing"
