"""How often Python looks for cycles of objects: seldom, for records, findings and events are trees."""

from __future__ import annotations

import gc

ALLOCATIONS = 100_000
"""Between two looks; Python's own 700 is reached every few records, and each look reads all that is young again."""


def look_seldom() -> None:
    """Look a hundred times less often than usual: what is let go of is freed at once all the same.

    Reading slices of trade takes a third of the time (``bench/README.md``).
    """
    gc.set_threshold(ALLOCATIONS)
