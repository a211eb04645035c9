"""``supplywatch alerts``: ask the history, and act on an alert as a named person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplywatch.cli.common import (
    AlertId,
    AsOf,
    By,
    JsonFlag,
    LedgerUrl,
    Reason,
    event_lines,
    events_of_alert,
    instant,
    make_engine,
    open_ledger,
    print_json,
)
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import print_table, say

if TYPE_CHECKING:
    from supplywatch.ledger.queries import AlertView
    from supplywatch.model.alert import Severity

app = typer.Typer(help="Ask the alert history; acknowledge, shelve or accept as a named person.", no_args_is_help=True)


@app.command("list")
def list_alerts(
    rule: Annotated[str | None, typer.Option(help="Only this rule.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only subjects whose id contains this.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="open, held, resolved or retracted; may be repeated.")] = None,
    severity: Annotated[str | None, typer.Option(help="At least: info, watch, warning or critical.")] = None,
    taxonomy: Annotated[str | None, typer.Option(help="Only this taxonomy node and those below it, e.g. HD.1.")] = None,
    since: Annotated[str | None, typer.Option(help="Changed at or after this instant.")] = None,
    until: Annotated[str | None, typer.Option(help="Changed at or before this instant.")] = None,
    as_of: AsOf = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 100,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """List alerts, the last changed first."""
    from supplywatch.ledger.queries import Filter, alerts

    wanted = Filter(
        rule=rule,
        subject=subject,
        states=_known_states(state or []),
        severity_at_least=_known_severity(severity) if severity else None,
        taxonomy=taxonomy,
        since=instant(since) if since else None,
        until=instant(until) if until else None,
        as_of=instant(as_of) if as_of else None,
    )
    found = alerts(open_ledger(ledger, upgrade=False), wanted, limit)
    if json:
        print_json([_row(view.row) | {"last_event": view.event.model_dump(mode="json")} for view in found])
        return
    print_table(("alert", "state", "severity", "rule", "subject", "since", "known", ""), map(_cells, found))
    if not found:
        say("no alert fits", err=True)


def _known_states(states: list[str]) -> tuple[str, ...]:
    known = ("open", "held", "resolved", "retracted")
    for name in states:
        if name not in known:
            raise BadRequest(f"--state {name!r}: must be one of {', '.join(known)}")
    return tuple(states)


def _known_severity(name: str) -> Severity:
    from supplywatch.model.alert import Severity

    levels = [s.value for s in Severity if s is not Severity.UNKNOWN]
    if name not in levels:
        raise BadRequest(f"--severity {name!r}: must be one of {', '.join(levels)}")
    return Severity(name)


def _cells(view: AlertView) -> tuple[object, ...]:
    row = view.row
    since, known = view.event.onset or row["opened_at"], f"{row['opened_known_at']:%Y-%m-%d}"
    return row["alert_id"][:12], row["state"], row["severity"], row["rule"], view.event.subject.name, since, known, _marks(row)


def _marks(row: dict[str, Any]) -> str:
    marks = [
        "standing" if row["standing"] else "",
        f"ack {row['acknowledged_by']}" if row["acknowledged_by"] else "",
        f"shelved to {row['shelved_until']:%Y-%m-%d}" if row["shelved_until"] else "",
    ]
    return ", ".join(mark for mark in marks if mark)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "taxonomy": row["taxonomy"].split()}


@app.command()
def show(alert: AlertId, as_of: AsOf = None, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Show one alert: its newest event with figures, evidence and what would clear it."""
    from supplywatch.cli.explain import derivation, print_axes, print_outlook, print_thresholds

    event = events_of_alert(alert, as_of, ledger)[-1]
    if json:
        print_json(event.model_dump(mode="json"))
        return
    for line in event_lines(event):
        say(line)
    say(f"  zh      {event.headline.zh}")
    if event.exposure is not None:
        say(f"          {event.exposure.zh}")
    say(f"  id      {event.alert_id}  rule version {event.rule_version}")
    say(f"  onset   {event.onset or 'not estimated'}   known {event.known_at:%Y-%m-%d %H:%M}Z   {'standing' if event.standing else 'news'}")
    say(f"  nodes   {' '.join(event.taxonomy)}")
    for name, value in event.measures.items():
        say(f"  {name:<32} {value}")
    print_table(
        ("source", "vintage", "period", "field", "value", "unit", "position", "payload"),
        ((e.source, e.vintage, e.period, e.field, e.value, e.unit, e.position, e.sha256[:12]) for e in event.evidence),
    )
    derivation(event)
    print_axes(event)
    print_thresholds(event)
    print_outlook(event)
    for line in event.attribution:
        say(line)


@app.command()
def history(alert: AlertId, as_of: AsOf = None, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Show everything that was said of one alert, in order."""
    events = events_of_alert(alert, as_of, ledger)
    if json:
        print_json([event.model_dump(mode="json") for event in events])
        return
    print_table(
        ("known", "observed", "transition", "severity", "by", "what"),
        ((f"{e.known_at:%Y-%m-%d %H:%M}", e.observed_at, e.transition.value, e.severity.value, e.actor, e.headline.en) for e in events),
    )


@app.command()
def ack(alert: AlertId, by: By, reason: Reason, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Acknowledge an alert; a worsening alarms again."""
    from supplywatch.desk import actions as desk

    _act(desk.acknowledge, alert, by, reason, ledger, json)


@app.command()
def shelve(
    alert: AlertId,
    by: By,
    reason: Reason,
    until: Annotated[str, typer.Option(help="When it comes back by itself, at most 90 days ahead.")],
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Put an alert aside until an instant."""
    from supplywatch.desk import actions as desk

    _act(desk.shelve, alert, by, reason, ledger, json, until=instant(until))


@app.command()
def unshelve(alert: AlertId, by: By, reason: Reason, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Take a shelved alert back before its time."""
    from supplywatch.desk import actions as desk

    _act(desk.unshelve, alert, by, reason, ledger, json)


@app.command()
def retract(alert: AlertId, by: By, reason: Reason, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Withdraw an alert that should never have been raised."""
    from supplywatch.desk import actions as desk

    _act(desk.retract, alert, by, reason, ledger, json)


@app.command()
def accept(alert: AlertId, by: By, reason: Reason, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Accept the present level as the new normal: ends the episode and moves the baseline."""
    from supplywatch.desk import actions as desk

    _act(lambda book, *args, **kw: desk.accept_baseline(make_engine(book), *args, **kw), alert, by, reason, ledger, json)


def _act(action: Any, alert: str, by: str, reason: str, url: str | None, json: bool, **more: Any) -> None:
    from supplywatch.ledger.queries import alert_id_of

    book = open_ledger(url, upgrade=False)
    event = action(book, alert_id_of(book, alert), actor=by, reason=reason, now=datetime.now(UTC), **more)
    if json:
        print_json(event.model_dump(mode="json"))
    else:
        say(f"{event.transition.value}: {event.headline.en}")
