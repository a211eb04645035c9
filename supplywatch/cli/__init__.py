"""The command line: the composition root, the only package that may import everything.

Exit codes: 0 fine, 1 something wrong was found, 2 the command could not run.
"""

from __future__ import annotations

import os
import sys

import typer

from supplywatch import __version__
from supplywatch.cli import (
    alerts,
    broker,
    codes,
    config,
    controls,
    explain,
    exposure,
    feeds,
    ledger,
    light,
    lists,
    operate,
    register,
    rules,
    screen,
    topics,
    watchlist,
)
from supplywatch.errors import SupplywatchError
from supplywatch.runtime.garbage import look_seldom
from supplywatch.runtime.output import say

app = typer.Typer(
    name="supplywatch",
    help="Streaming supply-disruption monitor: public feeds, detectors on Kafka, one risk taxonomy, an auditable alert history.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        say(__version__)
        raise typer.Exit


@app.callback()
def _root(_version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and exit.")) -> None:
    """Hold the options that stand before a command."""


feeds.register(app)
operate.register(app)
app.command("explain")(explain.explain)
app.command("exposure")(exposure.exposure)
app.command("coverage")(rules.coverage)
app.command("codes")(codes.codes)
app.add_typer(alerts.app, name="alerts")
app.add_typer(lists.app, name="lists")
app.add_typer(controls.app, name="controls")
app.add_typer(rules.app, name="rules")
app.add_typer(register.app, name="register")
app.add_typer(screen.app, name="screen")
app.add_typer(watchlist.app, name="watchlist")
app.add_typer(ledger.app, name="ledger")
app.add_typer(config.app, name="config")
app.add_typer(broker.app, name="broker")
app.add_typer(topics.app, name="topics")


def main() -> None:
    """Run the command line; whatever a user can cause ends in one sentence, never in a traceback."""
    look_seldom()
    # Ledger, archive and index hold names of suppliers; broker and log may hold more: nobody else on the host reads what is written.
    os.umask(0o077)
    for argument in sys.argv[1:]:
        if any("\ud800" <= character <= "\udfff" for character in argument):
            shown = argument.encode("utf-8", "backslashreplace").decode()
            say(f"supplywatch: {shown[:80]!r} holds a byte that is no UTF-8 or half of a character; write it again", err=True)
            sys.exit(2)
    try:
        light.only(app, sys.argv[1:])()
    except SupplywatchError as error:
        say(f"supplywatch: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, but the interpreter must not flush into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
