"""Stepping recorded payloads through connector, guards, engine and ledger, without Kafka, in event time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from supplywatch.alert import AlertEvent
from supplywatch.engine import Engine, Verdict
from supplywatch.intake.files import Given
from supplywatch.intake.replay import steps
from supplywatch.ledger import Ledger
from supplywatch.records import Record
from supplywatch.rule import Rule
from supplywatch.source import Source
from supplywatch.watch import Publishers, load_items

BATCH = 500


def step(engine: Engine, batches: Iterable[Sequence[Record]]) -> Iterator[tuple[Verdict, list[AlertEvent]]]:
    """Judge batches of records, each in the order of their periods.

    Parameters
    ----------
    batches
        One batch for each payload, in the order in which the payloads became known.

    Yields
    ------
    tuple
        Counts and transitions of the next records; transitions in event time.
    """
    for batch in batches:
        ordered = sorted(batch, key=lambda record: record.observed)
        for start in range(0, len(ordered), BATCH):
            verdict = engine.judge(ordered[start : start + BATCH])
            yield verdict, sorted(verdict.events, key=lambda event: event.observed_at)


def replayed(
    rule: Rule[Any], source: Source, given: Sequence[Given], *, now: datetime, params: BaseModel | None = None
) -> tuple[list[AlertEvent], dict[tuple[str, str], tuple[str, str]]]:
    """Step payloads through one rule and a ledger in memory.

    Returns
    -------
    tuple
        The transitions, and by (id, name) of each subject its first and last period.
    """
    ledger, name = Ledger.open("sqlite://"), rule.card.rule_id
    items = load_items().model_copy(update={"publishers": Publishers.only(source.card.source_id)})
    engine = Engine(ledger, {name: rule}, items, params={} if params is None else {name: params})
    names: dict[str, str] = {}
    spans: dict[str, tuple[str, str]] = {}

    def noted() -> Iterator[Sequence[Record]]:
        for batch in steps(source, given, now=now, warn=lambda _message: None):
            for record in batch:
                for _, subject in engine.watchers(record):
                    first, last = spans.get(subject.id, (record.observed, record.observed))
                    spans[subject.id] = min(first, record.observed), max(last, record.observed)
                    names[subject.id] = subject.name  # goods are called otherwise in each revision of the HS
            yield batch

    events = [event for _, transitions in step(engine, noted()) for event in transitions]
    ledger.close()
    return events, {(subject, names[subject]): span for subject, span in spans.items()}
