"""One monitor in a box: a real runner, fetcher, archive, ledger and engine, asked to poll a publisher on loopback."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from supplywatch import registry
from supplywatch.errors import BrokerAway
from supplywatch.intake.archive import Archive
from supplywatch.intake.fetch import Fetcher, Limits
from supplywatch.intake.runner import Runner
from supplywatch.intake.visit import PollResult
from supplywatch.judging.engine import Engine
from supplywatch.judging.folding import RECORD
from supplywatch.ledger import schema, sources
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.sources import LoggedPayload, SourceState
from supplywatch.model.alert import AlertEvent
from supplywatch.model.items import load_items
from supplywatch.model.records import Record, SourceReport
from supplywatch.model.source import Part, Request, Source
from tests.faults.server import Publisher

PATIENT = Limits(attempts=2, first_pause_s=0.001, longest_pause_s=0.002, longest_wait_s=0.05)
HURRY = replace(PATIENT, attempts=1, connect_s=0.3, read_s=0.06, body_s=0.3, poll_s=2.0)
FIRST_POLL = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def record_topic(family: str) -> str:
    """Return the topic of a family of records."""
    return f"records.{family}.v1"


@cache
def shared_client() -> httpx.Client:
    """Return one client for all tests: reading the machine's certificates takes longer than a test."""
    return httpx.Client(trust_env=False)


@cache
def _blank() -> Ledger:
    return Ledger.open("sqlite://")


def fresh_ledger() -> Ledger:
    """Return an empty ledger in memory; a copy, because migrations take longer than a test."""
    ledger = Ledger("sqlite://")
    source, target = _blank().engine.raw_connection(), ledger.engine.raw_connection()
    driver: Any = source.driver_connection
    driver.backup(target.driver_connection)
    source.close()
    target.close()
    return ledger


class Judged:
    """A producer whose broker and workers are the engine: what is confirmed is judged, unless the broker is made to fail."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.away = False
        """Nobody confirms anything."""
        self.forgets = False
        """It confirms, and loses what it has confirmed before anybody reads it."""
        self.sent: list[Record] = []

    def send(self, topic: str, key: bytes | None, value: bytes) -> Any:
        return topic, key, value

    def flush_checked(self, sends: Iterable[Any]) -> None:
        if self.away:
            raise BrokerAway("broker 127.0.0.1:9: nobody answers")
        records = []
        for topic, key, value in sends:
            record = RECORD.validate_json(value)
            assert (topic, key) == (record_topic(record.family), record.series.encode())
            records.append(record)
        self.sent += records
        if not self.forgets:
            self._engine.judge(records)


class Monitor:
    """Polls one source at a server on loopback, an hour later each time.

    The card is the source's own but for the host, and for bounds and anchors (``min_records`` is 1): fixtures are a few entries of what
    a publisher sends. Requests keep their path and parameters, below a first folder that names the publisher's host; only the first
    ``most_requests`` of a poll are made, each with all its pages. The connector itself sees its publisher's addresses.
    """

    def __init__(self, source: Source, server: Publisher, folder: Path, max_bytes: int = 10_000_000, most_requests: int = 1) -> None:
        self._server = server
        card = replace(source.card, hosts=(*source.card.hosts, "127.0.0.1"), min_records=1, anchors=(), max_bytes=max_bytes)
        self.source = replace(
            source,
            card=card,
            requests=lambda cursor: [self._local(request) for request in islice(source.requests(cursor), most_requests)],
            parse=lambda payload: source.parse(replace(payload, parts=tuple(map(self._published, payload.parts)))),
            next_request=lambda part: self._local(source.next_request(self._published(part))),
        )
        self.now = FIRST_POLL - timedelta(hours=1)
        self.ledger = fresh_ledger()
        self.archive = Archive(folder)
        self.engine = Engine(self.ledger, registry.rules(), load_items())
        self.producer = Judged(self.engine)
        self.fetcher = Fetcher(shared_client(), self.archive.find, lambda _name: None, PATIENT, clock=lambda: self.now)
        self.restart()

    def restart(self) -> None:
        """Forget everything that is not in the ledger or the archive, as a process that was killed."""
        self.runner = Runner(self.ledger, self.archive, self.fetcher, self.producer, record_topic, clock=lambda: self.now)

    def poll(self) -> PollResult:
        """Ask once, an hour later."""
        self.now += timedelta(hours=1)
        self._server.new_poll()
        return self.runner.poll(self.source)

    def poll_in_a_hurry(self) -> PollResult:
        """Ask once, giving up after a blink."""
        self.fetcher.limits = HURRY
        try:
            return self.poll()
        finally:
            self.fetcher.limits = PATIENT

    @property
    def state(self) -> SourceState:
        return self.runner.state(self.source)

    def book(self) -> list[Record]:
        """Return what was judged about the world, in order."""
        return [record for record in self._observations() if not isinstance(record, SourceReport)]

    def reports(self) -> list[SourceReport]:
        """Return what was judged about the source itself, in order."""
        return [record for record in self._observations() if isinstance(record, SourceReport)]

    def judged(self) -> int:
        """Return how many records about the world stand in the book."""
        o = schema.observation.c
        with self.ledger.read() as connection:
            return int(connection.execute(select(func.count()).where(~o.series.startswith("source/"))).scalar_one())

    def last_good(self) -> LoggedPayload | None:
        with self.ledger.read() as connection:
            return sources.last_payload(connection, self.source.card.source_id, accepted=True)

    def logged(self) -> list[LoggedPayload]:
        """Return the log of payloads, oldest first."""
        p = schema.payload.c
        with self.ledger.read() as connection:
            return [sources.payload_at(connection, seq) for seq in connection.execute(select(p.seq).order_by(p.seq)).scalars()]

    def operations(self) -> list[tuple[str, str]]:
        """Return (transition, sentence) of everything said about the source itself."""
        e = schema.alert_event.c
        with self.ledger.read() as connection:
            bodies = connection.execute(select(e.body).where(e.rule == "source_health").order_by(e.seq)).scalars()
            return [(event.transition.value, event.headline.en) for event in map(AlertEvent.model_validate_json, bodies)]

    def close(self) -> None:
        self.ledger.close()

    def _observations(self) -> Iterator[Record]:
        o = schema.observation.c
        with self.ledger.read() as connection:
            for body in connection.execute(select(o.body).order_by(o.seq)).scalars():
                yield RECORD.validate_json(body)

    def _local(self, request: Request | None) -> Any:
        if request is None:
            return None
        return replace(request, url=request.url.replace("https://", f"{self._server.url}/", 1), secret_header=None)

    def _published(self, part: Part) -> Part:
        if part.request is None:
            return part
        return replace(part, request=replace(part.request, url=part.request.url.replace(f"{self._server.url}/", "https://", 1)))


Watch = Callable[..., Monitor]
"""Makes a monitor of a source, given the arguments of :class:`Monitor` beyond server and folder."""
