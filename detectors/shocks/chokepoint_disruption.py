"""Fewer ships pass a chokepoint than its own past and its weekday let expect.

The chart (``detectors/_charts/cusum.py``) opens and dates the alert; the week's mean against the frozen baseline **and** against the same
weeks of earlier years grades it; ships that an alternative route has gained corroborate it and decide nothing. Only seven calm days, or a
person who accepts a new normal, end it.

Measured false alarms, delays and misses: ``docs/runbooks/chokepoint_disruption.md``.

>>> from supplywatch.config import rule_params
>>> from detectors._charts.cusum import Core, advance
>>> from detectors._charts.quiet import Quiet
>>> params = rule_params("chokepoint_disruption", Params)
>>> usual = [50, 52, 47, 55, 49, 51, 60] * 9
>>> ever_given = [54, 48, 59, 38, 14, 2, 9, 9, 10, 33]  # Suez Canal, 20 to 29 March 2021; aground on the 23rd
>>> core, opened = Core(), None
>>> for day, count in enumerate(usual + ever_given, start=-len(usual)):
...     core = advance(core, f"March {20 + day}", day % 7, count, day, params, Quiet().limits(params))
...     opened = opened or (f"March {20 + day}" if core.open else None)
>>> opened, core.onset
('March 25', 'March 23')
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from detectors._charts import telling
from detectors._charts.traffic import Measures, Reading, TrafficParams, fold, rebased
from supplywatch.model.alert import Evidence, Finding, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import Record, TransitCount
from supplywatch.model.rule import Context, Rule, RuleCard, State

ROUTE_MEMORY_DAYS = 60
ROUTE_DAYS = 7


class Params(TrafficParams):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    min_transits_per_day: float
    gained_share: float


CLEAR = Finding(status="clear")
WARMING_UP = Finding(status="unknown", reason="warming up: fewer days than the baseline needs")
TOO_FEW = Finding(status="unknown", reason="too few transits a day for this chart")


def detect(state: State | None, record: TransitCount, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one day of one chokepoint."""
    new, reading = fold(state, record.observed, record.transits_total, params)
    new["routes"] = state["routes"] if state else {}
    if context.related:
        was_open = state is not None and state["open"]
        new["routes"] = _routes(new["routes"], context.related, frozen=was_open or reading.core.open)
    if reading.status == "quiet":
        few = reading.core.level < 2.0 * math.sqrt(params.min_transits_per_day) and reading.base < params.min_transits_per_day
        return new, TOO_FEW if few else CLEAR
    if reading.status == "raised":
        return new, _raised(reading, new["routes"], record, params, context.items)
    if reading.status == "closed":
        return new, _closed(reading, record, context.items)
    if reading.status == "gap":
        return new, Finding(status="unknown", reason=f"no figures for {reading.missing_days} days before {record.observed}")
    return new, WARMING_UP


def _routes(before: Mapping[str, list[float]], related: Mapping[tuple[str, str], Record], *, frozen: bool) -> dict[str, list[float]]:
    """Return for each alternative route its slow mean, which stands still during an alert, its days, and its last week."""
    found = dict(before)
    for record in related.values():
        if not isinstance(record, TransitCount):
            continue
        mean, days, *week = before.get(record.chokepoint_id, [0.0, 0])
        if not frozen:
            days += 1
            mean += (record.transits_total - mean) / min(days, ROUTE_MEMORY_DAYS)
        found[record.chokepoint_id] = [mean, days, *week[1 - ROUTE_DAYS :], record.transits_total]
    return found


def gains(routes: Mapping[str, Sequence[float]], params: Params) -> dict[str, float]:
    """Return by how much of their usual traffic the alternative routes have gained, those above the line.

    >>> from supplywatch.config import rule_params
    >>> gains({"chokepoint7": [50.0, 60, *[80] * 7], "chokepoint2": [30.0, 60, *[31] * 7]}, rule_params("chokepoint_disruption", Params))
    {'chokepoint7': 0.6}
    """
    known = {name: route for name, route in routes.items() if route[1] >= 28 and route[0] >= params.min_transits_per_day}
    shares = {name: sum(week) / len(week) / mean - 1.0 for name, (mean, _, *week) in known.items() if len(week) == ROUTE_DAYS}
    return {name: round(share, 3) for name, share in shares.items() if share >= params.gained_share}


