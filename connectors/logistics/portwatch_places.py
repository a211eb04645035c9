"""IMF PortWatch: its ports and its chokepoints, where they lie and how busy they usually are.

Reference data without dates: a record speaks of the month in which it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from connectors._reading.arcgis import HOST, layer, next_request, query, rows
from connectors._reading.read import Row, check_names
from supplywatch.model.records import Place, PlaceKind, Provenance
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

PORTS_URL = layer("PortWatch_ports_database")
CHOKEPOINTS_URL = layer("PortWatch_chokepoints_database")
MAX_VESSELS_PER_YEAR = 10**7

REQUIRED = ("portid", "portname", "lat", "lon", "vessel_count_total")
USED = (*REQUIRED, "fullname", "ISO3", "LOCODE", "industry_top1", "industry_top2", "industry_top3")
SHARES = ("share_country_maritime_import", "share_country_maritime_export")
IGNORED = (
    "country countrynoaccents continent pageid ObjectId vessel_count_container vessel_count_dry_bulk vessel_count_general_cargo "
    "vessel_count_RoRo vessel_count_tanker"
).split()
KNOWN = frozenset((*USED, *SHARES, *IGNORED))
KINDS: Mapping[str, PlaceKind] = {"port": "port", "fso": "offshore_terminal", "chokepoint": "chokepoint"}
"""Kind by the letters of its id: ``fso`` are storage vessels and loading buoys, among the ports in the publisher's table."""
_ID = re.compile(rf"({'|'.join(KINDS)})\d+")
_ISO3 = re.compile(r"[A-Z]{3}")
_LOCODE = re.compile(r"([A-Z]{2})[ -]*([A-Z2-9]{3})")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for all ports, then for all chokepoints."""
    for url in (PORTS_URL, CHOKEPOINTS_URL):
        yield query(url, "1=1", geometry=False)


def parse(payload: Payload) -> Iterable[Place]:
    """Return one record for each place."""
    return [_record(row, payload) for _, row in rows(payload)]


def _record(row: Row, payload: Payload) -> Place:
    check_names(row.values.keys(), KNOWN, REQUIRED, row.position)
    place_id = row.text("portid")
    if (said := _ID.fullmatch(place_id)) is None:
        raise row.refuse("portid", "port, fso or chokepoint, and a number")
    vessels = row.optional_number("vessel_count_total")
    return Place(
        observed=f"{payload.fetched:%Y-%m}",
        published=payload.published,
        fetched=payload.fetched,
        provenance=Provenance(source="portwatch_places", vintage=payload.vintage, payload_sha256=payload.sha256, position=row.position),
        place_id=place_id,
        place_kind=KINDS[said[1]],
        name=row.text("portname"),
        full_name=_text(row, "fullname"),
        country_iso3=_matching(row, "ISO3", _ISO3, "three capital letters"),
        locode=_locode(row),
        latitude=_degrees(row, "lat", 90),
        longitude=_degrees(row, "lon", 180),
        vessels_per_year=None if vessels is None else row.count("vessel_count_total", MAX_VESSELS_PER_YEAR),
        share_country_import=_share(row, SHARES[0]),
        share_country_export=_share(row, SHARES[1]),
        industries=tuple(name for n in (1, 2, 3) if (name := _text(row, f"industry_top{n}")) is not None),
    )


def _text(row: Row, field: str) -> str | None:
    """Return a text, ``None`` where the table of chokepoints does not have the field."""
    return row.optional_text(field) if field in row.values else None


def _matching(row: Row, field: str, pattern: re.Pattern[str], expected: str) -> str | None:
    found = _text(row, field)
    if found is not None and not pattern.fullmatch(found):
        raise row.refuse(field, expected)
    return found


def _locode(row: Row) -> str | None:
    """Return country and place in one word: "JP TRG", "SO  BSA" and "IN-PAV" are written."""
    found = _matching(row, "LOCODE", _LOCODE, "a UN/LOCODE, such as CN SHA")
    return None if found is None else re.sub(r"[ -]", "", found)


def _degrees(row: Row, field: str, most: int) -> float:
    degrees = row.number(field)
    if abs(degrees) > most:
        raise row.refuse(field, f"degrees from -{most} to {most}")
    return degrees


def _share(row: Row, field: str) -> float | None:
    """Return a fraction; the publisher writes percent, which add up to 100 over the ports of a country."""
    percent = row.optional_number(field) if field in row.values else None
    if percent is not None and not 0 <= percent <= 100:
        raise row.refuse(field, "a share in percent, from 0 to 100")
    return None if percent is None else percent / 100


SOURCE = Source(
    card=Card(
        source_id="portwatch_places",
        title="Ports and chokepoints",
        publisher="IMF PortWatch",
        homepage="https://portwatch.imf.org",
        hosts=(HOST,),
        licence="IMF terms of use; attribution",
        redistribution="derived-only",
        commercial_use="yes",
        attribution="IMF PortWatch (portwatch.imf.org)",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=365), content_lag=timedelta(0), grace=timedelta(days=90)),
        poll_every=timedelta(days=30),
        taxonomy=("RS.EXT",),
        record=Place,
        kind="series",
        min_records=500,
        max_records=10_000,
        anchors=("place/portwatch_places/port", "place/portwatch_places/chokepoint"),
        confirmed="2026-04-02: the hub's table of ports, 2,033 rows; 2026-09-09: Tsuruga and Suez, attributes",
        notes=(
            "two tables of one shape: in the one of chokepoints country, LOCODE and shares are empty",
            "shares are written in percent; ids that begin with fso are offshore terminals, 181 of 2,033",
            "yearly averages and shares are re-estimated by the publisher; no rule uses them",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
