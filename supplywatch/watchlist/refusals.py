"""Refused rows as a CSV file that a spreadsheet can open without running anything of it."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from supplywatch.errors import BadRequest
from supplywatch.watchlist.rows import Refusal

_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Chinese and Japanese editions of spreadsheets take the full-width signs for the others."""


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    >>> harmless("=cmd|' /C calc'!A0"), harmless("Synthetic Optics")
    ("'=cmd|' /C calc'!A0", 'Synthetic Optics')
    """
    return f"'{text}" if text.lstrip().startswith(_ACTIVE) else text


class RefusedRows:
    """Writes refusals down as they come.

    Parameters
    ----------
    path
        The file; ``None`` for none.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> RefusedRows:
        """Open the file.

        Raises
        ------
        BadRequest
            When it cannot be written.
        """
        if self._path is not None:
            try:
                self._file = self._path.open("w", encoding="utf-8-sig", newline="")
            except OSError as error:
                raise BadRequest(f"--refused {self._path}: cannot be written ({error.strerror})") from error
            self._writer = csv.writer(self._file)
            self._writer.writerow(Refusal._fields)
        return self

    def __exit__(self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def add(self, refusal: Refusal) -> None:
        """Write one down."""
        if self._writer is not None:
            self._writer.writerow([harmless(str(value)) for value in refusal])
