"""Fetching: conditional requests, redirects, keys, pages, patience and its end."""

import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from supplywatch.errors import BadRequest, BadSetting, Quarantine, SourceAway
from supplywatch.intake.fetch import Fetched, Fetcher, Limits
from supplywatch.intake.waiting import asked_wait_s, http_date
from supplywatch.ledger.sources import Validator
from supplywatch.model.source import Cursor, Part, Request, Source
from tests.faults import straits
from tests.faults.monitor import HURRY, PATIENT, shared_client
from tests.faults.server import Publisher, conditional, send, trickling

pytestmark = pytest.mark.loopback

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = ("X-Key", "comtrade_key")


@dataclass
class Visitor:
    """A fetcher, and what it waited for."""

    limits: Limits = PATIENT
    stored: dict[str, bytes] = field(default_factory=dict)
    key: str | None = None
    pauses: list[float] = field(default_factory=list)

    def fetch(self, source: Source, validators: dict[str, Validator] | None = None) -> Fetched:
        fetcher = Fetcher(
            shared_client(),
            lambda _source, sha256: self.stored.get(sha256),
            lambda _name: self.key,
            self.limits,
            clock=lambda: NOW,
            sleep=self.pauses.append,
        )
        return fetcher.fetch(source, Cursor(NOW), validators)


def asking(
    server: Publisher,
    *,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    key: tuple[str, str] | None = None,
    following: Callable[[Part], Request | None] = lambda _part: None,
    max_bytes: int = 10_000,
) -> Source:
    """Return a source that asks for one address."""
    return replace(
        straits.SOURCE,
        card=replace(straits.CARD, hosts=hosts, max_bytes=max_bytes),
        requests=lambda _cursor: [Request(f"{server.url}/list", secret_header=key)],
        next_request=following,
    )


def body_of(fetched: Fetched) -> bytes:
    (part,) = fetched.payload.parts
    return part.body


def test_not_modified_is_the_body_we_hold(server: Publisher) -> None:
    server.answer = conditional(b"abc", '"1"', Last_Modified="Fri, 20 Nov 2026 08:00:00 GMT")
    first = Visitor().fetch(asking(server))
    ((_, mark),) = first.validators.items()
    again = Visitor(stored={mark.sha256: b"abc"}).fetch(asking(server), first.validators)
    assert body_of(again) == b"abc"
    assert again.payload.sha256 == first.payload.sha256
    assert again.validators == first.validators
    assert server.headers[-1]["if-modified-since"] == "Fri, 20 Nov 2026 08:00:00 GMT"
    assert body_of(Visitor().fetch(asking(server), first.validators)) == b"abc", "without the body at hand the request is not conditional"


def test_not_modified_without_a_condition_is_no_answer(server: Publisher) -> None:
    server.answer = send(b"", 304)
    with pytest.raises(SourceAway, match="not conditional"):
        Visitor().fetch(asking(server))


@pytest.mark.parametrize(
    ("header", "hour"), [("Fri, 20 Nov 2026 08:00:00 GMT", 8), ("Fri, 20 Nov 2026 13:00:00 GMT", None), ("yesterday", None)]
)
def test_the_publishers_clock_is_believed_unless_it_is_ahead_of_ours(server: Publisher, header: str, hour: int | None) -> None:
    server.answer = send(b"abc", Last_Modified=header)
    published = Visitor().fetch(asking(server)).payload.published
    assert published == (None if hour is None else NOW.replace(hour=hour))


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/list",
        "https://straits.example.evil.example/",
        "http://straits.example/list",
        "https://straits.example:8443/list",
        "https://me:secret@straits.example/list",
        "//elsewhere.example/",
        "file:///etc/passwd",
        "/list",
        "",
    ],
)
def test_a_redirect_to_what_is_not_on_the_card_is_not_followed(server: Publisher, target: str) -> None:
    server.answer = send(b"", 302, Location=target)
    with pytest.raises(Quarantine) as refused:
        Visitor().fetch(asking(server, hosts=("127.0.0.1", "straits.example")))
    assert refused.value.reason == "not_allowed"
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("target", ["https://xn--a/", "http://[::1", "https://straits.example:x/"])
def test_a_redirect_to_what_is_no_address_is_no_answer(server: Publisher, target: str) -> None:
    server.answer = send(b"", 302, Location=target)
    with pytest.raises(SourceAway, match="cannot be reached"):
        Visitor().fetch(asking(server))


def test_a_redirect_on_the_same_host_is(server: Publisher) -> None:
    server.serve(send(b"", 302, Location="/moved"), send(b"moved"))
    assert body_of(Visitor().fetch(asking(server))) == b"moved"


