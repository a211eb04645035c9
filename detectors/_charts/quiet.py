"""A chart's limits from the series' own quiet past.

A CUSUM wanders from zero and back even when nothing happens, and storms close a strait for two days every other year. The excursions of the
past, each with its height and its longest run of days far below the baseline, say which limits keep false openings within a budget. Only
the past is used: the limits in force on a day rest on the days before it. Excursions of an alert that halved the traffic or lasted for
months are no part of the quiet past.

Of ``years`` of past, ``budget · years - 1`` excursions may lie above a limit: the next year is then expected to bring ``budget`` of them,
for the next excursion is as likely to take any place among those seen.

>>> from detectors.shocks.chokepoint_disruption import Params
>>> from supplywatch.config import rule_params
>>> params = rule_params("chokepoint_disruption", Params)
>>> Quiet(days=1500, past=[[17.0, 1], [14.5, 0], [12.0, 0], [6.0, 0]]).derived(params)  # one may lie above
Limits(sigma=15.5, days=2, calibrated=True)
>>> Quiet(days=1500, past=[[13.0, 2], [12.5, 2], [11.0, 0]]).derived(params)  # two storms of two days: three are needed
Limits(sigma=13.5, days=3, calibrated=True)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import BaseModel

DAYS_A_YEAR = 365.25
KEPT_EXCURSIONS = 16
"""Enough for 30 years at half an episode a year."""
DUE_DAYS = 28
"""The limits are worked out when the past is long enough, then every four quiet weeks, and after each excursion that could move them."""


class Calibration(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    limit_sigma: float
    max_limit_sigma: float
    drop_days: int
    max_drop_days: int
    margin_sigma: float
    budget_per_year: float
    min_quiet_days: int


class Limits(NamedTuple):
    """Above which sum, or after how many days running far below the baseline, an alert opens; of the series itself or pooled."""

    sigma: float
    days: int
    calibrated: bool = False


@dataclass(slots=True)
class Quiet:
    """What is remembered of the quiet past.

    Parameters
    ----------
    days
        Days judged while no alert was open.
    peak, low_days
        Height (sigma) of the excursion under way, and its longest run of days far below the baseline.
    past
        Height and longest run of the excursions that could move a limit, the highest first; shared and never changed.
    sigma, drop_days, calibrated
        The limits in force; no days running before the first day.
    """

    days: int = 0
    peak: float = 0.0
    low_days: int = 0
    past: list[list[float]] = field(default_factory=list)
    sigma: float = 0.0
    drop_days: int = 0
    calibrated: bool = False

    def as_json(self) -> list[Any]:
        """Return what makes an equal past: ``Quiet(*values)``."""
        return [self.days, self.peak, self.low_days, self.past, self.sigma, self.drop_days, self.calibrated]

    def limits(self, params: Calibration) -> Limits:
        """Return the limits in force."""
        return Limits(self.sigma, self.drop_days, self.calibrated) if self.drop_days else Limits(params.limit_sigma, params.drop_days)

    def note(self, excess: float, low_days: int, params: Calibration, *, was_open: bool, is_open: bool, unusual: bool) -> None:
        """Remember one more day; ``unusual`` tells of an alert, open now or until now, that is no part of the quiet past."""
        due = False
        if not is_open and not was_open:
            self.days += 1
            due = self.days % DUE_DAYS == 0 or self.days == params.min_quiet_days
        self.peak = max(self.peak, excess)
        self.low_days = max(self.low_days, low_days)
        if excess == 0.0 and self.peak > 0.0 and not is_open:
            told = self.peak > params.limit_sigma - params.margin_sigma or self.low_days >= params.drop_days
            if told and not (was_open and unusual):
                self.past = sorted((*self.past, [round(self.peak, 3), self.low_days]), reverse=True)[:KEPT_EXCURSIONS]
                due = True
            self.peak, self.low_days = 0.0, 0
        if due:
            self.sigma, self.drop_days, self.calibrated = self.derived(params)

    def derived(self, params: Calibration) -> Limits:
        """Return the limits that the quiet past gives, the pooled ones while it is too short.

        They are never below the pooled ones: a few quiet years do not prove that a series is calm.
        """
        if self.days < params.min_quiet_days:
            return Limits(params.limit_sigma, params.drop_days)
        allowed = max(0, int(params.budget_per_year * self.days / DAYS_A_YEAR) - 1)
        runs = sorted((int(low) for _, low in self.past), reverse=True)
        longest = runs[allowed] + 1 if allowed < len(runs) else 0
        days = min(max(longest, params.drop_days), params.max_drop_days)
        peaks = [peak for peak, low in self.past if low < days]
        left = max(0, allowed - (len(runs) - len(peaks)))
        own = params.margin_sigma + (peaks[left] if left < len(peaks) else 0.0)
        sigma = min(max(own, params.limit_sigma), params.max_limit_sigma)
        return Limits(round(sigma, 3), days, calibrated=True)
