"""The controls of ``config/measures``, as records: which clause stands how for which of the economies that buy.

A clause is told on the days on which something else is to be said of it, and again when its text in the files was corrected. What stands
already when a ledger first sees it is told once, as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from supplywatch.config import config_dir
from supplywatch.judging.engine import Engine, Verdict
from supplywatch.ledger import book
from supplywatch.ledger.book import Ledger
from supplywatch.model.control import load_measures
from supplywatch.model.control_standing import TYPED, ControlStanding, standing_on
from supplywatch.model.items import Items


def due(ledger: Ledger, items: Items, now: datetime) -> list[ControlStanding]:
    """Return what is to be told of the clauses on a day and was not told yet, in the order of their announcement.

    Raises
    ------
    BadSetting
        A file of ``config/measures`` does not fit.
    """
    now = now.astimezone(UTC)
    with ledger.read() as connection:
        told = [ControlStanding.model_validate_json(body) for body in book.observations(connection, TYPED)]
    last = {record.series: record for record in sorted(told, key=lambda record: (record.observed, record.fetched))}
    standing = {one.series: one for one in _standing(items, now)}
    fresh = [found for series, one in standing.items() if (found := _news(one, last.get(series), now.date())) is not None]
    gone = [record for series, record in last.items() if series not in standing and record.standing != "withdrawn"]
    return fresh + [_withdrawn(one, now) for one in gone]


def _standing(items: Items, now: datetime) -> Iterator[ControlStanding]:
    every = load_measures()
    for measure in every:
        for reporter in items.exposed:
            if (found := standing_on(measure, reporter, now.date(), every, now)) is not None:
                yield found


def _news(one: ControlStanding, before: ControlStanding | None, today: date) -> ControlStanding | None:
    """Return what is to be told, ``None`` where it was told.

    What a corrected line says holds from the day on which we say it: under an older day it would be a revision, and a revision of the past
    opens and worsens nothing.
    """
    if before is None or one.observed > before.observed:
        return one
    if one.model_copy(update={"observed": before.observed}).digest == before.digest:
        return None
    return one.model_copy(update={"observed": max(today.isoformat(), before.observed)})


def _withdrawn(one: ControlStanding, now: datetime) -> ControlStanding:
    gone = {"standing": "withdrawn", "until": None, "resumes": None, "notice_days": None, "beside": ()}
    origin = one.provenance.model_copy(update={"vintage": f"{now:%Y-%m-%dT%H:%M:%SZ}", "position": f"{config_dir().name}/measures"})
    return one.model_copy(update=gone | {"observed": now.date().isoformat(), "fetched": now, "provenance": origin})


def check(engine: Engine, now: datetime) -> Verdict:
    """Judge the clauses as of a day, at once; a second check of the same day changes nothing."""
    fresh = due(engine.ledger, engine.items, now)
    return engine.judge(fresh) if fresh else Verdict()
