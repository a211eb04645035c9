"""How much room ledger and archive take, how fast they grow by their own times, and how many days their disks have left."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from supplywatch.intake.archive import Archive
from supplywatch.ledger import retention, size
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.size import TableSize

WINDOW = timedelta(days=30)
FIRST_LOAD = timedelta(days=1)
"""The first day brings whole histories, and says nothing of the days that follow."""


@dataclass(frozen=True)
class Store:
    """Ledger or archive: its bytes, its growth a day (``None`` when unknown), and its disk (``None`` on another machine)."""

    name: str
    place: str
    size_bytes: int
    a_day_bytes: float | None
    disk: Disk | None


@dataclass(frozen=True)
class Disk:
    """The file system of a store; ``device`` tells whether two stores share it."""

    device: int
    free_bytes: int

    @classmethod
    def of(cls, path: Path) -> Disk:
        """Return the file system a path lies on, or would."""
        there = next(parent for parent in (path, *path.resolve().parents) if parent.exists())
        return cls(there.stat().st_dev, shutil.disk_usage(there).free)


@dataclass(frozen=True)
class DiskReport:
    """Everything ``ledger size`` tells.

    Parameters
    ----------
    archive
        Bodies and bytes by source.
    days
        Over how many days growth was measured; ``None`` before the third day.
    removed
        Bodies and bytes that retention ever removed.
    """

    tables: list[TableSize]
    archive: dict[str, tuple[int, int]]
    stores: list[Store]
    days: float | None
    removed: tuple[int, int]

    def days_left(self, store: Store) -> float | None:
        """Return the days until the disk of a store is full, as all on it grow; ``None`` when unknown, or when nothing grows."""
        if store.disk is None:
            return None
        grown = [other.a_day_bytes for other in self.stores if other.disk is not None and other.disk.device == store.disk.device]
        total = sum(growth for growth in grown if growth is not None)
        return None if None in grown or total <= 0 else store.disk.free_bytes / total


def measure(ledger: Ledger, archive: Archive, now: datetime) -> DiskReport:
    """Measure both stores."""
    first = size.first_payload_at(ledger)
    since = now if first is None else max(now - WINDOW, first + FIRST_LOAD)
    days = (now - since) / timedelta(days=1)

    def a_day(added_bytes: float | None) -> float | None:
        return None if days < 1 or added_bytes is None else added_bytes / days

    tables = size.table_sizes(ledger, since)
    bodies = {source: list(archive.stored(source)) for source in archive.sources()}
    with ledger.read() as connection:
        removed = retention.removed(connection)
    growing = [table.added_bytes() for table in tables if table.added is not None]
    rows = None if None in growing else sum(growth for growth in growing if growth is not None)
    new = float(sum(body.size_bytes for found in bodies.values() for body in found if body.written >= since))
    file = size.file_of(ledger)
    place = str(file or ledger.engine.url.render_as_string())
    held = {source: (len(found), sum(body.size_bytes for body in found)) for source, found in bodies.items()}
    stores = [
        Store("ledger", place, size.total_bytes(ledger), a_day(rows), None if file is None else Disk.of(file)),
        Store("archive", str(archive.root), sum(total for _, total in held.values()), a_day(new), Disk.of(archive.root)),
    ]
    return DiskReport(tables, held, stores, days if days >= 1 else None, removed)
