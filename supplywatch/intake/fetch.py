"""Fetching: one poll of a source over HTTP, believing nothing and waiting for nobody for ever."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from supplywatch import __version__, metrics
from supplywatch.errors import BadRequest, BadSetting, Quarantine, SourceAway
from supplywatch.intake.guards import check_body, explained
from supplywatch.intake.gunzip import too_large
from supplywatch.intake.response import Again, Answer, Reader, shown
from supplywatch.intake.waiting import http_date, pause_s
from supplywatch.ledger.sources import Validator
from supplywatch.model.source import Card, Cursor, Part, Payload, Request, Source
from supplywatch.runtime.logs import get_logger

log = get_logger(__name__)

USER_AGENT = f"supplywatch/{__version__}"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_REDIRECTS = (301, 302, 303, 307, 308)
_POLL_BODIES = 8


@dataclass(frozen=True)
class Limits:
    """How long and how often a publisher is asked.

    Parameters
    ----------
    connect_s, read_s
        The longest silence while connecting, and between two pieces of a body.
    body_s
        The longest a whole body may take, however steadily it trickles.
    poll_s
        The longest a poll with all its pages and waits may take.
    attempts
        How often one request is tried.
    first_pause_s, longest_pause_s
        Bounds of the backoff between two attempts.
    longest_wait_s
        A publisher that asks to wait longer is left alone until the next poll.
    max_parts, max_redirects
        Pages of one poll; redirects of one request.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    body_s: float = 300.0
    poll_s: float = 900.0
    attempts: int = 4
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    longest_wait_s: float = 120.0
    max_parts: int = 1000
    max_redirects: int = 5


@dataclass(frozen=True)
class Fetched:
    """What a poll brought.

    Parameters
    ----------
    validators
        The marks that make the next poll conditional, by address.
    questions
        Stands for the first requests (without their pages): polls with equal questions can be compared in size.
    refused
        Why no further page was asked for, when a page was already beyond belief.
    """

    payload: Payload
    validators: dict[str, Validator]
    questions: str
    refused: Quarantine | None = None


