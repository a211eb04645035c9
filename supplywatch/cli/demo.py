"""``supplywatch demo``: recorded figures through the real thing, in time order, within a minute."""

from __future__ import annotations

import json as jsonlib
import logging
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supplywatch.cli.common import JsonFlag
from supplywatch.errors import BadSetting, BrokerAway
from supplywatch.runtime.output import say, table

if TYPE_CHECKING:
    from rich.console import Console

    from supplywatch.ledger.book import Ledger
    from supplywatch.model.alert import AlertEvent
    from supplywatch.model.records import Record
    from supplywatch.runtime.broker import BrokerAddress
    from supplywatch.settings import Settings

FOLDER = Path("var/demo")
PLAY_S = 8.0
"""How long the figures take to flow: slow enough to be read, fast enough for a first minute."""
START_S = 120.0  # 8 s on a quiet machine; a loaded one is slow, not broken
FINISH_S = 40.0
TELL_EVERY_S = 1.8
"""A person who waits in silence for longer thinks that it hangs."""
STYLES = {"critical": "bold red", "warning": "yellow", "watch": "cyan", "info": "dim"}


def demo(
    folder: Annotated[Path, typer.Option(help="Where ledger and logs go; emptied first.")] = FOLDER,
    case: Annotated[
        str | None,
        typer.Option(
            help="One event of the past: hormuz-2026, red-sea-2023, ever-given-2021, soy-2018, eu-wood-2022, chips-2022, rare-earths-2025."
        ),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Play recorded figures through broker, worker, ledger and alert topic: Suez, Hormuz, soy, iron ore, chips, lists, controls."""
    from rich.console import Console

    from supplywatch.demo import cases
    from supplywatch.demo.figures import records

    # A pipe has no width: do not fold lines that a program or a pager will read.
    console = Console(highlight=False, soft_wrap=True, quiet=json, width=None if sys.stdout.isatty() else 160)
    chosen = None if case is None else cases.case(case)
    figures = records() if chosen is None else chosen.records()
    started = time.monotonic()
    what = "four publishers" if chosen is None else f"one event ({chosen.title}; {chosen.citation})"
    console.print(f"Playing {len(figures)} recorded figures of {what} through an embedded Kafka broker, a Faust worker and SQLite.")
    with ExitStack() as stack:
        stage = stack.enter_context(_stage(folder, console.print))
        console.print(f"Broker, worker and relay are up after {time.monotonic() - started:.1f} s.\n")
        events = _play(stage, figures, console, as_json=json)
        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # the listener notices that the broker stops: no news here
        console.print()
        for line in chosen.told(events) if chosen is not None else ():
            console.print(f"{line}\n", markup=False)
        _closing(console, stage.ledger, stage.url, events, time.monotonic() - started)


class _Stage:
    """The running parts of the demonstration."""

    def __init__(self, address: BrokerAddress, ledger: Ledger, url: str, children: Sequence[subprocess.Popen[bytes]], folder: Path) -> None:
        self.address, self.ledger, self.url, self.children, self.folder = address, ledger, url, children, folder

    def check(self) -> None:
        """Refuse to go on when a child has ended."""
        for child, name in zip(self.children, ("relay", "worker"), strict=True):
            if child.poll() is not None:
                tail = (self.folder / f"{name}.log").read_text(errors="replace")[-600:]
                raise BrokerAway(
                    f"the {name} of the demonstration ended with code {child.returncode}; {self.folder / name}.log ends: {tail}"
                )


@contextmanager
def _stage(folder: Path, tell: Callable[[str], None]) -> Iterator[_Stage]:
    from streams.embedded import EmbeddedBroker
    from streams.topics import ensure_topics
    from supplywatch.ledger.book import Ledger
    from supplywatch.runtime.broker import BrokerAddress
    from supplywatch.settings import Settings

    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"--folder {folder}: cannot be written ({error.strerror}); choose another folder") from error
    url = f"sqlite:///{folder / 'ledger.db'}"
    with ExitStack() as stack:
        broker = EmbeddedBroker(folder)
        broker.start()
        stack.callback(broker.stop)
        settings = Settings(broker=broker.url, ledger=url, data_dir=folder, metrics_port=0, topic_prefix="demo.")
        address = BrokerAddress.parse(broker.url)
        # Side by side: the children import what they need while topics and ledger are made; whoever comes first makes them.
        children: list[subprocess.Popen[bytes]] = []
        stack.callback(_end, children)
        for name in ("relay", "worker"):
            children.append(_child(settings, name, folder))
        tell("The broker listens; worker and relay are starting, topics and ledger are being made.")
        ensure_topics(settings, address)
        ledger = Ledger.open(url)
        stack.callback(ledger.close)
        stage = _Stage(address, ledger, url, children, folder)
        _wait_ready(stage, tell)
        yield stage


def _child(settings: Settings, name: str, folder: Path) -> subprocess.Popen[bytes]:
    from streams.supervisor import settings_environment
    from streams.tether import tethered
    from supplywatch.runtime.health import STATUS_FILE

    environment = os.environ | settings_environment(settings) | {STATUS_FILE: str(folder / f"{name}.json")}
    with (folder / f"{name}.log").open("wb") as log:
        command = tethered([sys.executable, "-m", f"streams.{name}"])
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:  # all are told before one is waited for: the reader has seen everything and waits for the prompt
        child.terminate()
    for child in children:
        try:
            child.wait(2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_ready(stage: _Stage, tell: Callable[[str], None]) -> None:
    """Wait until both children say that they are ready: then figures and alerts flow at once."""
    from supplywatch.runtime.patience import until

    states = {name: stage.folder / f"{name}.json" for name in ("relay", "worker")}
    begin = told = time.monotonic()

    def ready() -> bool:
        nonlocal told
        stage.check()
        waited = [n for n, state in states.items() if not state.is_file() or jsonlib.loads(state.read_text(encoding="utf-8")) != {}]
        if waited and time.monotonic() - told > TELL_EVERY_S:
            told = time.monotonic()
            tell(f"  {told - begin:.0f} s: waiting for the {' and the '.join(waited)}")
        return not waited

    if not until(ready, START_S):
        raise BrokerAway(f"worker and relay were not ready within {START_S:g} s; see the logs in {stage.folder}")


def _play(stage: _Stage, figures: Sequence[Record], console: Console, *, as_json: bool) -> list[AlertEvent]:
    """Send the figures in time order and print each alert as it comes back from the alert topic."""
    from supplywatch.runtime.broker import Producer, record_topic

    heard: queue.Queue[AlertEvent] = queue.Queue()
    threading.Thread(target=_listen, args=(stage.address, heard), daemon=True).start()
    events: list[AlertEvent] = []
    begin = time.monotonic()
    with Producer(stage.address, 30.0) as producer:
        sends = []
        for number, record in enumerate(figures, start=1):
            sends.append(producer.send(record_topic(record.family, "demo."), record.series.encode(), record.model_dump_json().encode()))
            while (ahead := begin + PLAY_S * number / len(figures) - time.monotonic()) > 0:
                _show_next(heard, events, console, ahead, as_json=as_json)
        producer.flush_checked(sends)
    end = time.monotonic() + FINISH_S
    while not _finished(stage.ledger, len(figures), len(events)):
        stage.check()
        if time.monotonic() > end:
            raise BrokerAway(f"not everything was judged within {FINISH_S:g} s; see the logs in {stage.folder}")
        _show_next(heard, events, console, 0.2, as_json=as_json)
    return events


def _listen(address: BrokerAddress, heard: queue.Queue[AlertEvent]) -> None:
    from streams.topics import ALERTS
    from supplywatch.model.alert import AlertEvent
    from supplywatch.runtime.broker_admin import read_topic

    for message in read_topic(address, f"demo.{ALERTS}", follow=True):
        heard.put(AlertEvent.model_validate_json(message.value))


def _show_next(heard: queue.Queue[AlertEvent], events: list[AlertEvent], console: Console, wait_s: float, *, as_json: bool) -> None:
    try:
        event = heard.get(timeout=max(wait_s, 0.001))
    except queue.Empty:
        return
    events.append(event)
    if as_json:
        say(event.model_dump_json())
        return
    style = STYLES.get(event.severity.value, "")
    mark = " (standing)" if event.standing and event.transition.value == "opened" else ""
    console.print(f"[bold]{event.known_at:%Y-%m-%d}[/]  [{style}]{event.transition.value} {event.severity.value}[/]{mark}  {event.rule}")
    console.print(f"            {event.headline.en}", markup=False)
    if event.clears_when and event.transition.value not in ("resolved", "retracted"):
        console.print(f"            clears when: {event.clears_when}", style="dim", markup=False)


def _finished(ledger: Ledger, figures: int, heard: int) -> bool:
    from supplywatch.ledger import book

    with ledger.read() as connection:
        judged, events = book.sizes(connection)
    return bool(judged >= figures and heard >= events)


def _closing(console: Console, ledger: Ledger, url: str, events: Sequence[AlertEvent], took_s: float) -> None:
    from supplywatch.ledger.queries import Filter, alerts

    found = sorted(alerts(ledger, Filter()), key=lambda view: view.row["opened_known_at"])
    rows = []
    for view in found:
        row = view.row
        since = view.event.onset or row["opened_at"]
        rows.append((f"{row['opened_known_at']:%Y-%m-%d}", row["state"], row["severity"], row["rule"], view.event.subject.name, since))
    title = f"{len(found)} alerts, {len(events)} transitions, {took_s:.0f} s"
    console.print(table(("known", "state", "severity", "rule", "subject", "since"), rows, title=title))
    # As the user called it: the environment it is installed in need not be on the path.
    program = sys.argv[0] if Path(sys.argv[0]).name == "supplywatch" else "supplywatch"
    console.print("\nWhere to look next:", style="bold")
    for command, what in (
        (f"alerts list --ledger {url}", "the history, with filters and --as-of an instant"),
        (f"alerts show {found[-1].row['alert_id'][:12]} --ledger {url}", "one alert with its evidence"),
        ("rules show chokepoint_disruption", "a rule: parameters with their sources, blind spots"),
        ("up", "run for real: connectors, worker, relay, metrics"),
    ):
        console.print(f"  {program} {command:<66} {what}", markup=False)
