"""Many rows looked up by a key of several columns, in one statement whose text never changes.

``(a, b) IN ((…), (…))`` makes SQLite read the whole table, however few keys are asked for, and PostgreSQL plan every pair. Joined with the
keys as one parameter, both go through the index once a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import ARRAY, ColumnElement, Connection, FromClause, Text, cast, func


def matching(
    connection: Connection, keys: Iterable[tuple[str, ...]], columns: tuple[ColumnElement[str], ...]
) -> tuple[FromClause, ColumnElement[bool]]:
    """Return what a table is to be joined with, and on which condition, to have its rows with one of the keys.

    Parameters
    ----------
    keys
        Tuples as long as ``columns``.
    columns
        The columns of an index, in its order.
    """
    rows = sorted(set(keys))
    parts: list[ColumnElement[str]]
    if connection.dialect.name == "sqlite":
        each = func.json_each(json.dumps(rows)).table_valued("value", name="wanted")
        parts = [func.json_extract(each.c.value, f"$[{n}]") for n in range(len(columns))]
    else:
        arrays = [cast([row[n] for row in rows], ARRAY(Text)) for n in range(len(columns))]
        names = [f"part{n}" for n in range(len(columns))]
        each = func.unnest(*arrays).table_valued(*names, name="wanted").render_derived()
        parts = [each.c[name] for name in names]
    condition = columns[0] == parts[0]
    for column, part in zip(columns[1:], parts[1:], strict=True):
        condition &= column == part
    return each, condition