def test_a_key_goes_into_its_header_and_nowhere_else(server: Publisher) -> None:
    server.serve(send(b"", 302, Location="/moved"), send(b"abc"))
    visitor = Visitor(key="s3cret")
    fetched = visitor.fetch(asking(server, key=KEY))
    assert [headers["x-key"] for headers in server.headers] == ["s3cret", "s3cret"]
    assert "s3cret" not in repr(fetched)
    assert "s3cret" not in "".join(server.asked)
    server.answer = send(b"no", 401)
    with pytest.raises(SourceAway) as away:
        visitor.fetch(asking(server, key=KEY))
    assert "s3cret" not in str(away.value)


def test_a_key_that_goes_into_the_address_stands_in_no_message(server: Publisher) -> None:
    server.answer = send(b"abc")
    source = replace(
        asking(server), requests=lambda _cursor: [Request(f"{server.url}/list", {"a": "1"}, secret_param=("key", "census_key"))]
    )
    visitor = Visitor(key="s3cret")
    assert "s3cret" not in repr(visitor.fetch(source))
    assert server.asked == ["/list?a=1&key=s3cret"]
    elsewhere = send(b"", 302, Location="https://elsewhere.example/?key=s3cret")
    for answer, refusal in ((send(b"no", 401), SourceAway), (elsewhere, Quarantine)):
        server.answer = answer
        with pytest.raises(refusal) as refused:
            visitor.fetch(source)
        assert "s3cret" not in str(refused.value)


def test_a_source_whose_files_are_given_by_hand_is_not_asked(server: Publisher) -> None:
    source = asking(server)
    with pytest.raises(BadRequest, match="pull straits --from FILE"):
        Visitor().fetch(replace(source, card=replace(source.card, by_hand=True)))
    assert server.asked == []


def test_a_key_is_not_given_to_another_host_of_the_same_publisher(server: Publisher) -> None:
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    server.serve(send(b"", 302, Location=f"{elsewhere}/moved"), send(b"abc"))
    Visitor(key="s3cret").fetch(asking(server, hosts=("127.0.0.1", "localhost"), key=KEY))
    assert [headers.get("x-key") for headers in server.headers] == ["s3cret", None]


@pytest.mark.parametrize("key", [None, "", "two\nlines", "schlüssel"])
def test_a_key_that_cannot_be_sent_names_its_setting(server: Publisher, key: str | None) -> None:
    with pytest.raises(BadSetting, match="SUPPLYWATCH_COMTRADE_KEY"):
        Visitor(key=key).fetch(asking(server, key=KEY))


def numbered(server: Publisher, pages: int | None = None) -> Callable[[Part], Request | None]:
    """Return the function that leads from page to page, without end for ``None``."""

    def following(part: Part) -> Request | None:
        assert part.request is not None
        number = int(part.request.params.get("page", "1")) + 1
        return None if pages is not None and number > pages else Request(f"{server.url}/list", {"page": str(number)})

    return following


def test_pages_are_followed_in_order(server: Publisher) -> None:
    server.serve(send(b"one"), send(b"two"), send(b"three"))
    fetched = Visitor().fetch(asking(server, following=numbered(server, 3)))
    assert [part.body for part in fetched.payload.parts] == [b"one", b"two", b"three"]
    assert len(fetched.validators) == 0


@pytest.mark.parametrize(
    ("following", "size", "reason", "words"),
    [
        (lambda server: lambda _part: Request(f"{server.url}/list"), 4, "source_changed", "the same page again"),
        (numbered, 4, "too_large", "more than 5 pages"),
        (numbered, 9_999, "too_large", "limit of this source"),
    ],
    ids=["circle", "without end", "too much together"],
)
def test_pages_that_do_not_end_are_cut(
    server: Publisher, following: Callable[[Publisher], Callable[[Part], Request]], size: int, reason: str, words: str
) -> None:
    server.answer = send(b"x" * size)
    limits = replace(PATIENT, max_parts=5 if size == 4 else 100)
    fetched = Visitor(limits).fetch(asking(server, following=following(server)))
    assert fetched.refused is not None
    assert (fetched.refused.reason, words in str(fetched.refused)) == (reason, True)
    assert len(server.asked) < 12


def test_a_server_that_recovers_between_two_attempts_is_no_news(server: Publisher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        (send(b"oops", 503) if len(server.asked) == 1 else send(b"fine"))(handler)

    server.answer = answer
    assert body_of(Visitor().fetch(asking(server))) == b"fine"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 206, 501])
def test_a_request_that_is_refused_is_not_repeated(server: Publisher, status: int) -> None:
    server.answer = send(b"<b>no</b>", status)
    with pytest.raises(SourceAway, match=f"HTTP {status}"):
        Visitor().fetch(asking(server))
    assert len(server.asked) == 1


