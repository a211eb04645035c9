"""Upgrading the schema: the only file that imports alembic, and is imported only when there is something to upgrade."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def to_head(connection: Connection, migrations: Path) -> None:
    """Bring the schema to the newest version within the transaction of a connection."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
