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
...     core = advance(core, f"March {20 + day}", day % 7, count, day, params)
...     opened = opened or (f"March {20 + day}" if core.open else None)
>>> opened, core.onset
('March 25', 'March 23')
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from statistics import median

from pydantic import BaseModel

from supplywatch.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.errors import BadRequest
from supplywatch.records import TransitCount
from supplywatch.rule import Context, Rule, RuleCard, State
from supplywatch.watch import Items

MAD_TO_SIGMA = 1.2533
"""sqrt(pi / 2): from mean absolute deviation to standard deviation of a normal variable."""
SIGMA_FLOOR, CLIP_SIGMA, GAIN = 0.7, 4.0, 0.02
CALM_SIGMA = 1.0
REBASE_DAYS = 28


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    slack_sigma: float
    limit_sigma: float
    drop_share: float
    drop_days: int
    warm_up_days: int
    close_days: int
    half_life_days: float
    max_gap_days: int
    min_transits_per_day: float
    warning_drop: float
    critical_drop: float
    ease_margin: float
    ease_days: int


@dataclass(slots=True)
class Core:
    """The chart's memory: about twenty numbers.

    Parameters
    ----------
    days
        Days seen.
    level, scale, offsets
        Level and mean absolute deviation of the transformed counts, and the seven weekday offsets, Monday first.
    excess
        The CUSUM, in sigma.
    onset
        First period with an excess since it was last zero.
    low, calm
        Days running far below the baseline; days running without a deficit while open.
    """

    days: int = 0
    level: float = 0.0
    scale: float = 1.0
    offsets: tuple[float, ...] = (0.0,) * 7
    excess: float = 0.0
    onset: str | None = None
    open: bool = False
    low: int = 0
    calm: int = 0
    last_ordinal: int = 0

    def base(self, weekday: int) -> float:
        """Return the transits a day that the frozen or moving level stands for."""
        return float(max(0.1, ((self.level + self.offsets[weekday]) / 2) ** 2 - 0.375))

    def weekly_base(self) -> float:
        """Return the mean of :meth:`base` over the seven weekdays."""
        return sum(self.base(day) for day in range(7)) / 7


def advance(core: Core, period: str, weekday: int, count: int, ordinal: int, params: Params) -> Core:
    """Return the chart after one more day; the given one is not touched.

    Parameters
    ----------
    period, weekday, ordinal
        The day as text, its weekday (0 = Monday) and its running number.
    count
        Transits of the day.
    """
    x = 2.0 * math.sqrt(count + 0.375)
    days = core.days
    if days == 0:
        return Core(days=1, level=x, last_ordinal=ordinal)
    spread = MAD_TO_SIGMA * core.scale
    sigma = spread if spread > SIGMA_FLOOR else SIGMA_FLOOR
    z = (x - core.level - core.offsets[weekday]) / sigma
    if not -CLIP_SIGMA <= z <= CLIP_SIGMA:
        z = CLIP_SIGMA if z > 0.0 else -CLIP_SIGMA
    new = Core(days + 1, core.level, core.scale, core.offsets, core.excess, core.onset, core.open, core.low, core.calm, ordinal)
    if days >= params.warm_up_days:
        _decide(new, z, count, weekday, period, ordinal == core.last_ordinal + 1, params)
    if not new.open:
        _learn(new, days, weekday, z * sigma, params)
    return new


def _decide(core: Core, z: float, count: int, weekday: int, period: str, next_day: bool, params: Params) -> None:
    drift = core.excess - z - params.slack_sigma
    excess = drift if drift > 0.0 else 0.0
    if excess > 0.0 and core.excess == 0.0 and not core.open:
        core.onset = period
    elif excess == 0.0 and not core.open:
        core.onset = None
    core.low = (core.low + 1 if next_day else 1) if count < (1.0 - params.drop_share) * core.base(weekday) else 0
    if not core.open and (excess > params.limit_sigma or core.low >= params.drop_days):
        core.open, core.calm = True, 0
        core.onset = core.onset or period
    if core.open:
        excess = min(excess, 2 * params.limit_sigma)
        core.calm = (core.calm + 1 if next_day else 1) if -z < CALM_SIGMA else 0
        if core.calm >= params.close_days:
            core.open, core.onset, core.calm, core.low, excess = False, None, 0, 0, 0.0
    core.excess = excess


