"""What the same weeks of earlier years let expect: the second opinion on how deep a fall of traffic is.

The memory holds the weekly means of the last three years, without those of long alerts and of alerts that halved the traffic:
a crisis is no season.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

LAGS = (52, 104, 157)
"""Weeks: the same season one, two and three years ago."""
WEEKS_KEPT = LAGS[-1] + 1
LEAST_WEEKS = 2
"""Weekly means the season needs: of one year, the week and a neighbour."""
LONG_ALERT_DAYS = 60
"""An alert that lasts longer is no season: its weeks are not remembered."""


@dataclass(slots=True)
class Season:
    """Weekly means from the week ``first`` on, ``None`` where a week is not remembered; the list is shared and never changed."""

    first: int
    weeks: list[float | None] = field(default_factory=list)

    @staticmethod
    def same_week(last_ordinal: int, ordinal: int) -> bool:
        """Tell whether two days are of one week, in which the memory stands still."""
        return (last_ordinal - 1) // 7 == (ordinal - 1) // 7

    def after(self, last_ordinal: int, ordinal: int, mean: float, *, usual: bool) -> Season:
        """Return the memory on the first day of a new week.

        Parameters
        ----------
        last_ordinal, ordinal
            The days, as running numbers, before and now.
        mean
            The mean of the week that ends with the day before.
        usual
            Whether that week is to be remembered.
        """
        ended, now = _week(last_ordinal), _week(ordinal)
        gap = [None] * (ended - self.first - len(self.weeks))
        weeks = [*self.weeks, *gap, round(mean, 3) if usual else None, *[None] * (now - ended - 1)]
        surplus = max(0, len(weeks) - WEEKS_KEPT)
        del weeks[:surplus]
        return Season(self.first + surplus, weeks)

    def as_json(self) -> list[Any]:
        """Return what makes an equal memory: ``Season(*values)``."""
        return [self.first, self.weeks]

    def without(self, since_ordinal: int) -> Season:
        """Return the memory without the weeks from a day on."""
        kept = max(0, _week(since_ordinal) - self.first)
        return Season(self.first, [*self.weeks[:kept], *[None] * (len(self.weeks) - kept)])

    def expected(self, ordinal: int) -> float | None:
        """Return the median of the same weeks, and their neighbours, of up to three years before a day; ``None`` before a year is at hand.

        >>> season = Season(0, [50.0] * 52)
        >>> season.expected(7 * 52 + 1), season.expected(7 * 40 + 1)
        (50.0, None)
        """
        now = _week(ordinal) - self.first
        indices = (now - lag + step for lag in LAGS for step in (-1, 0, 1))
        found = [week for i in indices if 0 <= i < len(self.weeks) and (week := self.weeks[i]) is not None]
        return median(found) if len(found) >= LEAST_WEEKS else None


def start(ordinal: int) -> Season:
    """Return the empty memory of a series that begins on a day."""
    return Season(_week(ordinal))


def _week(ordinal: int) -> int:
    return (ordinal - 1) // 7  # day 1 of the calendar is a Monday
