"""Certificates of screening: what was looked for, where, and what was found.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from supplywatch.ledger.schema import Sequence, UtcTime, append_only_triggers

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table; rows are added, never changed."""
    op.create_table(
        "certificate",
        sa.Column("seq", Sequence, primary_key=True, autoincrement=True),
        sa.Column("certificate_id", sa.String(32), nullable=False, unique=True),
        sa.Column("recorded_at", UtcTime, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    for statement in append_only_triggers(op.get_bind().dialect.name, ["certificate"]):
        op.execute(statement)
