"""What the commands share: opening the ledger, reading instants, printing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplywatch.errors import BadRequest
from supplywatch.runtime.output import say

if TYPE_CHECKING:
    from supplywatch.judging.engine import Engine
    from supplywatch.ledger.book import Ledger
    from supplywatch.model.alert import AlertEvent

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
LedgerUrl = Annotated[str | None, typer.Option("--ledger", help="Ledger URL; default SUPPLYWATCH_LEDGER.", show_default=False)]

AlertId = Annotated[str, typer.Argument(help="Alert id, or its first characters.")]
By = Annotated[str, typer.Option("--by", help="Your name; it stands in the history.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="As it was known at this instant, e.g. 2026-03-10 or 2026-03-10T14:00Z.")]


def open_ledger(url: str | None = None, *, upgrade: bool = True) -> Ledger:
    """Open the ledger that was named, or the one of the settings."""
    from supplywatch.ledger.book import Ledger
    from supplywatch.settings import load_settings

    return Ledger.open(url or load_settings().ledger, upgrade=upgrade)


def make_engine(ledger: Ledger, rule_ids: Iterable[str] = (), publisher: str | None = None) -> Engine:
    """Return an engine with all rules, or those that were named; trade is judged as one publisher reports it, where one is named."""
    from supplywatch import registry
    from supplywatch.judging.engine import Engine
    from supplywatch.model.items import Publishers

    rules = {rule_id: registry.rule(rule_id) for rule_id in rule_ids} or registry.rules()
    credit = {source_id: source.card.attribution for source_id, source in registry.sources().items()}
    items = registry.items()
    if publisher is not None:
        items = items.model_copy(update={"publishers": Publishers.only(publisher)})
    return Engine(ledger, rules, items, attribution=credit)


def instant(text: str) -> datetime:
    """Read an instant: ``2026-04-21``, ``2026-04-21T13:36Z`` or with an offset; without one it is UTC.

    Raises
    ------
    BadRequest
        Says what was read and what is expected.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{text!r} is not an instant: write 2026-04-21 or 2026-04-21T13:36Z") from error
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def events_of_alert(alert: str, as_of: str | None, url: str | None) -> list[Any]:
    """Return what was said of an alert, in order, up to an instant."""
    from supplywatch.ledger.queries import alert_id_of
    from supplywatch.ledger.queries import history as events_of

    book = open_ledger(url, upgrade=False)
    events = events_of(book, alert_id_of(book, alert), instant(as_of) if as_of else None)
    if not events:
        raise BadRequest(f"alert {alert} was not known at {as_of}")
    return events


def print_json(value: Any) -> None:
    """Print one JSON document, indented for people, complete for programs."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def event_lines(event: AlertEvent) -> list[str]:
    """Return the lines that tell a person what an event says."""
    mark = "  standing" if event.standing and event.transition.value == "opened" else ""
    lines = [
        f"{event.transition.value.upper():<12} {event.severity.value:<8} {event.rule}  {event.subject.name}  ({event.observed_at}){mark}",
        f"  why     {event.headline.en}",
    ]
    if event.exposure is not None:
        lines.append(f"  exposed {event.exposure.en}")
    if event.clears_when and event.transition.value not in ("resolved", "retracted"):
        lines.append(f"  clears  {event.clears_when}")
    return lines
