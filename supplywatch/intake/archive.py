"""The raw archive: every body a publisher ever sent us, by the hash of its content, written once and never changed."""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from supplywatch.errors import ArchiveAway, BadSetting, Refuse
from supplywatch.ledger.sources import StoredPart
from supplywatch.model.source import Part, Payload, Request

_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE)


class ArchiveLost(Refuse):
    """A body that the ledger knows is not in the archive, or damaged."""


@dataclass(frozen=True)
class StoredBody:
    """One file of the archive; ``written`` is when, for it is written once."""

    sha256: str
    size_bytes: int
    written: datetime


class Archive:
    """Bodies under ``<root>/<source>/<aa>/<sha256>.gz``.

    Parameters
    ----------
    root
        The folder; made when it is first written to. It must outlive restarts: lists are compared with the last accepted snapshot in it.
    reserve_bytes
        What :meth:`check_room` leaves free on its disk.
    """

    def __init__(self, root: Path, reserve_bytes: int = 0) -> None:
        self.root, self._reserve_bytes = root, reserve_bytes

    def check_room(self) -> None:
        """Refuse to begin a poll whose answer could not be kept: publishers are not to be asked for it again and again.

        Raises
        ------
        ArchiveAway
            Its disk has less room than the reserve.
        """
        with _writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.root).free
        if free < self._reserve_bytes:
            raise ArchiveAway(
                f"archive {self.root}: {free // 1_000_000} MB are free on its disk, {self._reserve_bytes // 1_000_000} MB are kept for the "
                "ledger and the broker (SUPPLYWATCH_DISK_RESERVE_MB); polling goes on when there is room ('supplywatch ledger size')"
            )

    def save(self, payload: Payload) -> tuple[StoredPart, ...]:
        """Store every part of a payload; what is there already and whole is left alone.

        Raises
        ------
        ArchiveAway
            The disk is full or failing.
        BadSetting
            The folder cannot be written to.
        """
        stored: list[StoredPart] = []
        for part in payload.parts:
            sha256 = hashlib.sha256(part.body).hexdigest()
            if self.find(payload.source, sha256) is None:
                self._put(self._path(payload.source, sha256), part.body)
            request = part.request
            stored.append(
                StoredPart(
                    sha256=sha256,
                    name=part.name,
                    content_type=part.content_type,
                    url=request.url if request else None,
                    params=dict(request.params) if request else {},
                    selection=None if stored else payload.selection,
                )
            )
        return tuple(stored)

    def load(self, source: str, parts: Sequence[StoredPart], fetched: datetime, published: datetime | None) -> Payload:
        """Bring a payload back as it was.

        Raises
        ------
        ArchiveLost
            When a part is missing or damaged.
        """
        return Payload(
            source=source,
            parts=tuple(
                Part(
                    body=self.body(source, part.sha256),
                    name=part.name,
                    content_type=part.content_type,
                    request=None if part.url is None else Request(part.url, part.params),
                )
                for part in parts
            ),
            fetched=fetched,
            published=published,
            selection=parts[0].selection if parts else None,
        )

    def body(self, source: str, sha256: str) -> bytes:
        """Return one body.

        Raises
        ------
        ArchiveLost
            When it is missing or damaged.
        """
        path = self._path(source, sha256)
        try:
            body = gzip.decompress(path.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or "damaged"
            raise ArchiveLost(
                f"archive {path}: {reason}; restore it from a backup, and keep the folder (SUPPLYWATCH_DATA_DIR) between restarts"
            ) from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise ArchiveLost(f"archive {path}: content does not have the hash of its name; restore it from a backup")
        return body

    def find(self, source: str, sha256: str) -> bytes | None:
        """Return one body, or ``None`` when it is missing or damaged."""
        try:
            return self.body(source, sha256)
        except ArchiveLost:
            return None

    def holds(self, payload: Payload) -> bool:
        """Tell whether every part of a payload is there and whole."""
        return all(self.find(payload.source, hashlib.sha256(part.body).hexdigest()) is not None for part in payload.parts)

    def sources(self) -> list[str]:
        """Return every source that has a folder."""
        return sorted(folder.name for folder in self.root.iterdir() if folder.is_dir()) if self.root.is_dir() else []

    def stored(self, source: str) -> Iterator[StoredBody]:
        """Yield what is kept of a source, with the room it takes on the disk."""
        for path in sorted((self.root / source).glob("??/*.gz")):
            found = path.stat()
            yield StoredBody(path.stem, found.st_blocks * 512, datetime.fromtimestamp(found.st_mtime, UTC))

    def remove(self, source: str, sha256: str) -> None:
        """Remove one body for good."""
        path = self._path(source, sha256)
        with _writing(path):
            path.unlink(missing_ok=True)

    @contextmanager
    def lock(self, source: str) -> Iterator[bool]:
        """Hold the right to poll a source against other processes on this machine; a crash gives it back at once."""
        path = self.root / source / "lock"
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = path.open("a")
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _path(self, source: str, sha256: str) -> Path:
        return self.root / source / sha256[:2] / f"{sha256}.gz"

    def _put(self, path: Path, body: bytes) -> None:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
            fresh = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as handle:
                    handle.write(gzip.compress(body, mtime=0))
                    handle.flush()
                    os.fsync(handle.fileno())
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"archive {path}: cannot be written ({error.strerror})"
        if error.errno in _PASSING:
            raise ArchiveAway(f"{message}; make room on the disk") from error
        raise BadSetting(f"{message}; correct the folder's rights, or set SUPPLYWATCH_DATA_DIR to a folder that can be written") from error
