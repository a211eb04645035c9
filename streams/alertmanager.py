"""One Alertmanager: what it is told of the open alerts, and the silences that stand for what people decided.

An alert there is known by its labels alone, and one whose labels change is two: the old one *resolved*, the new one *firing*. So labels
never change. Each worsening is an alert of its own, with the same ``alert_id`` and the next ``step``; all steps end together. What changes
(the figures, the severity now, held or open) stands in the annotations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from supplywatch.errors import ReceiverAway
from supplywatch.ledger.announcing import Announced

CHUNK = 500
"""Alerts in one request: 5,000 of them are 10 MB."""
TIMEOUT_S = 10.0
OURS = "supplywatch: "
"""How the comment of a silence begins that stands for a decision in the ledger; others are left alone."""
ACKNOWLEDGED_FOR = timedelta(hours=24)
"""An acknowledgement has no end and a silence must have one: it is renewed while half of it is left."""
Body = dict[str, Any]


class Alertmanager:
    """Speaks version 2 of the interface.

    Parameters
    ----------
    url
        ``http://host:port``, a user and password in front of the host where it asks for them.
    """

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url, self._client = url.rstrip("/"), client

    def post(self, alerts: Sequence[Body]) -> None:
        """Tell all of some alerts.

        Raises
        ------
        ReceiverAway
            It cannot be reached, or refuses; tell all of them again.
        """
        for start in range(0, len(alerts), CHUNK):
            self._call("POST", "/api/v2/alerts", alerts[start : start + CHUNK])

    def standing(self) -> set[str]:
        """Return the ids of the alerts of ours that stand there; errors as for :meth:`post`."""
        found = self._call("GET", '/api/v2/alerts?active=true&silenced=true&inhibited=true&filter=category%3D"domain"').json()
        return {str(one["labels"]["alert_id"]) for one in found}

    def silence(self, alerts: Iterable[Announced], now: datetime) -> None:
        """Let exactly those alerts be silent that somebody acknowledged or shelved; errors as for :meth:`post`."""
        # A shelving that is over stays in the ledger until the relay takes it back, and Alertmanager refuses an end that is past.
        wanted = {one.alert_id: one for one in alerts if one.by is not None and _until(one, now) > now}
        there = [one for one in self._call("GET", "/api/v2/silences").json() if _is_ours(one)]
        for one in there:
            found = wanted.get(_alert_of(one))
            if found is None or one["matchers"] != _matchers(found):
                self._call("DELETE", f"/api/v2/silence/{one['id']}")
        kept = {_alert_of(one): one for one in there if _alert_of(one) in wanted and one["matchers"] == _matchers(wanted[_alert_of(one)])}
        for alert_id, found in wanted.items():
            before, until = kept.get(alert_id), _until(found, now)
            if before is None or not _lasts(before, found, now):
                self._call("POST", "/api/v2/silences", _silence(found, now, until) | ({} if before is None else {"id": before["id"]}))

    def _call(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            answer = self._client.request(method, f"{self._url}{path}", json=body, timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            raise ReceiverAway(f"Alertmanager {self._shown}: cannot be reached ({error}); it is tried again") from error
        if answer.is_error:
            raise ReceiverAway(f"Alertmanager {self._shown}: answers {answer.status_code} to {path}: {answer.text[:200]}")
        return answer

    @property
    def _shown(self) -> str:
        return httpx.URL(self._url).host


def alerts_of(one: Announced, ends_at: datetime, runbooks_url: str | None) -> list[Body]:
    """Return an alert as Alertmanager takes it, once for each step; it refuses one that ends before it begins."""
    said, annotations = one.last, _annotations(one, runbooks_url)
    labels = {
        "alertname": "".join(part.capitalize() for part in said["rule"].split("_")),
        "alert_id": one.alert_id,
        "rule": said["rule"],
        "subject": said["subject"]["id"],
        "danger": next((node for node in said["taxonomy"] if node.startswith("HD.")), "none"),
        "category": "domain",
        "standing": "true" if one.standing else "false",
    }
    return [
        {
            "labels": labels | {"step": str(number), "severity": severity},
            "annotations": annotations,
            "startsAt": min(since, ends_at).isoformat(),
            "endsAt": ends_at.isoformat(),
        }
        for number, (severity, since) in enumerate(one.steps)
    ]


def _annotations(one: Announced, runbooks_url: str | None) -> dict[str, str]:
    said = one.last
    exposure = said.get("exposure") or {}
    runbook = f"{said['rule']}.md"
    found = {
        "headline": said["headline"]["en"],
        "headline_zh": said["headline"]["zh"],
        "exposure": exposure.get("en"),
        "exposure_zh": exposure.get("zh"),
        "severity_now": said["severity"],
        "state": one.state,
        "observed": said["observed_at"],
        "onset": said["onset"],
        "clears_when": said["clears_when"],
        "reason": said["reason"],
        "runbook": f"docs/runbooks/{runbook}",
        "runbook_url": None if runbooks_url is None else f"{runbooks_url.rstrip('/')}/{runbook}",
    }
    return {name: str(value) for name, value in found.items() if value}


def _is_ours(silence: Body) -> bool:
    return silence["status"]["state"] != "expired" and str(silence["comment"]).startswith(OURS)


def _alert_of(silence: Body) -> str:
    return next((str(one["value"]) for one in silence["matchers"] if one["name"] == "alert_id"), "")


def _matchers(one: Announced) -> list[Body]:
    """Return what a silence is of: a shelved alert whatever comes, an acknowledged one up to the step that somebody has seen."""
    found = [{"name": "alert_id", "value": one.alert_id, "isRegex": False, "isEqual": True}]
    if one.shelved_until is None:
        found.append({"name": "step", "value": "|".join(str(n) for n in range(len(one.steps))), "isRegex": True, "isEqual": True})
    return found


def _until(one: Announced, now: datetime) -> datetime:
    return one.shelved_until or now + ACKNOWLEDGED_FOR


def _lasts(silence: Body, one: Announced, now: datetime) -> bool:
    ends = datetime.fromisoformat(silence["endsAt"])
    if one.shelved_until is not None:
        return abs(ends - one.shelved_until) < timedelta(seconds=1)
    return ends - now > ACKNOWLEDGED_FOR / 2


def _silence(one: Announced, now: datetime, until: datetime) -> Body:
    return {
        "matchers": _matchers(one),
        "startsAt": now.isoformat(),
        "endsAt": until.isoformat(),
        "createdBy": one.by,
        "comment": f"{OURS}{one.why or 'no reason given'}",
    }