def _raised(reading: Reading, routes: Mapping[str, Sequence[float]], record: TransitCount, params: Params, items: Items) -> Finding:
    name, count, day = record.chokepoint_name, record.transits_total, telling.day_number(reading, record.observed)
    name_zh = items.chokepoints_zh.get(record.chokepoint_id, name)
    watched = items.of_chokepoint(record.chokepoint_id)
    gained = gains(routes, params)
    said, state, more = (
        telling.figures(reading, record.observed, telling.SHIPS, params),
        telling.passage(reading, params),
        _gained(gained, items),
    )
    return Finding(
        status="raised",
        severity=reading.severity,
        onset=reading.core.onset,
        headline=Text(en=f"{name} {state.en}, day {day}: {said.en}{more.en}", zh=f"{name_zh}{state.zh},第{day}天:{said.zh}{more.zh}"),
        clears_when=f"{params.close_days} days running within one sigma of the frozen baseline of {reading.base:.0f} transits a day",
        because=telling.because(reading, params),
        evidence=(Evidence.of(record, "n_total", count, "transits/day"),),
        measures=_measures(reading) | {f"gained_7d_pct.{route}": round(100 * share, 1) for route, share in gained.items()},
        thresholds=reading.thresholds(params),
        taxonomy=tuple(dict.fromkeys(node for item in watched for node in item.taxonomy)),
    )


def _gained(gained: Mapping[str, float], items: Items) -> Text:
    en = "; ".join(f"{items.chokepoints_en.get(route, route)} carries {share:.0%} more" for route, share in gained.items())
    zh = ";".join(f"{items.chokepoints_zh.get(route, route)}增加{share:.0%}" for route, share in gained.items())
    return Text(en=f"; {en}", zh=f";{zh}") if gained else Text(en="", zh="")


def _measures(reading: Reading) -> Measures:
    usual = {"transits_per_day_7d": round(reading.mean, 2), "baseline_transits_per_day": round(reading.base, 2)}
    return usual | reading.measures()


def _closed(reading: Reading, record: TransitCount, items: Items) -> Finding:
    name = items.chokepoints_zh.get(record.chokepoint_id, record.chokepoint_name)
    mean, base = reading.mean, reading.base
    return Finding(
        status="clear",
        headline=Text(
            en=f"{record.chokepoint_name}: a week of usual traffic, {mean:.0f} transits a day against {base:.0f}",
            zh=f"{name}:通行已恢复常态一周,日均{mean:.0f}艘,常态{base:.0f}艘",
        ),
        evidence=(Evidence.of(record, "n_total", record.transits_total, "transits/day"),),
        measures=_measures(reading),
    )


def rebase(state: State, records: Sequence[TransitCount], _params: Params) -> State:
    """Take the last four weeks as the new normal; see :func:`detectors._charts.traffic.rebased`."""
    return rebased(state, [record.transits_total for record in records])


def subject(record: TransitCount, _items: Items) -> Subject:
    """Return the chokepoint."""
    return Subject(kind="chokepoint", id=record.chokepoint_id, name=record.chokepoint_name)


def related(record: TransitCount, items: Items) -> Sequence[tuple[str, str]]:
    """Return the same day of the routes that ships take instead."""
    return [(f"transit/{route}", record.observed) for route in items.alternatives.get(record.chokepoint_id, ())]


RULE = Rule(
    card=RuleCard(
        rule_id="chokepoint_disruption",
        version="3.1.0",
        title="Chokepoint disruption",
        title_zh="航道通行受阻",
        taxonomy=("RS.EXT", "HD.1"),
        reference="Page (1954), Biometrika 41:100-115; Anscombe (1948), Biometrika 35:246-254",
        blind_spots=(
            "dips of a few days that stay above 40 % of the usual traffic (the twelve-day war of June 2025 at Hormuz is missed)",
            "straits with fewer than five transits a day",
            "ships that switch their transponder off are not counted by the publisher",
            "PortWatch is weekly: add 2 to 9 days to every delay in data time",
        ),
        runbook="chokepoint_disruption.md",
        false_alert_budget=0.5,
        judged_by=(
            "slack_sigma",
            "limit_sigma",
            "drop_share",
            "drop_days",
            "warning_drop",
            "critical_drop",
            "closed_drop",
            "ease_margin",
            "ease_days",
        ),
        surer_when=(
            "traffic gained on the alternative route",
            "tankers, container ships and bulkers fall alike",
            "the next weekly release says the same",
        ),
        not_supported=(
            "cargo that did not arrive: ships are counted, not goods",
            "the cause of the fall",
            "prices and freight rates",
        ),
    ),
    records=(TransitCount,),
    params=Params,
    subject=subject,
    detect=detect,
    related=related,
    rebase=rebase,
)
