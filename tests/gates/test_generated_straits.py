"""The chokepoint rule on generated straits that nothing was tuned to: false episodes a year, onsets of closures and of halved traffic."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest

from detectors.shocks.chokepoint_disruption import RULE, Params
from supplywatch.config import rule_params
from supplywatch.model.items import load_items
from supplywatch.model.records import Provenance, TransitCount
from supplywatch.model.rule import Context

pytestmark = pytest.mark.gate

FIRST, DAYS, WARM_UP = date(2019, 1, 1), 7 * 365, 365
PARAMS, CONTEXT = rule_params(RULE.card.rule_id, Params), Context(load_items())
ORIGIN = Provenance(source="generated", vintage="1", payload_sha256="0" * 64, position="day")


class Strait(NamedTuple):
    """A kind of traffic: ships a day, size and memory of its swings, height of its season, days without signals a year."""

    ships: float
    swing: float
    memory: float
    season: float
    dropouts: float


KINDS = [
    Strait(6, 0.05, 0.3, 0.05, 1),
    Strait(12, 0.10, 0.5, 0.10, 1),
    Strait(30, 0.06, 0.6, 0.08, 2),
    Strait(55, 0.04, 0.7, 0.12, 1),
    Strait(75, 0.08, 0.5, 0.15, 2),
    Strait(130, 0.05, 0.6, 0.10, 0),
]


def poisson(mean: float, rng: random.Random) -> int:
    """Draw a count; by the normal approximation where it is good."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def counts(kind: Strait, seed: int, event: tuple[int, float, int] | None = None) -> list[int]:
    """Generate a strait; ``event`` is (day, share of traffic left, days until it is down there)."""
    rng = random.Random(f"{kind}/{seed}")
    weekly, swing, out = [rng.uniform(0.92, 1.08) for _ in range(7)], 0.0, []
    for day in range(DAYS):
        when = FIRST + timedelta(days=day)
        swing = kind.memory * swing + rng.gauss(0, kind.swing)
        rate = kind.ships * weekly[when.weekday()] * math.exp(swing) * (1 + kind.season * math.cos(2 * math.pi * day / 365.25))
        if (when.month, when.day) in ((12, 31), (1, 1), (1, 2)):
            rate *= 0.8
        if rng.random() < kind.dropouts / 365.25:
            rate *= rng.uniform(0.3, 0.7)
        if event and day >= event[0]:
            rate *= max(event[1], 1 - (1 - event[1]) * (day - event[0] + 1) / event[2])
        out.append(poisson(rate, rng))
    return out


def episodes(series: list[int]) -> list[tuple[int, int]]:
    """Return (day of opening, estimated onset) of every episode, as days from the first."""
    state, found, was = None, [], False
    for day, count in enumerate(series):
        when = FIRST + timedelta(days=day)
        record = TransitCount(
            observed=when.isoformat(),
            fetched=datetime.combine(when, datetime.min.time(), UTC),
            provenance=ORIGIN,
            chokepoint_id="generated",
            chokepoint_name="Generated",
            transits_total=count,
            transits_tanker=0,
            transits_cargo=count,
            transits_container=count,
            transits_dry_bulk=0,
            transits_general_cargo=0,
            transits_roro=0,
        )
        state, finding = RULE.detect(state, record, PARAMS, CONTEXT)
        if finding.status == "raised" and not was:
            assert finding.onset is not None
            found.append((day, (date.fromisoformat(finding.onset) - FIRST).days))
        was = finding.status == "raised"
    return found


def test_false_episodes_stay_within_the_budget() -> None:
    false = sum(day >= WARM_UP for kind in KINDS for seed in range(3) for day, _ in episodes(counts(kind, seed)))
    years = len(KINDS) * 3 * (DAYS - WARM_UP) / 365.25
    assert RULE.card.false_alert_budget is not None
    assert false / years <= RULE.card.false_alert_budget, f"{false} in {years:.0f} series-years"


def test_closures_open_within_three_days_with_the_right_onset() -> None:
    for number, kind in enumerate(KINDS):
        start = 1200 + 97 * number
        opened = [e for e in episodes(counts(kind, 10, (start, 0.05, 2))) if e[0] >= start]
        assert opened, kind
        assert opened[0][0] - start <= 6, (kind, opened[0])
        assert abs(opened[0][1] - start) <= 3, (kind, opened[0])


def test_halved_traffic_is_found_and_mostly_dated() -> None:
    dated = 0
    for number, kind in enumerate(KINDS[1:]):
        start = 1500 + 97 * number
        opened = [e for e in episodes(counts(kind, 20, (start, 0.5, 5))) if e[0] >= start - 7]
        assert opened, kind
        assert opened[0][0] - start <= 28, (kind, opened[0])
        dated += abs(opened[0][1] - start) <= 4
    # Where a chance excursion of weeks runs into the decline, its beginning is taken for the onset.
    assert dated >= len(KINDS) - 2
