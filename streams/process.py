"""What every process of the tree begins and ends with: its settings, its exit code. Light, for supervisor and relay import no Faust."""

from __future__ import annotations

import os
import socket
import sys
import uuid

from supplywatch.errors import Refuse
from supplywatch.runtime.health import STATUS_FILE
from supplywatch.runtime.logs import configure_logs
from supplywatch.runtime.output import say
from supplywatch.settings import Settings, load_settings

STOPPED, CRASHED, REFUSED, IDLE = 0, 1, 2, 75
"""Asked to stop; broke down (start again); a person must act; stood idle (start again)."""


def holder_name() -> str:
    """Return the name of this process in a lease."""
    # A supervisor starts a new process only when the old one is dead: the new one need not wait for the lease to end.
    supervised = STATUS_FILE in os.environ
    return f"{socket.gethostname()}:{os.getppid()}" if supervised else f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def settings_of_process() -> Settings:
    """Return the settings of the environment, with logging set up by them; a wrong one ends the process."""
    try:
        settings = load_settings()
    except Refuse as error:
        say(f"supplywatch: {error}", err=True)
        sys.exit(REFUSED)
    configure_logs(settings.log_json)
    return settings
