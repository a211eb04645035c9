"""What the runner has to say reaches the topics: written down first, offered, and crossed out when the book has it.

An offer that was lost on the way (a crash, a broker that forgets) is computed again from the archive, equal to the last bit, and made
again; receivers drop repeats. So everything is judged once, in the order of the payloads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Protocol

from supplywatch import metrics
from supplywatch.errors import Ended, Quarantine
from supplywatch.intake import guards
from supplywatch.intake.archive import Archive, ArchiveLost
from supplywatch.intake.changes import is_judged, list_changes, mark_history, mark_old_acts, with_listed
from supplywatch.intake.held import new_while_waiting
from supplywatch.ledger import lists, sources
from supplywatch.ledger.book import Key, Known, Ledger, recorded
from supplywatch.ledger.sources import LoggedPayload, Outstanding, SourceState
from supplywatch.listing.evidence import Standing
from supplywatch.listing.pairing import Pairing
from supplywatch.listing.rollback import Past
from supplywatch.listing.snapshot import World
from supplywatch.model.records import ListEntry, Listing, PolicyAct, Record, SourceReport
from supplywatch.model.source import Payload, Source
from supplywatch.runtime.logs import get_logger

log = get_logger(__name__)


class Producer(Protocol):
    """What the runner needs of :class:`supplywatch.runtime.broker.Producer`."""

    def send(self, topic: str, key: bytes | None, value: bytes) -> Any:
        """Queue one message."""
        ...

    def flush_checked(self, sends: Iterable[Any]) -> None:
        """Return when the broker has confirmed each of the sends; raise when one failed."""
        ...


class Offering:
    """Makes, repeats and settles offers.

    Parameters
    ----------
    topic_of
        The topic of a family of records.
    """

    def __init__(self, ledger: Ledger, archive: Archive, producer: Producer, topic_of: Callable[[str], str]) -> None:
        self._ledger, self._archive, self._producer, self._topic_of = ledger, archive, producer, topic_of
        self._sending = threading.Lock()

    def offer(self, records: Sequence[Record]) -> None:
        """Send records and wait until the broker has confirmed every one.

        Raises
        ------
        BrokerAway
            Some did not arrive; what was written down is offered again.
        """
        with self._sending:
            sends = [self._producer.send(self._topic_of(r.family), r.series.encode(), r.model_dump_json().encode()) for r in records]
            self._producer.flush_checked(sends)
        for record in records:
            metrics.PRODUCED.labels(record.family).inc()

    def mark_sent(self, source_id: str) -> None:
        """Note that everything outstanding of a source was sent."""
        with self._ledger.begin() as connection:
            state = sources.load_state(connection, source_id)
            entries = tuple(entry.model_copy(update={"sent": True}) for entry in state.outstanding)
            sources.save_state(connection, source_id, state.model_copy(update={"outstanding": entries}))

    def settle(self, source: Source, *, again: bool = False) -> tuple[SourceState, dict[Key, Known], int]:
        """Cross out what the book has, and offer what was never sent.

        Parameters
        ----------
        again
            Offer also what was sent but is not in the book: the broker may have lost it.

        Returns
        -------
        tuple
            The state of the source, what is known of it (in the book or on the way), and how many records were offered.
        """
        source_id = source.card.source_id
        with self._ledger.read() as connection:
            state = sources.load_state(connection, source_id)
            known = sources.judged(connection, source_id)
        left, offered = [], 0
        for entry in state.outstanding:
            if self._has_arrived(entry):
                continue
            missing = [record for record in self._records_of(source, entry) if not is_judged(record, known)]
            if not missing:
                continue
            if again or not entry.sent:
                self.offer(missing)
                offered += len(missing)
            known |= {(record.series, record.observed): Known(record.digest, record.fetched) for record in missing}
            left.append(entry.model_copy(update={"sent": True}))
        if tuple(left) != state.outstanding:
            state = state.model_copy(update={"outstanding": tuple(left)})
            with self._ledger.begin() as connection:
                sources.save_state(connection, source_id, state)
        return state, known, offered

    def _has_arrived(self, entry: Outstanding) -> bool:
        with self._ledger.read() as connection:
            return bool(entry.record_ids) and recorded(connection, entry.record_ids) == set(entry.record_ids)

    def entries_before(self, source: Source, seq: int | None = None) -> list[ListEntry] | None:
        """Return the entries that stand by the last accepted snapshot (before a number in the log), ``None`` when there is none.

        Where the archive has lost it, or this version of the connector cannot read it any more, the judged changes are added up instead.
        """
        source_id = source.card.source_id
        with self._ledger.read() as connection:
            logged = sources.last_payload(connection, source_id, accepted=True, before=seq)
        if logged is None:
            return None
        with self._ledger.read() as connection:
            waiting = sources.waiting(connection, source_id, after=logged.seq, before=seq)
        try:
            entries = self._entries(source, logged)
            for one in waiting:
                # What was new in a snapshot that waits was judged: it stands.
                entries += Pairing.of(entries, self._entries(source, one)).new
            return entries
        except Ended:
            raise  # it can be read, only not now
        except (ArchiveLost, Quarantine) as error:
            log.warning("last snapshot unreadable, taking the ledger's", source=source_id, detail=str(error))
            with self._ledger.read() as connection:
                return [one.entry for one in lists.standing(connection, source=source_id)]

    def _entries(self, source: Source, logged: LoggedPayload) -> list[ListEntry]:
        payload = self._archive.load(logged.source, logged.parts, logged.fetched, logged.published)
        return [entry for entry in guards.parsed(source, payload) if isinstance(entry, ListEntry)]

    def world(self, payload: Payload) -> World:
        """Return what other lists said before a payload was fetched; a later repetition of the comparison sees the same."""

        def elsewhere() -> list[Standing]:
            with self._ledger.read() as connection:
                return lists.standing(connection, until=payload.fetched, without=payload.source)

        def told_as() -> dict[tuple[str, str, str], Listing]:
            with self._ledger.read() as connection:
                return lists.told_as(connection, until=payload.fetched)

        def acts() -> list[PolicyAct]:
            with self._ledger.read() as connection:
                return lists.acts(connection, until=payload.fetched)

        def past() -> Past:
            with self._ledger.read() as connection:
                return lists.past(connection, payload.source, until=payload.fetched - timedelta(microseconds=1))

        return World(payload.source, elsewhere, told_as, acts, past)

    def citations(self, payload: Payload) -> Callable[[], list[str]]:
        """Return what tells which citations the list entries had that were in force before a payload was fetched."""

        def found() -> list[str]:
            with self._ledger.read() as connection:
                standing = lists.standing(connection, until=payload.fetched)
            return [one.entry.citation for one in standing if one.entry.citation is not None]

        return found

    def _records_of(self, source: Source, entry: Outstanding) -> list[Record]:
        reports: list[Record] = [SourceReport.model_validate_json(text) for text in entry.reports]
        if entry.payload_seq is None:
            return reports
        with self._ledger.read() as connection:
            logged = sources.payload_at(connection, entry.payload_seq)
        try:
            return self._payload_records(source, logged, entry) + reports
        except Ended:
            raise  # what was written down stays so until it can be read
        except (ArchiveLost, Quarantine) as error:
            log.error("cannot be offered again; the next poll makes up for it", source=source.card.source_id, detail=str(error))
            return reports

    def _payload_records(self, source: Source, logged: LoggedPayload, entry: Outstanding) -> list[Record]:
        payload = self._archive.load(logged.source, logged.parts, logged.fetched, logged.published)
        reading = guards.read(source, payload, now=payload.fetched, warn=lambda _message: None)
        if source.card.kind == "snapshot":
            with self._ledger.read() as connection:
                before = sources.last_payload(connection, logged.source, accepted=True, before=logged.seq)
            since = None if before is None else before.fetched
            entries, world = self.entries_before(source, logged.seq), self.world(payload)
            if logged.status != "accepted":
                return new_while_waiting(reading, entries, world, since)[0]
            return list_changes(reading, entries, world, since)
        if source.card.kind == "series":
            return mark_history(reading.records, entry.new_series)
        with self._ledger.read() as connection:
            last = sources.last_payload(connection, logged.source, accepted=True, before=logged.seq)
        return with_listed(mark_old_acts(reading.records, (last or logged).fetched), self.citations(payload))
