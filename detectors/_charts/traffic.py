"""What the traffic rules share: one day folded into chart, quiet past, season and severity.

Severity follows the smaller of two deficits of the week's mean: against the frozen baseline, and against the season. While ships have
stopped for some days only, the week still remembers better days: then the days of the stop are graded in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import median
from typing import Any, Literal

from detectors._charts.cusum import Chart, Core, advance, transformed
from detectors._charts.quiet import DAYS_A_YEAR, Limits, Quiet
from detectors._charts.season import LONG_ALERT_DAYS, Season, start
from supplywatch.errors import BadRequest
from supplywatch.model.alert import Severity, Threshold
from supplywatch.model.rule import State

Measures = dict[str, float | str | bool | None]
REBASE_DAYS = 28
Status = Literal["warming_up", "quiet", "closed", "gap", "raised"]


class TrafficParams(Chart):
    """Parameters of the traffic rules; see ``config/thresholds.yaml`` for values and sources."""

    max_gap_days: int
    warning_drop: float
    critical_drop: float
    closed_drop: float
    ease_margin: float
    ease_days: int


@dataclass(slots=True)
class Reading:
    """What one day says; figures are worked out when somebody asks, on most days nobody does.

    Parameters
    ----------
    status
        ``closed``: the alert ends with this day. ``gap``: open, but too many days are missing before this one.
    core
        The chart after the day.
    recent
        The counts of the last seven days.
    past, limits
        The quiet past, and the limits in force.
    season
        What the same weeks of earlier years let expect; of an open day only.
    severity, band
        The band as its hysteresis holds it, and the one that the deficit alone gives; of a raised day only.
    lower_days
        Days running well inside a lower band than the one that is held.
    """

    status: Status
    core: Core
    recent: list[int]
    past: Quiet
    limits: Limits
    missing_days: int = 0
    season: float | None = None
    severity: Severity = Severity.INFO
    band: Severity = Severity.INFO
    lower_days: int = 0

    @property
    def mean(self) -> float:
        """The week's mean a day."""
        return sum(self.recent) / len(self.recent)

    @property
    def base(self) -> float:
        """What the frozen or moving level lets expect a day."""
        return self.core.weekly_base()

    @property
    def stop_days(self) -> int:
        """For how many days ships have all but stopped; none when they have not, or for so long that the week's mean says the same."""
        return self.core.low if self.limits.days <= self.core.low < len(self.recent) else 0

    @property
    def graded_days(self) -> int:
        """Over how many of the last days the traffic is graded: those of a stop, else the week."""
        return self.stop_days or len(self.recent)

    @property
    def graded_mean(self) -> float:
        """The mean a day over the days that are graded."""
        return sum(self.recent[-self.graded_days :]) / self.graded_days

    @property
    def drop(self) -> float:
        """Deficit of the week's mean against the baseline."""
        return 1.0 - self.mean / self.base

    @property
    def drop_against_season(self) -> float | None:
        """Deficit of the week's mean against the season."""
        return self._against_season(self.mean)

    @property
    def agreed_drop(self) -> float:
        """The smaller of the two deficits of the week's mean."""
        return _smaller(self.drop, self.drop_against_season)

    @property
    def graded_drop(self) -> float:
        """Deficit against the baseline of the days that are graded."""
        return 1.0 - self.graded_mean / self.base

    @property
    def graded_drop_against_season(self) -> float | None:
        """Deficit against the season of the days that are graded."""
        return self._against_season(self.graded_mean)

    @property
    def deciding_drop(self) -> float:
        """The smaller of the two deficits of the days that are graded: the figure that decides."""
        return _smaller(self.graded_drop, self.graded_drop_against_season)

    def _against_season(self, mean: float) -> float | None:
        return None if self.season is None else 1.0 - mean / max(self.season, 0.1)

    def measures(self) -> Measures:
        """Return the figures shown beside the verdict."""
        seasonal, kind = self.drop_against_season, "calibrated" if self.limits.calibrated else "pooled"
        return {
            "drop_7d_pct": round(100 * self.drop, 1),
            "drop_7d_against_season_pct": None if seasonal is None else round(100 * seasonal, 1),
            "graded_days": float(self.graded_days),
            "graded_drop_pct": round(100 * self.deciding_drop, 1),
            "cusum_sigma": round(self.core.excess, 3),
            "threshold_sigma": self.limits.sigma,
            "threshold_days": float(self.limits.days),
            "threshold_source": kind,
            "uncalibrated": not self.limits.calibrated,
        }

    def thresholds(self, params: Chart) -> tuple[Threshold, ...]:
        """Return the limits with where they come from: the quiet past of the series itself, or other series."""
        limits, years = self.limits, self.past.days / DAYS_A_YEAR
        named = (("limit_sigma", limits.sigma), ("drop_days", float(limits.days)))
        if not limits.calibrated:
            needed = params.min_quiet_days / DAYS_A_YEAR
            source = f"pooled over Suez, Bab el-Mandeb and Hormuz; uncalibrated: {years:.1f} of {needed:.1f} quiet years are at hand"
            return tuple(Threshold(name=name, value=value, kind="pooled", source=source) for name, value in named)
        above = sum(peak > limits.sigma or low >= limits.days for peak, low in self.past.past)
        source = f"{years:.1f} quiet years of the series itself would have opened {above} times"
        return tuple(Threshold(name=name, value=value, kind="calibrated", source=source) for name, value in named)


