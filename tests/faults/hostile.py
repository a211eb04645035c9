"""Publishers that do to the process that reads them whatever can be done; what they shall do stands in what they send."""

import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from supplywatch.model.records import TransitCount
from supplywatch.model.source import Cursor, Need, Payload, Request, Source
from tests.faults import straits

SLOW_REGEX = re.compile(r"(a+)+$")
"""Code in C that looks at no signal: it ends when the process does."""


def _requests(cursor: Cursor) -> list[Request]:
    return [Request(str(cursor.options["url"]))]


def _parse(payload: Payload) -> Iterator[Any]:
    """Read as the straits are read; a first word of the body makes trouble before, or after a few good records."""
    order, _, body = payload.parts[0].body.partition(b"\n")
    good = replace(payload, parts=(replace(payload.parts[0], body=body),))
    for record in map(TransitCount.model_validate, straits.SOURCE.parse(good)):
        yield record.model_copy(update={"provenance": record.provenance.model_copy(update={"source": payload.source})})
    match order:
        case b"hang":
            SLOW_REGEX.match("a" * 60 + "b")
        case b"grow":
            hoard = [bytearray(10_000_000) for _ in range(10_000)]
            assert hoard
        case b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"environment":
            raise ValueError(" ".join(sorted(os.environ)))
        case b"sleep":
            time.sleep(600)
        case _:
            pass


def sources() -> Mapping[str, Source]:
    """Return toy publishers by their ids, each with small limits."""
    need = Need(memory_mb=200, read_s=3.0)
    return {name: _named(name, need) for name in ("straits", "other")}


def _named(name: str, need: Need) -> Source:
    card = replace(straits.SOURCE.card, source_id=name, hosts=("127.0.0.1",), need=need, max_bytes=4_000_000, min_records=1, anchors=())
    return Source(card, _requests, _parse)
