"""Fewer ships pass a chokepoint than its own past and its weekday let expect.

A one-sided CUSUM on a standardised residual of ``2·sqrt(count + 3/8)`` against a slowly moving level with weekday offsets; a shortcut opens
on a few days of near-closure. The level and its scale stand still while the alert is open, so a long crisis does not become normal:
only seven calm days, or a person who accepts a new normal, end it.

Reference: Page, E. S. (1954), Continuous inspection schemes, Biometrika 41; transform by Anscombe (1948). Measured false alarms,
delays and misses: ``docs/runbooks/chokepoint_disruption.md``.

>>> from supplywatch.config import rule_params
>>> params = rule_params("chokepoint_disruption", Params)
>>> usual = [50, 52, 47, 55, 49, 51, 60] * 9
>>> ever_given = [54, 48, 59, 38, 14, 2, 9, 9, 10, 33]  # Suez Canal, 20 to 29 March 2021; aground on the 23rd
>>> core, opened = Core(), None
>>> for day, count in enumerate(usual + ever_given, start=-len(usual)):
...     core = advance(core, f"March {20 + day}", day % 7, count, day, params, params.limit_sigma)
...     opened = opened or (f"March {20 + day}" if core.open else None)
>>> opened, core.onset
('March 25', 'March 23')
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from statistics import median

from detectors._cusum import Chart, Core, advance, transformed
from detectors._quiet import Quiet
from supplywatch.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.errors import BadRequest
from supplywatch.records import TransitCount
from supplywatch.rule import Context, Rule, RuleCard, State
from supplywatch.watch import Items

REBASE_DAYS = 28
Measures = dict[str, float | str | bool | None]


class Params(Chart):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    max_gap_days: int
    min_transits_per_day: float
    warning_drop: float
    critical_drop: float
    ease_margin: float
    ease_days: int


CLEAR = Finding(status="clear")
WARMING_UP = Finding(status="unknown", reason="warming up: fewer days than the baseline needs")
TOO_FEW = Finding(status="unknown", reason="too few transits a day for this chart")


def detect(state: State | None, record: TransitCount, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one day of one chokepoint."""
    day = date.fromisoformat(record.observed)
    ordinal = day.toordinal()
    before = _core(state)
    quiet = Quiet(*state["quiet"]) if state else Quiet()
    limit_sigma, source = quiet.limit(params)
    core = advance(before, record.observed, day.weekday(), record.transits_total, ordinal, params, limit_sigma)
    recent = [*(state["recent"] if state else ())[-6:], record.transits_total]
    new: State = {
        "chart": [
            core.days,
            core.level,
            core.scale,
            *core.offsets,
            core.excess,
            core.low,
            core.calm,
            core.last_ordinal,
            core.sharp,
            core.run,
            core.sharp_run,
        ],
        "onset": core.onset,
        "sharp_onset": core.sharp_onset,
        "open": core.open,
        "recent": recent,
        "severity": None,
        "lower_days": 0,
        "serious": False,
        "quiet": [quiet.days, quiet.peak, list(quiet.peaks)],
    }
    threshold: Measures = {"threshold_sigma": round(limit_sigma, 3), "threshold_source": source}
    finding = _finding(state, before, core, new, record, params, context.items, threshold)
    if core.days > params.warm_up_days:
        serious = new["serious"] or bool(state and state["serious"])
        after = quiet.after(core.excess, was_open=before.open, is_open=core.open, serious=serious)
        new |= {"serious": serious and core.open, "quiet": [after.days, after.peak, list(after.peaks)]}
    return new, finding


def _finding(
    state: State | None, before: Core, core: Core, new: State, record: TransitCount, params: Params, items: Items, threshold: Measures
) -> Finding:
    recent, days_missing = new["recent"], core.last_ordinal - before.last_ordinal - 1
    if not core.open:
        if before.open:
            return _closed(before, record, recent, items)
        if core.days <= params.warm_up_days:
            return WARMING_UP
        if core.level < 2.0 * math.sqrt(params.min_transits_per_day) and core.weekly_base() < params.min_transits_per_day:
            return TOO_FEW
        return CLEAR
    if days_missing >= params.max_gap_days:
        new["severity"] = state["severity"] if state else None
        return Finding(status="unknown", reason=f"no figures for {days_missing} days before {record.observed}")
    new["severity"], new["lower_days"] = _severity(state, core, recent, params)
    new["serious"] = Severity(new["severity"]).order > Severity.WATCH.order
    return _raised(core, Severity(new["severity"]), record, recent, params, items, threshold)


def _core(state: State | None) -> Core:
    if state is None:
        return Core()
    days, level, scale, *rest = state["chart"]
    offsets, (excess, low, calm, ordinal, sharp, *runs) = tuple(rest[:7]), rest[7:]
    onset, sharp_onset = state["onset"], state["sharp_onset"]
    return Core(days, level, scale, offsets, excess, onset, state["open"], low, calm, ordinal, sharp, sharp_onset, *runs)


