"""Reviewers decide on matches: true or false, by name, with a reason, for exactly the two texts that agreed."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection

from supplywatch.errors import BadRequest
from supplywatch.judging.engine import Engine
from supplywatch.ledger import alerts, book
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent
from supplywatch.model.party_match import MatchDecision, PartyMatch, Verdict
from supplywatch.model.record import Provenance

RULE = "party_match"
SOURCE = "reviewer"


def match_of(ledger: Ledger, alert_id: str) -> PartyMatch:
    """Return the match that an alert is about, as it was last compared.

    Raises
    ------
    BadRequest
        The alert is not about a match, or the pair does not match any more.
    """
    with ledger.read() as connection:
        rule, pair = alerts.rule_and_subject(connection, alert_id)
        match = _latest(connection, pair) if rule == RULE else None
    if match is None:
        raise BadRequest(f"alert {alert_id} is of rule {rule}: only alerts of {RULE} are about a match")
    return match


def decide(engine: Engine, alert_id: str, verdict: Verdict, *, by: str, reason: str, now: datetime) -> list[AlertEvent]:
    """Write a decision down, for the alert and every other running one that rests on the same two texts; returns the transitions.

    Raises
    ------
    BadRequest
        There is nothing to decide on, or name or reason are missing.
    """
    if not by.strip() or not reason.strip():
        raise BadRequest("a person's name (--by) and a reason (--reason) are needed: both stand in the history")
    match = match_of(engine.ledger, alert_id)
    if match.texts is None:
        raise BadRequest(f"{match.counterparty.name} and {match.party_name} do not match any more ({match.ended_by}): nothing to decide")
    with engine.ledger.read() as connection:
        others = [found for pair in alerts.running_subjects(connection, RULE) if (found := _latest(connection, pair)) is not None]
    alike = {other.pair: other for other in (match, *others) if other.texts == match.texts}
    return engine.judge([_decision(one, verdict, by, reason, now) for one in alike.values()]).events


def decisions(ledger: Ledger) -> list[MatchDecision]:
    """Return every decision, in order."""
    with ledger.read() as connection:
        return [MatchDecision.model_validate_json(body) for body in book.observations(connection, SOURCE, "decision/")]


def _decision(match: PartyMatch, verdict: Verdict, by: str, reason: str, now: datetime) -> MatchDecision:
    said = hashlib.sha256(f"{match.pair}|{verdict}|{by}|{reason}".encode()).hexdigest()
    origin = Provenance(source=SOURCE, vintage=f"{now:%Y-%m-%dT%H:%M:%SZ}", payload_sha256=said, position=by)
    return MatchDecision(
        observed=now.date().isoformat(), fetched=now, provenance=origin, match=match, verdict=verdict, by=by, reason=reason
    )


def _latest(connection: Connection, pair: str) -> PartyMatch | None:
    bodies = book.arrivals(connection, [f"match/{pair}"])
    found = [PartyMatch.model_validate_json(body) for body in bodies]
    return max(found, key=lambda match: (match.lists_seq, match.watch_seq), default=None)
