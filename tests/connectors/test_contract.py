"""What every connector must keep, whatever its publisher."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from supplywatch.config import read_yaml
from supplywatch.errors import Quarantine
from supplywatch.intake import fencing, guards
from supplywatch.judging.folding import RECORD
from supplywatch.model.limits import intake
from supplywatch.model.periods import known_at, period_end, period_start
from supplywatch.model.records import RECORD_TYPES, ListEntry, Record
from supplywatch.model.source import Cursor, Part, Payload, Request, Source
from supplywatch.model.taxonomy import load_taxonomy
from supplywatch.registry import sources

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
MOST_REQUESTS = 500
SECRET_WORD = re.compile(r"key|token|secret|password|signature|credential", re.IGNORECASE)
NAMED = re.compile(r"\brow \d+|\w\[\d+\]|\bline \d+|\bfield '|\bbyte \d+")

SOURCES = sources()
GOOD = [(source_id, path) for source_id in SOURCES for path in sorted((FIXTURES / source_id).glob("good*"))]
BAD = [(source_id, path) for source_id in SOURCES for path in sorted((FIXTURES / source_id).glob("bad_*"))]


def name_of(value: object) -> str:
    return value.name if isinstance(value, Path) else str(value)


each_source = pytest.mark.parametrize("source_id", SOURCES)
each_good = pytest.mark.parametrize(("source_id", "path"), GOOD, ids=name_of)
each_bad = pytest.mark.parametrize(("source_id", "path"), BAD, ids=name_of)


def payload(source_id: str, path: Path, name: str | None = None) -> Payload:
    return Payload(source_id, (Part(path.read_bytes(), name or path.name),), NOW)


def items(source: Source, given: Payload) -> list[Record | ListEntry]:
    found: list[Record | ListEntry] = []
    found.extend(source.parse(source.told(given)))
    return found


def lengths(source_id: str) -> set[int]:
    """Return how long the periods of a source are: 4 for years, 7 for months, 10 for days (as for every snapshot)."""
    found = {
        len(item.observed)
        for _, path in GOOD
        if path.parent.name == source_id
        for item in items(SOURCES[source_id], payload(source_id, path))
        if isinstance(item, Record)
    }
    return found or {10}


def cursors(source_id: str) -> Iterator[Cursor]:
    """Yield the first poll and later ones, with the card's own choices and with those of config/sources.yaml."""
    chosen = (read_yaml("sources.yaml").get(source_id) or {}).get("options", {})
    newest = [f"{day:%Y-%m-%d}"[:length] for length in sorted(lengths(source_id)) for day in (NOW, NOW - timedelta(days=400))]
    none: dict[str, Any] = {}
    for options in (none, chosen):
        for has_secret in (False, True):
            for last in (None, *newest):
                yield Cursor(NOW, last_observed=last, has_secret=has_secret, options=options)


def asked(source: Source, cursor: Cursor) -> list[Request]:
    return list(islice(source.requests(cursor), MOST_REQUESTS))


def test_every_source_is_found() -> None:
    """A folder that discovery no longer walks would take its sources out of every test below, and nobody would see."""
    assert set(SOURCES) == {path.name for path in FIXTURES.iterdir() if any(path.glob("good*"))}
    assert len(SOURCES) >= 33


@each_source
def test_the_card_is_complete(source_id: str) -> None:
    card = SOURCES[source_id].card
    texts = ("title", "publisher", "licence", "attribution", "encoding")
    assert all(getattr(card, name).strip() == getattr(card, name) != "" for name in texts)
    assert urlsplit(card.homepage).scheme == "https"
    assert "x".encode(card.encoding) == b"x"
    assert card.hosts
    assert all(re.fullmatch(r"[a-z0-9.-]+", host) for host in card.hosts)
    assert 0 < card.min_records < card.max_records
    assert 0.0 <= intake().shrink_of(card.source_id) < 1.0
    assert card.max_bytes > 0
    assert card.record in RECORD_TYPES
    assert all(anchor.strip() for anchor in card.anchors)
    assert all(note.strip() for note in card.notes)


@each_source
def test_the_taxonomy_knows_the_nodes_of_the_card(source_id: str) -> None:
    card = SOURCES[source_id].card
    assert card.taxonomy
    assert [load_taxonomy().node(node).id for node in card.taxonomy] == list(card.taxonomy)


@each_source
def test_the_calendar_can_be_kept(source_id: str) -> None:
    card = SOURCES[source_id].card
    calendar = card.calendar
    assert min(calendar.cadence, card.poll_every) > timedelta()
    assert min(calendar.content_lag, calendar.grace) >= timedelta()
    assert card.poll_every <= calendar.cadence + calendar.grace
    assert calendar.weekday is None or calendar.weekday in range(7)
    assert (calendar.hour_utc in range(24), calendar.minute_utc in range(60)) == (True, True)


def periods_like(example: str) -> list[str]:
    """Return periods in a row of the length of the example."""
    if len(example) == 4:
        return [str(year) for year in range(2015, 2027)]
    if len(example) == 7:
        return [f"{year}-{month:02d}" for year in range(2023, 2026) for month in range(1, 13)]
    return [(date(2023, 12, 20) + timedelta(days=n)).isoformat() for n in range(500)]


