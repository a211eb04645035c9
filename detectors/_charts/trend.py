"""Trends of short series without assuming a distribution: Mann-Kendall, its correction for autocorrelation, Sen's slope.

References: Mann (1945), Econometrica 13:245; Kendall (1975); Sen (1968), JASA 63:1379; Hamed & Rao (1998), J. Hydrol. 204:182;
Hirsch, Slack & Smith (1982), Water Resour. Res. 18:107. Checked against the figures of ``pymannkendall`` 1.4.3 (gate 9).

>>> trend = mann_kendall([1, 2, 2, 3, 3, 3, 2, 4, 5, 5])
>>> trend.s, round(trend.variance, 4), round(trend.z, 6)
(32, 116.6667, 2.870042)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from operator import mul
from statistics import NormalDist, median

from pydantic import BaseModel

from supplywatch.model.alert import Severity

NORMAL = NormalDist()


@dataclass(frozen=True)
class Trend:
    """A test for a monotone trend: score, its variance, standard score and two-sided p."""

    s: int
    variance: float

    @property
    def z(self) -> float:
        """Standard score with continuity correction; 0 where nothing varies."""
        if self.s == 0 or self.variance <= 0:
            return 0.0
        return (self.s - (1 if self.s > 0 else -1)) / sqrt(self.variance)

    @property
    def p(self) -> float:
        """Probability of a score as far from zero without a trend."""
        return 2.0 * (1.0 - NORMAL.cdf(abs(self.z)))


def mann_kendall(values: Sequence[float], seasons: Sequence[int] | None = None) -> Trend:
    """Test a series of at least 3 values, season by season where their seasons are given; ties are corrected for."""
    s, variance = 0, 0.0
    for group in _groups(len(values), seasons):
        same = [values[i] for i in group]
        n = len(same)
        s += sum([(later > earlier) - (later < earlier) for earlier, later in combinations(same, 2)])
        ties = sum([t * (t - 1) * (2 * t + 5) for t in Counter(same).values()]) if len(set(same)) < n else 0
        variance += (n * (n - 1) * (2 * n + 5) - ties) / 18
    return Trend(s, variance)


def sen_slope(values: Sequence[float], times: Sequence[float] | None = None, seasons: Sequence[int] | None = None) -> float:
    """Return the median change a unit of time over all pairs, or over all pairs of the same season; 0 without a pair.

    Parameters
    ----------
    values
        In the order of time.
    times
        When each value was, such as its year; the number of the value where nothing is given.
    seasons
        The season of each value, such as its calendar month; gaps are allowed.

    >>> round(sen_slope([0.30, 0.32, 0.36], times=[2019, 2020, 2022]), 6)  # two points a year, though a year is missing
    0.02
    """
    at = times if times is not None else range(len(values))
    groups = _groups(len(values), seasons)
    slopes = [(values[j] - values[i]) / gap for group in groups for i, j in combinations(group, 2) if (gap := at[j] - at[i])]
    return median(slopes) if slopes else 0.0


def hamed_rao(
    values: Sequence[float], slope: float, times: Sequence[float] | None = None, seasons: Sequence[int] | None = None, alpha: float = 0.05
) -> Trend:
    """Test a series whose values depend on the one before: the variance grows with the autocorrelation of what the trend leaves.

    Parameters
    ----------
    values, times, seasons
        As for :func:`sen_slope`.
    slope
        What that function gives for them.
    """
    plain = mann_kendall(values, seasons)
    at = times if times is not None else range(1, len(values) + 1)
    rest = [value - slope * time for value, time in zip(values, at, strict=True)]
    if seasons is None:
        return Trend(plain.s, plain.variance * _inflation(rest, alpha))
    for group in _groups(len(values), seasons):
        usual = median([rest[i] for i in group])
        for i in group:
            rest[i] -= usual
    # Autocorrelation can only take evidence away: alternating residuals do not make a trend surer.
    return Trend(plain.s, plain.variance * max(1.0, _inflation(rest, alpha)))


class TrendLines(BaseModel):
    """Parameters of the rules on trends; see ``config/thresholds.yaml`` for values and sources."""

    max_p: float
    clear_p: float
    watch_points_a_year: float
    warning_points_a_year: float


@dataclass(frozen=True)
class Rise:
    """The trend of a share or ratio; ``slope`` in shares a year."""

    slope: float
    p: float

    def severity(self, params: TrendLines) -> Severity:
        """Return the band of the slope."""
        return Severity.WARNING if self.slope >= params.warning_points_a_year else Severity.WATCH

    def goes_on(self, params: TrendLines) -> bool:
        """Tell whether a trend that was found still holds."""
        return self.p < params.clear_p and self.slope >= params.watch_points_a_year / 2


@dataclass(frozen=True)
class Calendar:
    """When the figures of a series were: their years, and their calendar months where they are monthly."""

    years: Sequence[int]
    months: Sequence[int] | None = None

    @classmethod
    def of(cls, periods: Sequence[str], *, monthly: bool) -> Calendar:
        """Return the calendar of periods such as ``2024`` or ``2024-03``."""
        years = [int(period[:4]) for period in periods]
        return cls(years, [int(period[5:]) for period in periods] if monthly else None)


def rising(shares: Sequence[float], calendar: Calendar, slope: float | None = None) -> Rise:
    """Return the trend of a series of shares; the slope is worked out where it is not given."""
    slope = sen_slope(shares, calendar.years, calendar.months) if slope is None else slope
    return Rise(slope, hamed_rao(shares, slope, calendar.years, calendar.months).p)


def _groups(count: int, seasons: Sequence[int] | None) -> Iterable[Sequence[int]]:
    """Return the places of the values of each season, in the order of time; all of them where there are no seasons."""
    if seasons is None:
        return (range(count),)
    places: dict[int, list[int]] = {}
    for place, season in enumerate(seasons):
        places.setdefault(season, []).append(place)
    return places.values()


def _inflation(rest: Sequence[float], alpha: float) -> float:
    """Return by how much the variance of the score grows with significant autocorrelation of the ranks of what a trend leaves over."""
    ranks, n = _ranks(rest), len(rest)
    centre = sum(ranks) / n
    apart = [rank - centre for rank in ranks]
    scale = sum([a * a for a in apart])
    if scale == 0:
        return 1.0
    bound = NORMAL.inv_cdf(1 - alpha / 2) / sqrt(n)
    correction = 0.0
    for lag in range(1, n):
        correlation = sum(map(mul, apart, apart[lag:])) / scale
        if abs(correlation) > bound:
            correction += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation
    return 1 + 2 / (n * (n - 1) * (n - 2)) * correction


def _ranks(values: Sequence[float]) -> list[float]:
    """Return ranks from 1, equal values sharing their mean rank."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for position in order[start : end + 1]:
            ranks[position] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def benjamini_hochberg(p_values: Sequence[float], level: float) -> list[bool]:
    """Tell which of several tests hold together at a false-discovery rate.

    >>> benjamini_hochberg([0.001, 0.04, 0.03, 0.9], 0.05)
    [True, False, False, False]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    passing = [rank for rank, i in enumerate(order, start=1) if p_values[i] <= level * rank / len(p_values)]
    kept = set(order[: max(passing, default=0)])
    return [i in kept for i in range(len(p_values))]
