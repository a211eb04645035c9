"""Judges the gate histories with every rule and prints what came of it: ``python tests/judged.py DATA SEED`` (seed of the batch borders).

A program of its own, since the hash seed of a process is set before it starts.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from supplywatch import registry
from supplywatch.demo import figures
from supplywatch.intake.replay import steps
from supplywatch.judging.engine import Engine
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger.book import Ledger
from supplywatch.model.records import Record, TradeSlice, TransitCount
from tests import genuine
from tests.stepping import given

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SINCE = "2022"  # of the days of straits: six processes judge them all within a minute
CODES = ("120190", "260111", "270900", "280461", "854231")


def history(data: Path) -> list[Record]:
    """Return days of a strait, years of imports with their revisions, entries of lists, and acts, as they became known."""
    bodies = {"portwatch_chokepoints": genuine.worldmonitor(data, [genuine.SUEZ]), "comtrade": genuine.comtrade(genuine.cipf(data, CODES))}
    # Most of the bundled figures are of the same series, each another vintage of its day or year; a line has one name, as of one publisher.
    found = [_named(record) for record in figures.records()]
    for source_id, body in bodies.items():
        for batch in steps(registry.source(source_id), [given(source_id, body)], now=NOW, warn=lambda _message: None):
            found += map(_named, batch)
    return figures.in_order(record for record in found if not isinstance(record, TransitCount) or record.observed >= SINCE)


def _named(record: Record) -> Record:
    return record.model_copy(update={"commodity_name": None}) if isinstance(record, TradeSlice) else record


def batches(records: list[Record], seed: int) -> Iterator[list[Record]]:
    """Cut records into batches of 1 to 500, elsewhere with another seed."""
    rng, start = random.Random(seed), 0
    while start < len(records):
        end = start + rng.choice((1, 7, 60, 200, 500))
        yield records[start:end]
        start = end


def judged(data: Path, seed: int) -> dict[str, object]:
    """Return the transitions by alert, to the last bit, and the hashes of states and alerts before and after a rebuild."""
    engine = Engine(Ledger.open("sqlite://"), registry.rules(), registry.items(), clock=lambda: NOW)
    said: dict[str, list[str]] = {}
    for batch in batches(history(data), seed):
        for event in engine.judge(batch).events:
            said.setdefault(event.alert_id, []).append(event.model_dump_json(exclude={"seq"}))
    rebuilt = rebuild(engine)
    engine.ledger.close()
    digests = {alert: hashlib.sha256("\n".join(lines).encode()).hexdigest() for alert, lines in sorted(said.items())}
    return {"alerts": digests, "transitions": sum(map(len, said.values())), "states": rebuilt.before, "rebuilt": rebuilt.after}


if __name__ == "__main__":
    json.dump(judged(Path(sys.argv[1]), int(sys.argv[2])), sys.stdout)
