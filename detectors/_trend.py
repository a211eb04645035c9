"""Trends of short series without assuming a distribution: Mann-Kendall, its correction for autocorrelation, Sen's slope.

References: Mann (1945), Econometrica 13:245; Kendall (1975); Sen (1968), JASA 63:1379; Hamed & Rao (1998), J. Hydrol. 204:182;
Hirsch, Slack & Smith (1982), Water Resour. Res. 18:107. Checked against the figures of ``pymannkendall`` 1.4.3 (gate 9).

>>> trend = mann_kendall([1, 2, 2, 3, 3, 3, 2, 4, 5, 5])
>>> trend.s, round(trend.variance, 4), round(trend.z, 6)
(32, 116.6667, 2.870042)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from operator import mul
from statistics import NormalDist, median

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


def mann_kendall(values: Sequence[float]) -> Trend:
    """Test a series of at least 3 values; ties are corrected for."""
    s = sum((later > earlier) - (later < earlier) for earlier, later in combinations(values, 2))
    n = len(values)
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    return Trend(s, (n * (n - 1) * (2 * n + 5) - ties) / 18)


def seasonal_mann_kendall(values: Sequence[float], seasons: int) -> Trend:
    """Test a series season by season (12 for months) and add up."""
    parts = [mann_kendall(values[season::seasons]) for season in range(seasons)]
    return Trend(sum(part.s for part in parts), sum(part.variance for part in parts))


def sen_slope(values: Sequence[float]) -> float:
    """Return the median change a step over all pairs."""
    return median((values[j] - values[i]) / (j - i) for i, j in combinations(range(len(values)), 2))


def seasonal_sen_slope(values: Sequence[float], seasons: int) -> float:
    """Return the median change a year over all pairs of the same season."""
    slopes = []
    for season in range(seasons):
        same = values[season::seasons]
        slopes += [(same[j] - same[i]) / (j - i) for i, j in combinations(range(len(same)), 2)]
    return median(slopes)


def hamed_rao_by_season(values: Sequence[float], seasons: Sequence[int], alpha: float = 0.05) -> tuple[Trend, float]:
    """Test a series season by season, the variance grown as Hamed and Rao's for what is left of autocorrelation.

    Parameters
    ----------
    values, seasons
        In the order of time; the season of each value, such as its calendar month. Gaps are allowed.

    Returns
    -------
    tuple
        The trend, and Sen's slope a year over all pairs of the same season.
    """
    by_season: dict[int, list[float]] = {}
    for value, season in zip(values, seasons, strict=True):
        by_season.setdefault(season, []).append(value)
    parts = [mann_kendall(same) for same in by_season.values()]
    slopes = [(same[j] - same[i]) / (j - i) for same in by_season.values() for i, j in combinations(range(len(same)), 2)]
    slope = median(slopes) if slopes else 0.0
    seen: Counter[int] = Counter()
    rest = []
    for value, season in zip(values, seasons, strict=True):
        rest.append(value - slope * seen[season] - median(by_season[season]))
        seen[season] += 1
    # Autocorrelation can only take evidence away: alternating residuals do not make a trend surer.
    growth = max(1.0, _inflation(rest, alpha))
    return Trend(sum(part.s for part in parts), sum(part.variance for part in parts) * growth), slope


def hamed_rao(values: Sequence[float], alpha: float = 0.05) -> Trend:
    """Test a series whose values depend on the one before: the variance grows with significant autocorrelation of the detrended ranks."""
    plain = mann_kendall(values)
    slope = sen_slope(values)
    return Trend(plain.s, plain.variance * _inflation([value - step * slope for step, value in enumerate(values, start=1)], alpha))


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
