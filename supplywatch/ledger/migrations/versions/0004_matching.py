"""The memory of the matching stage.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from supplywatch.ledger.schema import Sequence, UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the log of list entries in force, the pairs that were told, and bookmarks."""
    op.create_table(
        "listed",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("list_code", sa.String(64), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("seq", Sequence, nullable=False, unique=True),
        sa.Column("known_at", UtcTime, nullable=False),
        sa.Column("in_force", sa.Boolean, nullable=False),
        sa.Column("party", sa.String(32), nullable=False),
        sa.Column("content", sa.String(32), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("listed_by_party", "listed", ["party"])
    op.create_table(
        "match_pair",
        sa.Column("counterparty_id", sa.Text, primary_key=True),
        sa.Column("party", sa.String(32), primary_key=True),
    )
    op.create_index("match_pair_by_party", "match_pair", ["party"])
    op.create_table(
        "bookmark",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("seq", Sequence, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
    )
