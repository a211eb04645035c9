"""Where an index lies on disk: one place for each process of a machine, and a note of what it holds."""

from __future__ import annotations

import fcntl
import os
import shutil
from itertools import count
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from supplywatch.errors import BadSetting
from supplywatch.model.value import Frozen

_NOTE = "holds.json"
H = TypeVar("H", bound=Frozen)


class Holds(Frozen):
    """What a finished index holds: everything up to an import, as a version of the matcher reads it."""

    matcher: str
    seq: int
    mark: str | None


class Place:
    """A folder that this process alone works in, until it ends.

    The lock goes with the process, however it ends: the next one takes the place over with what it holds.
    """

    def __init__(self, root: Path, lock: int) -> None:
        self.root = root
        self.names = root / "names"
        self._lock = lock

    @classmethod
    def taken(cls, folder: Path) -> Place:
        """Take the first place below a folder that nobody works in.

        Raises
        ------
        BadSetting
            When the folder cannot be written.
        """
        try:
            for number in count(1):
                root = folder / str(number)
                root.mkdir(parents=True, exist_ok=True)
                lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(lock)
                    continue
                return cls(root, lock)
        except OSError as error:
            raise BadSetting(f"{folder}: the index of names cannot be kept there ({error}); choose another data folder") from error
        raise AssertionError("unreachable")

    def holds(self, kind: type[H]) -> H | None:
        """Return what the finished index in it holds, ``None`` when there is none or its note cannot be read."""
        try:
            return kind.model_validate_json((self.root / _NOTE).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def note(self, holds: Frozen) -> None:
        """Write down what the index holds, after it was written."""
        fresh = self.root / f"{_NOTE}.new"
        fresh.write_text(holds.model_dump_json(), encoding="utf-8")
        fresh.replace(self.root / _NOTE)

    def empty(self) -> Path:
        """Make room for a new index and return where it goes; without a note it counts for nothing."""
        (self.root / _NOTE).unlink(missing_ok=True)
        shutil.rmtree(self.names, ignore_errors=True)
        return self.names

    def leave(self) -> None:
        """Give the place to others."""
        os.close(self._lock)
