"""A list of 120 MB: how long reading takes beside a bare pass of the XML parser, and what the monitor needs of memory.

Each step is a process of its own, so that its peak is its own: ``python bench/large_lists.py [--parties 19000]``.
"""

from __future__ import annotations

import argparse
import functools
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.parsers import expat

import httpx

FOLDER = Path(__file__).resolve().parent


def nothing(path: Path) -> None:
    """Hold the file and do nothing: what the interpreter, the libraries and the body need."""
    assert path.read_bytes()


def parser_alone(path: Path) -> None:
    """Let the XML parser run over the file without a handler: the reference."""
    expat.ParserCreate().Parse(path.read_bytes(), True)


def read(path: Path) -> None:
    """Read every entry."""
    from datetime import UTC, datetime

    from connectors.lists.ofac_advanced import SOURCE
    from supplywatch.model.source import Part, Payload

    payload = Payload(SOURCE.card.source_id, (Part(path.read_bytes(), path.name),), datetime.now(UTC))
    print(f"{sum(1 for _ in SOURCE.parse(payload)):,} entries", end="; ")


def poll(path: Path) -> None:
    """Poll it over HTTP, then once more with one entry changed: fetched, archived, guarded, compared with the last, offered."""
    from supplywatch import registry
    from supplywatch.intake.archive import Archive
    from supplywatch.intake.fetch import Fetcher
    from supplywatch.intake.runner import Runner
    from supplywatch.ledger.book import Ledger
    from supplywatch.model.source import Request

    class Taken:
        def send(self, *message: Any) -> Any:
            return len(message)

        def flush_checked(self, sends: Any) -> None:
            list(sends)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(path.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    source = registry.source("ofac_advanced")
    card = replace(source.card, hosts=(*source.card.hosts, "127.0.0.1"), min_records=1)
    address = f"http://127.0.0.1:{server.server_address[1]}/{path.name}"
    source = replace(source, card=card, requests=lambda _cursor: [Request(address)])
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        ledger = Ledger.open("sqlite://")
        fetcher = Fetcher(httpx.Client(trust_env=False), archive.find, lambda _name: None)
        runner = Runner(ledger, archive, fetcher, Taken(), lambda family: family)
        print(runner.poll(source).outcome, end=", ")
        path.write_bytes(path.read_bytes().replace(b"SYNTHETIC COMPANY 7 LLC", b"SYNTHETIC COMPANY SEVEN LLC"))
        print(runner.poll(source).outcome, end="; ")
    server.shutdown()


STEPS: dict[str, Callable[[Path], None]] = {"nothing": nothing, "parser": parser_alone, "read": read, "poll": poll}


def main() -> None:
    """Run every step, or one of them in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=19_000)
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--file", type=Path)
    arguments = parser.parse_args()
    if arguments.step:
        started = time.perf_counter()
        STEPS[arguments.step](arguments.file)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{time.perf_counter() - started:.1f} s, peak {peak} MB")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "SDN_ADVANCED.XML"
        with path.open("w", encoding="utf-8") as file:
            subprocess.run([sys.executable, FOLDER / "sdn_advanced.py", str(arguments.parties)], stdout=file, check=True)
        print(f"{path.stat().st_size / 1e6:.0f} MB")
        for step in STEPS:
            print(f"{step}: ", end="", flush=True)
            subprocess.run([sys.executable, __file__, "--step", step, "--file", path], check=True)


if __name__ == "__main__":
    main()
