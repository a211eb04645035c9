"""How long a year of monthly HS6 trade of one reporter takes, judged by all trade rules on one core; and one trend test.

python bench/trade.py [--codes 5600] [--months 12]

Generated data of that shape: 1 to 90 partners a line, 28 in the mean, as in 24 years of China's HS6 imports; the lines of the watched
items are among them. Judging is the engine on an SQLite file: storing, folding, grading, events and outbox, with Python looking for
cycles as seldom as in a worker. Generating and writing the records as JSON is not in the time. Seconds are of processor time, so that a
shared machine does not count against either. The reference is one pass of the same records through JSON alone.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from detectors._charts.trend import hamed_rao, sen_slope
from supplywatch import registry
from supplywatch.judging.engine import Engine
from supplywatch.judging.folding import RECORD
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import load_items
from supplywatch.model.records import Economy, PartnerFlow, Partners, Provenance, TradeSlice
from supplywatch.reading.countries import by_alpha3
from supplywatch.runtime.garbage import look_seldom

BATCH = 500
CHINA = Economy(code="156", iso3="CHN", name="China")
PARTNERS = [Economy(code=str(each.numeric), iso3=iso3, name=each.name) for iso3, each in sorted(by_alpha3().items())][:90]


def codes(count: int) -> list[str]:
    """Return HS6 codes, those of the watched items first."""
    watched = sorted({code for item in load_items().items for code in item.hs if len(code) == 6})
    others = (f"{number:06d}" for number in range(10_000, 1_000_000, 97))
    return [*watched, *others][:count]


def month(code: str, number: int, rng: random.Random) -> TradeSlice:
    """Return one generated month of one line; its partners keep their size from month to month."""
    line = random.Random(code)
    size = min(90, 1 + int(line.expovariate(1 / 28)))
    flows = tuple(
        PartnerFlow(
            partner=PARTNERS[n],
            role="economy",
            value_usd=round(2e7 * line.paretovariate(1.1) * rng.lognormvariate(0, 0.3)),
            net_weight_kg=round(1e6 * line.paretovariate(1.1) * rng.lognormvariate(0, 0.3)),
            position=f"row {n}",
        )
        for n in line.sample(range(90), size)
    )
    year, calendar = 2024 + number // 12, number % 12 + 1
    following = number + 2
    return TradeSlice(
        observed=f"{year}-{calendar:02d}",
        fetched=datetime(2024 + following // 12, following % 12 + 1, 20, tzinfo=UTC),
        provenance=Provenance(source="comtrade", vintage="bench", payload_sha256="0" * 64, position="row 0"),
        reporter=CHINA,
        flow="import",
        commodity=code,
        commodity_name="generated goods",
        classification="H6",
        frequency="monthly",
        partners=Partners.of(flows),
    )


def bodies(lines: int, months: int) -> Iterator[list[str]]:
    """Yield batches of records as JSON, month by month."""
    rng, chosen = random.Random(20261123), codes(lines)
    for number in range(months):
        for start in range(0, len(chosen), BATCH):
            yield [month(code, number, rng).model_dump_json() for code in chosen[start : start + BATCH]]


def judged_s(lines: int, months: int) -> list[tuple[float, float, int, int]]:
    """Return, for each year, the seconds of judging, of the reference, the number of records and of events."""
    years = []
    with tempfile.TemporaryDirectory(prefix="supplywatch-bench-") as folder:
        engine = Engine(Ledger.open(f"sqlite:///{Path(folder) / 'ledger.db'}"), registry.rules(), load_items())
        took, reference, records, events = 0.0, 0.0, 0, 0
        for batch in bodies(lines, months):
            if records == 12 * lines:
                years.append((took, reference, records, events))
                took, reference, records, events = 0.0, 0.0, 0, 0
            start = time.process_time()
            parsed = [RECORD.validate_json(body) for body in batch]
            middle = time.process_time()
            events += len(engine.judge(parsed, batch).events)
            took += time.process_time() - start
            reference += middle - start
            records += len(batch)
        engine.ledger.close()
    return [*years, (took, reference, records, events)]


def trend_ms() -> tuple[float, float]:
    """Return the milliseconds of one test over 60 points, annual and by season."""
    rng = random.Random(7)
    values, months, years = [rng.random() for _ in range(60)], [n % 12 for n in range(60)], [n // 12 for n in range(60)]
    found = []
    for test in (lambda: hamed_rao(values, sen_slope(values)), lambda: hamed_rao(values, sen_slope(values, years, months), years, months)):
        start = time.process_time()
        for _ in range(200):
            test()
        found.append((time.process_time() - start) * 5)
    return found[0], found[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", type=int, default=5600)
    parser.add_argument("--months", type=int, default=12)
    arguments = parser.parse_args()
    look_seldom()
    annual, seasonal = trend_ms()
    print(f"one trend test over 60 points: {annual:.2f} ms annual, {seasonal:.2f} ms by season")
    for year, (took, reference, records, events) in enumerate(judged_s(arguments.codes, arguments.months), start=1):
        rate = f"{records / took:,.0f}/s, {events} events"
        print(f"year {year}: {records} slices in {took:.1f} s of one core ({rate}); reference, reading them: {reference:.1f} s")


if __name__ == "__main__":
    main()
