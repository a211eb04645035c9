"""Exit codes of the processes: what the supervisor does with one that ended. Apart from them, so that it need not import Faust."""

STOPPED, CRASHED, REFUSED, IDLE = 0, 1, 2, 75
"""Asked to stop; broke down (start again); a person must act; stood idle (start again)."""
