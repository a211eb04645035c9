"""``python -m streams.worker``: one worker process, from settings to exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import structlog
from mode import loop

from streams.app import Drain, build_app
from streams.deadletter import DeadLetters
from streams.judging import Judge, Judges
from streams.topics import ensure_topics, judge_group, record_topics
from streams.watchdog import LOOK_EVERY_S, Watchdog
from supplywatch import registry
from supplywatch.broker import BrokerAddress, Producer
from supplywatch.engine import Engine
from supplywatch.errors import Refuse, SupplywatchError
from supplywatch.health import STATUS_FILE, Health, HealthServer
from supplywatch.ledger import Ledger
from supplywatch.logs import configure_logs
from supplywatch.settings import Settings, load_settings
from supplywatch.watch import load_items

log = structlog.get_logger(__name__)

STOPPED, CRASHED, REFUSED, IDLE = 0, 1, 2, 75
"""Exit codes: asked to stop; broke down (start again); a person must act; stood idle (start again)."""
_GRACE_S = 15.0


def default_engine(ledger: Ledger) -> Judges:
    """Return the engine with every rule of the catalogue."""
    attribution = {name: source.card.attribution for name, source in registry.sources().items()}
    return Engine(ledger, registry.rules(), load_items(), attribution=attribution)


def run_worker(settings: Settings, make_engine: Callable[[Ledger], Judges] = default_engine) -> int:
    """Run one worker until it is asked to stop, and return its exit code.

    Raises
    ------
    SupplywatchError
        When it cannot start: broker or ledger away, a wrong setting.
    """
    address = BrokerAddress.parse(settings.broker)
    health = Health.of_process("worker", ["broker", "ledger", "partitions"])
    with ExitStack() as stack:
        if STATUS_FILE not in os.environ:
            stack.callback(HealthServer(health.problems, settings.metrics_host, settings.metrics_port).close)
        ensure_topics(settings, address)
        ledger = Ledger.open(settings.ledger)
        stack.callback(ledger.close)
        producer = stack.enter_context(Producer(address, settings.outage_s))
        health.set("broker", None)
        health.set("ledger", None)
        return asyncio.run(serve(settings, address, make_engine(ledger), DeadLetters(producer, settings.topic_prefix), health))


async def serve(settings: Settings, address: BrokerAddress, engine: Judges, dead_letters: DeadLetters, health: Health) -> int:
    """Run the Faust application with its drain and its watchdog until one of them ends."""
    topics, group, stop = record_topics(settings.topic_prefix), judge_group(settings.topic_prefix), threading.Event()
    app = build_app(settings, address)
    drain = Drain(app, topics, Judge(engine, dead_letters, health.set, stop).settle, settings.batch_max, stop)
    watchdog = Watchdog(
        address,
        group,
        topics,
        idle_s=settings.idle_s,
        own=lambda: frozenset((tp.topic, tp.partition) for tp in app.consumer.assignment()),
        report=health.set,
    )
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await app.start()
    log.info("worker started", broker=",".join(address.servers), topics=len(topics))
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


def settings_of_process() -> Settings:
    """Return the settings of the environment, with logging set up by them; a wrong one ends the process."""
    try:
        settings = load_settings()
    except Refuse as error:
        sys.stderr.write(f"supplywatch: {error}\n")
        sys.exit(REFUSED)
    configure_logs(settings.log_json)
    return settings


def main(make_engine: Callable[[Ledger], Judges] = default_engine) -> None:
    """Run a worker with the settings of the environment and exit with its code."""
    settings = settings_of_process()
    with suppress(ImportError):  # not made for Windows; the worker is a quarter slower there
        loop.use("uvloop")
    try:
        code = run_worker(settings, make_engine)
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
    main()