@dataclass
class Fetcher:
    """Fetches polls.

    Parameters
    ----------
    client
        Redirects are followed here, one by one, and never by it.
    stored
        Returns a body that was archived, by source and hash, or ``None``: what "not modified" stands for.
    secret
        Returns the value of a setting that holds a key.
    clock, monotonic, sleep, uniform
        Time and chance, handed in so that tests need neither.
    """

    client: httpx.Client
    stored: Callable[[str, str], bytes | None]
    secret: Callable[[str], str | None]
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform

    def fetch(self, source: Source, cursor: Cursor, validators: Mapping[str, Validator] | None = None) -> Fetched:
        """Ask a publisher once, all pages included.

        Raises
        ------
        SourceAway
            It cannot be reached, answers with an error, or asks to come back later.
        Quarantine
            It sent something without a body to keep: too large, cut, or from a host that is not on the card.
        BadRequest
            No program can ask it: its files are given by hand.
        """
        name = source.card.source_id
        if source.card.by_hand:
            how = f"supplywatch pull {name} --from FILE"
            raise BadRequest(f"{name}: its site cannot be asked by a program; download a file and read it with '{how}'")
        deadline = self.monotonic() + self.limits.poll_s
        poll = _Poll(source.card, self.limits.max_parts)
        questions = hashlib.sha256()
        refused = None
        try:
            for request in source.requests(cursor):
                questions.update(str(address_of(request)).encode())
                self._pages(source, request, validators or {}, poll, deadline)
        except _Unbelievable as error:
            refused = error.reason
        fetched = self.clock()
        marks = {address: mark for address, mark in poll.marks.items() if mark.etag or mark.last_modified}
        payload = Payload(name, tuple(poll.parts), fetched, poll.published(fetched))
        return Fetched(payload, marks, questions.hexdigest(), refused)

    def _pages(self, source: Source, first: Request, held: Mapping[str, Validator], poll: _Poll, deadline: float) -> None:
        request: Request | None = first
        while request is not None:
            address = str(address_of(request))
            part, mark = self._part(source.card, request, held.get(address), deadline)
            try:
                poll.add(address, part, mark)
                if not source.card.empty_answers:
                    check_body(source.card, part)
                request = source.next_request(part)
            except Quarantine as error:
                raise _Unbelievable(explained((part,), error)) from error

    def _part(self, card: Card, request: Request, held: Validator | None, deadline: float) -> tuple[Part, Validator]:
        body = None if held is None else self.stored(card.source_id, held.sha256)
        answer = self._patiently(card, request, held if body is not None else None, deadline)
        name = address_of(request).path.rsplit("/", 1)[-1] or card.source_id
        if answer.body is not None:
            mark = Validator(etag=answer.etag, last_modified=answer.last_modified, sha256=hashlib.sha256(answer.body).hexdigest())
            return Part(answer.body, name, answer.content_type, request), mark
        if held is None or body is None:
            raise SourceAway(f"{card.source_id}: {shown(request.url)} answers 304 (not modified) to a request that was not conditional")
        mark = Validator(etag=answer.etag or held.etag, last_modified=answer.last_modified or held.last_modified, sha256=held.sha256)
        return Part(body, name, answer.content_type, request), mark

    def _patiently(self, card: Card, request: Request, held: Validator | None, deadline: float) -> Answer:
        attempt = 0
        while True:
            try:
                return self._once(card, request, held)
            except Again as failed:
                asked = failed.wait_s or 0.0
                pause = asked + pause_s(attempt, self.limits.first_pause_s, self.limits.longest_pause_s, self.uniform)
                attempt += 1
                if attempt == self.limits.attempts or asked > self.limits.longest_wait_s or self.monotonic() + pause > deadline:
                    raise failed.outcome from failed
                metrics.RETRIES.labels("connect", card.source_id).inc()
                log.info("asking again", source=card.source_id, pause_s=round(pause, 1), detail=str(failed))
                self.sleep(pause)

    def _once(self, card: Card, request: Request, held: Validator | None) -> Answer:
        reader = Reader(card, self.limits.read_s, self.limits.body_s, self.monotonic, self.clock)
        url = address_of(request)
        origin = url.host
        for _ in range(self.limits.max_redirects + 1):
            _check_allowed(card, url)
            home = url.host == origin
            with self._open(card, url, self._headers(request, held, send_secret=home), self._params(request, send_secret=home)) as response:
                if response.status_code not in _REDIRECTS:
                    return reader.answer(response)
                try:
                    url = url.join(response.headers.get("location", ""))
                except httpx.InvalidURL as error:
                    raise Quarantine("not_allowed", f"{card.source_id}: redirected to what is no address ({error})") from error
        raise Quarantine("not_allowed", f"{card.source_id}: {shown(request.url)} redirects more than {self.limits.max_redirects} times")

    @contextmanager
    def _open(self, card: Card, url: httpx.URL, headers: dict[str, str], params: dict[str, str]) -> Iterator[httpx.Response]:
        timeout = httpx.Timeout(self.limits.read_s, connect=self.limits.connect_s)
        # What is merged here stands in no message: ``url`` does, the request's own does not.
        request = self.client.build_request("GET", url.copy_merge_params(params) if params else url, headers=headers, timeout=timeout)
        try:
            response = self.client.send(request, stream=True, follow_redirects=False)
        except httpx.TimeoutException as error:
            raise Again(SourceAway(f"{card.source_id}: {shown(url)} does not answer in time ({type(error).__name__})")) from error
        except (httpx.TransportError, UnicodeError) as error:
            # UnicodeError: the client reads the target of a redirect at once, and its host may be no name.
            raise Again(SourceAway(f"{card.source_id}: {shown(url)} cannot be reached ({error})")) from error
        try:
            yield response
        finally:
            response.close()

    def _headers(self, request: Request, held: Validator | None, *, send_secret: bool) -> dict[str, str]:
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
        if held is not None and held.etag:
            headers["If-None-Match"] = held.etag
        if held is not None and held.last_modified:
            headers["If-Modified-Since"] = held.last_modified
        return headers | self._secret(request.secret_header if send_secret else None)

    def _params(self, request: Request, *, send_secret: bool) -> dict[str, str]:
        return self._secret(request.secret_param if send_secret else None)

    def _secret(self, named: tuple[str, str] | None) -> dict[str, str]:
        if named is None:
            return {}
        name, setting = named
        value = self.secret(setting)
        if not value or not value.isascii() or not value.isprintable():
            raise BadSetting(f"SUPPLYWATCH_{setting.upper()}: {'not set' if not value else 'no key: it holds unprintable characters'}")
        return {name: value}


class _Unbelievable(Exception):
    def __init__(self, reason: Quarantine) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass
class _Poll:
    """What a poll has brought so far."""

    card: Card
    max_parts: int
    parts: list[Part] = field(default_factory=list)
    marks: dict[str, Validator] = field(default_factory=dict)
    size: int = 0

    def add(self, address: str, part: Part, mark: Validator) -> None:
        """Take the next page; refuse pages without end, and more in all than any publication has."""
        again = address in self.marks
        self.parts.append(part)
        self.marks[address] = mark
        self.size += len(part.body)
        if again:
            raise Quarantine("source_changed", f"{self.card.source_id}: the answer leads to the same page again: {shown(address)}")
        if len(self.parts) > self.max_parts:
            raise Quarantine("too_large", f"{self.card.source_id}: more than {self.max_parts} pages")
        if self.size > _POLL_BODIES * self.card.max_bytes:
            raise too_large(f"{self.card.source_id}: {len(self.parts)} pages together", _POLL_BODIES * self.card.max_bytes)

    def published(self, fetched: datetime) -> datetime | None:
        """Return the publisher's clock: the newest Last-Modified, when every page has one and none lies in the future."""
        moments = [http_date(mark.last_modified) for mark in self.marks.values()]
        known = [moment for moment in moments if moment is not None and moment <= fetched]
        return max(known) if known and len(known) == len(moments) else None


def address_of(request: Request) -> httpx.URL:
    """Return the whole address of a request; it holds no secrets."""
    url = httpx.URL(request.url)
    return url.copy_merge_params(request.params) if request.params else url


def _check_allowed(card: Card, url: httpx.URL) -> None:
    secure = url.scheme == "https" and url.port in (None, 443)
    local = url.scheme == "http" and url.host in LOOPBACK
    if url.host not in card.hosts or url.userinfo or not (secure or local):
        target = shown(url.copy_with(userinfo=b""))
        raise Quarantine("not_allowed", f"{card.source_id}: leads to {target}; its card allows only https to {', '.join(card.hosts)}")
