"""Many rows into PostgreSQL by ``COPY``: imported only where the ledger is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError


def copy_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows within the transaction of a connection; values are texts and whole numbers.

    Raises
    ------
    DBAPIError
        As for any statement: SQLAlchemy does not know of ``COPY``, so the driver's errors are wrapped here.
    """
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        if driver.closed:
            connection.invalidate()
        raise DBAPIError(statement, None, error) from error
