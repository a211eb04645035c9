"""Decisions of persons on which list entries are one party.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from supplywatch.ledger.schema import Sequence, UtcTime, append_only_triggers

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the log of joins and splits; rows are added, never changed."""
    op.create_table(
        "party_decision",
        sa.Column("seq", Sequence, primary_key=True, autoincrement=True),
        sa.Column("decided_at", UtcTime, nullable=False),
        sa.Column("verb", sa.String(8), nullable=False),
        sa.Column("one", sa.Text, nullable=False),
        sa.Column("other", sa.Text, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    for statement in append_only_triggers(op.get_bind().dialect.name, ["party_decision"]):
        op.execute(statement)
