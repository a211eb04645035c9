"""A chart's decision interval from the series' own quiet past.

A CUSUM wanders from zero and back even when nothing happens; the heights of these excursions say which interval keeps false openings
within a budget. Only the past is used: the interval in force on a day rests on the days before it. Excursions of an alert that became
serious are no part of the quiet past.

>>> quiet = Quiet(days=1100, peaks=[17.0, 14.5, 12.0, 6.0])
>>> quiet.limit(Calibration(limit_sigma=10.0, max_limit_sigma=20.0, margin_sigma=1.0, budget_per_year=0.5, min_quiet_days=730))
(15.5, 'calibrated')
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel

DAYS_A_YEAR = 365.25
KEPT_PEAKS = 16
"""Enough for 30 years at half an episode a year."""


class Calibration(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    limit_sigma: float
    max_limit_sigma: float
    margin_sigma: float
    budget_per_year: float
    min_quiet_days: int


@dataclass(slots=True)
class Quiet:
    """What is remembered of the quiet past.

    Parameters
    ----------
    days
        Days judged while no alert was open.
    peak
        The height of the excursion under way, in sigma.
    peaks
        The highest excursions, the highest first.
    """

    days: int = 0
    peak: float = 0.0
    peaks: list[float] = field(default_factory=list)

    def note(self, excess: float, *, was_open: bool, is_open: bool, serious: bool) -> None:
        """Remember one more day; ``serious`` tells of the alert that is or was open."""
        if not is_open and not was_open:
            self.days += 1
        self.peak = max(self.peak, excess)
        if is_open or excess > 0.0 or self.peak == 0.0:
            return
        if not (was_open and serious):
            self.peaks = sorted((*self.peaks, round(self.peak, 3)), reverse=True)[:KEPT_PEAKS]
        self.peak = 0.0

    def limit(self, params: Calibration) -> tuple[float, str]:
        """Return the decision interval and where it comes from: ``calibrated``, or ``pooled`` while the quiet past is too short.

        It is never below the pooled one: a few quiet years do not prove that a series is calm.
        """
        pooled = params.limit_sigma
        if self.days < params.min_quiet_days:
            return pooled, "pooled"
        allowed = int(params.budget_per_year * self.days / DAYS_A_YEAR)
        own = params.margin_sigma + (self.peaks[allowed] if allowed < len(self.peaks) else 0.0)
        if own <= pooled:
            return pooled, "calibrated"
        return min(own, params.max_limit_sigma), "calibrated"
