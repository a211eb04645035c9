"""How a source is, in one sentence: when bytes last came, what period they speak of, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from supplywatch.intake.schedule import overdue
from supplywatch.ledger.sources import SourceState
from supplywatch.model.periods import period_end
from supplywatch.model.records import SourceStatus
from supplywatch.model.source import Card


@dataclass(frozen=True)
class SourceHealth:
    """The state of a source as ``supplywatch doctor`` shows it."""

    level: Literal["ok", "warn", "fail"]
    sentence: str


def source_health(
    card: Card, state: SourceState, now: datetime, *, enabled: bool = True, poll_every: timedelta | None = None
) -> SourceHealth:
    """Judge a source by its state between two polls.

    ``fail``: its last payload was refused, or a publication is overdue. ``warn``: it cannot be reached, was never polled, or not for
    longer than twice the time between two polls, or some records of its last payload were put aside.
    """
    if not enabled:
        return SourceHealth("ok", "switched off in config/sources.yaml")
    ages = _ages(state, now)
    if state.status in (SourceStatus.QUARANTINED, SourceStatus.UNREACHABLE):
        level: Literal["warn", "fail"] = "fail" if state.status == SourceStatus.QUARANTINED else "warn"
        times = "once" if state.failures == 1 else f"{state.failures} times in a row"
        return SourceHealth(level, f"{state.status.value} {times}: {state.detail}; {ages}")
    if state.last_good_at is None:
        return SourceHealth("warn", f"never polled; {_how(card)}")
    if state.last_poll_at is not None and now - state.last_poll_at > 2 * (poll_every or card.poll_every):
        return SourceHealth("warn", f"not polled for {shown_age(now - state.last_poll_at)}; {_how(card)}; {ages}")
    if state.overdue_for is not None or overdue(card, state, now) is not None:
        return SourceHealth("fail", f"overdue: nothing newer than {state.content_observed}; {ages}")
    notes = [*state.put_aside, ages, *([state.kept_raw] if state.kept_raw is not None else [])]
    return SourceHealth("warn" if state.put_aside else "ok", "; ".join(notes))


def _how(card: Card) -> str:
    return f"'supplywatch pull {card.source_id}' does it once, 'supplywatch up' on schedule"


def _ages(state: SourceState, now: datetime) -> str:
    if state.last_good_at is None or state.content_observed is None:
        return "no good payload yet"
    content = shown_age(now - period_end(state.content_observed))
    return f"last good payload {shown_age(now - state.last_good_at)} ago, newest period {state.content_observed} ({content} old)"


def shown_age(value: timedelta) -> str:
    """Return an age as a person says it.

    >>> shown_age(timedelta(hours=50)), shown_age(timedelta(seconds=7))
    ('2 d', '7 s')
    """
    seconds = max(0, int(value.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
