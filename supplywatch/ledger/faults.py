"""What an error of the database means for the caller, told by its code: SQLSTATE of PostgreSQL, result code of SQLite.

The classes of the drivers do not tell it: ``cannot execute … in a read-only transaction`` is an *internal* error to psycopg, a unique
key and a missing value are the same *integrity* error, and SQLite calls a full disk and a missing table *operational* alike.
"""

from __future__ import annotations

from enum import Enum


class Fate(Enum):
    """What the caller does next."""

    AWAY = "away"
    """The database cannot serve now: the connection is dropped, the same call is made again later."""
    CONFLICT = "conflict"
    """Another process wrote the same in the meantime: load again, and repeat at once."""
    DAMAGED = "damaged"
    """The file is no ledger, or a damaged one: a person restores it."""
    DEFECT = "defect"
    """The statement or its values are wrong: a defect of ours, or a record that does not fit."""


POSTGRESQL: dict[str, tuple[Fate, str]] = {
    "08": (Fate.AWAY, "the connection broke"),
    "25006": (Fate.AWAY, "it takes no writes: a standby, or set read-only while it changes hands"),
    "25P03": (Fate.AWAY, "it ended an idle session"),
    "25P04": (Fate.AWAY, "it ended a long transaction"),
    "28": (Fate.AWAY, "it does not let this user in"),
    "3D000": (Fate.AWAY, "it has no such database"),
    "3F000": (Fate.AWAY, "it has no such schema"),
    "40": (Fate.CONFLICT, "another process wrote the same meanwhile"),
    "40003": (Fate.AWAY, "nobody knows whether the transaction was carried out"),
    "42501": (Fate.AWAY, "this user may not do that; grant it"),
    "42703": (Fate.AWAY, "its tables are not those of this version"),
    "42P01": (Fate.AWAY, "its tables are not those of this version"),
    "53": (Fate.AWAY, "it is short of something"),
    "53100": (Fate.AWAY, "its disk is full; make room"),
    "53300": (Fate.AWAY, "all its connections are taken"),
    "55006": (Fate.AWAY, "something else holds it"),
    "55P03": (Fate.AWAY, "something else holds the lock"),
    "57": (Fate.AWAY, "somebody stopped the statement or the server"),
    "57P01": (Fate.AWAY, "it is shutting down, or ended this session"),
    "57P02": (Fate.AWAY, "it broke down and starts again"),
    "57P03": (Fate.AWAY, "it is starting up or shutting down"),
    "58": (Fate.AWAY, "its machine has an error"),
    "23503": (Fate.CONFLICT, "another process wrote the same meanwhile"),
    "23505": (Fate.CONFLICT, "another process wrote the same meanwhile"),
    "23P01": (Fate.CONFLICT, "another process wrote the same meanwhile"),
}
"""By SQLSTATE, or by its class (the first two characters); anything else is a defect."""

SQLITE: dict[int, tuple[Fate, str]] = {
    5: (Fate.AWAY, "another process holds it"),  # BUSY
    6: (Fate.AWAY, "another connection of this process holds it"),  # LOCKED
    7: (Fate.AWAY, "the machine is short of memory"),  # NOMEM
    8: (Fate.AWAY, "the file takes no writes; look at its owner, its folder and whether the disk is mounted read-only"),  # READONLY
    9: (Fate.AWAY, "somebody stopped the statement"),  # INTERRUPT
    10: (Fate.AWAY, "the disk has an error"),  # IOERR
    11: (Fate.DAMAGED, "the file is damaged"),  # CORRUPT
    13: (Fate.AWAY, "the disk is full; make room"),  # FULL
    14: (Fate.AWAY, "the file cannot be opened; look at its folder and who may read it"),  # CANTOPEN
    15: (Fate.AWAY, "another process holds it"),  # PROTOCOL
    26: (Fate.DAMAGED, "the file is no SQLite database"),  # NOTADB
    787: (Fate.CONFLICT, "another process wrote the same meanwhile"),  # CONSTRAINT_FOREIGNKEY
    1555: (Fate.CONFLICT, "another process wrote the same meanwhile"),  # CONSTRAINT_PRIMARYKEY
    2067: (Fate.CONFLICT, "another process wrote the same meanwhile"),  # CONSTRAINT_UNIQUE
}
"""By extended result code, or by its primary one (the lowest byte); anything else is a defect."""

_UNKNOWN = (Fate.DEFECT, "")
_CONNECTION = (Fate.AWAY, "it cannot be reached")


def fate(error: BaseException | None) -> tuple[Fate, str]:
    """Return what a driver's error means, and what that is in words.

    Examples
    --------
    >>> import psycopg
    >>> fate(psycopg.errors.lookup("25006")("cannot execute INSERT in a read-only transaction"))[0].name
    'AWAY'
    >>> fate(psycopg.errors.lookup("22003")("numeric value out of range"))[0].name
    'DEFECT'
    """
    if _is_psycopg(error, "Error"):
        return _of_postgresql(error)
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(code, int):
        return _UNKNOWN
    # SQLite has one code for every error in the text of a statement; these two mean that the file is not the ledger it was.
    if code == 1 and str(error).startswith(("no such table", "no such column")):
        return Fate.AWAY, "its tables are not those of this version"
    return SQLITE.get(code) or SQLITE.get(code & 0xFF) or _UNKNOWN


def _is_psycopg(error: BaseException | None, *names: str) -> bool:
    """Tell the driver's classes by name: importing it takes a tenth of a second, and most ledgers are SQLite files."""
    return any(kind.__module__.startswith("psycopg") and kind.__name__ in names for kind in type(error).__mro__)


def _of_postgresql(error: BaseException | None) -> tuple[Fate, str]:
    state: str | None = getattr(error, "sqlstate", None)
    if state is None:
        # No server spoke: psycopg raises these two when there is no connection, or none any more.
        return _CONNECTION if _is_psycopg(error, "OperationalError", "InterfaceError") else _UNKNOWN
    if state == "55000" and "recovery" in str(error):
        # One state for all that "is not in the state required"; a standby says so of locks: "… while recovery is in progress".
        return POSTGRESQL["25006"]
    return POSTGRESQL.get(state) or POSTGRESQL.get(state[:2]) or _UNKNOWN
