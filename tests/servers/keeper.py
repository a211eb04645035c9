"""Starts again what ends, as a supervisor does, so that outages can be waited out by counting."""

import threading
from collections.abc import Callable, Iterable

from tests.servers.process import Child


class Keeper:
    """Keeps processes of a cluster running in a thread; :meth:`stop` leaves them as they are."""

    def __init__(self, starters: Iterable[Callable[[], Child]]) -> None:
        self._running = [(starter, starter()) for starter in starters]
        self.restarts = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(0.5):
            for number, (starter, child) in enumerate(self._running):
                if not child.running:
                    self.restarts += 1
                    self._running[number] = (starter, starter())

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
