"""``python -m streams.tether PID COMMAND…``: become COMMAND, and die when the process PID (the parent) dies.

A supervisor that is killed with SIGKILL cannot stop its children; Linux can (PR_SET_PDEATHSIG survives ``exec``). On other systems the
command simply runs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str]) -> list[str]:
    """Return the command line that ties ``command`` to the calling process.

    Start it from a thread that lives as long as the process: Linux takes the end of the starting *thread* for the parent's end.
    """
    return [sys.executable, "-m", __spec__.name, str(os.getpid()), *command]


def main(parent: int, command: Sequence[str]) -> None:
    """Tie this process to its parent and become the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(0)  # the parent died before the tie was made
    os.execvp(command[0], list(command))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
