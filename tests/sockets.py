"""Keeps tests from the network: no sockets by default, loopback alone where a test is marked ``loopback`` or needs servers.

An audit hook sees every Python socket, ``connect_ex`` and look-ups of names included, where a patched ``socket`` class does not. What it
refuses also fails the test afterwards, for code under test may well swallow the refusal and try again.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Generator
from typing import Any

import pytest

TIERS = ("loopback", "integration", "gate", "long")
_WATCHED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")
_state = {"loopback": False}
_refused: list[str] = []


class SocketRefusedError(RuntimeError):
    """A test reached for the network; not an ``OSError``, which code under test takes for an outage and retries."""


def is_loopback(host: object) -> bool:
    """Tell whether a host is this machine; an empty one is for binding, and means every interface."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event not in _WATCHED:
        return
    target = args[0] if event.startswith("socket.get") else args[1]
    if event.startswith("socket.get"):
        host = target
        allowed = host is None or (_state["loopback"] and is_loopback(host))
    else:
        if not isinstance(target, tuple):  # the name of a Unix socket, or a datagram of a connected one
            return
        host = target[0]
        allowed = _state["loopback"] and is_loopback(host)
    if not allowed:
        wanted = "loopback only" if _state["loopback"] else "none; mark the test 'loopback' if it talks to this machine"
        _refused.append(f"{event} {host!r} (allowed: {wanted})")
        raise SocketRefusedError(_refused[-1])


sys.addaudithook(_watch)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Set what a test may do before its fixtures are made, those of the session included."""
    _state["loopback"] = any(item.get_closest_marker(tier) for tier in TIERS)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test whose refused call was swallowed."""
    _refused.clear()
    outcome = yield
    if _refused:
        pytest.fail(f"{item.nodeid} reached for the network: {'; '.join(_refused)}", pytrace=False)
    return outcome
