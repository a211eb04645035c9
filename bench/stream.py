"""Messages a second through the whole worker, as a ratio to a Faust agent that does nothing, on the same broker in the same run.

    python bench/stream.py --broker embedded --ledger sqlite                 # one worker against the no-op agent
    python bench/stream.py --broker kafka --ledger postgres --workers 2      # two workers against one
    python bench/stream.py --broker kafka --ledger postgres --latency 500    # appended -> alert on the topic, at 500 messages/s
    python bench/stream.py --broker embedded --ledger sqlite --slices 100    # trade slices of 100 partners: partner rows a second
The records are generated, of the shape and size of the real ones: daily transit counts of 28 chokepoints with weekly rhythm and noise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from generated import generate, transit
from servers import brokers, ledgers
from sqlalchemy import func, select

from streams.app import ask_often
from streams.topics import ensure_topics
from supplywatch.ledger import schema
from supplywatch.ledger.book import Ledger
from supplywatch.model.records import Record
from supplywatch.runtime.broker import BrokerAddress, Producer, record_topic
from supplywatch.runtime.broker_admin import read_topic
from supplywatch.runtime.garbage import look_seldom
from supplywatch.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def load(settings: Settings, records: list[Record]) -> None:
    """Append all records to their topics and wait until the broker has them."""
    address = BrokerAddress.parse(settings.broker)
    ensure_topics(settings, address)
    with Producer(address, 60) as producer:
        sends = [
            producer.send(settings.topic_prefix + record_topic(r.family), r.series.encode(), r.model_dump_json().encode()) for r in records
        ]
        producer.flush_checked(sends)


def noop_rate(settings: Settings, topic: str, count: int) -> float:
    """Return messages a second of a Faust agent with an empty body, in a process of its own."""
    command = [sys.executable, __file__, "--noop", topic, "--count", str(count), "--broker", settings.broker]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout.split()[-1])


def run_noop(broker: str, topic: str, count: int) -> None:
    """Consume a topic with an empty agent, print the rate, and end."""
    import faust

    address = BrokerAddress.parse(broker)
    timing = {"broker_session_timeout": 10.0, "broker_heartbeat_interval": 2.0, "broker_rebalance_timeout": 6.0}

    async def main() -> None:
        app = faust.App(
            f"noop-{os.getpid()}",
            broker=[f"kafka://{server}" for server in address.servers],
            web_enabled=False,
            consumer_auto_offset_reset="earliest",
            topic_allow_declare=False,
            topic_disable_leader=True,
            datadir=tempfile.mkdtemp(prefix="supplywatch-noop-"),
            **timing,
        )
        ask_often(app)
        seen = {"count": 0, "start": 0.0}

        async def agent(stream: AsyncIterator[bytes]) -> None:
            async for _ in stream:
                seen["count"] += 1
                if seen["count"] == 1:
                    seen["start"] = time.perf_counter()
                if seen["count"] == count:
                    sys.stdout.write(f"{(count - 1) / (time.perf_counter() - seen['start'])}\n")
                    sys.stdout.flush()
                    os._exit(0)

        app.agent(app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"))(agent)
        await app.start()
        await asyncio.sleep(240)

    asyncio.run(main())


class Workers:
    """Worker processes on one prefix."""

    def __init__(self, settings: Settings, count: int, folder: Path) -> None:
        environment = os.environ | {
            "SUPPLYWATCH_BROKER": settings.broker,
            "SUPPLYWATCH_LEDGER": settings.ledger,
            "SUPPLYWATCH_TOPIC_PREFIX": settings.topic_prefix,
            "SUPPLYWATCH_METRICS_PORT": "0",
            "SUPPLYWATCH_DATA_DIR": str(folder),
        }
        self._log = (folder / f"worker{settings.topic_prefix}.log").open("wb")
        self._children = [self._start("streams.worker", environment) for _ in range(count)]
        self._environment = environment

    def _start(self, module: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", module], env=environment, stdout=self._log, stderr=self._log, cwd=ROOT)

    def relay(self) -> None:
        """Start a relay as well."""
        self._children.append(self._start("streams.relay", self._environment))

    def stop(self) -> None:
        """Stop them all."""
        for child in self._children:
            child.terminate()
        for child in self._children:
            child.wait(30)


def worker_rate(settings: Settings, count: int, workers: int, folder: Path) -> float:
    """Return messages a second over the middle of a run: all workers have joined by then, none has run dry."""
    ledger = Ledger.open(settings.ledger)
    running = Workers(settings, workers, folder)
    query = select(func.count()).select_from(schema.observation)
    marks: list[tuple[int, float]] = []
    try:
        end = time.monotonic() + 300
        while time.monotonic() < end:
            with ledger.read() as connection:
                marks.append((int(connection.execute(query).scalar_one()), time.perf_counter()))
            if marks[-1][0] >= count:
                break
            time.sleep(0.1)
        else:
            raise SystemExit(f"only {marks[-1][0]} of {count} after 300 s; see {folder}")
    finally:
        running.stop()
        ledger.close()
    middle = [mark for mark in marks if 0.1 * count <= mark[0] <= 0.9 * count]
    return (middle[-1][0] - middle[0][0]) / (middle[-1][1] - middle[0][1])


def latency(settings: Settings, rate: int, seconds: int, folder: Path) -> dict[str, float]:
    """Append at a steady rate; return quantiles of appended -> alert on ``alerts.v1`` in ms, over the messages that open an alert."""
    rng = random.Random(7)
    warm = [transit(day, c, rng) for day in range(80) for c in range(200)]
    load(settings, warm)
    running = Workers(settings, 1, folder)
    running.relay()
    ledger = Ledger.open(settings.ledger)
    sent: dict[str, float] = {}
    arrived: dict[str, float] = {}
    address = BrokerAddress.parse(settings.broker)

    def listen() -> None:
        for message in read_topic(address, settings.topic_prefix + "alerts.v1", follow=True):
            event = json.loads(message.value)
            arrived.setdefault(event["subject"]["id"], time.time())

    try:
        await_observations(ledger, len(warm))
        threading.Thread(target=listen, daemon=True).start()
        time.sleep(2)
        with Producer(address, 60) as producer:
            start = time.perf_counter()
            # Two closed days open an alert: day 80 and 81 of a strait that has one; the others go on as ever.
            for number in range(rate * seconds):
                day, chokepoint = 80 + number // 200, number % 200
                record = transit(day, chokepoint, rng, closed=chokepoint % 10 == day % 10 or chokepoint % 10 == (day - 1) % 10)
                time.sleep(max(0.0, start + number / rate - time.perf_counter()))
                if day > 80 and chokepoint % 10 == (day - 1) % 10:
                    sent.setdefault(f"chokepoint{chokepoint}", time.time())
                producer.send(settings.topic_prefix + record_topic("transit"), record.series.encode(), record.model_dump_json().encode())
            time.sleep(3)
    finally:
        running.stop()
        ledger.close()
    return quantiles(sent, arrived)


def await_observations(ledger: Ledger, count: int) -> None:
    """Wait until so many observations stand in the book."""
    query = select(func.count()).select_from(schema.observation)
    while True:
        with ledger.read() as connection:
            if int(connection.execute(query).scalar_one()) >= count:
                return
        time.sleep(0.2)


def quantiles(sent: dict[str, float], arrived: dict[str, float]) -> dict[str, float]:
    """Return how many of the alerts came, and their delays in ms."""
    delays = sorted(1000 * (arrived[s] - at) for s, at in sent.items() if s in arrived)
    marks = statistics.quantiles(delays, n=100) if len(delays) > 1 else [0.0] * 99
    return {"alerts": len(delays), "of": len(sent), "p50_ms": round(marks[49], 1), "p99_ms": round(marks[98], 1)}


def main() -> None:
    """Run what the arguments ask for and print one JSON line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", default="embedded", help="embedded or kafka")
    parser.add_argument("--ledger", default="sqlite", help="sqlite or postgres")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--slices", type=int, default=0, metavar="PARTNERS")
    parser.add_argument("--latency", type=int, default=0, metavar="RATE")
    parser.add_argument("--noop", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    look_seldom()
    if arguments.noop:
        run_noop(arguments.broker, arguments.noop, arguments.count)
        return
    with (
        tempfile.TemporaryDirectory(prefix="supplywatch-bench-") as name,
        brokers(arguments.broker, Path(name)) as broker,
        ledgers(arguments.ledger, Path(name)) as new_ledger,
    ):
        base = Settings(broker=broker, ledger=new_ledger(), data_dir=Path(name))
        if arguments.latency:
            print(json.dumps(latency(base.model_copy(update={"topic_prefix": "lat."}), arguments.latency, 20, Path(name))))
            return
        print(json.dumps(throughput(base, new_ledger, generate(arguments.count, arguments.slices), arguments)))


def throughput(base: Settings, new_ledger: Callable[[], str], records: list[Record], arguments: argparse.Namespace) -> dict[str, float]:
    """Let the no-op agent, one worker and several take turns at the same messages; return medians and their ratios."""
    rates: dict[str, list[float]] = defaultdict(list)
    for number in range(arguments.rounds):
        turn = base.model_copy(update={"topic_prefix": f"turn{number}."})
        load(turn, records)
        rates["noop"].append(noop_rate(turn, turn.topic_prefix + record_topic(records[0].family), len(records)))
        for workers in dict.fromkeys((1, arguments.workers)):
            # A prefix of its own names a consumer group of its own; the ledger is new, so that nothing is a repeat.
            turn = base.model_copy(update={"topic_prefix": f"turn{number}w{workers}.", "ledger": new_ledger()})
            load(turn, records)
            rates[f"workers_{workers}"].append(worker_rate(turn, len(records), workers, Path(base.data_dir)))
    median = {name: statistics.median(several) for name, several in rates.items()}
    figures = {"messages": len(records), "rounds": arguments.rounds} | {f"{name}_per_s": round(rate) for name, rate in median.items()}
    figures["ratio_to_noop"] = round(median["workers_1"] / median["noop"], 3)
    if arguments.slices:
        figures["partner_rows_per_s"] = round(median["workers_1"] * arguments.slices)
    if arguments.workers > 1:
        figures["ratio_to_one_worker"] = round(median[f"workers_{arguments.workers}"] / median["workers_1"], 2)
    return figures


if __name__ == "__main__":
    main()
