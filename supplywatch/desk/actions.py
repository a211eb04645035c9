"""What a named person does to an alert: acknowledge, shelve, unshelve, accept a new normal, retract.

Each is an event in the book like any other; none changes what was said before.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from supplywatch.errors import BadRequest
from supplywatch.judging.engine import Engine
from supplywatch.judging.fold import is_current, state_row, stored_fold
from supplywatch.judging.folding import RECORD
from supplywatch.ledger import alerts, book
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent, Severity, Text, Transition
from supplywatch.model.limits import judging
from supplywatch.registry import rule as find_rule

_ENDED = ("resolved", "retracted")
_WORDS = {
    Transition.ACKNOWLEDGED: ("acknowledged by {actor}: {reason}", "已由{actor}确认:{reason}"),
    Transition.SHELVED: ("shelved by {actor} until {until}: {reason}", "已由{actor}搁置至{until}:{reason}"),
    Transition.UNSHELVED: ("no longer shelved: {reason}", "搁置结束:{reason}"),
    Transition.BASELINE_ACCEPTED: ("new normal accepted by {actor}: {reason}", "{actor}接受新常态:{reason}"),
    Transition.RETRACTED: ("retracted by {actor}: {reason}", "已由{actor}撤回:{reason}"),
}


def acknowledge(ledger: Ledger, alert_id: str, *, actor: str, reason: str, now: datetime) -> AlertEvent:
    """Say that a person has seen an alert; a worsening alarms again."""
    _named(actor, reason)
    with ledger.begin() as connection:
        return _write(connection, _running(connection, alert_id), Transition.ACKNOWLEDGED, now, actor=actor, reason=reason)


def shelve(ledger: Ledger, alert_id: str, *, actor: str, reason: str, until: datetime, now: datetime) -> AlertEvent:
    """Put an alert aside until an instant, at most 90 days ahead; it comes back by itself."""
    _named(actor, reason)
    longest = judging().longest_shelving_days
    if not now < until <= now + timedelta(days=longest):
        raise BadRequest(f"cannot shelve until {until:%Y-%m-%d %H:%M}Z: give an instant within the next {longest} days")
    with ledger.begin() as connection:
        return _write(connection, _running(connection, alert_id), Transition.SHELVED, now, actor=actor, reason=reason, until=until)


def unshelve(ledger: Ledger, alert_id: str, *, actor: str, reason: str, now: datetime) -> AlertEvent:
    """Take a shelved alert back before its time."""
    _named(actor, reason)
    with ledger.begin() as connection:
        last = _running(connection, alert_id)
        if not alerts.is_shelved(connection, alert_id):
            raise BadRequest(f"alert {alert_id} is not shelved")
        return _write(connection, last, Transition.UNSHELVED, now, actor=actor, reason=reason)


def unshelve_expired(ledger: Ledger, now: datetime) -> list[AlertEvent]:
    """Take back every alert whose shelving has run out; called by the relay."""
    with ledger.read() as connection:
        due = alerts.shelving_over(connection, now)
    if not due:
        return []
    with ledger.begin() as connection:
        lasts = [book.last_event(connection, alert_id) for alert_id in due]
        return [_write(connection, last, Transition.UNSHELVED, now, actor="supplywatch", reason="the shelving ran out") for last in lasts]


def accept_baseline(engine: Engine, alert_id: str, *, actor: str, reason: str, now: datetime) -> AlertEvent:
    """Accept the present level as the new normal: ends the episode and moves the rule's baseline.

    Raises
    ------
    BadRequest
        When the rule has no baseline to move, or too little history stands behind the new one.
    """
    _named(actor, reason)
    with engine.ledger.begin() as connection:
        last = _running(connection, alert_id)
        rule = find_rule(last.rule)
        row = book.locked_states(connection, [(last.rule, last.subject.id)])[last.rule, last.subject.id]
        fold = stored_fold(rule, last.subject, row)
        if rule.rebase is None or fold.memory.detector is None:
            raise BadRequest(f"rule {last.rule} has no baseline that could be accepted; acknowledge or shelve the alert instead")
        if not is_current(fold):
            engine.folding.refold(connection, fold)
        records = [RECORD.validate_json(body) for body in book.history(connection, fold.memory.series, fold.last_observed)]
        fold.memory.detector = rule.rebase(fold.memory.detector, records, engine.params(last.rule))
        fold.memory.rebased.append(fold.last_observed)
        fold.memory.episode, fold.memory.status = None, "clear"
        book.put_states(connection, [], [state_row(fold)])
        shown = last.model_copy(update={"observed_at": fold.last_observed})
        return _write(connection, shown, Transition.BASELINE_ACCEPTED, now, actor=actor, reason=reason)


def retract(ledger: Ledger, alert_id: str, *, actor: str, reason: str, now: datetime) -> AlertEvent:
    """Withdraw an alert that should never have been raised (a defect of a rule or of a source)."""
    _named(actor, reason)
    with ledger.begin() as connection:
        last = _running(connection, alert_id)
        row = book.locked_states(connection, [(last.rule, last.subject.id)])[last.rule, last.subject.id]
        fold = stored_fold(find_rule(last.rule), last.subject, row)
        fold.memory.episode = None
        book.put_states(connection, [], [state_row(fold)])
        return _write(connection, last, Transition.RETRACTED, now, actor=actor, reason=reason)


def _named(actor: str, reason: str) -> None:
    if not actor.strip() or not reason.strip():
        raise BadRequest("a person's name (--by) and a reason (--reason) are needed: both stand in the history")


def _running(connection: Connection, alert_id: str) -> AlertEvent:
    state = alerts.locked_state(connection, alert_id)
    if state is None:
        raise BadRequest(f"no alert {alert_id}; 'supplywatch alerts list' shows their ids")
    if state in _ENDED:
        raise BadRequest(f"alert {alert_id} is {state} already: nothing to do")
    return book.last_event(connection, alert_id)


def _write(
    connection: Connection,
    last: AlertEvent,
    transition: Transition,
    now: datetime,
    *,
    actor: str,
    reason: str,
    until: datetime | None = None,
) -> AlertEvent:
    en, zh = _WORDS[transition]
    words = {"actor": actor, "reason": reason, "until": f"{until:%Y-%m-%d %H:%M}Z" if until else ""}
    event_id = hashlib.sha256(f"{last.alert_id}|{transition}|{now.isoformat()}|{actor}|{reason}".encode()).hexdigest()[:32]
    name = last.subject.name
    event = last.model_copy(
        update={
            "event_id": event_id,
            "transition": transition,
            "severity": Severity(last.severity),
            "known_at": now.astimezone(UTC),
            "headline": Text(en=f"{name}: {en.format(**words)}", zh=f"{name}:{zh.format(**words)}"),
            "actor": actor,
            "reason": reason,
            "expires_at": until,
        }
    )
    book.append_events(connection, [event], now)
    return event
