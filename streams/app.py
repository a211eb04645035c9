"""The Faust application of a worker: one thin agent for each record topic, all feeding one queue; one task that settles batches.

Grouped commit: the agents take raw events without acknowledging them, the drain task takes whatever is there (one transaction for all of
it) and acknowledges in order. Batches grow by themselves under load and are of size one when it is quiet: nothing waits for more to come.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer

from streams.deadletter import Incoming
from streams.settling import Stopped
from streams.undecodable import put_aside_what_cannot_be_decoded
from supplywatch.runtime.broker import FETCH_WAIT_MS, BrokerAddress
from supplywatch.runtime.sizes import MAX_MESSAGE_BYTES
from supplywatch.settings import Settings

Settle = Callable[[Sequence[Incoming]], None]


def build_app(settings: Settings, address: BrokerAddress, group: str) -> Any:
    """Return the Faust application of a consumer group; call it from a running event loop."""
    # The embedded broker lets a group wait for its rebalance timeout at every join.
    timing = (10.0, 2.0, 6.0) if address.embedded else (10.0, 3.0, 30.0)
    session_s, heartbeat_s, rebalance_s = timing
    app = faust.App(
        group,
        broker=[f"kafka://{server}" for server in address.servers],
        broker_credentials=_credentials(address),
        broker_session_timeout=session_s,
        broker_heartbeat_interval=heartbeat_s,
        broker_rebalance_timeout=rebalance_s,
        broker_request_timeout=40.0,
        broker_commit_interval=1.0,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=15_000,  # a topic that a join did not yet know is found soon
        consumer_max_fetch_size=MAX_MESSAGE_BYTES,
        stream_wait_empty=False,  # what a rebalance takes from our hands comes again, and judging is idempotent
        table_standby_replicas=0,  # no tables: the plain round-robin assignor
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
        datadir=settings.data_dir / "faust",
    )
    ask_often(app)
    put_aside_what_cannot_be_decoded()
    return app


def ask_often(app: Any) -> None:
    """Let the application's consumer ask the broker every 40 ms; Faust lets a fetch wait for 1.5 s.

    While messages of busy partitions are worked on, a fetch of the idle ones is under way, and until the broker answers it no other is
    sent: with Faust's wait a worker stands still for up to 1.5 s after each fetched block. The embedded broker always waits to the end.
    """
    app.transport.Consumer = _OftenConsumer


class _OftenThread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class _OftenConsumer(Consumer):
    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _OftenThread(self, loop=self.loop, beacon=self.beacon)


class Drain:
    """Carries events from the agents to the judge and acknowledges what is settled.

    Parameters
    ----------
    topics
        What the agents read.
    settle
        Called in a thread of its own, so that the event loop goes on while it waits for the ledger.
    batch_max
        Messages settled together at the most.
    stop
        Set by :meth:`finish`; tells ``settle`` not to wait out an outage any longer.
    """

    def __init__(self, app: Any, topics: Sequence[str], settle: Settle, batch_max: int, stop: threading.Event) -> None:
        self._app, self._settle, self._batch_max, self._stop = app, settle, batch_max, stop
        self._queue: asyncio.Queue[Any] = asyncio.Queue(maxsize=2 * batch_max)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judge")
        self._settling = False
        self._acknowledge = app.consumer.ack
        # Faust acknowledges events that it skips after a rebalance, judged or not. Here an offset counts only when its
        # message was settled, so Faust's own calls lead nowhere.
        app.consumer.ack = lambda _message: False
        raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
        for topic in topics:
            app.agent(app.topic(topic, **raw), name=f"judge.{topic}")(self._collect)

    async def run(self) -> None:
        """Settle batch after batch until stopped; an exception ends the worker."""
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            batch = await self._next_batch()
            self._settling = True
            try:
                await loop.run_in_executor(self._thread, self._settle, [_incoming(event.message) for event in batch])
            except Stopped:
                return
            finally:
                self._settling = False
            for event in batch:
                self._acknowledge(event.message)

    async def finish(self, running: asyncio.Task[None], grace_s: float) -> None:
        """Let the batch in hand be settled and acknowledged, then end."""
        self._stop.set()
        if self._settling:
            await asyncio.wait({running}, timeout=grace_s)
        running.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _collect(self, stream: Any) -> None:
        async for event in stream.noack().events():
            await self._queue.put(event)

    async def _next_batch(self) -> list[Any]:
        events: list[Any] = []
        while not events:
            taken = [await self._queue.get()]
            while len(taken) < self._batch_max and not self._queue.empty():
                taken.append(self._queue.get_nowait())
            # What was fetched before a rebalance comes again, here or at the partition's new owner.
            generation = self._app.consumer_generation_id
            events = [event for event in taken if event.message.generation_id == generation]
        return events


def _incoming(message: Any) -> Incoming:
    headers = message.headers or ()
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return Incoming(message.topic, message.partition, message.offset, message.timestamp, message.key, message.value, tuple(pairs))


def _credentials(address: BrokerAddress) -> Any:
    context = address.ssl_context()
    if address.mechanism:
        return faust.SASLCredentials(username=address.username, password=address.password, mechanism=address.mechanism, ssl_context=context)
    return faust.SSLCredentials(context=context) if context else None
