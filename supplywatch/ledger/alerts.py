"""The alerts as they stand now: what people and metrics ask of the projection, by alert."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from supplywatch.ledger import schema

RUNNING = ("open", "held")


def locked_state(connection: Connection, alert_id: str) -> str | None:
    """Return the state of an alert, locked until the transaction ends; ``None`` when there is no such alert."""
    a = schema.alert.c
    found: str | None = connection.execute(select(a.state).where(a.alert_id == alert_id).with_for_update()).scalar()
    return found


def rule_and_subject(connection: Connection, alert_id: str) -> tuple[str, str]:
    """Return whose rule an alert is and the id of what it is about."""
    a = schema.alert.c
    row = connection.execute(select(a.rule, a.subject_id).where(a.alert_id == alert_id)).one()
    return row.rule, row.subject_id


def running_subjects(connection: Connection, rule: str) -> list[str]:
    """Return the subjects of a rule that have a running alert."""
    a = schema.alert.c
    return list(connection.execute(select(a.subject_id).where(a.rule == rule, a.state.in_(RUNNING))).scalars())


def is_shelved(connection: Connection, alert_id: str) -> bool:
    """Tell whether a person has put an alert aside."""
    a = schema.alert.c
    return connection.execute(select(a.shelved_until).where(a.alert_id == alert_id)).scalar() is not None


def shelving_over(connection: Connection, now: datetime) -> list[str]:
    """Return the alerts whose shelving has run out."""
    a = schema.alert.c
    return list(connection.execute(select(a.alert_id).where(a.shelved_until <= now)).scalars())


def running_counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Return how many alerts run, by rule and severity."""
    a = schema.alert.c
    query = select(a.rule, a.severity, func.count()).where(a.state.in_(RUNNING)).group_by(a.rule, a.severity)
    return {(rule, severity): count for rule, severity, count in connection.execute(query)}