def fold(state: State | None, observed: str, count: int, params: TrafficParams) -> tuple[State, Reading]:
    """Return the state after one more day, and what the day says."""
    ordinal = date.fromisoformat(observed).toordinal()
    core = chart_of(state)
    before, last_ordinal = core.open, core.last_ordinal
    past = Quiet(*state["quiet"]) if state else Quiet()
    limits = past.limits(params)
    season = state["season"] if state and Season.same_week(last_ordinal, ordinal) else _season(state, last_ordinal, ordinal)
    advance(core, observed, (ordinal - 1) % 7, count, ordinal, params, limits)
    recent = [*state["recent"][-6:], count] if state else [count]
    reading = Reading(_status(before, core, params), core, recent, past, limits)
    new: State = {
        "chart": core.as_json(),
        "onset": core.onset,
        "open": core.open,
        "recent": recent,
        "severity": None,
        "lower_days": 0,
        "open_days": 0,
        "halved": False,
        "season": season,
    }
    unusual = before and state is not None and (state["halved"] or state["open_days"] > LONG_ALERT_DAYS)
    if core.open:
        _grade(new, state, reading, Season(*season).expected(ordinal), ordinal - last_ordinal - 1 if state else 0, params)
        # By the week's mean alone: a stop of two days, a storm, is no crisis that the season and the quiet past must forget.
        new["halved"] = reading.agreed_drop >= params.critical_drop or bool(state and state["halved"])
        if new["halved"]:
            new["season"] = Season(*season).without(date.fromisoformat(core.onset or observed).toordinal()).as_json()
    if core.days > params.warm_up_days:
        past.note(core.excess, core.low, params, was_open=before, is_open=core.open, unusual=unusual)
    new["quiet"] = past.as_json()
    return new, reading


def _status(was_open: bool, core: Core, params: TrafficParams) -> Status:
    if core.open:
        return "raised"
    if was_open:
        return "closed"
    return "warming_up" if core.days <= params.warm_up_days else "quiet"


def _season(state: State | None, last_ordinal: int, ordinal: int) -> list[Any]:
    """Return the memory on the first day of a week, as JSON values."""
    if state is None:
        return start(ordinal).as_json()
    recent = state["recent"]
    usual = not state["halved"] and state["open_days"] <= LONG_ALERT_DAYS
    return Season(*state["season"]).after(last_ordinal, ordinal, sum(recent) / len(recent), usual=usual).as_json()


def _grade(new: State, state: State | None, reading: Reading, season: float | None, missing_days: int, params: TrafficParams) -> None:
    """Write severity and length of the open alert into state and reading."""
    new["open_days"] = (state["open_days"] if state else 0) + 1
    reading.season, reading.missing_days = season, missing_days
    if missing_days >= params.max_gap_days:
        reading.status, new["severity"] = "gap", state["severity"] if state else None
        return
    reading.band = band_of(reading.deciding_drop, params, stopped=reading.stop_days > 0)
    new["severity"], new["lower_days"] = _severity(state, reading, params)
    reading.severity, reading.lower_days = Severity(new["severity"]), new["lower_days"]


def _smaller(drop: float, seasonal: float | None) -> float:
    return drop if seasonal is None else min(drop, seasonal)


def band_of(drop: float, params: TrafficParams, *, stopped: bool = False) -> Severity:
    """Return the band of a deficit; that of a stop, whose few days are all far below, is critical only where next to nothing passes."""
    if stopped and drop >= params.warning_drop:
        return Severity.CRITICAL if drop >= params.closed_drop else Severity.WARNING
    if drop < params.warning_drop:
        return Severity.WATCH
    return Severity.CRITICAL if drop >= params.critical_drop else Severity.WARNING


def _severity(state: State | None, reading: Reading, params: TrafficParams) -> tuple[str, int]:
    """Return severity and days in a lower band: up at once, down only after ``ease_days`` well below the line."""
    # Without the margin Suez, which stood 41 to 52 % below from 2024 to 2026, stepped 49 times across the line at 50 %; with it, twice.
    band, eased = reading.band, band_of(reading.deciding_drop + params.ease_margin, params)
    held = Severity(state["severity"]) if state and state["open"] and state["severity"] else None
    if held is None or band.order > held.order:
        return band.value, 0
    lower_days = state["lower_days"] + 1 if state and eased.order < held.order else 0
    return (eased.value, 0) if lower_days >= params.ease_days else (held.value, lower_days)


def chart_of(state: State | None) -> Core:
    """Return a chart of one's own from the state it was kept in."""
    if state is None:
        return Core()
    core = Core(*state["chart"])
    core.offsets = core.offsets[:]
    return core


def rebased(state: State, counts: Sequence[int]) -> State:
    """Return the state, closed, with the median of the last 28 days as the new normal that a person accepted.

    Quiet past and season stay; the excursion that the alert belonged to is no part of the past.

    Parameters
    ----------
    counts
        One for each day, oldest first.

    Raises
    ------
    BadRequest
        When fewer days are at hand.
    """
    if len(counts) < REBASE_DAYS:
        raise BadRequest(f"a new normal needs {REBASE_DAYS} days of figures, there are {len(counts)}; wait for more")
    level = median(map(transformed, counts[-REBASE_DAYS:]))
    core = replace(chart_of(state), level=level, excess=0.0, onset=None, open=False, low=0, calm=0)
    core.sharp, core.sharp_onset, core.run, core.sharp_run = 0.0, None, 0, 0
    past = replace(Quiet(*state["quiet"]), peak=0.0, low_days=0)
    closed = {"quiet": past.as_json(), "severity": None, "lower_days": 0, "open_days": 0, "halved": False}
    return state | {"chart": core.as_json(), "onset": None, "open": False} | closed
