"""Waiting, in one place: pauses that double, and waiting until something is so; both end at once when the process is to end."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Pauses:
    """Pauses that double from the first to the longest.

    Parameters
    ----------
    first_s, longest_s
        Bounds in seconds.
    jitter
        The share of a pause that is left to chance, so that many processes do not come back at one instant.
    """

    first_s: float
    longest_s: float
    jitter: float = 0.0
    _next_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin with the first pause again."""
        self._next_s = self.first_s

    def take(self) -> float:
        """Return the next pause in seconds.

        >>> pauses = Pauses(0.5, 3.0)
        >>> [pauses.take() for _ in range(4)]
        [0.5, 1.0, 2.0, 3.0]
        """
        pause = self._next_s
        self._next_s = min(pause * 2, self.longest_s)
        return pause * random.uniform(1.0 - self.jitter, 1.0)

    def wait(self, stop: threading.Event) -> bool:
        """Wait the next pause out; True when the process is to end."""
        return stop.wait(self.take())


def until(ready: Callable[[], bool], patience_s: float, *, every_s: float = 0.05, stop: threading.Event | None = None) -> bool:
    """Wait until something is so; False when the patience ends first, or the process is to end.

    >>> until(lambda: True, 0.0)
    True
    """
    end = time.monotonic() + patience_s
    stop = stop or threading.Event()
    while not ready():
        if time.monotonic() >= end or stop.wait(every_s):
            return False
    return True
