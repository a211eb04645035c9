"""Records by their place at the end of a history: the newest period, and the one before it, whichever they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from supplywatch.ledger import schema
from supplywatch.ledger.book import Key, latest_bodies
from supplywatch.ledger.lookup import matching
from supplywatch.model.rule import FROM_THE_END


def recent_bodies(connection: Connection, keys: Iterable[Key], before: datetime | None = None) -> dict[Key, str]:
    """Return the latest vintage's record, as JSON, of each (series, place from the end) that has one.

    Parameters
    ----------
    keys
        The second part is one of :data:`~supplywatch.model.rule.FROM_THE_END`.
    before
        Only what was known before this instant.
    """
    wanted = sorted(set(keys))
    periods = _periods(connection, {series for series, _ in wanted}, before)
    named = {key: _named(periods.get(key[0], []), key[1]) for key in wanted}
    bodies = latest_bodies(connection, [(key[0], period) for key, period in named.items() if period is not None], before)
    return {key: bodies[key[0], period] for key, period in named.items() if period is not None}


def _periods(connection: Connection, series: Iterable[str], before: datetime | None) -> dict[str, list[str]]:
    """Return the periods of each history, the newest first."""
    o = schema.observation.c
    wanted, same = matching(connection, [(one,) for one in series], (o.series,))
    query = select(o.series, o.observed).join_from(wanted, schema.observation, same).distinct().order_by(o.observed.desc())
    if before is not None:
        query = query.where(o.known_at < before)
    found: dict[str, list[str]] = defaultdict(list)
    for one, observed in connection.execute(query):
        found[one].append(observed)
    return found


def _named(periods: list[str], place: str) -> str | None:
    number = FROM_THE_END.index(place)
    return periods[number] if number < len(periods) else None
