"""Stepping recorded payloads through connector, guards, engine and ledger, without Kafka, in event time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from supplywatch.alert import AlertEvent
from supplywatch.engine import Engine, Verdict
from supplywatch.records import Record

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
