"""The first schema.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from supplywatch.ledger.schema import APPEND_ONLY_FUNCTION, Sequence, UtcTime, append_only_triggers

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the book, its projections and the triggers that keep the book append-only."""
    op.create_table(
        "observation",
        sa.Column("seq", Sequence, primary_key=True, autoincrement=True),
        sa.Column("record_id", sa.String(32), nullable=False, unique=True),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("observed", sa.String(10), nullable=False),
        sa.Column("known_at", UtcTime, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("observation_by_period", "observation", ["series", "observed", "known_at"])
    op.create_index("observation_by_source", "observation", ["source"])
    _create_alerts()
    _create_projections()
    _create_sources()
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(APPEND_ONLY_FUNCTION)
    for statement in append_only_triggers(dialect, ("observation", "alert_event", "payload")):
        op.execute(statement)


def _create_alerts() -> None:
    op.create_table(
        "alert_event",
        sa.Column("seq", Sequence, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.String(32), nullable=False, unique=True),
        sa.Column("alert_id", sa.String(32), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("subject_id", sa.String(200), nullable=False),
        sa.Column("transition", sa.String(24), nullable=False),
        sa.Column("known_at", UtcTime, nullable=False),
        sa.Column("recorded_at", UtcTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("alert_event_by_alert", "alert_event", ["alert_id", "seq"])
    op.create_index("alert_event_by_time", "alert_event", ["known_at"])
    op.create_index("alert_event_by_subject", "alert_event", ["rule", "subject_id", "seq"])
    op.create_table("outbox", sa.Column("event_seq", Sequence, primary_key=True, autoincrement=False))
    op.create_table(
        "lease",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
    )


def _create_projections() -> None:
    op.create_table(
        "rule_state",
        sa.Column("rule", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(200), primary_key=True),
        sa.Column("rule_version", sa.String(20), nullable=False),
        sa.Column("last_observed", sa.String(10), nullable=False),
        sa.Column("known_at", UtcTime, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("alert_id", sa.String(32)),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("rule_state_by_source", "rule_state", ["source", "alert_id"])
    op.create_table(
        "alert",
        sa.Column("alert_id", sa.String(32), primary_key=True),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("subject_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("opened_at", sa.String(10), nullable=False),
        sa.Column("opened_known_at", UtcTime, nullable=False),
        sa.Column("changed_known_at", UtcTime, nullable=False),
        sa.Column("standing", sa.Boolean, nullable=False),
        sa.Column("taxonomy", sa.Text, nullable=False),
        sa.Column("acknowledged_by", sa.String(200)),
        sa.Column("shelved_until", UtcTime),
        sa.Column("shelved_by", sa.String(200)),
        sa.Column("last_event_id", sa.String(32), nullable=False),
        sa.Column("transitions", sa.Integer, nullable=False),
    )
    op.create_index("alert_by_state", "alert", ["state", "severity"])
    op.create_index("alert_by_subject", "alert", ["rule", "subject_id"])


def _create_sources() -> None:
    op.create_table(
        "payload",
        sa.Column("seq", Sequence, primary_key=True, autoincrement=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("fetched", UtcTime, nullable=False),
        sa.Column("published", UtcTime),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("detail", sa.Text),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("newest_observed", sa.String(10)),
        sa.Column("parts", sa.Text, nullable=False),
    )
    op.create_index("payload_by_source", "payload", ["source", "seq"])
    op.create_table("source_state", sa.Column("source", sa.String(64), primary_key=True), sa.Column("body", sa.Text, nullable=False))
