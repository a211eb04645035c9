"""Calendar periods (``2024``, ``2024-03``, ``2024-03-17``) as spans of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from supplywatch.model.limits import judging
from supplywatch.model.source import Calendar

_YEAR, _MONTH, _DAY = len("2024"), len("2024-03"), len("2024-03-17")


def period_start(period: str) -> datetime:
    """Return the first instant of a period, in UTC.

    >>> period_start("2024-03").isoformat()
    '2024-03-01T00:00:00+00:00'
    """
    parts = [int(part) for part in period.split("-")]
    year, month, day = parts + [1] * (3 - len(parts))
    return datetime(year, month, day, tzinfo=UTC)


def period_end(period: str) -> datetime:
    """Return the instant after a period, in UTC.

    >>> period_end("2024").isoformat()
    '2025-01-01T00:00:00+00:00'
    >>> period_end("2024-02").isoformat()
    '2024-03-01T00:00:00+00:00'
    """
    start = period_start(period)
    if period.count("-") == 2:
        return start + timedelta(days=1)
    months = start.year * 12 + start.month - 1 + (12 if "-" not in period else 1)
    return start.replace(year=months // 12, month=months % 12 + 1)


def left_behind(period: str, newest: str) -> bool:
    """Tell whether a line that ends with a period was left behind by others of its kind.

    >>> left_behind("2011", "2013"), left_behind("2012", "2013"), left_behind("2024-01", "2024-04"), left_behind("2026-03-01", "2026-03-15")
    (True, False, True, False)
    >>> left_behind("", "")  # nothing was judged yet
    False
    """
    limits = judging()
    days = {_YEAR: limits.left_behind_years * 365, _MONTH: limits.left_behind_months * 30, _DAY: limits.left_behind_days}.get(len(period))
    return days is not None and len(period) == len(newest) and period_start(newest) - period_start(period) >= timedelta(days=days)


def known_at(calendar: Calendar, period: str) -> datetime:
    """Return when a period became public if the publisher kept its calendar."""
    return calendar.known_at(period) if calendar.known_at is not None else period_end(period) + calendar.content_lag
