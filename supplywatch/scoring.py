"""Holds the openings of a back-test against dated events: hits with their delays, misses, false openings a series-year. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase

from pydantic import Field

from supplywatch.alert import AlertEvent, Transition
from supplywatch.config import read_yaml, validated
from supplywatch.frozen import Frozen
from supplywatch.intake.periods import period_end, period_start

DAYS_A_YEAR = 365.25
MANY_SERIES = 12
"""Of more, those without an opening are told in one line."""
SETTLING = timedelta(days=365)
"""The first year of a series is not counted: limits and seasons are not there yet."""


class PastEvent(Frozen):
    """One event of ``config/events.yaml``."""

    id: str
    title: str
    rule: str
    subjects: tuple[str, ...]
    first: date = Field(alias="from")
    last: date | None = Field(default=None, alias="to")
    apart: bool = False
    citation: str

    def holds(self, first: date, last: date) -> bool:
        """Tell whether a day from the first to the last is one of the event's."""
        return self.first <= last and (self.last is None or first <= self.last)


class PastEvents(Frozen):
    """``config/events.yaml``."""

    tuned_on: dict[str, tuple[str, ...]]
    events: tuple[PastEvent, ...]


@dataclass(frozen=True)
class Outcome:
    """What a rule made of one event on one subject; the delays are ``None`` when it missed it."""

    event: PastEvent
    subject: str
    opened: str | None
    onset: str | None
    delay_days: int | None
    """From the first day of the event to the last day of the period whose figures opened the alert."""
    known_after_days: int | None
    """From the first day of the event to the day on which the publisher had made those figures known."""


@dataclass(frozen=True)
class SubjectScore:
    """One series: its quiet years and what opened in them."""

    subject: str
    name: str
    in_sample: bool
    quiet_years: float
    false_openings: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """One rule over all series of a back-test."""

    rule: str
    subjects: tuple[SubjectScore, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def false_per_series_year(self) -> float | None:
        """Return false openings a quiet series-year; ``None`` without a quiet day."""
        years = sum(one.quiet_years for one in self.subjects)
        return sum(len(one.false_openings) for one in self.subjects) / years if years else None


def load_events() -> PastEvents:
    """Read ``config/events.yaml``."""
    return validated(PastEvents, read_yaml("events.yaml"), "config/events.yaml")


def score(rule: str, events: Iterable[AlertEvent], judged: Mapping[tuple[str, str], tuple[str, str]], past: PastEvents) -> Score:
    """Hold the openings of a rule against the events.

    Parameters
    ----------
    events
        The transitions of the back-test.
    judged
        By (id, name) of the subject, its first and last period.
    """
    told: dict[str, list[AlertEvent]] = {}
    for event in events:
        if event.rule == rule and event.transition in (Transition.OPENED, Transition.WORSENED):
            told.setdefault(event.subject.id, []).append(event)
    own = [event for event in past.events if event.rule == rule]
    subjects, outcomes = [], []
    for (subject, name), (start, end) in sorted(judged.items()):
        first, last = period_start(start).date() + SETTLING, period_end(end).date() - timedelta(days=1)
        of_subject = [event for event in own if subject in event.subjects]
        days = (first + timedelta(days=n) for n in range(max(0, (last - first).days + 1)))
        quiet_days = sum(not any(event.holds(day, day) for event in of_subject) for day in days)
        found = [one for one in told.get(subject, []) if first <= _days(one)[0] <= last]
        opened = [one for one in found if one.transition is Transition.OPENED]
        false = tuple(one.observed_at for one in opened if not any(event.holds(*_days(one)) for event in of_subject))
        in_sample = any(fnmatchcase(subject, pattern) for pattern in past.tuned_on.get(rule, ()))
        subjects.append(SubjectScore(subject, name, in_sample, quiet_days / DAYS_A_YEAR, false))
        outcomes += [_outcome(event, subject, found) for event in of_subject if not event.apart and first <= event.first <= last]
    return Score(rule, tuple(subjects), tuple(sorted(outcomes, key=lambda one: (one.event.first, one.subject))))


def _outcome(event: PastEvent, subject: str, told: Sequence[AlertEvent]) -> Outcome:
    """Return what was made of an event: an alert that was open before it and worsens in it tells of it too."""
    hit = next((one for one in told if event.holds(*_days(one))), None)
    if hit is None:
        return Outcome(event, subject, None, None, None, None)
    delay, known = _days(hit)[1] - event.first, hit.known_at.date() - event.first
    return Outcome(event, subject, hit.observed_at, hit.onset, delay.days, known.days)


def _days(event: AlertEvent) -> tuple[date, date]:
    """Return the first and the last day of the period whose figures made a transition."""
    return period_start(event.observed_at).date(), period_end(event.observed_at).date() - timedelta(days=1)


def report(result: Score, budget: float | None) -> list[str]:
    """Return the report in Markdown, line by line: misses beside hits."""
    rate = result.false_per_series_year
    years = sum(one.quiet_years for one in result.subjects)
    said = "no quiet year" if rate is None else f"{rate:.2f} openings without an event per series-year in {years:.1f} quiet series-years"
    within = f"budget {'none' if budget is None else budget}. The first year of each series is not counted."
    lines = [f"# {result.rule}", "", f"{said}; {within}", ""]
    if result.outcomes:
        lines.append("| event | on | since | opened or worsened on the figures of | onset | delay, days | known after, days |")
        lines.append("| --- | --- | --- | --- | --- | ---: | ---: |")
    for one in result.outcomes:
        tail = f"{one.opened} | {one.onset} | {one.delay_days} | {one.known_after_days}" if one.opened else "**missed** | - | - | -"
        lines.append(f"| {one.event.title} | {one.subject} | {one.event.first} | {tail} |")
    lines += ["", "| series | constants chosen on it | quiet years | openings without an event | a year |"]
    lines.append("| --- | --- | ---: | --- | ---: |")
    told = [series for series in result.subjects if series.false_openings or len(result.subjects) <= MANY_SERIES]
    for series in told:
        openings, a_year = ", ".join(series.false_openings) or "none", len(series.false_openings) / max(series.quiet_years, 0.01)
        chosen = "yes" if series.in_sample else "no"
        lines.append(f"| {series.name} ({series.subject}) | {chosen} | {series.quiet_years:.1f} | {openings} | {a_year:.2f} |")
    if rest := len(result.subjects) - len(told):
        lines.append(f"| {rest} more | | {years - sum(one.quiet_years for one in told):.1f} | none | 0.00 |")
    cited = dict.fromkeys(f"* {one.event.title}: {one.event.citation}" for one in result.outcomes)
    return [*lines, "", *cited]
