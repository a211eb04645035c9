"""A real file system of a few megabytes, to be filled."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers.process import Unavailable


@contextmanager
def small_disk(folder: Path, size_kb: int) -> Iterator[Path]:
    """Mount a tmpfs of a size; needs root."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"a small file system cannot be mounted here ({getattr(error, 'stderr', '') or error}): it takes root") from error
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, leave_kb: int) -> Path:
    """Fill a file system but for a few kilobytes, and return the file that does it."""
    ballast = disk / "ballast"
    left = shutil.disk_usage(disk).free - leave_kb * 1024
    with ballast.open("wb", buffering=0) as handle, suppress(OSError):  # others may write at the same time, and fill it before we do
        while left > 0:
            left -= handle.write(bytes(min(left, 65_536)))
    return ballast
