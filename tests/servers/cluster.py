"""Workers, relays and records around one broker and one ledger, for tests that count."""

import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from sqlalchemy import func, select

from streams.supervisor import settings_environment
from streams.topics import ALERT_STATE, ALERTS, ensure_topics, judge_group, match_group, match_topics, record_topics
from supplywatch.judging.engine import Engine
from supplywatch.ledger import schema
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import Items
from supplywatch.model.records import Record
from supplywatch.runtime.broker import BrokerAddress, Producer, record_topic
from supplywatch.runtime.broker_admin import Admin, read_topic
from supplywatch.settings import Settings
from tests import toy
from tests.servers.process import ROOT, Child, wait_until

FULL = bool(os.environ.get("CI"))
OUTAGE_S = float(os.environ.get("SUPPLYWATCH_TEST_OUTAGE_S", "60" if FULL else "15"))
LOCK_S = 20.0
"""How long another process keeps a SQLite ledger locked; real also outside CI, it is short enough."""
KILLS = int(os.environ.get("SUPPLYWATCH_TEST_KILLS", "20" if FULL else "6"))


def toy_records(subjects: int, days: int, seed: int = 1) -> list[Record]:
    """Return days of counts for several chokepoints, day by day, that open, worsen, ease and resolve episodes."""
    chance = random.Random(seed)
    return [
        toy.transit(day, chance.choice((3, 4, 8, 9, 11, 13, 20, 20)), chokepoint=f"c{n}") for day in range(days) for n in range(subjects)
    ]


def expected_events(records: Sequence[Record]) -> list[str]:
    """Return the event ids one engine on its own writes for these records."""
    ledger = Ledger.open("sqlite://")
    engine = Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()})
    events = [event.event_id for start in range(0, len(records), 500) for event in engine.judge(records[start : start + 500]).events]
    ledger.close()
    return events


class Cluster:
    """Everything under one topic prefix of its own; the ledger's schema is left to the processes where ``upgrade`` is False."""

    def __init__(self, broker_url: str, ledger_url: str, folder: Path, *, upgrade: bool = True, **settings: Any) -> None:
        self.settings = Settings(
            broker=broker_url,
            ledger=ledger_url,
            topic_prefix=f"t{uuid.uuid4().hex[:8]}.",
            data_dir=folder,
            metrics_port=0,
            # On a busy machine the group takes its time to settle who owns what; a worker that gave up then would look like one that broke.
            **{"idle_s": 600.0} | settings,
        )
        self.folder, self.address = folder, BrokerAddress.parse(broker_url)
        self.children: list[Child] = []
        ensure_topics(self.settings, self.address)
        self.ledger = Ledger.open(ledger_url) if upgrade else Ledger(ledger_url)

    def worker(self) -> Child:
        return self._child("tests.servers.toy_worker")

    def real_worker(self) -> Child:
        """Start a worker with every rule of the catalogue."""
        return self._child("streams.worker")

    def matcher(self) -> Child:
        return self._child("streams.matching")

    def relay(self) -> Child:
        return self._child("streams.relay")

    def dying_relay(self) -> Child:
        return self._child("tests.servers.dying_relay")

    def deaf_worker(self) -> Child:
        return self._child("tests.servers.deaf_worker")

    def lag(self) -> int:
        """Return how many messages of the record topics are not yet acknowledged."""
        prefix = self.settings.topic_prefix
        with Admin(self.address) as admin:
            return sum(admin.group(judge_group(prefix), record_topics(prefix)).lag.values())

    def unmatched(self) -> int:
        """Return how many messages the matching processes have not yet acknowledged."""
        prefix = self.settings.topic_prefix
        with Admin(self.address) as admin:
            return sum(admin.group(match_group(prefix), match_topics(prefix)).lag.values())

    def of_release(self, module: str, code: Path) -> Child:
        """Start a process with the code of another release."""
        return self._child(module, code)

    def _child(self, module: str, code: Path = ROOT) -> Child:
        log = self.folder / f"{module.rpartition('.')[2]}-{len(self.children)}.log"
        # -P: else the folder that the tests run in comes before the code that is named.
        child = Child([sys.executable, "-P", "-m", module], log, self._environment(code))
        self.children.append(child)
        child.start()
        return child

    def _environment(self, code: Path = ROOT) -> dict[str, str]:
        # The folder of tests too: the earlier release imports its toy by itself.
        return os.environ | settings_environment(self.settings) | {"PYTHONPATH": f"{code}:{code / 'tests'}"}

    def produce(self, records: Iterable[Record], per_second: float = 0, stop: threading.Event | None = None) -> None:
        """Send records keyed by their series, all confirmed on return; paced where a rate is given."""
        start = time.monotonic()
        with Producer(self.address, 300) as producer:
            sends = []
            for number, record in enumerate(records):
                if stop is not None and stop.is_set():
                    break
                topic = record_topic(record.family, self.settings.topic_prefix)
                sends.append(producer.send(topic, record.series.encode(), record.model_dump_json().encode()))
                if per_second and (ahead := number / per_second - (time.monotonic() - start)) > 0.01:
                    time.sleep(ahead)
            producer.flush_checked(sends)

    def judged(self) -> int:
        """Return how many records stand in the ledger."""
        with self.ledger.read() as connection:
            return int(connection.execute(select(func.count()).select_from(schema.observation)).scalar_one())

    def wait_judged(self, count: int, timeout_s: float) -> None:
        wait_until(lambda: self.judged() >= count, timeout_s, f"{count} records judged")

    def wait_published(self, timeout_s: float) -> None:
        wait_until(lambda: self.ledger.outbox_size() == 0, timeout_s, "outbox empty")

    def ledger_events(self) -> list[str]:
        with self.ledger.read() as connection:
            return list(connection.execute(select(schema.alert_event.c.event_id).order_by(schema.alert_event.c.seq)).scalars())

    def published(self) -> Counter[str]:
        """Return how often each ``ce_id`` stands on the alert topic."""
        messages = read_topic(self.address, self.settings.topic_prefix + ALERTS)
        return Counter(dict(message.headers)["ce_id"].decode() for message in messages)

    def states(self) -> dict[str, str]:
        """Return the last ``ce_id`` of each alert on the state topic."""
        messages = read_topic(self.address, self.settings.topic_prefix + ALERT_STATE)
        return {message.key.decode(): dict(message.headers)["ce_id"].decode() for message in messages}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the product on this cluster."""
        argv = [sys.executable, "-m", "supplywatch", *words]
        return subprocess.run(argv, env=self._environment(), capture_output=True, text=True, timeout=120, check=False)

    def assert_complete(self, records: Sequence[Record], others: int = 0) -> None:
        """Every record judged; every event once in the ledger and at least once on the topic, none invented, states the newest.

        ``others`` is how many records beside these stand in the ledger, of which the toy rule judges none.
        """
        expected = expected_events(records)
        assert self.judged() == len(records) + others
        events = self.ledger_events()
        assert len(events) == len(set(events)), "repeated events in the ledger"
        assert set(events) == set(expected), f"{len(set(expected) - set(events))} lost, {len(set(events) - set(expected))} invented"
        published = self.published()
        assert set(published) == set(expected), f"{len(set(expected) - set(published))} not on the alert topic"
        with self.ledger.read() as connection:
            e = schema.alert_event.c
            newest = dict(connection.execute(select(e.alert_id, e.event_id).order_by(e.seq)).all())
        assert self.states() == newest

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for child in reversed(self.children):
            child.end(timeout_s=25)
        self.ledger.close()
