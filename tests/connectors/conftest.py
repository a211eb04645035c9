"""Publishers on loopback, and monitors of them."""

from faults.fixtures import server, watch

__all__ = ("server", "watch")
