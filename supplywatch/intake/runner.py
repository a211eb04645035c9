"""The one runner of all sources: fetch, archive, parse, guard, compare, write down, offer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from supplywatch import metrics
from supplywatch.errors import Ended, Quarantine, SourceAway
from supplywatch.intake import changes, guards, held
from supplywatch.intake.archive import Archive
from supplywatch.intake.fetch import Fetched
from supplywatch.intake.guards import Reading
from supplywatch.intake.held import Acceptance
from supplywatch.intake.offering import Offering, Producer
from supplywatch.intake.visit import PollResult, Visit
from supplywatch.ledger import sources
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.sources import Held, LoggedPayload, Outstanding, SourceState, StoredPart, Validator
from supplywatch.listing.snapshot import World
from supplywatch.model.periods import period_end
from supplywatch.model.records import ListEntry, Record, SourceReport, SourceStatus
from supplywatch.model.source import Cursor, Payload, Source
from supplywatch.runtime.logs import get_logger

log = get_logger(__name__)

UNREACHABLE = "unreachable"
NOTHING = hashlib.sha256(b"").hexdigest()


class Fetches(Protocol):
    """What asks publishers, here or behind the fence."""

    def fetch(self, source: Source, cursor: Cursor, validators: Mapping[str, Validator] | None = None) -> Fetched:
        """Ask a publisher once, all pages included."""
        ...


class Runner:
    """Polls sources.

    Parameters
    ----------
    ledger, archive, fetcher
        Where payloads are logged, kept and got from.
    producer, topic_of
        Where records go, and to which topic by family.
    options
        The user's options by source id (``config/sources.yaml``).
    has_secret
        Tells whether a setting that holds a key is filled in.
    clock
        The time of polls.
    """

    def __init__(
        self,
        ledger: Ledger,
        archive: Archive,
        fetcher: Fetches,
        producer: Producer,
        topic_of: Callable[[str], str],
        *,
        options: Mapping[str, Mapping[str, object]] | None = None,
        has_secret: Callable[[str], bool] = lambda _setting: False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ledger, self._archive, self._fetcher, self._clock = ledger, archive, fetcher, clock
        self._offering = Offering(ledger, archive, producer, topic_of)
        self._options, self._has_secret = options or {}, has_secret

    def poll(self, source: Source) -> PollResult:
        """Ask a publisher once and see it through; a payload that must not be believed is a result, not an error.

        Raises
        ------
        ArchiveAway, BrokerAway, LedgerAway
            What was written down by then is offered with the next poll.
        Refuse
            The archive or a setting is wrong.
        """
        with self._alone(source) as alone:
            if not alone:
                return PollResult(source.card.source_id, "busy")
            self._archive.check_room()
            metrics.POLLS.labels(source.card.source_id).inc()
            visit = self._visit(source)
            cursor = visit.cursor(self._options.get(visit.id, {}), self._has_secret)
            try:
                visit.fetched = self._fetcher.fetch(source, cursor, visit.state.validators)
            except SourceAway as error:
                return self._unreachable(visit, error)
            except Quarantine as error:
                return self._refused(visit, error, None, ())
            visit.now = self._clock()
            return self._take(visit, visit.fetched.payload)

    def load(self, source: Source, payload: Payload, warn: Callable[[str], None], acceptance: Acceptance | None = None) -> PollResult:
        """Take a file given by hand: as a poll, but what is outside the card's bounds and anchors is a warning, for it may be a part.

        Parameters
        ----------
        acceptance
            A named person's word that the file is right although it would be refused.
        """
        with self._alone(source) as alone:
            if not alone:
                return PollResult(source.card.source_id, "busy")
            visit = self._visit(source)
            visit.warn, visit.acceptance = warn, acceptance
            return self._take(visit, payload)

    def reoffer(self, source: Source) -> int:
        """Offer again what was accepted but is not in the book: call it at every start, and when the broker has lost its memory.

        Returns
        -------
        int
            How many records were offered.
        """
        with self._alone(source) as alone:
            if not alone:
                return 0
            state, _, offered = self._offering.settle(source, again=True)
            expose(source.card.source_id, state)
            log.info("reoffered", source=source.card.source_id, records=offered)
            return offered

    def state(self, source: Source) -> SourceState:
        """Return the state of a source."""
        with self._ledger.read() as connection:
            return sources.load_state(connection, source.card.source_id)

    def note_overdue(self, source: Source, news: SourceReport) -> None:
        """Write down and offer the news that an expected publication did not come."""
        with self._alone(source) as alone:
            if alone:
                visit = self._visit(source)
                visit.reports.append(news)
                log.warning("overdue", source=visit.id, detail=news.detail)
                self._write(visit, visit.state.model_copy(update={"overdue_for": visit.state.content_observed}), [])

    @contextmanager
    def _alone(self, source: Source) -> Iterator[bool]:
        source_id = source.card.source_id
        with self._archive.lock(source_id) as here, sources.exclusive(self._ledger, source_id) as everywhere:
            yield here and everywhere

    def _visit(self, source: Source) -> Visit:
        state, known, _ = self._offering.settle(source)
        with self._ledger.read() as connection:
            last = sources.last_payload(connection, source.card.source_id, accepted=True)
        return Visit(source, state, known, last, self._clock())

    def _take(self, visit: Visit, payload: Payload) -> PollResult:
        payload = visit.source.told(payload)
        if self._is_last(visit, payload) and not visit.has_ends_to_tell(payload):
            self._write(visit, visit.unchanged(payload), [])
            log.info("unchanged", source=visit.id)
            return PollResult(visit.id, "unchanged", sha256=payload.sha256)
        # Before the payload is archived: it may be the very one the archive has lost.
        try:
            before = self._offering.entries_before(visit.source) if visit.source.card.kind == "snapshot" else None
        except Ended as error:
            return self._refused(visit, error, payload, ())
        parts = self._archive.save(payload)
        reading: Reading | None = None
        try:
            reading = self._read(visit, payload)
            self._check(visit, reading, before)
        except Quarantine as error:
            if reading is None or visit.acceptance is None or not visit.acceptance.covers(error):
                return self._refused(visit, error, payload, parts, self._waiting(visit, error, reading, before))
            visit.accept(error, payload.sha256)
        return self._accepted(visit, reading, before, parts)

    def _is_last(self, visit: Visit, payload: Payload) -> bool:
        last = {visit.last.sha256} if visit.last is not None else set()
        same = last if visit.fetched is None else last | {visit.state.polled_sha256 or ""}
        refused = visit.fetched is not None and visit.fetched.refused is not None
        alike = visit.last is None or _selected_alike(visit.last, payload)
        return payload.sha256 in same and alike and not refused and self._archive.holds(payload)

    def _read(self, visit: Visit, payload: Payload) -> Reading:
        if visit.fetched is not None and visit.fetched.refused is not None:
            raise visit.fetched.refused
        self._check_age(visit, payload)
        return guards.read(visit.source, payload, now=visit.now, warn=visit.warn)

    def _check(self, visit: Visit, reading: Reading, before: Sequence[ListEntry] | None) -> None:
        last = visit.last
        if last is not None and before is not None and last.sha256 != reading.payload.sha256:
            newer = held.check_clock(visit.id, reading.payload.published, last.published)
            if not newer:
                held.check_goes_back(visit.id, reading, before, self._offering.world(reading.payload).past, visit.state.held)
        guards.check_against_last(visit.source.card, reading, visit.known.keys(), before, self._least(visit, reading))

    def _waiting(
        self, visit: Visit, error: Quarantine, reading: Reading | None, before: Sequence[ListEntry] | None
    ) -> tuple[Sequence[Record], Quarantine, Held | None]:
        """Return what is judged of a refused snapshot all the same, the refusal with that in its words, and since when it is held."""
        if reading is None or error.reason == "rollback":
            return (), error, held.holding(reading, visit.state.held) if reading is not None else None
        if error.reason not in held.WAITING or visit.source.card.kind != "snapshot":
            return (), error, None
        since = visit.last.fetched if visit.last is not None else None
        records, number = held.new_while_waiting(reading, before, self._offering.world(reading.payload), since)
        with self._ledger.read() as connection:
            earlier = sum(one.records for one in sources.waiting(connection, visit.id, after=visit.last.seq if visit.last else 0))
        return records, Quarantine(error.reason, held.waiting_sentence(visit.id, error, earlier + len(records), number)), None

    def _least(self, visit: Visit, reading: Reading) -> int | None:
        """Return how many records a whole answer holds at least; ``None`` where that cannot be known (a file may be a part)."""
        if visit.fetched is None or visit.last is None or not _selected_alike(visit.last, reading.payload):
            return None
        if visit.fetched.questions == visit.state.questions:
            return visit.last.records
        return guards.known_since(reading.records, visit.known.keys()) if visit.source.card.kind == "series" else None

    def _check_age(self, visit: Visit, payload: Payload) -> None:
        last = visit.last
        if last is None or payload.sha256 == last.sha256:
            return
        with self._ledger.read() as connection:
            # The same state of a list may come twice; a history that ends where it ended before is an old one.
            if visit.source.card.kind != "snapshot" and sources.was_accepted(connection, visit.id, payload.sha256):
                raise Quarantine("stale", f"{visit.id}: a payload that was accepted before the last one was served again")
        if visit.source.card.kind == "snapshot":
            held.check_clock(visit.id, payload.published, last.published)
        for clock, ours, theirs in (("published", payload.published, last.published), ("fetched", payload.fetched, last.fetched)):
            if ours is not None and theirs is not None and ours < theirs:
                raise Quarantine("stale", f"{visit.id}: {clock} {ours:%Y-%m-%d %H:%MZ}, the last accepted payload {theirs:%Y-%m-%d %H:%MZ}")

    def _accepted(self, visit: Visit, reading: Reading, before: Sequence[ListEntry] | None, parts: tuple[StoredPart, ...]) -> PollResult:
        payload = reading.payload
        records, new_series = _news(visit, reading, before, self._offering.world(payload))
        if visit.source.card.kind == "acts":
            records = changes.with_listed(records, self._offering.citations(payload))
        state = visit.accepted(reading, news=bool(records))
        if visit.source.card.kind == "series" and (text := changes.rewritten(reading.records, visit.known)) is not None:
            visit.report(SourceStatus.HISTORY_REWRITTEN, text, sha256=payload.sha256)
        logged = LoggedPayload(
            visit.id, payload.sha256, payload.fetched, payload.published, "accepted", parts, reading.size, newest_observed=reading.newest
        )
        if visit.accepted_as is not None:
            logged = replace(logged, reason=visit.accepted_as[0], detail=visit.accepted_as[1])
        self._write(visit, state, records, logged, new_series)
        log.info("accepted", source=visit.id, records=len(records), newest=reading.newest)
        metrics.PUT_ASIDE.labels(visit.id).inc(len(reading.oversized))
        for said in state.put_aside:
            log.warning("put aside", source=visit.id, detail=said)
        return PollResult(visit.id, "accepted", len(records), sha256=payload.sha256, kept_raw=reading.kept_raw, put_aside=state.put_aside)

    def _refused(
        self,
        visit: Visit,
        error: Quarantine,
        payload: Payload | None,
        parts: tuple[StoredPart, ...],
        waiting: tuple[Sequence[Record], Quarantine, Held | None] | None = None,
    ) -> PollResult:
        records, error, holding = waiting or ((), error, None)
        sha256 = payload.sha256 if payload is not None else NOTHING
        status: sources.PayloadStatus = "stale" if error.reason == "stale" else "quarantined"
        fetched, published = (payload.fetched, payload.published) if payload is not None else (visit.now, None)
        logged = LoggedPayload(visit.id, sha256, fetched, published, status, parts, len(records), reason=error.reason, detail=str(error))
        with self._ledger.read() as connection:
            newest = sources.last_payload(connection, visit.id)
        # The same refusal poll after poll is one line in the log.
        repeated = newest is not None and not records and (newest.sha256, newest.status, newest.reason) == (sha256, status, error.reason)
        metrics.QUARANTINED.labels(visit.id, error.reason).inc()
        metrics.POLL_FAILURES.labels(visit.id, error.reason).inc()
        log.warning("quarantined", source=visit.id, reason=error.reason, detail=str(error))
        state = visit.quarantined(error, sha256, news=bool(records)).model_copy(update={"held": holding} if holding is not None else {})
        self._write(visit, state, records, None if repeated else logged)
        return PollResult(visit.id, status, len(records), reason=error.reason, detail=str(error), sha256=sha256)

    def _unreachable(self, visit: Visit, error: SourceAway) -> PollResult:
        metrics.POLL_FAILURES.labels(visit.id, UNREACHABLE).inc()
        log.warning("unreachable", source=visit.id, detail=str(error))
        self._write(visit, visit.unreachable(error), [])
        return PollResult(visit.id, "unreachable", reason=UNREACHABLE, detail=str(error))

    def _write(
        self,
        visit: Visit,
        state: SourceState,
        records: Sequence[Record],
        logged: LoggedPayload | None = None,
        new_series: tuple[str, ...] | None = (),
    ) -> None:
        """Write down what was learned in one transaction, then offer what is to be offered."""
        offers: list[Record] = [*records, *visit.reports]
        with self._ledger.begin() as connection:
            seq = sources.append_payload(connection, logged) if logged is not None else None
            if offers:
                reports = tuple(report.model_dump_json() for report in visit.reports)
                entry = Outstanding(
                    payload_seq=seq if records else None,
                    new_series=new_series,
                    reports=reports,
                    record_ids=tuple(r.record_id for r in offers),
                )
                state = state.model_copy(update={"outstanding": (*state.outstanding, entry)})
            sources.save_state(connection, visit.id, state)
        expose(visit.id, state)
        if offers:
            self._offering.offer(offers)
            self._offering.mark_sent(visit.id)


def _selected_alike(last: LoggedPayload, payload: Payload) -> bool:
    """Tell whether the last payload was read for the same selection: the same bytes say more when more is watched."""
    return not last.parts or last.parts[0].selection == payload.selection


def _news(
    visit: Visit, reading: Reading, before: Sequence[ListEntry] | None, world: World
) -> tuple[Sequence[Record], tuple[str, ...] | None]:
    """Return what is to be offered, and the series whose history is a baseline (``None``: all)."""
    if visit.source.card.kind == "snapshot":
        return changes.list_changes(reading, before, world, visit.last.fetched if visit.last is not None else None), ()
    new_series: tuple[str, ...] | None = ()
    if visit.source.card.kind == "acts":
        marked = changes.mark_old_acts(reading.records, (visit.last or reading.payload).fetched)
    else:
        known = {series for series, _ in visit.known}
        new_series = None if visit.last is None else tuple(sorted({record.series for record in reading.records} - known))
        marked = changes.mark_history(reading.records, new_series)
    return [record for record in marked if changes.says_something_new(record, visit.known)], new_series


def expose(source_id: str, state: SourceState) -> None:
    """Show the ages of a source: transport and content are different things."""
    if state.last_good_at is not None:
        metrics.TRANSPORT.labels(source_id).set(state.last_good_at.timestamp())
    if state.content_observed is not None:
        metrics.CONTENT.labels(source_id).set(period_end(state.content_observed).timestamp())
