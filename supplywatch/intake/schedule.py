"""When each source is polled, when a publication counts as missing, and the loop that does both."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from supplywatch import metrics
from supplywatch.errors import ArchiveAway, BrokerAway, LedgerAway, Retry, SupplywatchError
from supplywatch.intake.options import SourceOptions
from supplywatch.intake.reports import report
from supplywatch.intake.runner import Runner
from supplywatch.ledger.sources import SourceState
from supplywatch.model.periods import period_end
from supplywatch.model.records import SourceReport, SourceStatus
from supplywatch.model.source import Calendar, Card, Source
from supplywatch.runtime.logs import get_logger

log = get_logger(__name__)

RELEASE_POLL = timedelta(minutes=15)
RELEASE_WATCH = timedelta(hours=12)
FIRST_BACKOFF = timedelta(minutes=5)
LONGEST_BACKOFF = timedelta(hours=6)
LONGEST_NAP_S = 60.0
OUTAGE_NAP_S = 15.0
BUSY_PAUSE = timedelta(minutes=1)
SOON_S = 5.0


def last_release(calendar: Calendar, now: datetime) -> datetime | None:
    """Return the newest scheduled release of a weekly publisher, ``None`` for one that keeps no day.

    >>> tuesday = Calendar(timedelta(days=7), timedelta(days=9), timedelta(days=1), weekday=1, hour_utc=13, minute_utc=35)
    >>> last_release(tuesday, datetime(2026, 4, 21, 13, 34, tzinfo=UTC)).isoformat()
    '2026-04-14T13:35:00+00:00'
    """
    if calendar.weekday is None:
        return None
    today = now.astimezone(UTC).replace(hour=calendar.hour_utc, minute=calendar.minute_utc, second=0, microsecond=0)
    release = today - timedelta(days=(today.weekday() - calendar.weekday) % 7)
    return release if release <= now else release - timedelta(days=7)


def due(card: Card, state: SourceState, now: datetime, poll_every: timedelta | None = None) -> datetime:
    """Return when a source is to be polled next; at or before ``now`` means at once.

    Every ``poll_every``; after failures sooner, with growing pauses; never before the time a publisher asked for. A weekly publisher is
    asked every 15 minutes from its hour on, for 12 hours or until something new has come.
    """
    every = poll_every or card.poll_every
    if state.last_poll_at is None:
        return now
    last = state.last_poll_at
    moment = last + every
    if state.failures:
        moment = last + min(every, LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(state.failures - 1, 10))
    else:
        moment = min(moment, _dense(card.calendar, state, now, last) or moment)
    return max(moment, state.not_before) if state.not_before is not None else moment


def _dense(calendar: Calendar, state: SourceState, now: datetime, last: datetime) -> datetime | None:
    release = last_release(calendar, now)
    if release is None:
        return None
    served = state.changed_at is not None and state.changed_at >= release
    if served or now > release + RELEASE_WATCH:
        return release + timedelta(days=7)
    return max(release, last + RELEASE_POLL)


def overdue(card: Card, state: SourceState, now: datetime) -> SourceReport | None:
    """Return the report that an expected publication did not come; ``None`` when none is missing, or it was reported."""
    newest = state.content_observed
    if newest is None or state.overdue_for == newest:
        return None
    calendar = card.calendar
    expected = period_end(newest) + calendar.cadence + calendar.content_lag
    if now <= expected + calendar.grace:
        return None
    detail = (
        f"{card.source_id}: nothing newer than {newest}; the next publication was expected by {expected:%Y-%m-%d %H:%MZ} "
        f"(grace {calendar.grace}); look at {card.homepage}"
    )
    good = state.last_good_at
    return report(card.source_id, SourceStatus.OVERDUE, detail, now, content_observed=newest, last_good_at=good)


@dataclass
class Schedule:
    """The loop of ``supplywatch connect``.

    Parameters
    ----------
    sources
        The sources to be polled.
    options
        The user's choices by source id.
    wait
        Sleeps for so many seconds, or less; returns True when it is time to end.
    tell
        Told ``(part, problem)`` when broker or ledger go away, and ``None`` when they are back.
    every_day
        Called once a day, and again with the next turn when the ledger was away.
    pool
        Where sources are polled side by side, each by one thread at a time; without it they are polled one after the other.
    """

    runner: Runner
    sources: Sequence[Source]
    options: Mapping[str, SourceOptions]
    wait: Callable[[float], bool]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[str, str | None], None] = lambda _part, _problem: None
    every_day: Callable[[datetime], object] = lambda _now: None
    pool: Executor | None = None
    _in_hand: dict[str, Future[datetime]] = field(default_factory=dict)
    _day_done: date | None = None
    _reoffered: set[str] = field(default_factory=set)
    _away: dict[str, str] = field(default_factory=dict)
    _broken: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def run(self) -> None:
        """Poll every source when it is due, until told to end; nothing one source does keeps the others waiting for long."""
        log.info("polling", sources=[source.card.source_id for source in self.sources])
        while not self.wait(self.turn()):
            pass

    def turn(self) -> float:
        """Poll what is due now, and return the seconds to sleep."""
        self._daily()
        moments = [self._visit(source) for source in self.sources] if self.pool is None else list(self._turn_side_by_side(self.pool))
        nap = min(((moment - self.clock()).total_seconds() for moment in moments), default=LONGEST_NAP_S)
        return min(max(nap, 0.0), LONGEST_NAP_S) * random.uniform(0.9, 1.0)

    def _turn_side_by_side(self, pool: Executor) -> Iterator[datetime]:
        """Begin with every source that is not in hand, and yield when to look again."""
        for source in self.sources:
            source_id, soon = source.card.source_id, self.clock() + timedelta(seconds=SOON_S)
            before = self._in_hand.get(source_id)
            if before is None or before.done():
                self._in_hand[source_id] = pool.submit(self._visit, source)
            yield soon if before is None or not before.done() else max(before.result(), soon)

    def _daily(self) -> None:
        now = self.clock()
        if self._day_done == now.date():
            return
        try:
            self.every_day(now)
        except Retry as error:
            log.warning("daily checks put off", detail=str(error))
        else:
            self._day_done = now.date()

    def _visit(self, source: Source) -> datetime:
        """Do what is to be done for one source now, and return when to come again."""
        source_id, now = source.card.source_id, self.clock()
        failures, not_before = self._broken.get(source_id, (0, now))
        if not_before > now:
            return not_before
        try:
            moment = self._attend(source, now)
        except (ArchiveAway, BrokerAway, LedgerAway) as error:
            pause = self._outage(source_id, error, failures)
        except SupplywatchError as error:
            log.error("cannot poll", source=source_id, detail=str(error))
            pause = self._failed(source_id, "refused", failures)
        except Exception:
            # The one place for it: a defect in one connector must not silence the others.
            log.exception("defect", source=source_id)
            pause = self._failed(source_id, "defect", failures)
        else:
            self._broken.pop(source_id, None)
            for part in [part for part, who in list(self._away.items()) if who == source_id]:
                self._away.pop(part, None)
                self.tell(part, None)
            return moment
        self._broken[source_id] = (failures + 1, now + pause)
        return now + pause

    def _attend(self, source: Source, now: datetime) -> datetime:
        card, runner = source.card, self.runner
        state = runner.state(source)
        if card.source_id not in self._reoffered or any(not entry.sent for entry in state.outstanding):
            runner.reoffer(source)
            self._reoffered.add(card.source_id)
        every = self.options[card.source_id].poll_every if card.source_id in self.options else None
        if due(card, state, now, every) <= now:
            if runner.poll(source).outcome == "busy":
                return now + BUSY_PAUSE
            state = runner.state(source)
        if (news := overdue(card, state, self.clock())) is not None:
            runner.note_overdue(source, news)
        return due(card, state, self.clock(), every)

    def _outage(self, source_id: str, error: ArchiveAway | BrokerAway | LedgerAway, failures: int) -> timedelta:
        part = {BrokerAway: "broker", LedgerAway: "ledger", ArchiveAway: "archive"}[type(error)]
        self._away[part] = source_id
        self.tell(part, str(error))
        log.warning("waiting", source=source_id, detail=str(error))
        if part == "broker":
            # It may come back without its memory.
            self._reoffered.clear()
        # A body that could not be kept has to be asked for again: not from its publisher every few seconds.
        times = 2 ** min(failures, 10) if part == "archive" else 1
        return min(FIRST_BACKOFF, timedelta(seconds=OUTAGE_NAP_S) * times)

    def _failed(self, source_id: str, reason: str, failures: int) -> timedelta:
        metrics.POLL_FAILURES.labels(source_id, reason).inc()
        return min(LONGEST_BACKOFF, FIRST_BACKOFF * float(2 ** min(failures, 10)))
