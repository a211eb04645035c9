"""How long to wait before asking a publisher again: what it asks for, else exponential backoff with full jitter."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_ASKED_S = 7 * 86_400.0
"""Who asks to wait longer is asked again after a week."""
_SECONDS = re.compile(r"try again in (\d{1,6}) second", re.IGNORECASE)
_CLOCK = re.compile(r"replenished in (\d{1,3}):(\d\d):(\d\d)", re.IGNORECASE)


def http_date(text: str | None) -> datetime | None:
    """Return the instant of an HTTP date header, ``None`` when there is none or it cannot be read."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def asked_wait_s(retry_after: str | None, body: str, now: datetime) -> float | None:
    """Return the seconds a publisher asks to wait, by header or in words; ``None`` when it does not say.

    >>> asked_wait_s("120", "", datetime.now(UTC))
    120.0
    >>> asked_wait_s(None, "Rate limit is exceeded. Try again in 7 seconds.", datetime.now(UTC))
    7.0
    >>> asked_wait_s(None, "Out of call volume quota. Quota will be replenished in 01:00:05.", datetime.now(UTC))
    3605.0
    >>> asked_wait_s("9" * 400, "", datetime.now(UTC)) == LONGEST_ASKED_S
    True
    """
    asked = _asked_s(retry_after, body, now)
    return None if asked is None else min(asked, LONGEST_ASKED_S)


def _asked_s(retry_after: str | None, body: str, now: datetime) -> float | None:
    header = (retry_after or "").strip()
    if header.isascii() and header.isdigit():
        return float(header)
    moment = http_date(header)
    if moment is not None:
        return max(0.0, (moment - now).total_seconds())
    if found := _SECONDS.search(body):
        return float(found[1])
    if found := _CLOCK.search(body):
        hours, minutes, seconds = map(int, found.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    return None


def pause_s(attempt: int, first_s: float, longest_s: float, uniform: Callable[[float, float], float]) -> float:
    """Return the pause after a failed attempt (0 for the first): anything from 0 to the doubled bound."""
    return uniform(0.0, min(longest_s, first_s * 2.0**attempt))
