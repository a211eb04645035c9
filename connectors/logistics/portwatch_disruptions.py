"""IMF PortWatch: disruption events (cyclones, earthquakes, floods, closures) with the ports and chokepoints they touch.

The publisher's editors set the dates; an event is edited while it goes on, and each edit is a revision of the same record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Literal

from connectors._reading.arcgis import HOST, layer, moment, next_request, query, rows
from connectors._reading.read import Row, check_names
from supplywatch.model.records import DisruptionEvent, Provenance
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

URL = layer("portwatch_disruptions_database")
USED = (
    "eventid eventtype eventname htmlname htmldescription alertlevel country fromdate todate severitytext lat long editdate "
    "affectedports n_affectedports affectedpopulation"
).split()
IGNORED = ("year", "pageid", "ObjectId", "Shape__Area", "Shape__Length")
"""``year`` is wrong: 2019 on an event of 2026."""
REQUIRED = (*USED, "year", "pageid", "ObjectId")
KNOWN = frozenset((*USED, *IGNORED))
LEVELS: Mapping[str, Literal["green", "orange", "red"]] = {"GREEN": "green", "ORANGE": "orange", "RED": "red"}


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for all events, without their outlines."""
    yield query(URL, "1=1", geometry=False)


def parse(payload: Payload) -> Iterable[DisruptionEvent]:
    """Return one record for each event."""
    return [_record(row, payload) for _, row in rows(payload)]


def _record(row: Row, payload: Payload) -> DisruptionEvent:
    check_names(row.values.keys(), KNOWN, REQUIRED, row.position)
    begins = _day(row, "fromdate")
    if begins is None:
        raise row.refuse("fromdate", "the day the event begins")
    ends = _day(row, "todate")
    if ends is not None and ends < begins:
        raise row.refuse("todate", f"a day that is not before {begins}")
    _day(row, "editdate")
    latitude, longitude = _coordinate(row, "lat", 90), _coordinate(row, "long", 180)
    return DisruptionEvent(
        observed=begins.isoformat(),
        published=payload.published,
        fetched=payload.fetched,
        provenance=Provenance(
            source="portwatch_disruptions", vintage=payload.vintage, payload_sha256=payload.sha256, position=row.position
        ),
        event_id=str(row.count("eventid", 10**12)),
        event_type=row.text("eventtype"),
        name=row.text("eventname"),
        title=row.optional_text("htmlname") or row.text("eventname"),
        description=row.optional_text("htmldescription"),
        alert_level=row.choice("alertlevel", LEVELS),
        countries=_listed(row, "country"),
        begins=begins,
        ends=ends,
        severity_text=row.optional_text("severitytext"),
        affected_population=row.optional_text("affectedpopulation"),
        latitude=latitude,
        longitude=longitude,
        affected_places=_places(row),
    )


def _day(row: Row, field: str) -> date | None:
    found = moment(row, field)
    return None if found is None else found.date()


def _coordinate(row: Row, field: str, most: int) -> float | None:
    degrees = row.optional_number(field)
    if degrees is not None and abs(degrees) > most:
        raise row.refuse(field, f"degrees from -{most} to {most}")
    return degrees


def _listed(row: Row, field: str) -> tuple[str, ...]:
    words = (word.strip() for word in (row.optional_text(field) or "").replace(";", ",").split(","))
    return tuple(dict.fromkeys(word for word in words if word))


def _places(row: Row) -> tuple[str, ...]:
    places = _listed(row, "affectedports")
    said = row.optional_number("n_affectedports")
    if said is not None and said != len(places):
        raise row.refuse("n_affectedports", f"{len(places)}, as many as affectedports names")
    return places


SOURCE = Source(
    card=Card(
        source_id="portwatch_disruptions",
        title="Disruption events at ports and chokepoints",
        publisher="IMF PortWatch",
        homepage="https://portwatch.imf.org",
        hosts=(HOST,),
        licence="IMF terms of use; attribution",
        redistribution="derived-only",
        commercial_use="yes",
        attribution="IMF PortWatch (portwatch.imf.org)",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=30), content_lag=timedelta(days=7), grace=timedelta(days=60)),
        poll_every=timedelta(hours=6),
        taxonomy=("RS.EXT", "RS.EXT.NAT"),
        record=DisruptionEvent,
        kind="series",
        min_records=20,
        max_records=20_000,
        confirmed="2026: HORMUZ-26 with its outline, GEZANI-26; 2026-09-09: IDAI-19, RED SEA TENSIONS, attributes",
        notes=(
            "the publisher's field 'year' is wrong at times (2019 on an event of 2026) and is not used",
            "an event without an end goes on; dates are set by editors, not by a statistic",
            "affected places are ids of PortWatch, of ports and of chokepoints; outlines are not read",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
