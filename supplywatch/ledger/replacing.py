"""Putting derived tables in place of what they hold: for a rebuild, which must not know their names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from supplywatch.ledger import schema
from supplywatch.ledger.projection import Row

DERIVED: Mapping[str, Table] = {table.name: table for table in (schema.rule_state, schema.alert)}
"""What can be derived from observations and events again."""


def content_hashes(connection: Connection) -> dict[str, str]:
    """Return a hash of the content of each derived table, equal for equal rows."""
    return {name: _content_hash(connection, table) for name, table in DERIVED.items()}


def replace(connection: Connection, rows: Mapping[str, Sequence[Row]]) -> None:
    """Put rows in place of all that derived tables hold, by the table's name."""
    for name, found in rows.items():
        connection.execute(DERIVED[name].delete())
        if found:
            connection.execute(insert(DERIVED[name]), list(found))


def _content_hash(connection: Connection, table: Any) -> str:
    digest = hashlib.sha256()
    for row in connection.execute(select(table).order_by(*table.primary_key)).mappings():
        values = [_sorted(value) if name == "body" else str(value) for name, value in row.items()]
        digest.update(json.dumps(values, ensure_ascii=False).encode())
    return digest.hexdigest()


def _sorted(body: str) -> str:
    """Return a JSON text with its keys in order: the order in which they came to a state says nothing."""
    return json.dumps(json.loads(body), ensure_ascii=False, sort_keys=True)
