"""Where the tiers have to begin so that ordinary names keep a budget of false alerts.

>>> lines([0.95] + [0.85] * 7 + [0.5] * 992)
Lines(strong=0.8501, review=0.5001, names=1000)
>>> lines([0.4] * 10)
Lines(strong=0.4001, review=0.4001, names=10)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STRONG_BUDGET, REVIEW_BUDGET = 2, 8
"""How many of 1,000 ordinary names may reach a tier or more."""
_STEP = 0.0001


@dataclass(frozen=True, slots=True)
class Lines:
    """The least scores at which the budgets are kept."""

    strong: float
    review: float
    names: int


def lines(best: Sequence[float]) -> Lines:
    """Return the least scores that keep the budgets, from the best score of each ordinary name."""
    ordered = sorted(best, reverse=True)

    def line(budget: int) -> float:
        allowed = min(len(ordered) * budget // 1000, len(ordered) - 1)
        return round(ordered[allowed] + _STEP, 4)

    return Lines(line(STRONG_BUDGET), line(REVIEW_BUDGET), len(ordered))


def per_1000(best: Sequence[float], least: float) -> float:
    """Return how many of 1,000 names reach a score.

    >>> per_1000([0.9, 0.5, 0.4, 0.3], 0.82)
    250.0
    """
    return round(1000 * sum(score >= least for score in best) / len(best), 1)
