"""What retention removed from the archive.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from supplywatch.ledger.schema import Sequence, UtcTime, append_only_triggers

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the log of removed bodies; rows are added, never changed."""
    op.create_table(
        "archive_removal",
        sa.Column("seq", Sequence, primary_key=True, autoincrement=True),
        sa.Column("removed_at", UtcTime, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", Sequence, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
    )
    for statement in append_only_triggers(op.get_bind().dialect.name, ["archive_removal"]):
        op.execute(statement)