@each_source
def test_what_is_later_is_known_later(source_id: str) -> None:
    card = SOURCES[source_id].card
    for length in lengths(source_id):
        periods = periods_like("2026-01-01"[:length])
        known = [known_at(card.calendar, period) for period in periods]
        assert known == sorted(known)
        over = period_start if card.kind == "acts" else period_end
        assert all(moment.utcoffset() == timedelta() for moment in known)
        assert all(moment >= over(period) for moment, period in zip(known, periods, strict=True))


@each_source
def test_requests_are_few_and_the_same_for_the_same_cursor(source_id: str) -> None:
    source = SOURCES[source_id]
    for cursor in cursors(source_id):
        first = asked(source, cursor)
        assert len(first) < MOST_REQUESTS
        assert bool(first) != source.card.by_hand, "a source is asked, or its files are given by hand"
        assert first == asked(source, replace(cursor))
        shown = [(request.url, tuple(request.params.items())) for request in first]
        assert len(set(shown)) == len(shown), "the same question twice"


@each_source
def test_requests_go_to_the_publisher_and_carry_no_secret_in_sight(source_id: str) -> None:
    source = SOURCES[source_id]
    for cursor in cursors(source_id):
        for request in asked(source, cursor):
            address = urlsplit(request.url)
            assert (address.scheme, address.username, address.password, address.port) == ("https", None, None, None)
            assert address.hostname in source.card.hosts
            assert not SECRET_WORD.search(address.query)
            assert not any(SECRET_WORD.search(name) for name in request.params)
            assert all(type(value) is str for value in request.params.values())
            if request.secret_header is not None:
                assert cursor.has_secret
                assert request.secret_header[1] == source.card.secret_setting


@each_source
def test_a_file_has_no_further_pages(source_id: str) -> None:
    """A part without a request was given by hand."""
    for path in (FIXTURES / source_id).glob("good*"):
        assert SOURCES[source_id].next_request(Part(path.read_bytes(), path.name)) is None


@each_source
def test_fixtures_are_there_and_labelled(source_id: str) -> None:
    folder = FIXTURES / source_id
    assert "synthetic" in (folder / "README.md").read_text(encoding="utf-8").lower()
    assert list(folder.glob("good*"))
    assert list(folder.glob("bad_*"))


@each_good
def test_what_a_connector_reads_is_the_same_behind_the_fence(source_id: str, path: Path) -> None:
    for item in items(SOURCES[source_id], payload(source_id, path)):
        assert fencing.item(fencing.message(fencing.item_line(item).removesuffix(b"\n"))) == item


@each_good
def test_a_good_payload_passes_the_guards(source_id: str, path: Path) -> None:
    warnings: list[str] = []
    reading = guards.read(SOURCES[source_id], payload(source_id, path), now=NOW, warn=warnings.append)
    assert reading.size >= 1
    assert bool(reading.entries) == (SOURCES[source_id].card.kind == "snapshot")
    assert bool(reading.records) != bool(reading.entries)
    assert all(isinstance(record, SOURCES[source_id].card.record) for record in reading.records)
    assert all(source_id in warning for warning in warnings)


@each_good
def test_what_is_read_survives_its_journey(source_id: str, path: Path) -> None:
    for item in items(SOURCES[source_id], payload(source_id, path)):
        body = item.model_dump_json()
        back = RECORD.validate_json(body) if isinstance(item, Record) else ListEntry.model_validate_json(body)
        assert back == item
        assert back.model_dump_json() == body


@each_good
def test_parse_is_pure(source_id: str, path: Path) -> None:
    source = SOURCES[source_id]
    given = payload(source_id, path)
    first = items(source, given)
    assert items(source, given) == first
    assert items(source, payload(source_id, path, "another name")) == first


@each_good
def test_every_record_says_where_it_stands(source_id: str, path: Path) -> None:
    given = payload(source_id, path)
    records = [item for item in items(SOURCES[source_id], given) if isinstance(item, Record)]
    for record in records:
        assert record.provenance.source == source_id
        assert record.provenance.payload_sha256 == given.sha256
        assert record.provenance.vintage == given.vintage
        assert NAMED.search(record.provenance.position)
        assert record.fetched == given.fetched
        assert record.published is None or record.published <= given.fetched
        assert record.series
    places = [(record.series, record.observed, record.provenance.position) for record in records]
    assert len(set(places)) == len(places)


@each_bad
def test_a_bad_payload_is_refused_in_words(source_id: str, path: Path) -> None:
    with pytest.raises(Quarantine) as refusal:
        guards.read(SOURCES[source_id], payload(source_id, path), now=NOW, warn=lambda _: None)
    message = str(refusal.value)
    assert path.name in message or NAMED.search(message) or source_id in message
    assert refusal.value.reason in Quarantine.REASONS
    assert "Traceback" not in message
    assert "Error(" not in message
    assert len(message) < 1000


@each_source
def test_other_bodies_are_refused_too(source_id: str) -> None:
    """What any server can answer in place of any publication."""
    bodies = [
        b"",
        b"\n\n",
        b"null",
        b"[]",
        b"{}",
        b"0",
        b'"text"',
        b"<html><title>502 Bad Gateway</title></html>",
        b"\x1f\x8b\x08\x00",
        b"a,b\n1,2\n",
    ]
    for body in bodies:
        given = Payload(source_id, (Part(body, "answer"),), NOW)
        with pytest.raises(Quarantine):
            guards.read(SOURCES[source_id], given, now=NOW, warn=lambda _: None)
