"""The noun of the connectors: a source is a card, the requests of one poll, and a pure parse().

A connector is one file ``connectors/<source_id>.py`` that defines ``SOURCE: Source``. Everything that is not knowledge
about the publisher (fetching, guarding, archiving, comparing, producing) belongs to :mod:`supplywatch.intake`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from supplywatch.model.records import ListEntry, Record


@dataclass(frozen=True)
class Request:
    """One HTTP GET of a poll.

    Secrets never stand in ``url`` or ``params`` as text: ``secret_header`` and ``secret_param`` name a header or a parameter, and the
    setting that holds its value. ``then`` are addresses still to be asked for, which an index gave: ``next_request`` hands them on from
    page to page.
    """

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    secret_header: tuple[str, str] | None = None
    secret_param: tuple[str, str] | None = None
    then: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One HTTP body, or one file: the bytes as they came (content encoding and gzip file wrapping already undone)."""

    body: bytes
    name: str
    content_type: str | None = None
    request: Request | None = None


@dataclass(frozen=True)
class Payload:
    """What one poll brought: one or more parts, in order, fetched at one time.

    ``selection`` is what the parser was told to take from it, as JSON, by a source whose files hold far more than anybody watches. It is
    kept with the bytes, so that a payload parsed years later gives the same records, whatever is watched then.
    """

    source: str
    parts: tuple[Part, ...]
    fetched: datetime
    published: datetime | None = None
    selection: str | None = None

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the parts' bytes, one after the other (of the body itself where there is one part)."""
        digest = hashlib.sha256()
        for part in self.parts:
            digest.update(part.body)
        return digest.hexdigest()

    @property
    def vintage(self) -> str:
        """The publisher's clock where it has one, else the time of the fetch; ISO 8601 in UTC to the second."""
        return (self.published or self.fetched).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Calendar:
    """When a publisher releases what.

    Parameters
    ----------
    cadence
        The expected time between two publications.
    content_lag
        The time from the end of an observed period to its publication, at the worst.
    grace
        How much later than cadence + lag a publication may come before the source counts as overdue.
    weekday, hour_utc, minute_utc
        For weekly releases: Monday is 0. ``None`` when the publisher keeps no day.
    known_at
        Maps an observed period to the instant it became public if the calendar was kept; used by back-tests of payloads
        without a fetch time. ``None``: end of the period plus ``content_lag``.
    """

    cadence: timedelta
    content_lag: timedelta
    grace: timedelta
    weekday: int | None = None
    hour_utc: int = 0
    minute_utc: int = 0
    known_at: Callable[[str], datetime] | None = None


@dataclass(frozen=True)
class Need:
    """What the process that reads a source may take; a card that names more than this says why.

    Parameters
    ----------
    memory_mb
        Memory beyond what bodies of the card's largest size take.
    read_s
        Time to read one payload. The longest known, OFAC's of 118 MB, took 51 s on two cores at a load of 6.
    """

    memory_mb: int = 512
    read_s: float = 300.0
    why: str = ""


@dataclass(frozen=True)
class Card:
    """What is known about a source before a byte is read."""

    source_id: str
    title: str
    publisher: str
    homepage: str
    hosts: tuple[str, ...]
    licence: str
    redistribution: Literal["yes", "derived-only", "no"]
    commercial_use: Literal["yes", "licence-needed"]
    attribution: str
    encoding: str
    calendar: Calendar
    poll_every: timedelta
    taxonomy: tuple[str, ...]
    record: type[Record]
    kind: Literal["series", "snapshot", "acts"]
    """``series``: periods of histories, overlapping between polls. ``snapshot``: the full list each time. ``acts``: documents."""
    min_records: int
    max_records: int
    anchors: tuple[str, ...] = ()
    """Prefixes of ``record.series`` (of ``entry.list_code`` for snapshots) that every full poll must hold."""
    max_bytes: int = 64 * 1024 * 1024
    need: Need = Need()
    secret_setting: str | None = None
    empty_answers: bool = False
    """An answer without content says that there is nothing of what was asked for; one of all answers must have some."""
    by_hand: bool = False
    """No program can ask the publisher: its files are read with ``supplywatch pull SOURCE --from FILE``."""
    confirmed: str = ""
    """The genuine payloads in which its shape was seen, each with its date; empty where it is built to the documented shape alone."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cursor:
    """What a poll may know: the time, what was accepted before, the user's options for this source (``config/sources.yaml``)."""

    now: datetime
    last_observed: str | None = None
    has_secret: bool = False
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A connector.

    Parameters
    ----------
    card
        What is known about the source.
    requests
        The first requests of one poll, in order; each may be followed by pages.
    parse
        Pure: the payload to records in the order of the payload, or :class:`ListEntry` for sources of kind ``snapshot``.
        Raises only :class:`~supplywatch.errors.Quarantine` (mostly :class:`~supplywatch.errors.SourceChanged`).
    next_request
        The request that continues a page, or ``None`` after the last one. Raises as ``parse`` does.
    selection
        What ``parse`` shall take from a payload, as JSON, by the configuration in force when it comes; ``None`` where it takes all.
    remarks
        Pure: what a person must know of a file given by hand that was read nevertheless, such as a page of several; one sentence each.
    """

    card: Card
    requests: Callable[[Cursor], Iterable[Request]]
    parse: Callable[[Payload], Iterable[Record] | Iterable[ListEntry]]
    next_request: Callable[[Part], Request | None] = lambda _part: None
    selection: Callable[[], str] | None = None
    remarks: Callable[[Payload], Iterable[str]] = lambda _payload: ()

    def told(self, payload: Payload) -> Payload:
        """Return a payload with what its parser shall take from it; one that was told before stays as it was."""
        if self.selection is None or payload.selection is not None:
            return payload
        return replace(payload, selection=self.selection())
