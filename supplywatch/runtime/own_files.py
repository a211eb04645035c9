"""Files of the product's own in the data folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from supplywatch.errors import BadSetting


def own_file(path: Path) -> IO[bytes]:
    """Open a file of ours to be written anew; a link that somebody laid there is not followed.

    Raises
    ------
    BadSetting
        When it cannot be written, or is a link.
    """
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb")
    except OSError as error:
        why = "it is a symbolic link: remove it" if path.is_symlink() else error.strerror
        raise BadSetting(f"{path}: cannot be written ({why})") from error
