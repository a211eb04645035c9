"""Liveness, readiness and metrics of a process: ``/healthz``, ``/readyz`` and ``/metrics`` on a small server of its own.

A process that runs under ``supplywatch up`` serves nothing itself: it writes its state to the file named by
``SUPPLYWATCH_STATUS_FILE``, and the supervisor serves all.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from supplywatch import metrics
from supplywatch.errors import BadSetting
from supplywatch.secrecy import masked

_MOST_CONNECTIONS = 32
_SILENT_S = 10.0
"""Seconds that a connection may say nothing: a scrape takes milliseconds."""
STATUS_FILE = "SUPPLYWATCH_STATUS_FILE"

Problems = dict[str, str]
"""What keeps a process from being ready: name of the part -> one sentence."""


class Health:
    """The state of a process, part by part; a part with a problem makes it not ready.

    Examples
    --------
    >>> health = Health("worker", parts=["ledger"])
    >>> health.problems()
    {'ledger': 'not yet started'}
    >>> health.set("ledger", None)
    >>> health.problems()
    {}
    """

    def __init__(self, name: str, parts: list[str], status_file: Path | None = None) -> None:
        self.name = name
        self._parts: dict[str, str | None] = dict.fromkeys(parts, "not yet started")
        self._lock = threading.Lock()
        self._file = status_file
        self._publish()

    @classmethod
    def of_process(cls, name: str, parts: list[str]) -> Health:
        """Return the health of this process, written to ``SUPPLYWATCH_STATUS_FILE`` where that is set."""
        named = os.environ.get(STATUS_FILE)
        return cls(name, parts, Path(named) if named else None)

    def set(self, part: str, problem: str | None) -> None:
        """Say what is wrong with a part, or ``None`` when it is well."""
        problem = problem and masked(problem)
        with self._lock:
            if self._parts.get(part, "") == problem:
                return
            self._parts[part] = problem
            self._publish()

    def problems(self) -> Problems:
        """Return the parts that are not well."""
        with self._lock:
            return {part: problem for part, problem in self._parts.items() if problem is not None}

    def _publish(self) -> None:
        problems = {part: problem for part, problem in self._parts.items() if problem is not None}
        metrics.READY.set(0 if problems else 1)
        if self._file is not None:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(problems), encoding="utf-8")
            fresh.replace(self._file)


class HealthServer:
    """Serves one process (or, for the supervisor, the whole tree) from a thread.

    Parameters
    ----------
    problems
        Called for each ``/readyz``.
    host, port
        Where to listen; port 0 takes a free one, see :attr:`port`.
    registry
        The metrics to serve.

    Raises
    ------
    BadSetting
        When the port is taken.
    """

    def __init__(self, problems: Callable[[], Problems], host: str, port: int, registry: CollectorRegistry = REGISTRY) -> None:
        handler = type("Handler", (_Handler,), {"problems": staticmethod(problems), "registry": registry})
        try:
            self._server = _Server((host, port), handler)
        except OSError as error:
            raise BadSetting(
                f"SUPPLYWATCH_METRICS_PORT={port}: cannot listen on {host} ({error.strerror}); free it, or choose another (0: any free one)"
            ) from error
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    """Holds few connections, none for long: 200 half requests held 200 threads for good before."""

    daemon_threads = True
    request_queue_size = 128  # of 5, the default, many at once wait for seconds until the system asks again

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: dict[socket.socket | None, None] = {}
        self._guard = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread; the oldest connection makes room where there are too many, so that a probe always gets in."""
        with self._guard:
            self._open[request] = None
            oldest = next(iter(self._open)) if len(self._open) > _MOST_CONNECTIONS else None
            self._open.pop(oldest, None)  # its thread may need a moment; the next newcomer ends another one
        if oldest is not None:
            with contextlib.suppress(OSError):  # it may have ended by itself
                oldest.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ended."""
        with self._guard:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a reader that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENT_S
    problems: Callable[[], Problems]
    registry: CollectorRegistry

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self.registry))
        elif path == "/healthz":
            self._json(HTTPStatus.OK, {"alive": True})
        elif path == "/readyz":
            problems = self.problems()
            self._json(HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK, {"ready": not problems, "problems": problems})
        else:
            self._json(HTTPStatus.NOT_FOUND, {"error": "there are /metrics, /healthz and /readyz"})

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: a scrape every few seconds is no news."""

    def _json(self, status: HTTPStatus, body: object) -> None:
        self._answer(status, "application/json", json.dumps(body).encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
