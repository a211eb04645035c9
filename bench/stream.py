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
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from generated import generate, transit
from sqlalchemy import func, select

from streams.embedded import EmbeddedBroker
from streams.topics import ensure_topics
from supplywatch.broker import BrokerAddress, Producer, record_topic
from supplywatch.brokeradmin import read_topic
from supplywatch.ledger import Ledger, schema
from supplywatch.records import Record, TransitCount
from supplywatch.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def servers(broker: str, ledger: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Start what was asked for and yield the two addresses."""
    sys.path.insert(0, str(ROOT))
    with contextlib.ExitStack() as stack:
        if broker == "embedded":
            embedded = EmbeddedBroker(folder)
            embedded.start()
            stack.callback(embedded.stop)
            broker_url = embedded.url
        elif broker == "kafka":
            from tests.servers.kafka import Kafka

            kafka = Kafka(folder)
            kafka.start()
            stack.callback(kafka.stop)
            broker_url = kafka.url
        else:
            broker_url = broker
        if ledger == "sqlite":
            ledger_url = f"sqlite:///{folder / 'ledger.db'}"
        elif ledger == "postgres":
            from tests.servers.postgres import Postgres

            postgres = Postgres("18", Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="supplywatch-pg-"))))
            postgres.start()
            stack.callback(postgres.stop)
            ledger_url = postgres.database()
        else:
            ledger_url = ledger
        yield broker_url, ledger_url


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
            **timing,
        )
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
    """Return messages a second from the first commit seen to the last."""
    ledger = Ledger.open(settings.ledger)
    running = Workers(settings, workers, folder)
    query = select(func.coalesce(func.max(schema.observation.c.seq), 0))  # counting would read the whole table each time
    try:
        first: tuple[int, float] | None = None
        end = time.monotonic() + 300
        while time.monotonic() < end:
            with ledger.read() as connection:
                done = int(connection.execute(query).scalar_one())
            now = time.perf_counter()
            if done and first is None:
                first = (done, now)
            if done >= count and first is not None:
                return (done - first[0]) / (now - first[1])
            time.sleep(0.02)
        raise SystemExit(f"only {done} of {count} after 300 s; see {folder}")
    finally:
        running.stop()
        ledger.close()


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
        query = select(func.count()).select_from(schema.observation)
        while True:
            with ledger.read() as connection:
                if int(connection.execute(query).scalar_one()) >= len(warm):
                    break
            time.sleep(0.2)
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


def quantiles(sent: dict[str, float], arrived: dict[str, float]) -> dict[str, float]:
    """Return how many of the alerts came, and their delays in ms."""
    delays = sorted(1000 * (arrived[s] - at) for s, at in sent.items() if s in arrived)
    marks = statistics.quantiles(delays, n=100) if len(delays) > 1 else [0.0] * 99
    return {"alerts": len(delays), "of": len(sent), "p50_ms": round(marks[49], 1), "p99_ms": round(marks[98], 1)}


def main() -> None:
    """Run what the arguments ask for and print one JSON line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", default="embedded", help="embedded, kafka, or a kafka:// address")
    parser.add_argument("--ledger", default="sqlite", help="sqlite, postgres, or a URL")
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--slices", type=int, default=0, metavar="PARTNERS")
    parser.add_argument("--latency", type=int, default=0, metavar="RATE")
    parser.add_argument("--noop", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.noop:
        run_noop(arguments.broker, arguments.noop, arguments.count)
        return
    with tempfile.TemporaryDirectory(prefix="supplywatch-bench-") as name, servers(arguments.broker, arguments.ledger, Path(name)) as urls:
        base = Settings(broker=urls[0], ledger=urls[1], data_dir=Path(name))
        if arguments.latency:
            print(json.dumps(latency(base.model_copy(update={"topic_prefix": "lat."}), arguments.latency, 20, Path(name))))
            return
        records = generate(arguments.count, arguments.slices)
        one = base.model_copy(update={"topic_prefix": "one."})
        load(one, records)
        noop = noop_rate(one, one.topic_prefix + record_topic(records[0].family), len(records))
        figures = {
            "messages": len(records),
            "noop_per_s": round(noop),
            "worker_per_s": round(worker_rate(one, len(records), 1, Path(name))),
        }
        figures["ratio_to_noop"] = round(figures["worker_per_s"] / noop, 3)
        if arguments.slices:
            figures["partner_rows_per_s"] = figures["worker_per_s"] * arguments.slices
        if arguments.workers > 1:
            figures |= _more(base, records, arguments.workers, Path(name), figures["worker_per_s"])
        print(json.dumps(figures))


def _more(base: Settings, records: list[Record], workers: int, folder: Path, one_per_s: float) -> dict[str, float]:
    many = base.model_copy(update={"topic_prefix": "many.", "ledger": base.ledger})
    ledger = Ledger.open(base.ledger)
    with ledger.engine.connect() as connection:
        before = int(connection.execute(select(func.max(schema.observation.c.seq))).scalar_one())
    ledger.close()
    # Other straits, so that nothing is a repeat of the first run.
    shifted = [r.model_copy(update={"chokepoint_id": f"{r.chokepoint_id}b"}) for r in records if isinstance(r, TransitCount)]
    load(many, list(shifted))
    rate = worker_rate_from(many, before, len(shifted), workers, folder)
    return {f"{workers}_workers_per_s": round(rate), "ratio_to_one": round(rate / one_per_s, 2)}


def worker_rate_from(settings: Settings, before: int, count: int, workers: int, folder: Path) -> float:
    """Return the rate over the middle of a run: all workers have joined by then, none has run dry."""
    ledger = Ledger.open(settings.ledger)
    running = Workers(settings, workers, folder)
    query = select(func.coalesce(func.max(schema.observation.c.seq), 0))
    marks: list[tuple[int, float]] = []
    try:
        end = time.monotonic() + 300
        while time.monotonic() < end:
            with ledger.read() as connection:
                done = int(connection.execute(query).scalar_one()) - before
            if done > 0:
                marks.append((done, time.perf_counter()))
            if done >= count:
                break
            time.sleep(0.02)
    finally:
        running.stop()
        ledger.close()
    middle = [mark for mark in marks if 0.2 * count <= mark[0] <= 0.8 * count]
    return (middle[-1][0] - middle[0][0]) / (middle[-1][1] - middle[0][1])


if __name__ == "__main__":
    main()
