"""One process tree for ``supplywatch up``: starts the children, starts again what ends, stops all in order, serves health for all.

The embedded broker holds everything in memory. When it is gone, what its clients remember of their topics is wrong, so all start anew.
Apache Kafka keeps its topics: it alone is started again, on the same port, and the others wait for it as for any broker.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client import multiprocess as _multiprocess
from prometheus_client.core import Metric
from pydantic import SecretStr

from streams.broker_process import BrokerProcess
from streams.process import REFUSED, STOPPED
from streams.tether import tethered
from supplywatch import metrics
from supplywatch.errors import BrokerAway
from supplywatch.runtime.health import STATUS_FILE, HealthServer, Problems
from supplywatch.runtime.logs import get_logger
from supplywatch.runtime.patience import Pauses
from supplywatch.settings import Settings

log = get_logger(__name__)
multiprocess: Any = _multiprocess  # its functions carry no types

LOOK_EVERY_S = 0.1
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0
STEADY_S = 30.0
"""A child that ran this long is well: its next pause is short again."""
STOP_S = 20.0


@dataclass(frozen=True)
class ChildSpec:
    """A process to keep running; ``command`` is its full command line."""

    name: str
    command: Sequence[str]
    asks_publishers: bool = False
    """Whether it needs the keys by which publishers know the user."""


def tree(workers: int, connect: Sequence[str], *, notify: bool = False) -> list[ChildSpec]:
    """Return the children of ``supplywatch up``, in the order of starting: what receives comes before what sends."""
    python = (sys.executable, "-m")
    names = ["worker"] if workers == 1 else [f"worker-{number}" for number in range(1, workers + 1)]
    return [
        ChildSpec("relay", (*python, "streams.relay")),
        *(ChildSpec(name, (*python, "streams.worker")) for name in names),
        ChildSpec("match", (*python, "streams.matching")),
        *((ChildSpec("notify", (*python, "streams.notify")),) if notify else ()),
        ChildSpec("connect", tuple(connect), asks_publishers=True),
    ]


@dataclass
class _Pace:
    """When a process that ended is started again: soon, and later and later while it ends early."""

    started_s: float = 0.0
    start_at_s: float = 0.0
    pause_s: float = 0.0
    restarts: int = 0
    pauses: Pauses = field(default_factory=lambda: Pauses(FIRST_PAUSE_S, LONGEST_PAUSE_S))

    def ended(self, now: float) -> None:
        if now - self.started_s > STEADY_S:
            self.pauses.reset()
        self.pause_s = self.pauses.take()
        self.start_at_s = now + self.pause_s
        self.restarts += 1


@dataclass
class _Child:
    spec: ChildSpec
    status: Path
    process: subprocess.Popen[bytes] | None = None
    pace: _Pace = field(default_factory=_Pace)
    last_code: int | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def problems(self) -> Problems:
        if not self.running:
            ended = "not yet started" if self.last_code is None else f"ended with code {self.last_code}, is started again"
            return {self.spec.name: ended}
        try:
            parts: Problems = json.loads(self.status.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {self.spec.name: "is starting"}
        return {f"{self.spec.name}.{part}": problem for part, problem in parts.items()}


class Supervisor:
    """Keeps children running, in the order given, until asked to stop.

    Call :meth:`run` from a thread that lives as long as the process (the main one): the children end with it.

    Parameters
    ----------
    settings
        Handed to the children through their environment.
    children
        In the order of starting; they are stopped in the reverse order.
    folder
        An empty folder for status files and the metrics of the children.
    broker
        A broker of our own, not yet started, when one is used.
    on_broker
        Told its address each time it has come up.
    """

    def __init__(
        self,
        settings: Settings,
        children: Sequence[ChildSpec],
        folder: Path,
        broker: BrokerProcess | None = None,
        on_broker: Callable[[str], None] = lambda _url: None,
    ) -> None:
        self._settings, self._broker, self._on_broker = settings, broker, on_broker
        self._metrics = folder / "metrics"
        self._metrics.mkdir(parents=True, exist_ok=True)
        self._children = [_Child(spec, folder / f"{spec.name}.json") for spec in children]
        self._registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(self._registry, path=str(self._metrics))
        self._broker_pace, self._broker_up, self._broker_rises = _Pace(), False, False
        self._registry.register(_Tree(self._processes))
        self.port: int | None = None

    def run(self, stop: threading.Event) -> int:
        """Keep everything running; returns 0 when asked to stop, 2 when a child says that a person must act.

        Raises
        ------
        BadSetting, BrokerAway
            When the metrics port is taken, or the broker does not come up the first time.
        """
        server = HealthServer(self.problems, self._settings.metrics_host, self._settings.metrics_port, self._registry)
        self.port = server.port
        try:
            if self._broker is not None:
                self._start_broker(self._broker)
            while not stop.wait(LOOK_EVERY_S):
                if self._broker is not None and not (self._broker_up and self._broker.pid):
                    self._bring_back(self._broker)
                for child in self._children:
                    self._look_after(child)
                    if child.last_code == REFUSED and not child.running:
                        return REFUSED
            return STOPPED
        finally:
            self._stop_children()
            if self._broker is not None:
                self._broker.stop()
            server.close()

    def problems(self) -> Problems:
        """Return what keeps the tree from being ready, child by child."""
        found: Problems = {}
        if self._broker is not None and not (self._broker_up and self._broker.pid):
            found["broker"] = f"{self._broker.title} is not running"
        for child in self._children:
            found |= child.problems()
        return found

    def pids(self) -> dict[str, int]:
        """Return the process ids of the running children."""
        return {child.spec.name: child.process.pid for child in self._children if child.process is not None and child.running}

    def _processes(self) -> Iterator[tuple[str, bool, int]]:
        if self._broker is not None:
            yield "broker", self._broker.pid is not None, self._broker_pace.restarts
        for child in self._children:
            yield child.spec.name, child.running, child.pace.restarts

    def _look_after(self, child: _Child) -> None:
        if child.running:
            return
        now = time.monotonic()
        if child.process is not None:
            self._note_end(child, child.process, now)
        elif now >= child.pace.start_at_s:
            self._start(child, now)

    def _note_end(self, child: _Child, process: subprocess.Popen[bytes], now: float) -> None:
        child.last_code, child.process = process.returncode, None
        child.pace.ended(now)
        multiprocess.mark_process_dead(process.pid, path=str(self._metrics))
        log.warning("child ended", child=child.spec.name, code=child.last_code, again_in_s=child.pace.pause_s)

    def _start(self, child: _Child, now: float) -> None:
        child.status.unlink(missing_ok=True)
        child.process = subprocess.Popen(
            tethered(child.spec.command), env=self._environment(child), stdin=subprocess.DEVNULL, start_new_session=True
        )
        child.pace.started_s = now
        log.info("child started", child=child.spec.name, pid=child.process.pid)

    def _environment(self, child: _Child) -> dict[str, str]:
        broker = {} if self._broker is None else {"SUPPLYWATCH_BROKER": self._broker.url}
        own = {"PROMETHEUS_MULTIPROC_DIR": str(self._metrics), STATUS_FILE: str(child.status)}
        given = os.environ | settings_environment(self._settings) | broker | own
        # A worker reads messages of others all day; what it does not have it cannot tell.
        kept = () if child.spec.asks_publishers else PUBLISHERS_KEYS
        return {name: value for name, value in given.items() if name.upper() not in kept}

    def _start_broker(self, broker: BrokerProcess) -> None:
        self._broker_pace.started_s = time.monotonic()
        broker.start()
        self._note_up(broker)

    def _note_up(self, broker: BrokerProcess) -> None:
        self._broker_up, self._broker_rises = True, False
        self._on_broker(broker.url)
        log.info("broker started", broker=broker.title, pid=broker.pid)

    def _bring_back(self, broker: BrokerProcess) -> None:
        if not broker.keeps_data:
            log.error("the broker ended: everything starts anew", broker=broker.title)
            self._broker_up = False
            self._broker_pace.restarts += 1
            self._stop_children()
            for child in self._children:
                child.pace.start_at_s, child.last_code = 0.0, None
            self._start_broker(broker)
        elif self._broker_up:
            self._broker_up = False
            self._broker_pace.ended(time.monotonic())
            log.error("the broker ended", broker=broker.title, again_in_s=self._broker_pace.pause_s)
        elif self._broker_rises or time.monotonic() >= self._broker_pace.start_at_s:
            try:
                self._raise(broker)
            except BrokerAway as error:  # a full disk, say: it may go by
                self._broker_rises = False
                self._broker_pace.ended(time.monotonic())
                log.error("the broker does not come up", detail=str(error), again_in_s=self._broker_pace.pause_s)

    def _raise(self, broker: BrokerProcess) -> None:
        # In this thread, for a child ends with the thread that started it; and step by step, for Apache Kafka may take two minutes,
        # in which the other children have to be looked after.
        if not self._broker_rises:
            self._broker_pace.started_s = time.monotonic()
            broker.begin()
            self._broker_rises = True
        elif broker.risen():
            self._note_up(broker)

    def _stop_children(self) -> None:
        for child in reversed(self._children):
            process, child.process = child.process, None
            if process is None:
                continue
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                log.warning("child does not end, is killed", child=child.spec.name)
                process.kill()
                process.wait()
            multiprocess.mark_process_dead(process.pid, path=str(self._metrics))


PUBLISHERS_KEYS = frozenset({"SUPPLYWATCH_CENSUS_KEY", "SUPPLYWATCH_COMTRADE_KEY"})
"""Settings that only a process which asks publishers is given."""


def settings_environment(settings: Settings) -> dict[str, str]:
    """Return settings as environment variables, for a child process."""
    given = settings.model_dump(exclude_none=True)
    plain = {name: value.get_secret_value() if isinstance(value, SecretStr) else str(value) for name, value in given.items()}
    return {f"SUPPLYWATCH_{name.upper()}": value for name, value in plain.items()}


class _Tree:
    """Metrics of the process tree itself, made at each scrape."""

    def __init__(self, processes: Callable[[], Iterator[tuple[str, bool, int]]]) -> None:
        self._processes = processes

    def collect(self) -> list[Metric]:
        now = list(self._processes())
        return [
            metrics.PROCESS_UP.made((name, float(running)) for name, running, _ in now),
            metrics.PROCESS_RESTARTS.made((name, restarts) for name, _, restarts in now),
        ]
