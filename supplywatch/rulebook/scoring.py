"""Holds the openings of a back-test against dated events: hits with their delays, misses, false openings a series-year. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase

from pydantic import Field

from supplywatch.config import read_yaml, validated
from supplywatch.model.alert import AlertEvent, Transition
from supplywatch.model.periods import period_end, period_start
from supplywatch.model.value import Frozen

DAYS_A_YEAR = 365.25
TURNING = (Transition.OPENED, Transition.RESOLVED, Transition.RETRACTED)
MANY_SERIES = 12
"""Of more, those in which nothing came without an event are told in one line."""


class PastEvent(Frozen):
    """One event of ``config/events.yaml``."""

    id: str
    title: str
    raises: dict[str, tuple[str, ...]]
    first: date = Field(alias="from")
    last: date | None = Field(default=None, alias="to")
    supplier: str | None = None
    apart: bool = False
    citation: str

    def holds(self, period: str) -> bool:
        """Tell whether a day of the period is one of the event's."""
        return self.first <= _last_day(period) and (self.last is None or period_start(period).date() <= self.last)


class PastEvents(Frozen):
    """``config/events.yaml``."""

    tuned_on: dict[str, tuple[str, ...]]
    events: tuple[PastEvent, ...]

    def of(self, rule: str, subject: str) -> list[PastEvent]:
        """Return the events that concern a rule on a subject."""
        return [event for event in self.events if subject in event.raises.get(rule, ())]


@dataclass(frozen=True)
class History:
    """What a rule had of one subject in a back-test.

    Parameters
    ----------
    recorded
        Every period with figures.
    judged
        Those of them whose figures it found raised or clear; over the others it was warming up, or they were not complete.
    raised
        Those it found raised.
    """

    name: str
    recorded: frozenset[str]
    judged: frozenset[str]
    raised: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What a rule made of one event on one subject.

    Parameters
    ----------
    transition
        ``opened``; ``worsened`` where no alert opened but one that was open before told of it; ``None`` when the rule said nothing.
    judged
        Whether the rule could judge any period of the event.
    open_since
        The period on whose figures an alert had opened that was still open when the event began.
    delay_days
        From the first day of the event to the last day of the period whose figures made the transition.
    known_after_days
        From the first day of the event to the day on which the publisher had made those figures known.
    """

    event: PastEvent
    subject: str
    transition: Transition | None
    judged: bool
    open_since: str | None
    observed: str | None = None
    onset: str | None = None
    delay_days: int | None = None
    known_after_days: int | None = None


@dataclass(frozen=True)
class SubjectScore:
    """One series: the years that were judged and no event's, and what the rule said in them."""

    subject: str
    name: str
    in_sample: bool
    quiet_years: float
    false_openings: tuple[str, ...]
    false_worsenings: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """One rule over all series of a back-test."""

    rule: str
    subjects: tuple[SubjectScore, ...]
    outcomes: tuple[Outcome, ...]
    raised_share: float
    """Of all periods that were judged, those found raised (0..1)."""

    @property
    def quiet_years(self) -> float:
        """Return the series-years that were judged and no event's."""
        return sum(one.quiet_years for one in self.subjects)

    @property
    def false_per_series_year(self) -> float | None:
        """Return openings without an event a quiet series-year; ``None`` without a quiet day."""
        return sum(len(one.false_openings) for one in self.subjects) / self.quiet_years if self.quiet_years else None

    @property
    def worsened_per_series_year(self) -> float | None:
        """Return worsenings without an event a quiet series-year; ``None`` without a quiet day."""
        return sum(len(one.false_worsenings) for one in self.subjects) / self.quiet_years if self.quiet_years else None


def load_events() -> PastEvents:
    """Read ``config/events.yaml``."""
    return validated(PastEvents, read_yaml("events.yaml"), "config/events.yaml")


def score(rule: str, events: Iterable[AlertEvent], histories: Mapping[str, History], past: PastEvents) -> Score:
    """Hold what a rule said against the events.

    Parameters
    ----------
    events
        The transitions of the back-test, in order.
    histories
        By id of the subject.
    """
    told: dict[str, list[AlertEvent]] = {}
    for event in events:
        if event.rule == rule:
            told.setdefault(event.subject.id, []).append(event)
    subjects, outcomes = [], []
    for subject, history in sorted(histories.items()):
        own, said = past.of(rule, subject), told.get(subject, [])
        quiet = [period for period in history.judged if not any(event.holds(period) for event in own)]
        days = sum((period_end(period) - period_start(period)).days for period in quiet)
        false = [one for one in said if not any(event.holds(one.observed_at) for event in own)]
        opened, worsened = (
            tuple(one.observed_at for one in false if one.transition is kind) for kind in (Transition.OPENED, Transition.WORSENED)
        )
        in_sample = any(fnmatchcase(subject, pattern) for pattern in past.tuned_on.get(rule, ()))
        subjects.append(SubjectScore(subject, history.name, in_sample, days / DAYS_A_YEAR, opened, worsened))
        met = [event for event in own if not event.apart and any(event.holds(period) for period in history.recorded)]
        outcomes += [_outcome(event, subject, said, history) for event in met]
    judged = sum(len(history.judged) for history in histories.values())
    raised = sum(len(history.raised) for history in histories.values())
    in_order = sorted(outcomes, key=lambda one: (one.event.first, one.subject))
    return Score(rule, tuple(subjects), tuple(in_order), raised / judged if judged else 0.0)


