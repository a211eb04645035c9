"""How many alert events a second the ledger takes: event, outbox row and projection in one transaction of 500."""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from servers import ledgers

from supplywatch.ledger import book
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent, Axes, Evidence, Severity, Subject, Text, Transition

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def events(count: int) -> list[AlertEvent]:
    """Return alternating openings and resolutions of ``count / 2`` alerts, each with one piece of evidence."""
    evidence = Evidence(source="s", vintage="v", sha256="0" * 64, position="row 1", field="f", value=1.0, unit="1", period="2026-01-01")
    return [
        AlertEvent(
            event_id=f"{n:032x}",
            alert_id=f"{n // 2:032x}",
            rule="bench",
            rule_version="1",
            subject=Subject(kind="unknown", id=f"s{n // 2}", name=f"subject {n // 2}"),
            taxonomy=("HD.1",),
            transition=Transition.RESOLVED if n % 2 else Transition.OPENED,
            severity=Severity.WARNING,
            observed_at="2026-01-01",
            known_at=NOW + timedelta(seconds=n),
            onset="2026-01-01",
            standing=False,
            axes=Axes(),
            evidence=(evidence,),
            clears_when="never",
            headline=Text(en="a headline of ordinary length that says why", zh="一句说明原因的标题"),
        )
        for n in range(count)
    ]


def main() -> None:
    """Measure one ledger and print events a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledger", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--events", type=int, default=20_000)
    arguments = parser.parse_args()
    made = events(arguments.events)
    with tempfile.TemporaryDirectory(prefix="supplywatch-bench-") as name, ledgers(arguments.ledger, Path(name)) as new_ledger:
        ledger = Ledger.open(new_ledger())
        start = time.perf_counter()
        for at in range(0, len(made), 500):
            with ledger.begin() as connection:
                book.append_events(connection, made[at : at + 500], NOW)
        rate = len(made) / (time.perf_counter() - start)
        ledger.close()
    print(f"{arguments.ledger}: {rate:,.0f} events/s ({len(made)} events, 500 a transaction)")


if __name__ == "__main__":
    main()
