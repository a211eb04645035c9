"""Who wrote a dead letter: the stage signs it with a key of the installation, and only what bears that signature is sent again."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from supplywatch.runtime.broker import Headers
from supplywatch.runtime.logs import get_logger
from supplywatch.settings import Settings

log = get_logger(__name__)

SIGNATURE = "sw-signature"
KEY_FILE = "letters.key"


def letter_key(settings: Settings) -> bytes:
    """Return the key of the installation: that of the settings, else that of the data folder, made at the first call."""
    if settings.letter_key and (given := settings.letter_key.get_secret_value()):
        return given.encode()
    path = settings.data_dir / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        return path.read_bytes()
    except OSError as error:
        # A stage with a read-only disk goes on: its letters are kept, and are only not sent again.
        log.warning(
            "dead letters are signed with a key that nobody else has; set SUPPLYWATCH_LETTER_KEY", path=str(path), reason=str(error)
        )
        return secrets.token_bytes(32)


def signature(key: bytes, letter_key: bytes | None, value: bytes | None, headers: Headers) -> bytes:
    """Return what a letter is signed with: all of it counts, its headers in their order."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in _parts(letter_key, value, headers):
        # Each part with its length: bytes cannot be moved from one to the next.
        digest.update(b"%d:" % len(part) if part is not None else b"-:")
        digest.update(part or b"")
    return digest.hexdigest().encode()


def is_signed(key: bytes, letter_key: bytes | None, value: bytes | None, headers: Headers) -> bool:
    """Tell whether a letter bears the signature of this installation, and is as it was when it was signed."""
    given = [value for name, value in headers if name == SIGNATURE]
    return len(given) == 1 and hmac.compare_digest(given[0] or b"", signature(key, letter_key, value, headers))


def _parts(letter_key: bytes | None, value: bytes | None, headers: Headers) -> Iterable[bytes | None]:
    yield letter_key
    yield value
    for name, content in headers:
        if name != SIGNATURE:
            yield name.encode(errors="replace")
            yield content


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    # Stages start together: the first to link its key wins, and nobody reads half a key.
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
