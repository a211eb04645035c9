"""The servers a benchmark asks for, started for it and stopped after it."""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from streams.embedded import EmbeddedBroker

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


@contextlib.contextmanager
def brokers(kind: str, folder: Path) -> Iterator[str]:
    """Start a broker, ``embedded`` or ``kafka``, and yield its address."""
    from tests.servers.kafka import Kafka

    if kind not in ("embedded", "kafka"):
        raise SystemExit(f"--broker {kind}: write embedded or kafka")
    broker = EmbeddedBroker(folder) if kind == "embedded" else Kafka(folder)
    broker.start()
    try:
        yield broker.url
    finally:
        broker.stop()


@contextlib.contextmanager
def ledgers(kind: str, folder: Path) -> Iterator[Callable[[], str]]:
    """Yield what returns the URL of a new, empty ledger each time it is called: ``sqlite`` or ``postgres`` (18)."""
    from tests.servers.postgres import Postgres

    if kind == "sqlite":
        numbers = itertools.count()
        yield lambda: f"sqlite:///{folder / f'ledger{next(numbers)}.db'}"
        return
    if kind != "postgres":
        raise SystemExit(f"--ledger {kind}: write sqlite or postgres")
    with tempfile.TemporaryDirectory(prefix="supplywatch-pg-") as data:
        postgres = Postgres("18", Path(data))
        postgres.start()
        try:
            yield postgres.database
        finally:
            postgres.stop()
