"""Pages, errors and days of the ArcGIS feature services of IMF PortWatch: what its feeds have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from connectors._reading.read import Row, check_names, decode, document, is_json, listing, mapping, table
from connectors._reading.read import rows as table_rows
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part, Payload, Request

HOST = "services9.arcgis.com"
PAGE_ROWS = 2000
OBJECT_ID = "ObjectId"
_AFTER = re.compile(rf" AND {OBJECT_ID} > \d+$")
_DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ENVELOPE = frozenset(
    (
        "objectIdFieldName uniqueIdField globalIdFieldName geometryType geometryProperties spatialReference hasZ hasM fields features "
        "exceededTransferLimit properties"
    ).split()
)
MEMBERS = frozenset(("attributes", "geometry", "centroid"))
COORDINATES = frozenset(("X", "Y"))
"""Columns that a table saved from the publisher's hub has before the fields of the service."""
_HUB_DAY = re.compile(r"(\d{4})/(\d\d)/(\d\d) 00:00:00\+00")


def layer(name: str) -> str:
    """Return the address that answers queries of a feature service of PortWatch."""
    return f"https://{HOST}/weJ1QsnbMYJlCHdG/arcgis/rest/services/{name}/FeatureServer/0/query"


def query(url: str, where: str, *, geometry: bool = True) -> Request:
    """Return the request of the first page of a query; ``geometry`` false leaves the shapes out."""
    # Pages go by the number of the row: the service answers 400 to an offset of 23,000 and more.
    params = {
        "where": where,
        "outFields": "*",
        "orderByFields": OBJECT_ID,
        "resultRecordCount": str(PAGE_ROWS),
        "f": "json",
    }
    return Request(url, params if geometry else params | {"returnGeometry": "false"})


def next_request(part: Part) -> Request | None:
    """Ask for the rows after the last one, as long as the service says there is more, or fills its pages."""
    if part.request is None:
        return None
    envelope, found = _features(part)
    if not (_exceeded(envelope) or len(found) >= int(part.request.params["resultRecordCount"])):
        return None
    if not found:
        raise SourceChanged("exceededTransferLimit", True, part.name, "rows on a page that says there are more")
    last = max(row.count(OBJECT_ID, 10**12) for row in _attributes(found, ""))
    asked = part.request.params["where"]
    where = f"{_AFTER.sub('', asked)} AND {OBJECT_ID} > {last}"
    if where == asked:
        raise SourceChanged(OBJECT_ID, last, part.name, "rows after those of the page before")
    return Request(part.request.url, {**part.request.params, "where": where})


def rows(payload: Payload) -> Iterator[tuple[Part, Row]]:
    """Yield the attributes of every feature of every page, with the part they stand in; a page may be a table saved from the hub.

    Raises
    ------
    Quarantine
        ``error_body`` for an error inside HTTP 200, ``truncated`` where the last page of a query says that there is more.
    """
    for number, part in enumerate(payload.parts):
        prefix = f"page {number + 1} " if len(payload.parts) > 1 else ""
        if not is_json(part) and b"," in part.body.split(b"\n", 1)[0]:
            yield from ((part, row) for row in _hub_rows(part, prefix))
            continue
        envelope, found = _features(part)
        if _exceeded(envelope) and _is_last(payload.parts, number):
            raise Quarantine("truncated", f"{part.name}: the service holds more rows than it gave (exceededTransferLimit); get all pages")
        yield from ((part, row) for row in _attributes(found, prefix))


def _attributes(found: list[object], prefix: str) -> Iterator[Row]:
    for index, feature in enumerate(found):
        position = f"{prefix}features[{index}]"
        members = mapping(feature, "feature", position)
        check_names(members.keys(), MEMBERS, ("attributes",), position)
        yield Row(mapping(members["attributes"], "attributes", position), position)


def _hub_rows(part: Part, prefix: str) -> Iterator[Row]:
    """Yield the rows of a table as the publisher's hub saves it: the fields of the service, and X and Y of the place."""
    text = decode(part, "utf-8-sig")
    header = next(table(text, part.name), (1, []))[1]
    for row in table_rows(text, part.name, header):
        values = {name: value for name, value in row.values.items() if name not in COORDINATES}
        yield Row(values, prefix + row.position, texts=True)


def _is_last(parts: tuple[Part, ...], number: int) -> bool:
    """Tell whether no page of the same query follows; files given by hand are one query."""
    if number == len(parts) - 1:
        return True
    here, following = parts[number].request, parts[number + 1].request
    if here is None or following is None:
        return False
    return (here.url, _question(here)) != (following.url, _question(following))


def _question(request: Request) -> str:
    """Return what a query asks for on all of its pages."""
    return _AFTER.sub("", request.params["where"])


def _features(part: Part) -> tuple[dict[str, object], list[object]]:
    envelope = mapping(document(part), "the document", part.name)
    if "error" in envelope:
        error = envelope["error"]
        shown = f"{error.get('code')} {error.get('message')}" if isinstance(error, dict) else str(error)
        raise Quarantine("error_body", f"{part.name}: the service answers with an error inside HTTP 200: {shown[:200]}")
    check_names(envelope.keys(), ENVELOPE, ("features",), part.name)
    return envelope, listing(envelope["features"], "features", part.name)


def _exceeded(envelope: dict[str, object]) -> bool:
    properties = envelope.get("properties")
    inner = properties.get("exceededTransferLimit") if isinstance(properties, dict) else None
    return bool(envelope.get("exceededTransferLimit") or inner)


def day(row: Row, field: str = "date") -> date:
    """Read a day: epoch milliseconds at midnight UTC, or a DateOnly text."""
    value = row.values[field]
    expected = "midnight UTC in milliseconds, or YYYY-MM-DD"
    try:
        if isinstance(value, int) and not isinstance(value, bool) and value % _DAY_MS == 0:
            return date(1970, 1, 1) + timedelta(milliseconds=value)
        if isinstance(value, str) and (written := _HUB_DAY.fullmatch(value)):
            return date(*map(int, written.groups()))
        if isinstance(value, str) and date.fromisoformat(value).isoformat() == value:  # weeks are ISO dates too
            return date.fromisoformat(value)
    except (ValueError, OverflowError) as error:
        raise row.refuse(field, expected) from error
    raise row.refuse(field, expected)


def calendar_day(row: Row) -> date:
    """Read ``date``, and hold it against ``year``, ``month`` and ``day``."""
    found = day(row)
    for name, ours in (("year", found.year), ("month", found.month), ("day", found.day)):
        if row.count(name) != ours:
            raise row.refuse(name, f"{ours}, as date says {found}")
    return found


def moment(row: Row, field: str) -> datetime | None:
    """Read an instant in epoch milliseconds, or a DateOnly text; ``None`` when there is none."""
    value = row.values[field]
    if value is None:
        return None
    if isinstance(value, str):
        return datetime.combine(day(row, field), datetime.min.time(), UTC)
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return _EPOCH + timedelta(milliseconds=value)
    except OverflowError as error:
        raise row.refuse(field, "an instant in milliseconds") from error
    raise row.refuse(field, "an instant in milliseconds, or YYYY-MM-DD")
