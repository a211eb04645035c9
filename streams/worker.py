"""``python -m streams.worker``: one worker process, from settings to exit code; the processes of other stages share all but their work."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from mode import loop

from streams.app import Drain, build_app
from streams.deadletter import DeadLetters
from streams.judging import Judge, Judges
from streams.process import CRASHED, IDLE, REFUSED, STOPPED, settings_of_process
from streams.remote import RemoteEngine
from streams.settling import PutsAside, Settler
from streams.signing import letter_key
from streams.topics import JUDGE, ensure_topics, record_topics
from streams.watchdog import LOOK_EVERY_S, Watchdog
from supplywatch import registry
from supplywatch.errors import Refuse, SupplywatchError
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.runtime.broker import BrokerAddress, Producer
from supplywatch.runtime.garbage import look_seldom
from supplywatch.runtime.health import STATUS_FILE, Health, HealthServer
from supplywatch.runtime.logs import get_logger
from supplywatch.settings import Settings

log = get_logger(__name__)

_GRACE_S = 15.0


def default_engine(ledger: Ledger) -> Engine:
    """Return the engine with every rule of the catalogue."""
    attribution = {name: source.card.attribution for name, source in registry.sources().items()}
    return Engine(ledger, registry.rules(), registry.items(), attribution=attribution)


Report = Callable[[str, str | None], None]
Make = Callable[[Settings, Ledger, Producer, PutsAside, Report, threading.Event], Settler[Any]]
"""``(settings, ledger, producer, dead letters, report, stop) -> what settles the batches of a stage``."""


@dataclass(frozen=True)
class Stage:
    """One kind of process that reads topics.

    Parameters
    ----------
    name
        Also that of its consumer group.
    topics
        ``prefix -> names``.
    batch_max
        ``settings -> messages settled together at the most``.
    """

    name: str
    topics: Callable[[str], list[str]]
    make: Make
    batch_max: Callable[[Settings], int] = lambda settings: settings.batch_max


def judging(make_engine: Callable[[Ledger], Judges] = default_engine) -> Stage:
    """Return the stage that judges records."""

    def make(settings: Settings, _ledger: Ledger, _producer: Producer, letters: PutsAside, report: Report, stop: threading.Event) -> Judge:
        return Judge(RemoteEngine(make_engine, settings).judge, letters, report, stop)

    return Stage(JUDGE, record_topics, make)


def run_stage(settings: Settings, stage: Stage) -> int:
    """Run one process of a stage until it is asked to stop, and return its exit code.

    Raises
    ------
    SupplywatchError
        When it cannot start: broker or ledger away, a wrong setting.
    """
    address = BrokerAddress.parse(settings.broker)
    health = Health.of_process(stage.name, ["broker", "ledger", "partitions"])
    with ExitStack() as stack:
        if STATUS_FILE not in os.environ:
            stack.callback(HealthServer(health.problems, settings.metrics_host, settings.metrics_port).close)
        ensure_topics(settings, address)
        ledger = Ledger.open(settings.ledger)
        stack.callback(ledger.close)
        producer = stack.enter_context(Producer(address, settings.outage_s))
        health.set("broker", None)
        health.set("ledger", None)
        stop = threading.Event()
        letters = DeadLetters(producer, settings.topic_prefix, stage.name, letter_key(settings))
        settler = stage.make(settings, ledger, producer, letters, health.set, stop)
        return asyncio.run(serve(settings, address, stage, settler, health, stop))


async def serve(
    settings: Settings, address: BrokerAddress, stage: Stage, settler: Settler[Any], health: Health, stop: threading.Event
) -> int:
    """Run the Faust application with its drain and its watchdog until one of them ends."""
    topics, group = stage.topics(settings.topic_prefix), settings.topic_prefix + stage.name
    app = build_app(settings, address, group)
    drain = Drain(app, topics, settler.settle, stage.batch_max(settings), stop)
    watchdog = Watchdog(
        address,
        group,
        topics,
        stage=stage.name,
        idle_s=settings.idle_s,
        own=lambda: frozenset((tp.topic, tp.partition) for tp in app.consumer.assignment()),
        report=health.set,
    )
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await app.start()
    log.info("process started", stage=stage.name, broker=",".join(address.servers), topics=len(topics))
    draining = asyncio.create_task(drain.run())
    ends: dict[asyncio.Task[Any], int] = {
        draining: CRASHED,
        asyncio.create_task(_crash_of(app)): CRASHED,
        asyncio.create_task(_idleness(watchdog)): IDLE,
        asyncio.create_task(asked.wait()): STOPPED,
    }
    done, others = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for task in others - {draining}:
        task.cancel()
    await drain.finish(draining, _GRACE_S)
    with suppress(TimeoutError):
        await asyncio.wait_for(app.stop(), _GRACE_S)
    first = next(iter(done))
    first.result()
    if ends[first] == IDLE:
        log.error("stood idle while partitions have no owner; ends, to be started again", idle_s=settings.idle_s)
    return ends[first]


async def _crash_of(app: Any) -> None:
    await app.wait_until_stopped()
    raise app.crash_reason or RuntimeError("the Faust application stopped by itself")


async def _idleness(watchdog: Watchdog) -> None:
    idle = False
    while not idle:
        idle = await asyncio.to_thread(watchdog.look)
        await asyncio.sleep(LOOK_EVERY_S)


def main(stage: Stage) -> None:
    """Run a process of a stage with the settings of the environment and exit with its code."""
    settings = settings_of_process()
    look_seldom()
    with suppress(ImportError):  # not made for Windows; the worker is a quarter slower there
        loop.use("uvloop")
    try:
        code = run_stage(settings, stage)
    except SupplywatchError as error:
        log.error("worker ends", reason=str(error))
        code = REFUSED if isinstance(error, Refuse) else CRASHED
    except Exception:
        log.exception("worker broke down")
        code = CRASHED
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Faust's threads may wait for a broker that is away


if __name__ == "__main__":
    main(judging())
