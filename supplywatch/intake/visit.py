"""One look at a source on its way through the runner: what is known, what is to be reported, what state it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from supplywatch.errors import Quarantine, SourceAway
from supplywatch.intake.changes import next_end
from supplywatch.intake.fetch import Fetched
from supplywatch.intake.guards import Reading
from supplywatch.intake.held import Acceptance
from supplywatch.intake.reports import NO_PAYLOAD, report
from supplywatch.ledger.book import Key, Known
from supplywatch.ledger.sources import LoggedPayload, SourceState
from supplywatch.model.records import SourceReport, SourceStatus
from supplywatch.model.source import Cursor, Payload, Source

PUT_ASIDE_SHOWN = 20
Outcome = Literal["accepted", "unchanged", "quarantined", "stale", "unreachable", "busy"]


@dataclass(frozen=True)
class PollResult:
    """How a poll, or a file given by hand, ended.

    Parameters
    ----------
    outcome
        ``unchanged``: what was accepted last came again, to the byte; ``stale``: an older payload came again; ``busy``: another
        process is polling the source.
    records
        Records offered to the topics; reports about the source are not counted.
    reason, detail
        Why it was not accepted.
    kept_raw
        What of an accepted list could not be read and is kept as it is written.
    put_aside
        Which records of an accepted payload are too large for any topic, each in a sentence.
    """

    source: str
    outcome: Outcome
    records: int = 0
    reason: str | None = None
    detail: str | None = None
    sha256: str | None = None
    kept_raw: str | None = None
    put_aside: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the publisher gave what can be believed."""
        return self.outcome in ("accepted", "unchanged")


@dataclass
class Visit:
    """One poll of a source, or one file given by hand.

    Parameters
    ----------
    known
        What is in the book, or on its way there.
    last
        The last accepted payload.
    fetched
        What the poll brought; ``None`` for a file.
    warn
        Told what is odd about a file; ``None`` for a poll, which is refused for it.
    reports
        News about the source itself, to be offered.
    acceptance, accepted_as
        A person's word that the file is right; the refusal that it covers, and the decision in words.
    """

    source: Source
    state: SourceState
    known: Mapping[Key, Known]
    last: LoggedPayload | None
    now: datetime
    fetched: Fetched | None = None
    warn: Callable[[str], None] | None = None
    reports: list[SourceReport] = field(default_factory=list)
    acceptance: Acceptance | None = None
    accepted_as: tuple[str, str] | None = None

    @property
    def id(self) -> str:
        """The source's id."""
        return self.source.card.source_id

    def cursor(self, options: Mapping[str, object], has_secret: Callable[[str], bool]) -> Cursor:
        """Return what the connector may know when it words its requests."""
        setting = self.source.card.secret_setting
        return Cursor(self.now, self.state.content_observed, setting is not None and has_secret(setting), options)

    def has_ends_to_tell(self, payload: Payload) -> bool:
        """Tell whether the last accepted payload, which came again, holds entries that have ended since: that is news without new bytes."""
        end = self.state.next_end
        return end is not None and end <= payload.fetched.date() and self.last is not None and self.last.sha256 == payload.sha256

    def report(self, status: SourceStatus, detail: str, *, reason: str | None = None, sha256: str = NO_PAYLOAD) -> None:
        """Add news about the source."""
        # The book orders by time, so the reports of one poll are a microsecond apart.
        now = self.now + timedelta(microseconds=len(self.reports))
        content, good = self.state.content_observed, self.state.last_good_at
        self.reports.append(report(self.id, status, detail, now, reason=reason, sha256=sha256, content_observed=content, last_good_at=good))

    def accept(self, error: Quarantine, sha256: str) -> None:
        """Write down that a named person accepts what would be refused."""
        assert self.acceptance is not None, "nobody accepts it"
        said = self.acceptance.sentence(error)
        self.accepted_as = error.reason, said
        self.report(SourceStatus.ACCEPTED, f"{self.id}: {said}", reason=error.reason, sha256=sha256)

    def unchanged(self, payload: Payload) -> SourceState:
        """Return the state after the last accepted payload came again, and report a recovery."""
        state = self._good(payload)
        if self.fetched is not None:
            state = state.model_copy(update={"questions": self.fetched.questions})  # it answers these as well
        # "Good again" must not hide that a publication is still missing: that will be said once more.
        return state.model_copy(update={"overdue_for": None}) if self.reports else state

    def accepted(self, reading: Reading, *, news: bool) -> SourceState:
        """Return the state after a payload was accepted, and report a recovery."""
        before = self.state
        again = self.last is not None and self.last.sha256 == reading.payload.sha256
        newest = max("" if again else reading.newest, before.content_observed or "")
        state = self._good(reading.payload)
        aside = tuple(one.sentence(self.id) for one in reading.oversized[:PUT_ASIDE_SHOWN])
        update: dict[str, object] = {"content_observed": newest, "kept_raw": reading.kept_raw, "put_aside": aside}
        if newest != before.content_observed:
            if before.overdue_for is not None and not self.reports:
                self.report(SourceStatus.ACCEPTED, f"{self.id}: the publication that was missing after {before.overdue_for} has come")
            update["overdue_for"] = None
        if news:
            update["changed_at"] = self.now
        if self.fetched is not None:
            update["questions"] = self.fetched.questions
        update["next_end"] = next_end(reading.entries, reading.payload.fetched.date())
        return state.model_copy(update=update)

    def quarantined(self, error: Quarantine, sha256: str, *, news: bool = False) -> SourceState:
        """Return the state after a payload was refused, and report it if that is news, or if something of it was judged.

        An older payload served again, and a bad file given by hand, say nothing about the state of the source.
        """
        if self.fetched is None and self.warn is not None:
            return self.state
        if error.reason == "stale":
            return self.state.model_copy(update={"last_poll_at": self.now})
        return self._failed(SourceStatus.QUARANTINED, error.reason, str(error), sha256, news=news)

    def unreachable(self, error: SourceAway) -> SourceState:
        """Return the state after a publisher could not be reached, and report it if that is news."""
        state = self._failed(SourceStatus.UNREACHABLE, None, str(error), NO_PAYLOAD)
        wait = error.retry_after_s
        return state.model_copy(update={"not_before": None if wait is None else self.now + timedelta(seconds=wait)})

    def _failed(self, status: SourceStatus, reason: str | None, detail: str, sha256: str, *, news: bool = False) -> SourceState:
        state = self.state
        if news or (state.status, state.reason) != (status, reason):
            self.report(status, detail, reason=reason, sha256=sha256)
        update = {"status": status, "reason": reason, "detail": detail, "last_poll_at": self.now, "failures": state.failures + 1}
        return state.model_copy(update=update)

    def _good(self, payload: Payload) -> SourceState:
        state = self.state.model_copy(update={"held": None})
        if self.accepted_as is not None:
            return state.model_copy(
                update={"status": SourceStatus.ACCEPTED, "reason": None, "detail": None, "last_good_at": payload.fetched, "failures": 0}
            )
        if self.fetched is None:
            return state.model_copy(update={"last_good_at": payload.fetched})
        if state.status not in (None, SourceStatus.ACCEPTED):
            self.report(SourceStatus.ACCEPTED, f"{self.id} is good again, after: {state.detail}", sha256=payload.sha256)
        return state.model_copy(
            update={
                "status": SourceStatus.ACCEPTED,
                "reason": None,
                "detail": None,
                "last_poll_at": self.now,
                "last_good_at": payload.fetched,
                "failures": 0,
                "not_before": None,
                "validators": self.fetched.validators,
                "polled_sha256": payload.sha256,
            }
        )
