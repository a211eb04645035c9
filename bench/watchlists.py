"""A watch-list of 1,000,000 counterparties through the real path: import, import again, index, one more, 150 entries.

python bench/watchlists.py ../shared/data [LEDGER-URL]
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Origin
from supplywatch.model.counterparty import Counterparty
from supplywatch.screening.tables import read_lists
from supplywatch.watchlist.hand import put
from supplywatch.watchlist.index import WatchIndex

FIGURES: dict[str, object] = {}


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Note wall-clock and processor seconds of what happens within."""
    wall, busy = time.perf_counter(), time.process_time()
    yield
    FIGURES[name] = {"wall_s": round(time.perf_counter() - wall, 3), "processor_s": round(time.process_time() - busy, 3)}


def table(data: Path, folder: Path) -> Path:
    """Write the watch-list as a user's file."""
    with gzip.open(data / "screening" / "watchlist_1m.tsv.gz", "rt", encoding="utf-8") as lines:
        path = folder / "watchlist.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("reference", "name", "country"))
            for line in lines:
                reference, _, country, name = line.rstrip("\n").split("\t")
                writer.writerow((reference, name, country if len(country) == 2 else ""))
    return path


def imported(name: str, file: Path, url: str) -> None:
    """Run the command in a process of its own, as a user does, and note its time and its largest size."""
    before = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "supplywatch", "watchlist", "import", str(file), "--ledger", url])
    _, status, usage = os.wait4(child.pid, 0)
    FIGURES[name] = {"wall_s": round(time.perf_counter() - before, 1), "peak_rss_gb": round(usage.ru_maxrss / 1e6, 3), "exit": status}


def main() -> None:
    """Measure and print one JSON object."""
    data = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder / 'ledger.db'}"
        file = table(data, folder)
        FIGURES["load_at_start"] = os.getloadavg()[0]
        imported("import", file, url)
        imported("import again, unchanged", file, url)
        ledger = Ledger.open(url)
        with timed("index built"):
            WatchIndex.open(ledger, folder / "index").close()
        with timed("index opened"):
            index = WatchIndex.open(ledger, folder / "index")
        put(ledger, Origin("default", datetime.now(UTC), "bench", "add"), Counterparty(reference="new", name="Quite New Trading Co., Ltd."))
        with timed("one more taken in"), ledger.read() as connection:
            index.refresh(connection)
        entries = [party for party in read_lists(data / "screening" / "lists_eval.tsv.gz") if party.kind == "organisation"][::88][:150]
        with timed("150 entries"):
            for entry in entries:
                index.matcher.screen(entry, min_score=0.75)
        FIGURES["peak_rss_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 3)
        FIGURES["load_at_end"] = os.getloadavg()[0]
        print(json.dumps(FIGURES, indent=1))


if __name__ == "__main__":
    main()
