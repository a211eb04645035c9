"""The projection ``alert``: where each alert stands, derived from its events alone. Pure."""

from __future__ import annotations

from typing import Any

from supplywatch.model.alert import AlertEvent, Transition

Row = dict[str, Any]

_STATE_AFTER = {
    Transition.OPENED: "open",
    Transition.WORSENED: "open",
    Transition.EASED: "open",
    Transition.HELD: "held",
    Transition.RESUMED: "open",
    Transition.RESOLVED: "resolved",
    Transition.RETRACTED: "retracted",
    Transition.BASELINE_ACCEPTED: "resolved",
}


def project(row: Row | None, event: AlertEvent) -> Row:
    """Return the row of an alert after one more event.

    Parameters
    ----------
    row
        The row before, or ``None`` for the first event.
    """
    new: Row = dict(row) if row else _first(event)
    new["state"] = _STATE_AFTER.get(event.transition, new["state"])
    new["changed_known_at"] = event.known_at
    new["last_event_id"] = event.event_id
    new["transitions"] += 1
    if event.transition not in (Transition.RESOLVED, Transition.RETRACTED):
        new["severity"] = event.severity.value
    if event.transition is Transition.ACKNOWLEDGED:
        new["acknowledged_by"] = event.actor
    if event.transition is Transition.WORSENED:
        new["acknowledged_by"] = None  # worsening re-alarms, acknowledged or not
    if event.transition is Transition.SHELVED:
        new["shelved_until"], new["shelved_by"] = event.expires_at, event.actor
    if event.transition is Transition.UNSHELVED:
        new["shelved_until"] = new["shelved_by"] = None
    return new


def _first(event: AlertEvent) -> Row:
    return {
        "alert_id": event.alert_id,
        "rule": event.rule,
        "subject_id": event.subject.id,
        "state": "open",
        "severity": event.severity.value,
        "opened_at": event.observed_at,
        "opened_known_at": event.known_at,
        "changed_known_at": event.known_at,
        "standing": event.standing,
        "taxonomy": f" {' '.join(event.taxonomy)} ",
        "acknowledged_by": None,
        "shelved_until": None,
        "shelved_by": None,
        "last_event_id": event.event_id,
        "transitions": 0,
    }
