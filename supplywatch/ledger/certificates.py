"""Certificates of screening in the book: written once, asked for by their id years later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from supplywatch.ledger import schema


@dataclass(frozen=True, slots=True)
class Recorded:
    """A certificate as the book has it; ``body`` is its canonical JSON, whose SHA-256 is ``sha256``."""

    certificate_id: str
    recorded_at: datetime
    actor: str
    sha256: str
    body: str


def append(connection: Connection, recorded: Recorded) -> None:
    """Write a certificate into the book."""
    names = ("certificate_id", "recorded_at", "actor", "sha256", "body")
    connection.execute(insert(schema.certificate), {name: getattr(recorded, name) for name in names})


def find(connection: Connection, certificate_id: str) -> Recorded | None:
    """Return the certificate with an id, ``None`` when the book has none."""
    c = schema.certificate.c
    query = select(c.certificate_id, c.recorded_at, c.actor, c.sha256, c.body).where(c.certificate_id == certificate_id)
    row = connection.execute(query).first()
    return None if row is None else Recorded(*row)