def _learn(core: Core, days: int, weekday: int, step: float, params: Params) -> None:
    level_gain, offset_gain = _gain(params.half_life_days), GAIN
    if days < params.warm_up_days:
        level_gain, offset_gain = max(level_gain, 1.0 / (days + 1)), max(GAIN, 1.0 / (days / 7 + 2))
    core.level += level_gain * step
    moved = offset_gain * step
    centre = moved / 7  # the seven stay centred on zero
    offsets = [offset - centre for offset in core.offsets]
    offsets[weekday] += moved
    core.offsets = tuple(offsets)
    scale_gain = GAIN if days >= 1.0 / GAIN else 1.0 / (days + 1)
    core.scale += scale_gain * (abs(step) - core.scale)


@cache
def _gain(half_life_days: float) -> float:
    return float(1.0 - 0.5 ** (1.0 / half_life_days))


CLEAR = Finding(status="clear")
WARMING_UP = Finding(status="unknown", reason="warming up: fewer days than the baseline needs")
TOO_FEW = Finding(status="unknown", reason="too few transits a day for this chart")


def detect(state: State | None, record: TransitCount, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one day of one chokepoint."""
    day = date.fromisoformat(record.observed)
    ordinal = day.toordinal()
    before = _core(state)
    core = advance(before, record.observed, day.weekday(), record.transits_total, ordinal, params)
    recent = [*(state["recent"] if state else ())[-6:], record.transits_total]
    new: State = {
        "chart": [core.days, core.level, core.scale, *core.offsets, core.excess, core.low, core.calm, core.last_ordinal],
        "onset": core.onset,
        "open": core.open,
        "recent": recent,
        "severity": None,
        "lower_days": 0,
    }
    if not core.open:
        if before.open:
            return new, _closed(before, record, recent, context.items)
        if core.days <= params.warm_up_days:
            return new, WARMING_UP
        if core.level < 2.0 * math.sqrt(params.min_transits_per_day) and core.weekly_base() < params.min_transits_per_day:
            return new, TOO_FEW
        return new, CLEAR
    if ordinal - before.last_ordinal > params.max_gap_days:
        new["severity"] = state["severity"] if state else None
        return new, Finding(status="unknown", reason=f"no figures for {ordinal - before.last_ordinal - 1} days before {record.observed}")
    new["severity"], new["lower_days"] = _severity(state, core, recent, params)
    return new, _raised(core, Severity(new["severity"]), record, recent, params, context.items)


def _core(state: State | None) -> Core:
    if state is None:
        return Core()
    days, level, scale, *rest = state["chart"]
    excess, low, calm, ordinal = rest[7:]
    return Core(days, level, scale, tuple(rest[:7]), excess, state["onset"], state["open"], low, calm, ordinal)


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


def _measures(core: Core, recent: Sequence[int]) -> dict[str, float | str | bool | None]:
    return {
        "transits_per_day_7d": round(sum(recent) / len(recent), 2),
        "baseline_transits_per_day": round(core.weekly_base(), 2),
        "drop_7d_pct": round(100 * _drop(core, recent), 1),
        "cusum_sigma": round(core.excess, 3),
    }


def _raised(core: Core, severity: Severity, record: TransitCount, recent: Sequence[int], params: Params, items: Items) -> Finding:
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
        measures=_measures(core, recent) | {"threshold_sigma": params.limit_sigma, "threshold_source": "pooled"},
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
    level = median(2.0 * math.sqrt(record.transits_total + 0.375) for record in records[-REBASE_DAYS:])
    core = replace(_core(state), level=level, excess=0.0, onset=None, open=False, low=0, calm=0)
    chart = [core.days, core.level, core.scale, *core.offsets, core.excess, core.low, core.calm, core.last_ordinal]
    return state | {"chart": chart, "onset": None, "open": False, "severity": None, "lower_days": 0}


def subject(record: TransitCount, _items: Items) -> Subject:
    """Return the chokepoint."""
    return Subject(kind="chokepoint", id=record.chokepoint_id, name=record.chokepoint_name)


RULE = Rule(
    card=RuleCard(
        rule_id="chokepoint_disruption",
        version="1.1.0",
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
