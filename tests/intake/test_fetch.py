"""Fetching: conditional requests, redirects, keys, pages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from faults.monitor import HURRY
from faults.server import Publisher, publisher, send

from supplywatch import registry
from supplywatch.errors import BadSetting, Quarantine, SourceAway
from supplywatch.intake.fetch import Fetcher
from supplywatch.source import Cursor, Part, Request, Source

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CURSOR = Cursor(NOW)


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as running:
        yield running


def source(server: Publisher, **more: object) -> Source:
    base = registry.source("csl")
    return replace(
        base,
        card=replace(base.card, hosts=("127.0.0.1",)),
        requests=lambda _cursor: [Request(f"{server.url}/list", secret_header=more.get("secret"))],  # type: ignore[arg-type]
        next_request=more.get("next_request", lambda _part: None),  # type: ignore[arg-type]
    )


def fetcher(stored: dict[str, bytes] | None = None, key: str | None = None) -> Fetcher:
    held = stored or {}
    return Fetcher(httpx.Client(), lambda _source, sha256: held.get(sha256), lambda _name: key, HURRY, clock=lambda: NOW)


def test_not_modified_is_the_body_we_hold(server: Publisher) -> None:
    server.answer = send(b"abc", ETag='"1"')
    first = fetcher().fetch(source(server), CURSOR)
    ((_, mark),) = first.validators.items()

    def conditional(handler: BaseHTTPRequestHandler) -> None:
        fresh = handler.headers["If-None-Match"] != '"1"'
        send(b"abc", ETag='"1"')(handler) if fresh else send(b"", 304, ETag='"1"')(handler)

    server.answer = conditional
    again = fetcher({mark.sha256: b"abc"}).fetch(source(server), CURSOR, first.validators)
    assert again.payload.parts[0].body == b"abc"
    lost = fetcher().fetch(source(server), CURSOR, first.validators)
    assert lost.payload.parts[0].body == b"abc", "without the body at hand the request is not conditional"


def test_a_redirect_to_a_host_that_is_not_on_the_card_is_not_followed(server: Publisher) -> None:
    server.answer = send(b"", 302, Location="https://elsewhere.example/list")
    with pytest.raises(Quarantine, match=r"elsewhere\.example") as refused:
        fetcher().fetch(source(server), CURSOR)
    assert refused.value.reason == "not_allowed"


def test_a_redirect_on_the_same_host_is(server: Publisher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(b"", 302, Location="/moved")(handler) if handler.path == "/list" else send(b"moved")(handler)

    server.answer = answer
    assert fetcher().fetch(source(server), CURSOR).payload.parts[0].body == b"moved"


def test_a_key_goes_into_its_header_and_never_elsewhere(server: Publisher, tmp_path: Path) -> None:
    seen: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["X-Key"])
        send(b"abc")(handler)

    server.answer = answer
    with_key = source(server, secret=("X-Key", "comtrade_key"))
    fetched = fetcher(key="s3cret").fetch(with_key, CURSOR)
    assert seen == ["s3cret"]
    assert "s3cret" not in repr(fetched)
    with pytest.raises(BadSetting, match="SUPPLYWATCH_COMTRADE_KEY"):
        fetcher(key=None).fetch(with_key, CURSOR)


def test_pages_are_followed_and_a_circle_is_noticed(server: Publisher) -> None:
    server.answer = send(b"page")

    def following(part: Part) -> Request | None:
        assert part.request is not None
        return Request(f"{server.url}/list", {"page": "2"}) if not part.request.params else None

    assert len(fetcher().fetch(source(server, next_request=following), CURSOR).payload.parts) == 2
    circle = fetcher().fetch(source(server, next_request=lambda _part: Request(f"{server.url}/list")), CURSOR)
    assert circle.refused is not None
    assert "the same page again" in str(circle.refused)


def test_a_server_that_recovers_between_two_attempts_is_no_news(server: Publisher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(b"oops", 503)(handler) if len(server.asked) == 1 else send(b"fine")(handler)

    server.answer = answer
    assert fetcher().fetch(source(server), CURSOR).payload.parts[0].body == b"fine"
    server.answer = send(b"gone", 404)
    with pytest.raises(SourceAway, match="HTTP 404"):
        fetcher().fetch(source(server), CURSOR)
