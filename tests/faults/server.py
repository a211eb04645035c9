"""A publisher on loopback that can misbehave in every way seen in the wild."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]
STALL_S = 5.0


def send(body: bytes, status: int = 200, length: int | None = None, **headers: Any) -> Answer:
    """Answer with a body; ``length`` where the announced one is another."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def conditional(body: bytes, etag: str, **headers: Any) -> Answer:
    """Answer with a body once; "not modified" to those who know its mark."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers["If-None-Match"] == etag
        (send(b"", 304, ETag=etag) if known else send(body, ETag=etag, **headers))(handler)

    return answer


def silent(_handler: BaseHTTPRequestHandler) -> None:
    """Accept the request and say nothing."""
    threading.Event().wait(STALL_S)


def stalled(body: bytes) -> Answer:
    """Send half of a body and stop."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(body[: len(body) // 2], length=len(body))(handler)
        handler.wfile.flush()
        silent(handler)

    return answer


def trickling(body: bytes, pause_s: float) -> Answer:
    """Send a body byte by byte, never silent for long and never done."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(b"", length=len(body))(handler)
        for byte in body:
            handler.wfile.write(bytes((byte,)))
            handler.wfile.flush()
            threading.Event().wait(pause_s)

    return answer


def bomb(size: int) -> Answer:
    """Send a little gzip that unpacks to a lot."""
    return send(gzip.compress(b" " * size), Content_Encoding="gzip")


class Publisher:
    """The server.

    Set :attr:`answer` to what it shall say to everything, or :meth:`serve` several answers, one for each distinct question. ``asked``
    and ``headers`` hold what it was asked, in order.
    """

    def __init__(self) -> None:
        self._answers: tuple[Answer, ...] = (send(b""),)
        self._numbers: dict[str, int] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                publisher.headers.append({name.lower(): value for name, value in self.headers.items()})
                publisher._pick(self.path)(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that gave up is what some of the faults are about."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def answer(self) -> Answer:
        return self._answers[-1]

    @answer.setter
    def answer(self, answer: Answer) -> None:
        self.serve(answer)

    def serve(self, *answers: Answer) -> None:
        """Answer the n-th distinct question of a poll with the n-th answer, further ones with the last."""
        self._answers = answers
        self.new_poll()

    def new_poll(self) -> None:
        """Count the questions anew."""
        self._numbers.clear()
        self.asked.clear()
        self.headers.clear()

    def close(self) -> None:
        """Stop listening: from now on connections are refused."""
        self._server.shutdown()
        self._server.server_close()

    def _pick(self, path: str) -> Answer:
        number = self._numbers.setdefault(path, len(self._numbers))
        return self._answers[min(number, len(self._answers) - 1)]


@contextmanager
def publisher() -> Iterator[Publisher]:
    server = Publisher()
    try:
        yield server
    finally:
        server.close()
