"""Reading one HTTP response: bounded in size and time, with every way it can end badly told apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from supplywatch.errors import Quarantine, SourceAway, SupplywatchError
from supplywatch.intake.gunzip import Gunzip, too_large, unwrapped
from supplywatch.intake.waiting import asked_wait_s
from supplywatch.model.source import Card

_LATER = (429, 500, 502, 503, 504)
_REFUSED = (401, 403)
_ERROR_BODY_BYTES = 2048
_KEY = re.compile(r"([?&](?=[^=&?]*+=)[^=&?]*?(?:key|token|secret)[^=&?]*+=)[^&]*", re.IGNORECASE)
"""Looks for the equals sign first: a redirect to ``?key?key?key…`` took 8.9 seconds."""


class Again(Exception):
    """An attempt failed in a way that may pass; ``outcome`` is what to raise when no attempt is left."""

    def __init__(self, outcome: SupplywatchError, wait_s: float | None = None) -> None:
        super().__init__(str(outcome))
        self.outcome, self.wait_s = outcome, wait_s


@dataclass(frozen=True)
class Answer:
    """What a request brought; ``body`` is ``None`` when it was not modified."""

    body: bytes | None
    content_type: str | None
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True)
class Reader:
    """Reads the responses of one source.

    Parameters
    ----------
    read_s
        The longest silence between two pieces of a body (the client's timeout; here for messages).
    body_s
        The longest a whole body may take.
    """

    card: Card
    read_s: float
    body_s: float
    monotonic: Callable[[], float]
    clock: Callable[[], datetime]

    def answer(self, response: httpx.Response) -> Answer:
        """Return the answer of a response that is no redirect.

        Raises
        ------
        Again
            The publisher is busy, broken, silent, or the body was cut.
        SourceAway
            It refuses the request.
        Quarantine
            The body is too large or packed in an unknown way.
        """
        status, headers = response.status_code, response.headers
        body = self._body(response) if status in (200, 204) else None
        if body is not None or status == 304:
            return Answer(body, headers.get("content-type"), headers.get("etag"), headers.get("last-modified"))
        text = self._error_text(response)
        message = f"{self.card.source_id}: {shown(response.url)} answers HTTP {status}{': ' + text if text else ''}"
        if status in _REFUSED:
            message += f"; {self._advice()}"
        wait_s = asked_wait_s(headers.get("retry-after"), text, self.clock())
        if wait_s is not None:
            message += f"; it asks to wait {wait_s:.0f} s"
        away = SourceAway(message, wait_s)
        if status in _LATER:
            raise Again(away, away.retry_after_s)
        raise away

    def _body(self, response: httpx.Response) -> bytes:
        card, what = self.card, f"{self.card.source_id}: {shown(response.url)}"
        coding = response.headers.get("content-encoding", "").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise Quarantine("encoding", f"{what}: content encoding {coding!r} was not asked for (gzip or none)")
        gunzip = Gunzip(card.max_bytes, what) if "gzip" in coding else None
        plain = bytearray()
        end = self.monotonic() + self.body_s
        try:
            for chunk in response.iter_raw():
                if self.monotonic() > end:
                    raise Again(SourceAway(f"{what}: the body was not complete after {self.body_s:g} s"))
                if gunzip is not None:
                    gunzip.feed(chunk)
                else:
                    plain += chunk
                if len(plain) > card.max_bytes:
                    raise too_large(what, card.max_bytes)
        except httpx.TimeoutException as error:
            raise Again(SourceAway(f"{what}: the body stopped coming for {self.read_s:g} s")) from error
        except httpx.TransportError as error:
            raise Again(Quarantine("truncated", f"{what}: the body is cut ({error})")) from error
        return unwrapped(gunzip.finish() if gunzip is not None else bytes(plain), card.max_bytes, what)

    def _error_text(self, response: httpx.Response) -> str:
        """Return the beginning of an error's body in one line, or what came of it before it stopped."""
        received = bytearray()
        end = self.monotonic() + self.body_s
        try:
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) >= _ERROR_BODY_BYTES or self.monotonic() > end:
                    break
        except (httpx.TransportError, httpx.DecodingError) as error:
            received += f" ({error})".encode()
        text = " ".join(received[:_ERROR_BODY_BYTES].decode("utf-8", errors="ignore").split())
        return text if len(text) <= 200 else text[:197] + "..."

    def _advice(self) -> str:
        if self.card.secret_setting is not None:
            return f"check the key in SUPPLYWATCH_{self.card.secret_setting.upper()}"
        return f"look at {self.card.homepage} whether access was restricted"


def shown(url: httpx.URL | str) -> str:
    """Return an address short enough for a message, without the values of keys."""
    text = _KEY.sub(r"\1...", str(url))
    return text if len(text) <= 160 else text[:157] + "..."
