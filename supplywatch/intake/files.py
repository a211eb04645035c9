"""Payloads given by hand: ``FILE``, ``FILE.gz``, ``FILE+FILE`` for the parts of one, or ``FILE@2026-04-21T13:36Z``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from supplywatch.errors import BadRequest, Quarantine
from supplywatch.intake.gunzip import MAGIC, too_large, unwrapped
from supplywatch.model.source import Card, Part, Payload


@dataclass(frozen=True)
class Given:
    """A payload given by hand.

    Parameters
    ----------
    timed
        Whether the fetch time was given with it; else it is the time of the file's last change.
    refused
        Why it must not be believed, when that is plain before it is parsed: too large, or its gzip wrapping is cut or a bomb.
    """

    payload: Payload
    timed: bool
    refused: Quarantine | None = None


def read_file(spec: str, card: Card, *, now: datetime) -> Given:
    """Read one file, or the several that make one payload.

    Parameters
    ----------
    spec
        A path, or several joined by ``+`` (``sdn.csv+add.csv+alt.csv``), with ``@`` and an instant when they shall count as fetched then.
        Without a zone the instant is UTC.

    Raises
    ------
    BadRequest
        A file cannot be read, or the instant is none or lies in the future.
    """
    named, fetched = _split(spec)
    if fetched is not None and fetched > now:
        raise BadRequest(f"{spec}: the fetch time lies in the future; give the time at which the file was fetched")
    refused = None
    parts, changed = [], []
    for path in _paths(named):
        part, at, quarantine = _read(path, card)
        parts.append(part)
        changed.append(at)
        refused = refused or quarantine
    return Given(Payload(card.source_id, tuple(parts), fetched or min(max(changed), now)), fetched is not None, refused)


def _paths(named: Path) -> list[Path]:
    """Return the files of one payload; a file whose name holds a ``+`` is taken as it is."""
    whole = str(named)
    return [named] if "+" not in whole or named.exists() else [Path(name) for name in whole.split("+")]


def _read(path: Path, card: Card) -> tuple[Part, datetime, Quarantine | None]:
    if path.is_dir():
        raise BadRequest(f"{path} is a folder; name the files in it")
    try:
        with path.open("rb") as handle:
            body = handle.read(card.max_bytes + 1)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise BadRequest(f"{path}: cannot be read ({error.strerror}); check the path and its rights") from error
    refused = None
    name = path.name.removesuffix(".gz") if body.startswith(MAGIC) else path.name
    try:
        if len(body) > card.max_bytes:
            raise too_large(str(path), card.max_bytes)
        body = unwrapped(body, card.max_bytes, str(path))
    except Quarantine as error:
        refused = error
    return Part(body, name), changed, refused


def _split(spec: str) -> tuple[Path, datetime | None]:
    """Take the fetch time off; a file whose name holds an ``@`` is taken as it is."""
    whole = Path(spec)
    name, at, text = spec.rpartition("@")
    if not at or whole.exists():
        return whole, None
    there = any(path.exists() for path in _paths(Path(name)))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        if there:
            raise BadRequest(f"{spec}: {text!r} is no instant; write it as in {name}@2026-04-21T13:36Z") from error
        return whole, None
    return Path(name), moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
