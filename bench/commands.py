"""What a person waits for: ``--help``, back-tests of genuine histories, one update of the chokepoint rule.

python bench/commands.py ../shared/data
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def timed(*words: str) -> float:
    """Return the seconds a command takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "supplywatch", *words], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def chokepoint_update_us() -> float:
    """Return the microseconds of one update of the chart, over 100,000 days of usual traffic."""
    from detectors._charts.cusum import Core, advance
    from detectors._charts.quiet import Quiet
    from detectors.shocks.chokepoint_disruption import Params
    from supplywatch.config import rule_params

    params, core = rule_params("chokepoint_disruption", Params), Core()
    counts, limits = [52, 47, 55, 49, 51, 60, 44, 58, 50], Quiet().limits(params)
    start = time.perf_counter()
    for day in range(100_000):
        core = advance(core, "2026-01-01", day % 7, counts[day % 9], day, params, limits)
    return (time.perf_counter() - start) * 10


def chokepoint_rule_us() -> float:
    """Return the microseconds of one update of the whole rule, state as JSON values and finding, over ten years of usual traffic."""
    from datetime import date, timedelta

    from detectors.shocks.chokepoint_disruption import RULE, Params
    from supplywatch.config import rule_params
    from supplywatch.model.items import load_items
    from supplywatch.model.records import TransitCount
    from supplywatch.model.rule import Context
    from supplywatch.rulebook.cases import transit

    params, context = rule_params("chokepoint_disruption", Params), Context(load_items())
    origin = {"source": "bench", "vintage": "bench", "payload_sha256": "0" * 64, "position": "1"}
    fixed = {"fetched": "2026-01-01T00:00Z", "chokepoint_id": "chokepoint6", "chokepoint_name": "bench", "provenance": origin}
    days = [date(2015, 1, 1) + timedelta(days=n) for n in range(3652)]
    counts = [52, 47, 55, 49, 51, 60, 44, 58, 50]
    records = [TransitCount.model_validate({**transit(day, counts[n % 9]), **fixed}) for n, day in enumerate(days)]
    state, start = None, time.process_time()
    for record in records:
        state, _ = RULE.detect(state, record, params, context)
    return (time.process_time() - start) / len(records) * 1e6


def main() -> None:
    """Measure and print one JSON object."""
    from tests import genuine

    data = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        trade, transits = Path(name) / "trade.json", Path(name) / "transits.json"
        trade.write_bytes(genuine.comtrade(genuine.cipf(data)))
        transits.write_bytes(genuine.worldmonitor(data))
        figures = {
            "help_s": statistics.median(timed("--help") for _ in range(5)),
            "backtest_24_years_of_hs6_imports_s": timed("backtest", "--source", "comtrade", "--from", str(trade), "--ndjson"),
            "backtest_3x2757_chokepoint_days_s": timed(
                "backtest", "--source", "portwatch_chokepoints", "--from", str(transits), "--ndjson"
            ),
        }
    figures["chokepoint_update_us"] = chokepoint_update_us()
    figures["chokepoint_rule_us"] = chokepoint_rule_us()
    print(json.dumps({key: round(value, 2) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
