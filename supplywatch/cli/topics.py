"""``supplywatch topics``: alerts are sent once more to a topic that lost them, or for a subscriber that missed them."""

from __future__ import annotations

from typing import Annotated

import typer

from supplywatch.cli.broker import broker_address
from supplywatch.cli.common import JsonFlag, LedgerUrl, instant, open_ledger, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import say

app = typer.Typer(help="Alert topics: send again what they or their subscribers lack.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``replay`` a command of its own."""


@app.command()
def replay(
    state: Annotated[bool, typer.Option("--state", help="The last transition of every alert that stands, to alert-state.v1.")] = False,
    since: Annotated[str | None, typer.Option(help="Every transition recorded from this instant on, to alerts.v1.")] = None,
    until: Annotated[str | None, typer.Option(help="... up to this instant.")] = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Send alerts to their topic once more; a repeat has the same 'ce_id', by which subscribers drop it. The relay may run meanwhile."""
    from streams.relay import Relay
    from streams.topics import ALERT_STATE, ALERTS
    from supplywatch.runtime.broker import Producer
    from supplywatch.settings import load_settings

    if state == (since is not None):
        raise BadRequest("say either --state, or --since with an instant such as 2026-11-30T12:00Z")
    settings, book = load_settings(), open_ledger(ledger, upgrade=False)
    with Producer(broker_address(settings), settings.outage_s) as producer:
        relay = Relay(book, producer, settings.topic_prefix, "replay")
        sent = relay.send_states() if since is None else relay.send_events(instant(since), None if until is None else instant(until))
    topic = settings.topic_prefix + (ALERT_STATE if state else ALERTS)
    if json:
        print_json({"sent": sent, "topic": topic})
    else:
        say(f"{sent} transition{'s' * (sent != 1)} sent again to {topic}")
