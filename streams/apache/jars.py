"""Apache Kafka's jars in the data folder: fetched from a Maven registry, each taken only with the SHA-256 of our list."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

from supplywatch.errors import BadSetting, Refuse, Retry

LIST = Path(__file__).resolve().parent / "jars.txt"
TRIES = 3
PAUSE_S = 1.0
_CHUNK_BYTES = 1 << 20
_AS_IT_IS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Jar:
    """One line of the list; ``path`` is below the registry's address."""

    sha256: str
    size_bytes: int
    path: str

    @property
    def name(self) -> str:
        """Return the file's name."""
        return self.path.rpartition("/")[2]


@cache
def listed() -> tuple[Jar, ...]:
    """Return every jar that the broker needs."""
    rows = (line.split() for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return tuple(Jar(sha256, int(size), path) for sha256, size, path in rows)


def version() -> str:
    """Return the version of Apache Kafka that is listed."""
    (core,) = (jar for jar in listed() if jar.path.startswith("org/apache/kafka/kafka_2.13/"))
    return core.path.split("/")[4]


def folder_of(data_dir: Path) -> Path:
    """Return where the jars of the listed version lie; another version has another folder, so that none are mixed."""
    return data_dir / "kafka" / f"jars-{version()}"


def missing(folder: Path) -> list[Jar]:
    """Return the jars that are not there as listed; reads every one of them (a quarter of a second)."""
    return [jar for jar in listed() if not _whole(folder / jar.name, jar)]


def check(data_dir: Path) -> Path:
    """Return the folder of the jars, every one of them as listed.

    Raises
    ------
    BadSetting
        Apache Kafka is not installed, or a file of it was changed.
    """
    folder = folder_of(data_dir)
    lacking = missing(folder)
    if lacking:
        found = "is not installed" if len(lacking) == len(listed()) else f"is not whole ({lacking[0].name} is missing or changed)"
        raise BadSetting(f"Apache Kafka {version()} {found} in {folder}: run 'supplywatch broker install'")
    return folder


def install(data_dir: Path, registry: str, tell: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Put every jar in place that is not there yet, and return how many were fetched.

    What is there already is kept: an installation that was cut goes on where it stood.

    Parameters
    ----------
    registry
        Address of Maven Central or a mirror of it.
    tell
        Told bytes in place and bytes in all, after each jar.

    Raises
    ------
    Retry
        The registry cannot be reached, breaks off, or the disk is full: the same command goes on later.
    Refuse
        The registry does not have a file, or has another one than listed; the folder cannot be written to.
    """
    folder = folder_of(data_dir)
    lacking = missing(folder)
    total = sum(jar.size_bytes for jar in listed())
    to_fetch = sum(jar.size_bytes for jar in lacking)
    with _writing(folder), httpx.Client(timeout=30, follow_redirects=True, headers=_AS_IT_IS) as client:
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob(".new-*"):
            left_over.unlink()
        if shutil.disk_usage(folder).free < to_fetch:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = total - to_fetch
        for jar in lacking:
            _fetch(client, f"{registry.rstrip('/')}/{jar.path}", folder / jar.name, jar)
            done += jar.size_bytes
            tell(done, total)
    return len(lacking)


def _whole(path: Path, jar: Jar) -> bool:
    try:
        if path.stat().st_size != jar.size_bytes:
            return False
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def _fetch(client: httpx.Client, url: str, target: Path, jar: Jar) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            _fetch_once(client, url, target, jar)
        except Retry:
            if attempt == TRIES:
                raise
            time.sleep(PAUSE_S * attempt)
        else:
            return


def _fetch_once(client: httpx.Client, url: str, target: Path, jar: Jar) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=target.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            found = hashlib.sha256()
            for chunk in _body(client, url, jar.size_bytes):
                found.update(chunk)
                handle.write(chunk)
        if found.hexdigest() != jar.sha256:
            raise Refuse(
                f"{url}: its SHA-256 is {found.hexdigest()}, {jar.sha256} is expected; the file was thrown away. "
                "Something between you and the registry changes files: set SUPPLYWATCH_MAVEN_URL to another mirror of Maven Central"
            )
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _body(client: httpx.Client, url: str, size_bytes: int) -> Iterator[bytes]:
    got = 0
    try:
        with client.stream("GET", url) as response:
            if response.status_code >= 500 or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                raise Retry(f"{url}: the registry answers {response.status_code}; run 'supplywatch broker install' again later, it goes on")
            if response.status_code != httpx.codes.OK:
                raise Refuse(
                    f"{url}: the registry answers {response.status_code}; set SUPPLYWATCH_MAVEN_URL to Maven Central or a mirror of it"
                )
            for chunk in response.iter_raw(_CHUNK_BYTES):
                got += len(chunk)
                if got > size_bytes:
                    break  # another file: its checksum will be told
                yield chunk
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        raise Retry(
            f"{url}: the registry cannot be reached or broke off ({reason}); run 'supplywatch broker install' again, it goes on where it "
            "stopped. Behind a proxy set HTTPS_PROXY; for a mirror set SUPPLYWATCH_MAVEN_URL"
        ) from error
    except httpx.InvalidURL as error:
        raise BadSetting(f"SUPPLYWATCH_MAVEN_URL: {url} is no address ({error})") from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = f"Apache Kafka cannot be put into {folder} ({error.strerror})"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            room = sum(jar.size_bytes for jar in listed()) // 1_000_000
            raise Retry(f"{said}: make room ({room} MB), then run 'supplywatch broker install' again, it goes on") from error
        raise BadSetting(f"{said}: correct its rights, or set SUPPLYWATCH_DATA_DIR to a folder that can be written") from error
