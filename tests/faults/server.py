"""A publisher on loopback that can misbehave in every way seen in the wild."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]
STALL_S = 1.5


def send(body: bytes, status: int = 200, length: int | None = None, **headers: str) -> Answer:
    """Answer with a body; ``length`` where the announced one is another."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def silent(_handler: BaseHTTPRequestHandler) -> None:
    """Accept the request and say nothing."""
    time.sleep(STALL_S)


def stalled(body: bytes) -> Answer:
    """Send half of a body and stop."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        time.sleep(STALL_S)

    return answer


def bomb(size: int) -> Answer:
    """Send a little gzip that unpacks to a lot."""
    return send(gzip.compress(b" " * size), Content_Encoding="gzip")


class Publisher:
    """The server; set :attr:`answer` to what it shall do next."""

    def __init__(self) -> None:
        self.answer: Answer = send(b"")
        self.asked: list[str] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                publisher.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that gave up is what some of the faults are about."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def publisher() -> Iterator[Publisher]:
    server = Publisher()
    try:
        yield server
    finally:
        server.close()
