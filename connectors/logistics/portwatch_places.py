"""IMF PortWatch: its ports and its chokepoints, where they lie and how busy they usually are.

Reference data without dates: a record speaks of the month in which it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal

from connectors._reading.arcgis import HOST, layer, next_request, query, rows
from connectors._reading.read import Row, check_names
from supplywatch.model.records import Place, Provenance
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
_ID = re.compile(r"(port|chokepoint)\d+")
_ISO3 = re.compile(r"[A-Z]{3}")
_LOCODE = re.compile(r"[A-Z]{2} ?[A-Z2-9]{3}")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for all ports, then for all chokepoints."""
    for url in (PORTS_URL, CHOKEPOINTS_URL):
        yield query(url, "1=1", "portid", geometry=False)


def parse(payload: Payload) -> Iterable[Place]:
    """Return one record for each place."""
    return [_record(row, payload) for _, row in rows(payload)]


def _record(row: Row, payload: Payload) -> Place:
    check_names(row.values.keys(), KNOWN, REQUIRED, row.position)
    place_id = row.text("portid")
    if not _ID.fullmatch(place_id):
        raise row.refuse("portid", "port or chokepoint and a number")
    kind: Literal["port", "chokepoint"] = "port" if place_id.startswith("port") else "chokepoint"
    vessels = row.optional_number("vessel_count_total")
    return Place(
        observed=f"{payload.fetched:%Y-%m}",
        published=payload.published,
        fetched=payload.fetched,
        provenance=Provenance(source="portwatch_places", vintage=payload.vintage, payload_sha256=payload.sha256, position=row.position),
        place_id=place_id,
        place_kind=kind,
        name=row.text("portname"),
        full_name=_text(row, "fullname"),
        country_iso3=_matching(row, "ISO3", _ISO3, "three capital letters"),
        locode=(_matching(row, "LOCODE", _LOCODE, "a UN/LOCODE, such as CN SHA") or "").replace(" ", "") or None,
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


def _degrees(row: Row, field: str, most: int) -> float:
    degrees = row.number(field)
    if abs(degrees) > most:
        raise row.refuse(field, f"degrees from -{most} to {most}")
    return degrees


def _share(row: Row, field: str) -> float | None:
    share = row.optional_number(field) if field in row.values else None
    if share is not None and not 0 <= share <= 1:
        raise row.refuse(field, "a share from 0 to 1")
    return share


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
        notes=(
            "names of the fields are known from other public clients; switch it on once a live answer has been read",
            "two tables of one shape: the one of chokepoints may lack country, LOCODE and shares",
            "yearly averages and shares are re-estimated by the publisher; no rule uses them",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
