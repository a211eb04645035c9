"""What retention of the archive must know of the ledger, and the log of what it removed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from supplywatch.ledger import schema


@dataclass(frozen=True)
class Reference:
    """One line of the payload log: the bodies it needs."""

    seq: int
    accepted: bool
    fetched: datetime
    sha256: str
    bodies: frozenset[str]


@dataclass(frozen=True)
class Removal:
    """One body that was removed from the archive."""

    source: str
    sha256: str
    size_bytes: int


def references(connection: Connection, source: str) -> list[Reference]:
    """Return the payload log of a source, newest first."""
    p = schema.payload.c
    query = select(p.seq, p.status, p.fetched, p.sha256, p.parts).where(p.source == source).order_by(p.seq.desc())
    return [
        Reference(row.seq, row.status == "accepted", row.fetched, row.sha256, frozenset(part["sha256"] for part in json.loads(row.parts)))
        for row in connection.execute(query)
    ]


def cited(connection: Connection) -> set[str]:
    """Return the hash of every payload that an event cites as evidence."""
    found: set[str] = set()
    for body in connection.execute(select(schema.alert_event.c.body).execution_options(yield_per=1000)).scalars():
        found.update(evidence["sha256"] for evidence in json.loads(body)["evidence"])
    return found


def note(connection: Connection, removals: Iterable[Removal], *, at: datetime, actor: str, policy: str) -> None:
    """Write down what is removed, before it is."""
    rows = [
        {"removed_at": at, "source": r.source, "sha256": r.sha256, "size_bytes": r.size_bytes, "actor": actor, "policy": policy}
        for r in removals
    ]
    if rows:
        connection.execute(insert(schema.archive_removal), rows)


def removed(connection: Connection) -> tuple[int, int]:
    """Return how many bodies were ever removed, and their bytes."""
    size = schema.archive_removal.c.size_bytes
    count, total = connection.execute(select(func.count(), func.coalesce(func.sum(size), 0))).one()
    return int(count), int(total)
