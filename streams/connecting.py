"""``supplywatch connect``: polls the publishers on their schedules, and once a day looks at what only the passing of time changes."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from streams.topics import ensure_topics
from streams.worker import default_engine
from supplywatch import metrics, registry
from supplywatch.desk import supplier_register, typed_measures
from supplywatch.errors import Quarantine
from supplywatch.intake.assemble import make_fence, make_runner
from supplywatch.intake.offering import Producer as Offers
from supplywatch.intake.options import load_options
from supplywatch.intake.schedule import Schedule
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import load_items
from supplywatch.runtime.broker import BrokerAddress, Producer, record_topic
from supplywatch.runtime.health import STATUS_FILE, Health, HealthServer
from supplywatch.runtime.logs import get_logger
from supplywatch.settings import Settings

log = get_logger(__name__)

SIDE_BY_SIDE = 4
"""Sources polled at one time: a slow publisher takes one place and leaves the others theirs."""


@dataclass(frozen=True)
class Daily:
    """What is due once a day: the supplier register, whose verifications run out, controls that turn, and lines that were left behind.

    Register and controls go to their topics and are judged like any record; a day that is told twice changes nothing.
    """

    ledger: Ledger
    producer: Offers
    prefix: str

    def __call__(self, now: datetime) -> None:
        """Do it.

        Raises
        ------
        Retry
            Ledger or broker are away: call again.
        """
        due = [*supplier_register.due(self.ledger, now), *typed_measures.due(self.ledger, load_items(), now)]
        sends = [(record_topic(one.family, self.prefix), one.series.encode(), one.model_dump_json().encode()) for one in due]
        self.producer.flush_checked([self.producer.send(topic, key, body) for topic, key, body in sends])
        default_engine(self.ledger).hold_left_behind(now)


def run_connect(settings: Settings, address: BrokerAddress, only: Sequence[str], stop: threading.Event) -> None:
    """Poll the chosen sources, or all that are switched on, until asked to stop.

    Raises
    ------
    SupplywatchError
        When it cannot start: broker or ledger away, a wrong setting.
    """
    known = registry.sources()
    options = load_options(list(known))
    chosen = [registry.source(name) for name in only] or [s for name, s in known.items() if options[name].enabled]
    for card in (source.card for source in chosen if source.card.commercial_use == "licence-needed"):
        log.warning("switched on", source=card.source_id, licence=card.licence)
    for name, reason in product([source.card.source_id for source in chosen], Quarantine.REASONS):
        metrics.QUARANTINED.labels(name, reason)  # begins at 0: the first one must show as an increase
    health = Health.of_process("connect", ["broker", "ledger"])
    with ExitStack() as stack:
        if STATUS_FILE not in os.environ:
            stack.callback(HealthServer(health.problems, settings.metrics_host, settings.metrics_port).close)
        ensure_topics(settings, address)
        ledger = Ledger.open(settings.ledger)
        stack.callback(ledger.close)
        producer = stack.enter_context(Producer(address, settings.outage_s))
        for part in ("broker", "ledger"):
            health.set(part, None)
        fence = make_fence(settings)
        runner = make_runner(settings, ledger, producer, lambda f: record_topic(f, settings.topic_prefix), options, fence)
        daily = Daily(ledger, producer, settings.topic_prefix)
        with ThreadPoolExecutor(SIDE_BY_SIDE, "poll") as pool:
            fenced = [fence.around(source) for source in chosen]
            try:
                Schedule(runner, fenced, options, wait=stop.wait, tell=health.set, every_day=daily, pool=pool).run()
            finally:
                fence.close()  # before the pool waits for the polls in hand: they end with it
