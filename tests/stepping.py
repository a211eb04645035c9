"""Payloads stepped through connector, guards, engine and a ledger in memory, as ``supplywatch backtest`` does."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel

from supplywatch import registry
from supplywatch.intake.files import Given
from supplywatch.intake.replay import steps
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent
from supplywatch.model.items import Items, load_items
from supplywatch.model.source import Part, Payload
from supplywatch.rulebook.backtest import step

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def given(source_id: str, body: bytes, fetched: str | None = None, name: str = "payload") -> Given:
    moment = NOW if fetched is None else datetime.fromisoformat(fetched)
    return Given(Payload(source_id, (Part(body, name),), moment), timed=fetched is not None)


def events(
    source_id: str, payloads: Sequence[Given], rule_id: str, params: BaseModel | None = None, items: Items | None = None
) -> list[AlertEvent]:
    """Return every transition of one rule."""
    ledger = Ledger.open("sqlite://")
    rules = {rule_id: registry.rule(rule_id)}
    engine = Engine(ledger, rules, items or load_items(), params={} if params is None else {rule_id: params})
    batches = steps(registry.source(source_id), payloads, now=NOW, warn=lambda _message: None)
    found = [event for _, transitions in step(engine, batches) for event in transitions]
    ledger.close()
    return found


def openings(found: Sequence[AlertEvent], subject_id: str) -> list[tuple[str, str | None]]:
    """Return (day, onset) of each opening on a subject."""
    return [(e.observed_at, e.onset) for e in found if e.transition == "opened" and e.subject.id == subject_id]
