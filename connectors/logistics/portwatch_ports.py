"""IMF PortWatch: ships that call at each port, day by day, and the goods they are estimated to land and load.

About 2,000 ports: asked for country by country. The first poll takes two years, later ones the last months.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

from connectors._reading.arcgis import HOST, calendar_day, layer, next_request, query, rows
from connectors._reading.read import Row, check_names
from supplywatch.errors import BadSetting
from supplywatch.model.records import PortCalls, Provenance
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source
from supplywatch.reading.countries import by_alpha3

URL = layer("Daily_Ports_Data")
FIRST_DAYS, WINDOW_DAYS = 730, 120
COUNTRIES = ("CHN",)
MAX_CALLS_PER_DAY = 5000

TYPES = ("container", "dry_bulk", "general_cargo", "roro", "tanker")
COUNTS = (*(f"portcalls_{kind}" for kind in TYPES), "portcalls_cargo", "portcalls")
IGNORED = tuple(f"{way}_{kind}" for way in ("import", "export") for kind in (*TYPES, "cargo"))
REQUIRED = ("date", "year", "month", "day", "portid", "portname", "country", "ISO3", *COUNTS, *IGNORED, "import", "export")
KNOWN = frozenset((*REQUIRED, "ObjectId"))
_ISO3 = re.compile(r"[A-Z]{3}")


def release(period: str) -> datetime:
    """Return when a day appears: on the Tuesday after the week that ends at least a week later.

    >>> release("2026-04-13").isoformat(), release("2026-04-19").isoformat()
    ('2026-04-28T13:35:00+00:00', '2026-04-28T13:35:00+00:00')
    """
    day = datetime.fromisoformat(period).date()
    sunday = day + timedelta(days=6 - day.weekday())
    return datetime.combine(sunday + timedelta(days=9), time(13, 35), UTC)


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the ports of each chosen country, two years at first, then the last months."""
    days = FIRST_DAYS if cursor.last_observed is None else WINDOW_DAYS
    # From the first of a month, so that the question stays the same from poll to poll.
    since = (cursor.now.date() - timedelta(days=days)).replace(day=1)
    for iso3 in _countries(cursor):
        yield query(URL, f"ISO3 = '{iso3}' AND date >= DATE '{since:%Y-%m-%d}'", geometry=False)


def _countries(cursor: Cursor) -> tuple[str, ...]:
    given = cursor.options.get("countries", COUNTRIES)
    if not isinstance(given, list | tuple) or not given or not all(code in by_alpha3() for code in given):
        raise BadSetting("config/sources.yaml: portwatch_ports.options.countries: must be a list of ISO 3166 alpha-3 codes, such as 'CHN'")
    return tuple(dict.fromkeys(given))


def parse(payload: Payload) -> Iterable[PortCalls]:
    """Return one record for each port and day."""
    return [_record(row, payload) for _, row in rows(payload)]


def _record(row: Row, payload: Payload) -> PortCalls:
    check_names(row.values.keys(), KNOWN, REQUIRED, row.position)
    counts = {name: row.count(name, MAX_CALLS_PER_DAY) for name in COUNTS}
    cargo = sum(counts[f"portcalls_{kind}"] for kind in TYPES if kind != "tanker")
    if counts["portcalls_cargo"] != cargo:
        raise row.refuse("portcalls_cargo", f"the sum of its ship types, {cargo}")
    if counts["portcalls"] != cargo + counts["portcalls_tanker"]:
        raise row.refuse("portcalls", f"portcalls_cargo + portcalls_tanker, {cargo + counts['portcalls_tanker']}")
    row.text("country")
    return PortCalls(
        observed=calendar_day(row).isoformat(),
        published=payload.published,
        fetched=payload.fetched,
        provenance=Provenance(source="portwatch_ports", vintage=payload.vintage, payload_sha256=payload.sha256, position=row.position),
        port_id=row.text("portid"),
        port_name=row.text("portname"),
        country_iso3=_country(row),
        calls_total=counts["portcalls"],
        calls_cargo=cargo,
        **{f"calls_{kind}": counts[f"portcalls_{kind}"] for kind in TYPES},
        import_tonnes=_tonnes(row, "import"),
        export_tonnes=_tonnes(row, "export"),
    )


def _country(row: Row) -> str | None:
    code = row.optional_text("ISO3")
    if code is not None and not _ISO3.fullmatch(code):
        raise row.refuse("ISO3", "three capital letters")
    return code


def _tonnes(row: Row, field: str) -> float | None:
    tonnes = row.optional_number(field)
    if tonnes is not None and tonnes < 0:
        raise row.refuse(field, "no negative tonnage")
    return tonnes


SOURCE = Source(
    card=Card(
        source_id="portwatch_ports",
        title="Daily port calls and trade estimates",
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
            content_lag=timedelta(days=8, hours=13, minutes=35),
            grace=timedelta(days=7),
            weekday=1,
            hour_utc=13,
            minute_utc=35,
            known_at=release,
        ),
        poll_every=timedelta(hours=12),
        taxonomy=("RS.EXT", "RS.EXT.NAT", "HD.1"),
        record=PortCalls,
        kind="series",
        min_records=500,
        max_records=500_000,
        max_bytes=256 * 1024 * 1024,
        confirmed="2026-09-09: a row of Qingdao with all its fields; 2026-10-08: a whole answer of four fields, Rotterdam",
        notes=(
            "option countries in config/sources.yaml: ISO 3166 alpha-3 codes of the countries whose ports are read; China when not given",
            "ports lag by ten days or more; days are of the kind DateOnly, which a filter by timestamp does not take",
            "tonnages are estimates from draught changes, re-estimated between vintages; no rule uses them",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
