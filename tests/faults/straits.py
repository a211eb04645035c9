"""A source small enough to reason about: transits through toy straits, in JSON, with pages."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from connectors._reading.read import Row, check_names, document, listing, mapping
from supplywatch.model.records import Provenance, TransitCount
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source

URL = "https://straits.example/days"
DAY = timedelta(days=1)
FIELDS = ("strait", "day", "count")
Days = Mapping[tuple[str, int], int]
"""Count by strait and day of September 2026."""


def body(days: Days, following: str | None = None) -> bytes:
    """Return an answer; ``following`` is the address of the next page."""
    rows = [{"strait": strait, "day": f"2026-09-{day:02d}", "count": count} for (strait, day), count in days.items()]
    return json.dumps({"days": rows, "next": following}).encode()


def month(last_day: int, straits: Iterable[str] = ("a", "b"), **changed: int) -> dict[tuple[str, int], int]:
    """Return ten transits a day until ``last_day``; ``changed`` gives other counts by strait and day, as in ``a3=4``."""
    days = {(strait, day): 10 for day in range(1, last_day + 1) for strait in straits}
    return days | {(key[0], int(key[1:])): count for key, count in changed.items()}


def _whole(part: Part) -> dict[str, Any]:
    found = mapping(document(part), "the document", part.name)
    check_names(found.keys(), ("days", "next"), ("days", "next"), part.name)
    return found


def _parse(payload: Payload) -> Iterable[TransitCount]:
    for part in payload.parts:
        for number, item in enumerate(listing(_whole(part)["days"], "days", part.name)):
            position = f"{part.name} days[{number}]"
            fields = mapping(item, "days", position)
            check_names(fields.keys(), FIELDS, FIELDS, position)
            yield _record(Row(fields, position), payload)


def _record(row: Row, payload: Payload) -> TransitCount:
    others = dict.fromkeys(("tanker", "cargo", "container", "dry_bulk", "general_cargo", "roro"), 0)
    return TransitCount.model_validate(
        {
            "observed": row.text("day"),
            "published": payload.published,
            "fetched": payload.fetched,
            "provenance": Provenance(source="straits", vintage=payload.vintage, payload_sha256=payload.sha256, position=row.position),
            "chokepoint_id": row.text("strait"),
            "chokepoint_name": f"Strait {row.text('strait')}",
            "transits_total": row.count("count"),
            **{f"transits_{name}": count for name, count in others.items()},
        }
    )


def _next_request(part: Part) -> Request | None:
    following = _whole(part)["next"]
    return None if following is None else Request(following)


def _requests(_cursor: Cursor) -> Iterable[Request]:
    yield Request(URL)


CARD = Card(
    source_id="straits",
    title="Toy straits",
    publisher="Nobody",
    homepage="https://straits.example",
    hosts=("straits.example",),
    licence="none",
    redistribution="yes",
    commercial_use="yes",
    attribution="none",
    encoding="utf-8",
    calendar=Calendar(7 * DAY, 9 * DAY, DAY, weekday=1, hour_utc=13, minute_utc=35),
    poll_every=timedelta(hours=6),
    taxonomy=(),
    record=TransitCount,
    kind="series",
    min_records=1,
    max_records=10_000,
)
SOURCE = Source(CARD, _requests, _parse, _next_request)
