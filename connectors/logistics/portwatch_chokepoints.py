"""IMF PortWatch: ships that pass each of 28 chokepoints, day by day, from the ArcGIS feature service.

The whole history is asked for once, then the last 13 to 14 months with each poll: the publisher reprocesses its history now and then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from connectors._reading.arcgis import HOST, calendar_day, layer, next_request, query, rows
from connectors._reading.read import Row, check_names
from supplywatch.errors import Quarantine
from supplywatch.model.records import Provenance, TransitCount
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

URL = layer("Daily_Chokepoints_Data")
FIRST_DAY = date(2019, 1, 1)
WINDOW_DAYS = 400
MAX_TRANSITS_PER_DAY = 1000
MAX_MISSING_DAYS = 7

TYPES = ("container", "dry_bulk", "general_cargo", "roro", "tanker")
COUNTS = (*(f"n_{kind}" for kind in TYPES), "n_cargo", "n_total")
IGNORED = (*(f"capacity_{kind}" for kind in (*TYPES, "cargo")),)
REQUIRED = ("date", "year", "month", "day", "portid", "portname", *COUNTS, *IGNORED, "capacity")
KNOWN = frozenset((*REQUIRED, "ObjectId"))


def release(period: str) -> datetime:
    """Return when a day appears: the week to Sunday comes on the Tuesday after it, about 13:35 UTC.

    >>> release("2026-04-13").isoformat(), release("2026-04-19").isoformat()
    ('2026-04-21T13:35:00+00:00', '2026-04-21T13:35:00+00:00')
    """
    day = date.fromisoformat(period)
    sunday = day + timedelta(days=6 - day.weekday())
    return datetime.combine(sunday + timedelta(days=2), time(13, 35), UTC)


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for every chokepoint since the first day, or over the window once the history is known."""
    since = FIRST_DAY
    if cursor.last_observed is not None:
        # From the first of a month, so that the question stays the same from poll to poll.
        since = (cursor.now.date() - timedelta(days=WINDOW_DAYS)).replace(day=1)
    yield query(URL, f"date >= timestamp '{since:%Y-%m-%d} 00:00:00'")


def parse(payload: Payload) -> Iterable[TransitCount]:
    """Return one record for each chokepoint and day."""
    records = [_record(row, payload) for _, row in rows(payload)]
    _check_gaps(records)
    return records


def _record(row: Row, payload: Payload) -> TransitCount:
    check_names(row.values.keys(), KNOWN, REQUIRED, row.position)
    day = calendar_day(row)
    counts = {name: row.count(name, MAX_TRANSITS_PER_DAY) for name in COUNTS}
    cargo = sum(counts[f"n_{kind}"] for kind in TYPES if kind != "tanker")
    if counts["n_cargo"] != cargo:
        raise row.refuse("n_cargo", f"the sum of its ship types, {cargo}")
    if counts["n_total"] != cargo + counts["n_tanker"]:
        raise row.refuse("n_total", f"n_cargo + n_tanker, {cargo + counts['n_tanker']}")
    capacity = row.optional_number("capacity")
    if capacity is not None and capacity < 0:
        raise row.refuse("capacity", "no negative tonnage")
    return TransitCount(
        observed=day.isoformat(),
        published=payload.published,
        fetched=payload.fetched,
        provenance=Provenance(
            source="portwatch_chokepoints", vintage=payload.vintage, payload_sha256=payload.sha256, position=row.position
        ),
        chokepoint_id=row.text("portid"),
        chokepoint_name=row.text("portname"),
        transits_total=counts["n_total"],
        transits_cargo=cargo,
        **{f"transits_{kind}": counts[f"n_{kind}"] for kind in TYPES},
        capacity_dwt=capacity,
    )


def _check_gaps(records: Iterable[TransitCount]) -> None:
    """Refuse a payload in which a week or more of a chokepoint is missing; single days happen, and the rules count days."""
    days: dict[str, set[date]] = {}
    for record in records:
        days.setdefault(record.chokepoint_id, set()).add(date.fromisoformat(record.observed))
    for chokepoint_id, seen in days.items():
        missing = (max(seen) - min(seen)).days + 1 - len(seen)
        if missing > MAX_MISSING_DAYS:
            raise Quarantine(
                "truncated", f"portwatch_chokepoints: {chokepoint_id}: {missing} days missing between {min(seen)} and {max(seen)}"
            )


SOURCE = Source(
    card=Card(
        source_id="portwatch_chokepoints",
        title="Daily chokepoint transit calls",
        publisher="IMF PortWatch and UN Global Platform",
        homepage="https://portwatch.imf.org",
        hosts=(HOST,),
        licence="IMF terms of use; attribution",
        redistribution="derived-only",
        commercial_use="yes",
        attribution="IMF PortWatch (portwatch.imf.org), based on AIS data of the UN Global Platform",
        encoding="utf-8",
        calendar=Calendar(
            cadence=timedelta(days=7),
            content_lag=timedelta(days=1, hours=13, minutes=35),
            grace=timedelta(days=1),
            weekday=1,
            hour_utc=13,
            minute_utc=35,
            known_at=release,
        ),
        poll_every=timedelta(hours=12),
        taxonomy=("RS.EXT", "HD.1"),
        record=TransitCount,
        kind="series",
        min_records=5_000,
        max_records=200_000,
        anchors=("transit/chokepoint4", "transit/chokepoint5", "transit/chokepoint6"),
        confirmed="2025-05-29: an answer of Daily_Chokepoints_Data, 16 rows, Taiwan Strait",
        notes=(
            "history is reprocessed as a whole now and then: between March and July 2026 2,586 of 2,638 days of Hormuz changed",
            "capacities were re-estimated and cannot be compared across vintages; no rule uses them",
            "zero transits can be true (Hormuz in March 2026); one-day drop-outs of AIS exist",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
