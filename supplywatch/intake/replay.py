"""Recorded payloads stepped through the same parse, guards and comparison as live ones, without network, topics or ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from supplywatch.errors import Quarantine
from supplywatch.intake import changes, guards, held
from supplywatch.intake.files import Given
from supplywatch.intake.guards import Reading
from supplywatch.intake.reports import report
from supplywatch.ledger.book import Key, Known
from supplywatch.ledger.sources import Held
from supplywatch.listing.pairing import Pairing
from supplywatch.listing.rollback import Past
from supplywatch.listing.snapshot import World
from supplywatch.model.periods import known_at
from supplywatch.model.records import ListChange, ListEntry, Listing, Record, SourceStatus
from supplywatch.model.source import Card, Payload, Source


def steps(source: Source, given: Sequence[Given], *, now: datetime, warn: Callable[[str], None] | None = None) -> Iterator[list[Record]]:
    """Yield what each payload brought that the ones before had not, oldest period first.

    A payload with a fetch time counts as fetched then. One without counts as if it had been followed live: each record became known on
    the day the publisher's calendar gives. A payload that must not be believed yields one report of status ``quarantined``, an older
    history served again nothing but a warning. Nothing is marked as baseline but the first snapshot of a list.

    Parameters
    ----------
    given
        Payloads in any order; they are stepped through in the order in which they became known, equal ones as given.
    now
        No period may lie after it, nor after the fetch time where one is given.
    warn
        Told what is outside the card's bounds and anchors; ``None`` makes these reasons to refuse.
    """
    replay = _Replay(source.card, warn or (lambda _message: None))
    taken = [_Taken.of(source, item, now, warn) for item in given]
    for item in sorted(taken, key=lambda t: t.known):
        yield replay.step(item)


@dataclass(frozen=True)
class _Taken:
    """A payload that was read, or refused, and when it became known."""

    given: Given
    known: datetime
    reading: Reading | None = None
    error: Quarantine | None = None

    @classmethod
    def of(cls, source: Source, given: Given, now: datetime, warn: Callable[[str], None] | None) -> _Taken:
        payload = given.payload
        try:
            if given.refused is not None:
                raise given.refused
            reading = guards.read(source, payload, now=payload.fetched if given.timed else now, warn=warn)
        except Quarantine as error:
            return cls(given, payload.fetched, error=error)
        if given.timed or not reading.records:
            return cls(given, payload.fetched, reading)
        return cls(given, _known(source.card, payload, reading.newest), reading)


@dataclass
class _Replay:
    card: Card
    tell: Callable[[str], None]
    known: dict[Key, Known] = field(default_factory=dict)
    entries: Sequence[ListEntry] | None = None
    last: Reading | None = None
    looked_at: datetime | None = None
    told_as: dict[tuple[str, str, str], Listing] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    newest: str | None = None
    last_good_at: datetime | None = None
    trouble: str | None = None
    held: Held | None = None
    judged: int = 0
    changes: list[ListChange] = field(default_factory=list)

    def step(self, item: _Taken) -> list[Record]:
        payload = item.given.payload
        if payload.sha256 == (self.seen[-1] if self.seen else None):
            return self._looked_again(item)
        try:
            if item.error is not None:
                raise item.error
            if self.card.kind != "snapshot" and payload.sha256 in self.seen:
                raise Quarantine("stale", f"{self.card.source_id}: a payload that came before the last one came again")
            return self._accepted(item.given, item.reading)
        except Quarantine as error:
            if error.reason == "stale":
                self.tell(str(error))
                return []
            return self._refused(item, error)

    def _refused(self, item: _Taken, error: Quarantine) -> list[Record]:
        """Return what is judged of a refused payload all the same, and the report; as the runner does."""
        reading = item.reading
        records: list[Record] = []
        if reading is not None and error.reason == "rollback":
            self.held = held.holding(reading, self.held)
        elif reading is not None and error.reason in held.WAITING and self.card.kind == "snapshot":
            records, number = held.new_while_waiting(reading, self.entries, self._world(), self.looked_at)
            self.judged += len(records)
            error = Quarantine(error.reason, held.waiting_sentence(self.card.source_id, error, self.judged, number))
            if records:
                self._note(records)
                self.entries = [*(self.entries or ()), *Pairing.of(self.entries or (), reading.entries).new]
        self.trouble = str(error)
        return [*records, self._report(SourceStatus.QUARANTINED, item.given.payload, self.trouble, error.reason)]

    def _looked_again(self, item: _Taken) -> list[Record]:
        """Return what the last payload says when it comes again: which of its entries have ended since."""
        if self.looked_at is None or item.reading is None or item.reading.payload.fetched <= self.looked_at:
            return []
        records = self._ended_before(item.reading.payload.fetched)
        day = changes.next_end(item.reading.entries, self.looked_at.date())
        return records + (self._looked_at(item.reading) if day is not None and day <= item.reading.payload.fetched.date() else [])

    def _accepted(self, given: Given, reading: Reading | None) -> list[Record]:
        if reading is None:
            return []
        if self.last is not None:
            newer = held.check_clock(self.card.source_id, given.payload.published, self.last.payload.published)
            if not newer:
                held.check_goes_back(self.card.source_id, reading, self.entries, self._world().past, self.held)
        guards.check_against_last(self.card, reading, self.known.keys(), self.entries, None)
        self.held, self.judged = None, 0
        if self.card.kind == "snapshot":
            records = [*self._ended_before(given.payload.fetched), *self._looked_at(reading)]
        else:
            dated = reading.records if given.timed else [_followed(self.card, given.payload, record) for record in reading.records]
            records = sorted((r for r in dated if changes.says_something_new(r, self.known)), key=lambda r: (r.fetched, r.observed))
            text = changes.rewritten(dated, self.known) if given.timed and self.card.kind == "series" else None
            if text is not None:
                records.append(self._report(SourceStatus.HISTORY_REWRITTEN, given.payload, text))
            self.known |= {(r.series, r.observed): Known(r.digest, r.fetched) for r in dated}
        if self.trouble is not None:
            detail = f"{self.card.source_id} is good again, after: {self.trouble}"
            records = [self._report(SourceStatus.ACCEPTED, given.payload, detail), *records]
            self.trouble = None
        self.seen.append(given.payload.sha256)
        self.newest, self.last_good_at = max(reading.newest, self.newest or ""), given.payload.fetched
        return records

    def _looked_at(self, reading: Reading) -> list[Record]:
        """Compare a snapshot with the last one."""
        records = changes.list_changes(reading, self.entries, self._world(), self.looked_at)
        self._note(records)
        self.last, self.entries, self.looked_at = reading, reading.entries, reading.payload.fetched
        return records

    def _world(self) -> World:
        return World(self.card.source_id, told_as=lambda: self.told_as, past=lambda: Past.of(self.changes))

    def _note(self, records: Sequence[Record]) -> None:
        told = [record for record in records if isinstance(record, ListChange) and not record.baseline]
        self.changes += told
        self.told_as |= {(self.card.source_id, r.entry.list_code, r.entry.key): r.same_as for r in told if r.same_as is not None}

    def _ended_before(self, moment: datetime) -> list[Record]:
        """Return what the polls between two payloads would have told: entries end on their day, whether new bytes come or not."""
        records: list[Record] = []
        while self.last is not None and self.looked_at is not None:
            day = changes.next_end(self.last.entries, self.looked_at.date())
            if day is None or day >= moment.date():
                break
            again = replace(self.last.payload, fetched=datetime(day.year, day.month, day.day, tzinfo=UTC))
            records += self._looked_at(replace(self.last, payload=again))
        return records

    def _report(self, status: SourceStatus, payload: Payload, detail: str, reason: str | None = None) -> Record:
        return report(
            self.card.source_id,
            status,
            detail,
            payload.fetched,
            reason=reason,
            sha256=payload.sha256,
            content_observed=self.newest,
            last_good_at=self.last_good_at,
        )


def _known(card: Card, payload: Payload, observed: str) -> datetime:
    """Return when a period became known, at the latest with the file itself."""
    return min(known_at(card.calendar, observed), payload.fetched)


def _followed(card: Card, payload: Payload, record: Record) -> Record:
    """Return a record with the fetch time, and the vintage that rests on it, it would have had if followed live."""
    fetched = _known(card, payload, record.observed)
    provenance = record.provenance
    if provenance.vintage == payload.vintage:
        provenance = provenance.model_copy(update={"vintage": f"{fetched:%Y-%m-%dT%H:%M:%SZ}"})
    return record.model_copy(update={"fetched": fetched, "provenance": provenance})
