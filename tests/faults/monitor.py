"""One monitor in a box: a real runner, fetcher, archive, ledger and engine, asked to poll a publisher on loopback."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from faults.server import Publisher
from sqlalchemy import func, select

from supplywatch import registry
from supplywatch.alert import AlertEvent
from supplywatch.broker import record_topic
from supplywatch.engine import RECORD, Engine
from supplywatch.intake.archive import Archive
from supplywatch.intake.fetch import Fetcher, Limits
from supplywatch.intake.runner import Runner
from supplywatch.intake.visit import PollResult
from supplywatch.ledger import Ledger, schema, sources
from supplywatch.ledger.sources import SourceState
from supplywatch.source import Cursor, Request, Source
from supplywatch.watch import load_items

HURRY = Limits(
    connect_s=0.5, read_s=0.15, body_s=1.0, poll_s=5.0, attempts=2, first_pause_s=0.01, longest_pause_s=0.02, longest_wait_s=0.05
)
FIRST_POLL = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Judged:
    """A producer whose broker is the engine: what is confirmed is judged."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def send(self, topic: str, key: bytes | None, value: bytes) -> Any:
        return topic, value

    def flush_checked(self, sends: Iterable[Any]) -> None:
        records = [RECORD.validate_json(value) for _, value in sends]
        assert all(topic == record_topic(record.family) for (topic, _), record in zip(sends, records, strict=True))
        self._engine.judge(records)


class Monitor:
    """Polls one source of the catalogue at a server on loopback, an hour later each time.

    The card is the source's own but for the host, and for bounds and anchors: fixtures are a few entries of what a publisher sends.
    Only the first request of a poll is made.
    """

    def __init__(self, source: Source, server: Publisher, folder: Path, max_bytes: int) -> None:
        card = replace(
            source.card, hosts=("127.0.0.1",), min_records=1, max_records=10**6, anchors=(), max_bytes=max_bytes, secret_setting=None
        )

        def requests(cursor: Cursor) -> Iterator[Request]:
            first = next(iter(source.requests(cursor)))
            yield Request(f"{server.url}/{source.card.source_id}", first.params)

        self.source = replace(source, card=card, requests=requests, next_request=lambda _part: None)
        self.ledger = Ledger.open("sqlite://")
        self.archive = Archive(folder)
        engine = Engine(self.ledger, registry.rules(), load_items())
        self.now = FIRST_POLL - timedelta(hours=1)
        fetcher = Fetcher(httpx.Client(), self.archive.find, lambda _name: None, HURRY, clock=lambda: self.now)
        self.runner = Runner(self.ledger, self.archive, fetcher, Judged(engine), record_topic, clock=lambda: self.now)

    def poll(self) -> PollResult:
        self.now += timedelta(hours=1)
        return self.runner.poll(self.source)

    @property
    def state(self) -> SourceState:
        return self.runner.state(self.source)

    def judged(self) -> int:
        """Return how many records about the world stand in the book; reports about the source are not counted."""
        with self.ledger.read() as connection:
            o = schema.observation.c
            return int(connection.execute(select(func.count()).where(~o.series.startswith("source/"))).scalar_one())

    def last_good(self) -> str | None:
        with self.ledger.read() as connection:
            logged = sources.last_payload(connection, self.source.card.source_id, accepted=True)
        return None if logged is None else logged.sha256

    def operations(self) -> list[tuple[str, str]]:
        """Return (transition, sentence) of everything said about the source itself."""
        with self.ledger.read() as connection:
            e = schema.alert_event.c
            bodies = connection.execute(select(e.body).where(e.rule == "source_health").order_by(e.seq)).scalars()
            return [(event.transition.value, event.headline.en) for event in map(AlertEvent.model_validate_json, bodies)]

    def close(self) -> None:
        self.ledger.close()
