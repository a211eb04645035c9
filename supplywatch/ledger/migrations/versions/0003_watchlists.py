"""Watch-lists of counterparties: staged rows that one row of an import brings into force.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from supplywatch.ledger.schema import Ordered, Sequence, UtcTime, append_only_triggers, kept_when_complete

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create imports (append-only), the stages that are being filled, and the rows of both."""
    op.create_table(
        "watchlist_import",
        sa.Column("seq", Sequence, primary_key=True, autoincrement=False),
        sa.Column("watchlist", sa.String(64), nullable=False),
        sa.Column("stage", Sequence, nullable=False, unique=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("verb", sa.String(8), nullable=False),
        sa.Column("file_name", sa.Text),
        sa.Column("sha256", sa.String(64)),
        sa.Column("matcher", sa.String(20), nullable=False),
        *(sa.Column(count, sa.Integer, nullable=False) for count in ("accepted", "refused", "added", "changed", "unchanged", "removed")),
    )
    op.create_index("watchlist_import_by_list", "watchlist_import", ["watchlist", "seq"])
    op.create_table(
        "watchlist_stage",
        sa.Column("stage", Sequence, primary_key=True, autoincrement=True),
        sa.Column("watchlist", sa.String(64), nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "watchlist_row",
        sa.Column("stage", Sequence, primary_key=True, autoincrement=False),
        sa.Column("counterparty_id", Ordered, primary_key=True),
        sa.Column("digest", sa.String(32)),
        sa.Column("body", sa.Text),
        sa.Column("name_keys", sa.Text),
    )
    op.create_index("watchlist_row_by_counterparty", "watchlist_row", ["counterparty_id", "stage"])
    dialect = op.get_bind().dialect.name
    for statement in (*append_only_triggers(dialect, ["watchlist_import"]), *kept_when_complete(dialect)):
        op.execute(statement)