def _outcome(event: PastEvent, subject: str, said: Sequence[AlertEvent], history: History) -> Outcome:
    """Return what was made of an event: an alert that opened in it, else one that was open and worsened."""
    since = None
    for one in (one for one in said if _last_day(one.observed_at) < event.first):
        if one.transition in TURNING:
            since = one.observed_at if one.transition is Transition.OPENED else None
    judged = any(event.holds(period) for period in history.judged)
    within = [one for one in said if event.holds(one.observed_at)]
    hit = next((one for kind in (Transition.OPENED, Transition.WORSENED) for one in within if one.transition is kind), None)
    if hit is None:
        return Outcome(event, subject, None, judged, since)
    delay, known = _last_day(hit.observed_at) - event.first, hit.known_at.date() - event.first
    return Outcome(event, subject, hit.transition, judged, since, hit.observed_at, hit.onset, delay.days, known.days)


def _last_day(period: str) -> date:
    return period_end(period).date() - timedelta(days=1)


def report(result: Score, budget: float | None) -> list[str]:
    """Return the report in Markdown, line by line: misses beside hits."""
    lines = [f"# {result.rule}", "", _summary(result, budget), ""]
    if result.outcomes:
        lines += ["| event | on | since | the rule | on the figures of | onset | delay, days | known after, days |"]
        lines += ["| --- | --- | --- | --- | --- | --- | ---: | ---: |"]
    for one in result.outcomes:
        tail = f"{one.observed} | {one.onset} | {one.delay_days} | {one.known_after_days}" if one.transition else "- | - | - | -"
        lines.append(f"| {one.event.title} | {one.subject} | {one.event.first} | {_made_of_it(one)} | {tail} |")
    lines += ["", "| series | constants chosen on it | quiet years | openings without an event | worsenings without an event |"]
    lines.append("| --- | --- | ---: | --- | --- |")
    few = len(result.subjects) <= MANY_SERIES
    told = [series for series in result.subjects if series.false_openings or series.false_worsenings or few]
    for series in told:
        chosen = "yes" if series.in_sample else "no"
        opened, worsened = (", ".join(periods) or "none" for periods in (series.false_openings, series.false_worsenings))
        lines.append(f"| {series.name} ({series.subject}) | {chosen} | {series.quiet_years:.1f} | {opened} | {worsened} |")
    if rest := len(result.subjects) - len(told):
        lines.append(f"| {rest} more | | {result.quiet_years - sum(one.quiet_years for one in told):.1f} | none | none |")
    cited = dict.fromkeys(f"* {one.event.title}: {one.event.citation}" for one in result.outcomes)
    return [*lines, "", *cited]


def _summary(result: Score, budget: float | None) -> str:
    kinds = [one.transition for one in result.outcomes]
    opened, worsened = kinds.count(Transition.OPENED), kinds.count(Transition.WORSENED)
    events = (
        f"Of {len(kinds)} events on a series an alert opened in {opened}, {worsened} only worsened one that was open before, "
        f"{len(kinds) - opened - worsened} said nothing. "
    )
    rate, worse = result.false_per_series_year, result.worsened_per_series_year
    if rate is None or worse is None:
        return (events if kinds else "") + "There is no quiet year."
    quiet = (
        f"Without an event {rate:.2f} openings (budget {'none' if budget is None else budget}) and {worse:.2f} worsenings per series-year, "
        f"in {result.quiet_years:.1f} quiet series-years; {result.raised_share:.0%} of all judged periods were raised. "
        "Periods the rule could not judge, as while it warms up, are not counted."
    )
    return (events if kinds else "") + quiet


def _made_of_it(one: Outcome) -> str:
    open_before = f", open since {one.open_since}" if one.open_since else ""
    if one.transition is None:
        return f"{'**missed**' if one.judged else '**could not judge**'}{open_before}"
    return one.transition.value + (open_before if one.transition is Transition.WORSENED else "")