def _drop(core: Core, recent: Sequence[int]) -> float:
    return 1.0 - sum(recent) / len(recent) / core.weekly_base()


def _band(drop: float, params: Params) -> Severity:
    if drop < params.warning_drop:
        return Severity.WATCH
    return Severity.CRITICAL if drop >= params.critical_drop else Severity.WARNING


def _severity(state: State | None, core: Core, recent: Sequence[int], params: Params) -> tuple[str, int]:
    """Return severity and days in a lower band: up at once, down only after ``ease_days`` well below the line."""
    drop = _drop(core, recent)
    band, eased = _band(drop, params), _band(drop + params.ease_margin, params)
    held = Severity(state["severity"]) if state and state["open"] and state["severity"] else None
    if held is None or band.order > held.order:
        return band.value, 0
    lower_days = state["lower_days"] + 1 if state and eased.order < held.order else 0
    return (eased.value, 0) if lower_days >= params.ease_days else (held.value, lower_days)


def _measures(core: Core, recent: Sequence[int]) -> Measures:
    return {
        "transits_per_day_7d": round(sum(recent) / len(recent), 2),
        "baseline_transits_per_day": round(core.weekly_base(), 2),
        "drop_7d_pct": round(100 * _drop(core, recent), 1),
        "cusum_sigma": round(core.excess, 3),
    }


def _raised(
    core: Core, severity: Severity, record: TransitCount, recent: Sequence[int], params: Params, items: Items, threshold: Measures
) -> Finding:
    base, mean = core.weekly_base(), sum(recent) / len(recent)
    drop, since = 100 * _drop(core, recent), core.onset
    name, count = record.chokepoint_name, record.transits_total
    name_zh = items.chokepoints_zh.get(record.chokepoint_id, name)
    watched = items.of_chokepoint(record.chokepoint_id)
    return Finding(
        status="raised",
        severity=severity,
        onset=since,
        headline=Text(
            en=f"{name}: {count} transits on {record.observed}; the week's mean {mean:.0f} a day is {drop:.0f} % below the "
            f"usual {base:.0f} (since {since})",
            zh=f"{name_zh}:{record.observed}通行{count}艘;近七日日均{mean:.0f}艘,较常态{base:.0f}艘下降{drop:.0f}%(自{since}起)",
        ),
        clears_when=f"{params.close_days} days running within one sigma of the frozen baseline of {base:.0f} transits a day",
        evidence=(Evidence.of(record, "n_total", count, "transits/day"),),
        measures=_measures(core, recent) | threshold,
        taxonomy=tuple(dict.fromkeys(node for item in watched for node in item.taxonomy)),
    )


def _closed(core: Core, record: TransitCount, recent: Sequence[int], items: Items) -> Finding:
    name = items.chokepoints_zh.get(record.chokepoint_id, record.chokepoint_name)
    mean, base = sum(recent) / len(recent), core.weekly_base()
    return Finding(
        status="clear",
        headline=Text(
            en=f"{record.chokepoint_name}: a week of usual traffic, {mean:.0f} transits a day against {base:.0f}",
            zh=f"{name}:通行已恢复常态一周,日均{mean:.0f}艘,常态{base:.0f}艘",
        ),
        evidence=(Evidence.of(record, "n_total", record.transits_total, "transits/day"),),
        measures=_measures(core, recent),
    )


def rebase(state: State, records: Sequence[TransitCount], _params: Params) -> State:
    """Take the median of the last 28 days as the new normal.

    Raises
    ------
    BadRequest
        When fewer days are at hand.
    """
    if len(records) < REBASE_DAYS:
        raise BadRequest(f"a new normal needs {REBASE_DAYS} days of figures, there are {len(records)}; wait for more")
    level = median(transformed(record.transits_total) for record in records[-REBASE_DAYS:])
    core = replace(_core(state), level=level, excess=0.0, onset=None, open=False, low=0, calm=0, sharp=0.0, run=0, sharp_run=0)
    chart = [
        core.days,
        core.level,
        core.scale,
        *core.offsets,
        core.excess,
        core.low,
        core.calm,
        core.last_ordinal,
        core.sharp,
        core.run,
        core.sharp_run,
    ]
    return state | {"chart": chart, "onset": None, "sharp_onset": None, "open": False, "severity": None, "lower_days": 0, "serious": False}


def subject(record: TransitCount, _items: Items) -> Subject:
    """Return the chokepoint."""
    return Subject(kind="chokepoint", id=record.chokepoint_id, name=record.chokepoint_name)


RULE = Rule(
    card=RuleCard(
        rule_id="chokepoint_disruption",
        version="1.2.0",
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
    rebase=rebase,
)
