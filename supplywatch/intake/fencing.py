"""The language of both sides of the fence: lines of JSON, and payloads' bodies one after the other in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from supplywatch.errors import Quarantine
from supplywatch.intake.fetch import Fetched
from supplywatch.ledger.sources import Validator
from supplywatch.model.records import RECORD_TYPES, ListEntry, Record
from supplywatch.model.source import Card, Cursor, Part, Payload, Request

Message = Mapping[str, Any]
_ITEMS: dict[str, type[Record] | type[ListEntry]] = {"ListEntry": ListEntry} | {kind.__name__: kind for kind in RECORD_TYPES}


def memory_bytes(card: Card) -> int:
    """Return what a process of a source may take: its need, and a body of the largest size as it is received, unpacked and copied."""
    return card.need.memory_mb * 1024**2 + 4 * card.max_bytes


def message(line: bytes) -> Message:
    """Read a line.

    An item is no JSON object around the record but the record behind its kind: a record is parsed once, by its own model.
    """
    if line.startswith(b"{"):
        found: Message = json.loads(line)
        return found
    kind, _, body = line.partition(b" ")
    return {"item": kind.decode(), "body": body}


def item_line(one: Record | ListEntry) -> bytes:
    """Write a record."""
    return f"{type(one).__name__} {one.model_dump_json()}\n".encode()


def item(said: Message) -> Record | ListEntry:
    """Validate a record as if a stranger had sent it."""
    return _ITEMS[said["item"]].model_validate_json(said["body"])


def cursor_json(cursor: Cursor) -> Message:
    """Write a cursor."""
    return vars(cursor) | {"now": cursor.now.isoformat(), "options": dict(cursor.options)}


def cursor(said: Message) -> Cursor:
    """Read a cursor."""
    return Cursor(**{**said, "now": datetime.fromisoformat(said["now"])})


def payload_json(payload: Payload) -> Message:
    """Write all of a payload but the bodies."""
    return {
        "source": payload.source,
        "fetched": payload.fetched.isoformat(),
        "published": payload.published and payload.published.isoformat(),
        "selection": payload.selection,
        "parts": [_part_json(part) for part in payload.parts],
    }


def payload(said: Message, bodies: IO[bytes]) -> Payload:
    """Read a payload."""
    published = said["published"]
    return Payload(
        said["source"],
        tuple(_part(one, bodies) for one in _listed(said["parts"])),
        datetime.fromisoformat(said["fetched"]),
        published and datetime.fromisoformat(published),
        said["selection"],
    )


def fetched_json(got: Fetched) -> Message:
    """Write all of what a poll brought but the bodies."""
    refused = got.refused
    return {
        "payload": payload_json(got.payload),
        "validators": {address: mark.model_dump(mode="json") for address, mark in got.validators.items()},
        "questions": got.questions,
        "refused": None if refused is None else [refused.reason, str(refused)],
    }


def fetched(said: Message, bodies: IO[bytes]) -> Fetched:
    """Read what a poll brought."""
    marks = {address: Validator.model_validate(mark) for address, mark in said["validators"].items()}
    refused = said["refused"]
    return Fetched(payload(said["payload"], bodies), marks, said["questions"], None if refused is None else Quarantine(*refused))


def _part_json(part: Part) -> Message:
    request = part.request
    asked = None if request is None else {"url": request.url, "params": dict(request.params)}
    return {"size": len(part.body), "name": part.name, "content_type": part.content_type, "request": asked}


def _part(said: Message, bodies: IO[bytes]) -> Part:
    asked = said["request"]
    return Part(bodies.read(int(said["size"])), said["name"], said["content_type"], None if asked is None else Request(**asked))


def _listed(found: Any) -> Sequence[Message]:
    assert isinstance(found, list)
    return found
