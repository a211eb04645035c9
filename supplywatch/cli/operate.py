"""``supplywatch up``, ``connect``, ``worker``, ``match``, ``relay``, ``notify`` and ``dlq``: running the product."""

from __future__ import annotations

import json as jsonlib
import os
import signal
import sys
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supplywatch.cli.broker import RUN_FILE, broker_address, broker_url
from supplywatch.cli.common import JsonFlag, open_ledger, print_json
from supplywatch.cli.config import refuse_what_does_not_fit
from supplywatch.cli.demo import demo
from supplywatch.cli.doctor import doctor
from supplywatch.errors import BadSetting
from supplywatch.runtime.output import print_table, say
from supplywatch.runtime.own_files import own_file

if TYPE_CHECKING:
    from streams.broker_process import BrokerProcess
    from supplywatch.settings import Settings

dlq = typer.Typer(help="Dead letters: messages nobody could use.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (demo, up, connect, worker, match, relay, notify, doctor):
        app.command()(command)
    app.add_typer(dlq, name="dlq")


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def up(
    workers: Annotated[int, typer.Option(min=1, max=32, help="Worker processes.")] = 1,
    broker: Annotated[
        str | None,
        typer.Option(help="'embedded' (memory only), 'apache' (keeps its topics) or kafka://host:port; default SUPPLYWATCH_BROKER."),
    ] = None,
) -> None:
    """Run everything in one supervised process tree: connectors, workers, relay, metrics, and the embedded broker unless another is set."""
    import shutil

    from streams.supervisor import Supervisor, tree
    from supplywatch.config import config_dir
    from supplywatch.runtime.logs import configure_logs
    from supplywatch.settings import load_settings

    if broker is not None:
        _set_broker(broker)
    settings = load_settings()
    configure_logs(settings.log_json)
    folder = settings.data_dir / "run"
    refuse_what_does_not_fit()
    say(f"configuration: {config_dir()}; 'supplywatch config init DIR' makes a folder of your own", err=True)
    with ExitStack() as stack:
        stack.enter_context(_only_one(settings.data_dir))
        open_ledger().close()  # the schema is made once, before many processes want it
        shutil.rmtree(folder, ignore_errors=True)
        process = _broker_process(settings)
        stack.callback((settings.data_dir / RUN_FILE).unlink, missing_ok=True)
        connector = (sys.executable, "-m", "supplywatch", "connect")
        children = tree(workers, connector, notify=bool(settings.alertmanager))
        supervisor = Supervisor(
            settings, children, folder, process, on_broker=partial(_note, settings, process is not None and process.keeps_data)
        )
        code = supervisor.run(stop_on_signals())
    raise typer.Exit(code)


def _broker_process(settings: Settings) -> BrokerProcess | None:
    from streams.apache.broker import ApacheBroker
    from streams.embedded import EmbeddedBroker

    if settings.broker == "apache":
        return ApacheBroker(settings.data_dir, settings.kafka_port)
    return EmbeddedBroker(settings.data_dir) if settings.broker == "embedded" else None


def _note(settings: Settings, keeps_data: bool, broker_url: str) -> None:
    from supplywatch.runtime.broker import BrokerAddress

    with own_file(settings.data_dir / RUN_FILE) as file:
        file.write(jsonlib.dumps({"broker": broker_url, "pid": os.getpid()}).encode())
    servers = ",".join(BrokerAddress.parse(broker_url).servers)
    keeps = (
        "it keeps its topics"
        if keeps_data
        else "it keeps nothing when it stops: what stands is sent again from the ledger; --broker apache keeps all"
    )
    say(f"subscribe at {servers}, topics {settings.topic_prefix}alerts.v1 and {settings.topic_prefix}alert-state.v1; {keeps}", err=True)


def _only_one(data_dir: Path) -> ExitStack:
    """Hold the folder: two trees in one folder would share a broker file and an archive."""
    import fcntl

    stack = ExitStack()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        handle = stack.enter_context((data_dir / "up.lock").open("a"))
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BadSetting(
            f"SUPPLYWATCH_DATA_DIR={data_dir}: 'supplywatch up' runs there already; stop it, or choose another folder"
        ) from error
    except OSError as error:
        raise BadSetting(f"SUPPLYWATCH_DATA_DIR={data_dir}: cannot be written ({error.strerror}); choose another folder") from error
    return stack


def connect(
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be repeated.")] = None,
) -> None:
    """Poll the sources on their schedules; several may run, one polls a source at a time."""
    from streams.connecting import run_connect
    from supplywatch.runtime.logs import configure_logs
    from supplywatch.settings import load_settings

    settings = load_settings()
    configure_logs(settings.log_json)
    run_connect(settings, broker_address(settings), source or [], stop_on_signals())


def worker() -> None:
    """Judge records from the record topics; start more of them to scale out."""
    from streams.worker import judging, main

    _resolve_broker()
    main(judging())


def match() -> None:
    """Match counterparties of the watch-list against lists, from both sides; start more of them to scale out."""
    from streams.matching import STAGE
    from streams.worker import main

    _resolve_broker()
    main(STAGE)


def relay() -> None:
    """Publish alert events from the ledger to the alert topics; several may run, one publishes at a time."""
    from streams.relay import main

    _resolve_broker()
    main()


def notify() -> None:
    """Tell Alertmanager of every open alert for as long as it stands; several may run, one tells at a time."""
    from streams.notify import main

    main()


def _resolve_broker() -> None:
    """Let a process of its own find the broker that ``supplywatch up`` runs."""
    from supplywatch.settings import OWN_BROKERS, load_settings

    settings = load_settings()
    if settings.broker in OWN_BROKERS:
        _set_broker(broker_url(settings))


def _set_broker(url: str) -> None:
    from supplywatch.settings import load_settings

    os.environ["SUPPLYWATCH_BROKER"] = url
    load_settings.cache_clear()


@dlq.command("list")
def list_dead_letters(
    all_letters: Annotated[bool, typer.Option("--all", help="Also those that were replayed.")] = False, json: JsonFlag = False
) -> None:
    """List the dead letters that were not replayed yet; exit code 1 when there are some."""
    from streams.deadletter import list_letters
    from streams.signing import letter_key
    from supplywatch.settings import load_settings

    settings = load_settings()
    letters = list(list_letters(broker_address(settings), settings.topic_prefix, letter_key(settings), all_letters=all_letters))
    if json:
        names = ("offset", "at", "reason", "detail", "original_topic", "original_partition", "original_offset", "hold")
        print_json(
            [{name: getattr(letter, name) for name in names} | {"value": letter.value.decode(errors="replace")} for letter in letters]
        )
    else:
        rows = (
            (
                x.offset,
                f"{x.at:%Y-%m-%d %H:%M}Z",
                x.reason,
                f"{x.original_topic}/{x.original_partition}/{x.original_offset}",
                x.hold or "yes",
                x.detail,
            )
            for x in letters
        )
        print_table(("no.", "put aside", "reason", "topic/partition/offset", "sent again", "detail"), rows)
    raise typer.Exit(1 if letters and not all_letters else 0)


@dlq.command("replay")
def replay_dead_letters(json: JsonFlag = False) -> None:
    """Send every dead letter that we signed back to the topic it came from, once its cause is mended; repeats do no harm."""
    from streams.deadletter import replay
    from streams.signing import letter_key
    from supplywatch.settings import load_settings

    settings = load_settings()
    sent, held = replay(broker_address(settings), settings.topic_prefix, settings.outage_s, letter_key(settings))
    if json:
        print_json({"replayed": sent, "held_back": held})
    else:
        say(f"{sent} dead letters sent again" + (f"; {held} held back, 'supplywatch dlq list --all' says why" if held else ""))
