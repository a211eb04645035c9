"""Publishers on loopback, and monitors of them."""

from tests.faults.fixtures import server, watch

__all__ = ("server", "watch")