def test_the_pause_a_publisher_asks_for_is_kept(server: Publisher) -> None:
    server.answer = send(b"slow down", 429, Retry_After="7")
    visitor = Visitor(replace(PATIENT, longest_wait_s=10.0, attempts=3))
    with pytest.raises(SourceAway, match="asks to wait 7 s") as away:
        visitor.fetch(asking(server))
    assert (len(server.asked), len(visitor.pauses), away.value.retry_after_s) == (3, 2, 7.0)
    assert all(7.0 <= pause < 7.1 for pause in visitor.pauses)


@pytest.mark.parametrize(
    "answer",
    [send(b"", 429, Retry_After="60"), send(b'{"message": "Rate limit is exceeded. Try again in 60 seconds."}', 429)],
    ids=["header", "words"],
)
def test_a_longer_pause_than_a_poll_may_take_ends_it(server: Publisher, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
    server.answer = answer
    visitor = Visitor(replace(PATIENT, longest_wait_s=10.0))
    with pytest.raises(SourceAway) as away:
        visitor.fetch(asking(server))
    assert (visitor.pauses, away.value.retry_after_s) == ([], 60.0)


def test_attempts_end_with_the_time_of_the_poll(server: Publisher) -> None:
    server.answer = send(b"oops", 500, Retry_After="5")
    visitor = Visitor(replace(PATIENT, attempts=100, longest_wait_s=10.0, poll_s=4.0))
    with pytest.raises(SourceAway):
        visitor.fetch(asking(server))
    assert visitor.pauses == []


@pytest.mark.parametrize("text", ["9" * 400, "Mon, 31 Dec 9999 23:59:59 -1200", "0 NOV 3000000000 0:0 0", "-5", "1e9", "\u0663", ""])
def test_an_absurd_pause_is_none_or_a_week(text: str) -> None:
    asked = asked_wait_s(text, "", NOW)
    assert asked is None or asked == 7 * 86_400
    assert http_date(text) is None or asked is not None


def test_a_body_that_trickles_for_ever_is_given_up(server: Publisher) -> None:
    server.answer = trickling(b"x" * 5000, pause_s=0.01)
    with pytest.raises(SourceAway, match="not complete after"):
        Visitor(replace(HURRY, read_s=2.0, body_s=0.1)).fetch(asking(server))


@contextmanager
def deaf() -> Iterator[str]:
    """Yield an address whose queue of connections is full: nobody ever answers the knock."""
    with socket.socket() as listener, socket.socket() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_that_cannot_be_connected_to_is_away(server: Publisher) -> None:
    source = asking(server)
    with deaf() as url, pytest.raises(SourceAway, match="does not answer in time"):
        Visitor(HURRY).fetch(replace(source, requests=lambda _cursor: [Request(url)]))
    server.close()
    with pytest.raises(SourceAway, match="cannot be reached"):
        Visitor().fetch(source)


TABLE = b"day,count\n" * 50


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(TABLE, mtime=0), {"Content_Encoding": "gzip"}),
        (gzip.compress(TABLE, mtime=0), {"Content_Type": "application/gzip"}),
        (gzip.compress(gzip.compress(TABLE, mtime=0), mtime=0), {"Content_Encoding": "gzip"}),
        (gzip.compress(TABLE[:60], mtime=0) + gzip.compress(TABLE[60:], mtime=0), {"Content_Encoding": "x-gzip"}),
        (gzip.compress(TABLE, mtime=0) + b"\0" * 20, {"Content_Encoding": "GZIP"}),
        (TABLE, {"Content_Encoding": "identity"}),
    ],
    ids=["encoded", "a file", "both", "two members", "padded", "plain"],
)
def test_wrappings_are_undone(server: Publisher, body: bytes, headers: dict[str, Any]) -> None:
    server.answer = send(body, **headers)
    assert body_of(Visitor().fetch(asking(server))) == TABLE


@pytest.mark.parametrize(
    ("body", "coding", "reason"),
    [
        (TABLE, "gzip", "encoding"),
        (TABLE, "br", "encoding"),
        (gzip.compress(TABLE, mtime=0)[:-9], "gzip", "truncated"),
        (gzip.compress(TABLE, mtime=0)[:-9], "identity", "truncated"),
        (gzip.compress(b"x" * 10_001, mtime=0), "gzip", "too_large"),
        (gzip.compress(b"x" * 10_001, mtime=0), "identity", "too_large"),
        (b"x" * 10_001, "identity", "too_large"),
    ],
)
def test_wrappings_that_cannot_be_undone_are_refused(server: Publisher, body: bytes, coding: str, reason: str) -> None:
    server.answer = send(body, Content_Encoding=coding)
    with pytest.raises(Quarantine) as refused:
        Visitor().fetch(asking(server))
    assert refused.value.reason == reason
