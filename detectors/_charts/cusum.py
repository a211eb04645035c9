"""A one-sided CUSUM on daily counts: level and scale that move slowly and stand still while an alert is open, seven weekday offsets.

Counts are transformed by ``2·sqrt(count + 3/8)``, which makes their noise about one whatever their size. References: Page (1954),
Biometrika 41:100-115; Anscombe (1948), Biometrika 35:246-254. O(1): about 20 numbers, 1.5 microseconds a day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from detectors._charts.quiet import Calibration, Limits

MAD_TO_SIGMA = 1.2533
"""sqrt(pi / 2): from mean absolute deviation to standard deviation of a normal variable."""
SIGMA_FLOOR, CLIP_SIGMA, GAIN = 0.7, 4.0, 0.02
GAIN_DAYS = 50
"""The first days are a plain mean: until one of them weighs no more than the gain."""
CALM_SIGMA = 1.0
BREAK_DAYS = 3
"""A break may take some days to its depth: an excursion that began no earlier is the break's own."""


class Chart(Calibration):
    """Parameters of the chart; see ``config/thresholds.yaml`` for values and sources."""

    slack_sigma: float
    drop_share: float
    drop_sigma: float
    warm_up_days: int
    close_days: int
    half_life_days: float


@dataclass(slots=True)
class Core:
    """The chart's memory: about twenty numbers.

    Parameters
    ----------
    days
        Days seen.
    level, scale
        Level and mean absolute deviation of the transformed counts.
    offsets, centre
        The seven weekday offsets, Monday first, and their mean: what counts is by how much one is above the other.
    excess
        The CUSUM, in sigma.
    onset
        First period with an excess since it was last zero; of an open alert the estimate it opened with.
    sharp, sharp_onset
        The same for a CUSUM with a slack of half the clip: what it exceeds is a break, and it dates a break to the day.
    run, sharp_run
        Days since the two were last zero.
    low, calm
        Days running far below the baseline; days running without a deficit while open.
    """

    days: int = 0
    level: float = 0.0
    scale: float = 1.0
    offsets: list[float] = field(default_factory=lambda: [0.0] * 7)
    centre: float = 0.0
    excess: float = 0.0
    low: int = 0
    calm: int = 0
    last_ordinal: int = 0
    sharp: float = 0.0
    run: int = 0
    sharp_run: int = 0
    onset: str | None = None
    sharp_onset: str | None = None
    open: bool = False

    def as_json(self) -> list[Any]:
        """Return what makes an equal chart: ``Core(*values)``."""
        return [
            self.days,
            self.level,
            self.scale,
            self.offsets,
            self.centre,
            self.excess,
            self.low,
            self.calm,
            self.last_ordinal,
            self.sharp,
            self.run,
            self.sharp_run,
            self.onset,
            self.sharp_onset,
            self.open,
        ]

    def base(self, weekday: int) -> float:
        """Return the transits a day that the frozen or moving level stands for."""
        return float(max(0.1, ((self.level + self.offsets[weekday] - self.centre) / 2) ** 2 - 0.375))

    def weekly_base(self) -> float:
        """Return the mean of :meth:`base` over the seven weekdays."""
        return sum(self.base(day) for day in range(7)) / 7


def advance(core: Core, period: str, weekday: int, count: int, ordinal: int, params: Chart, limits: Limits) -> Core:
    """Move a chart on by one day, in place, and return it.

    Parameters
    ----------
    period, weekday, ordinal
        The day as text, its weekday (0 = Monday) and its running number.
    count
        Transits of the day.
    limits
        Those in force on the day.
    """
    x, days, next_day = transformed(count), core.days, ordinal == core.last_ordinal + 1
    core.days, core.last_ordinal = days + 1, ordinal
    if days == 0:
        core.level = x
        return core
    spread = MAD_TO_SIGMA * core.scale
    sigma = spread if spread > SIGMA_FLOOR else SIGMA_FLOOR
    z = (x - core.level - core.offsets[weekday] + core.centre) / sigma
    if not -CLIP_SIGMA <= z <= CLIP_SIGMA:
        z = CLIP_SIGMA if z > 0.0 else -CLIP_SIGMA
    if days >= params.warm_up_days:
        _decide(core, z, count, weekday, period, next_day, params, limits)
    if not core.open:
        _learn(core, days, weekday, z * sigma, params)
    return core


def _decide(core: Core, z: float, count: int, weekday: int, period: str, next_day: bool, params: Chart, limits: Limits) -> None:
    drift = core.excess - z - params.slack_sigma
    excess = drift if drift > 0.0 else 0.0
    if excess > 0.0 and core.excess == 0.0 and not core.open:
        core.onset = period
    elif excess == 0.0 and not core.open:
        core.onset = None
    core.run = core.run + 1 if excess > 0.0 else 0
    sharp = core.sharp - z - CLIP_SIGMA / 2
    if sharp > 0.0:
        core.sharp, core.sharp_onset, core.sharp_run = min(sharp, 2 * limits.sigma), core.sharp_onset or period, core.sharp_run + 1
    else:
        core.sharp, core.sharp_onset, core.sharp_run = 0.0, None, 0
    far_below = z <= -params.drop_sigma and count < (1.0 - params.drop_share) * core.base(weekday)
    core.low = (core.low + 1 if next_day else 1) if far_below else 0
    if not core.open and (excess > limits.sigma or core.low >= limits.days):
        core.open, core.calm = True, 0
        # An excursion may have begun by chance long before a break: the steeper chart knows the day.
        broken = core.sharp >= CLIP_SIGMA and core.run - core.sharp_run > BREAK_DAYS
        core.onset = core.sharp_onset if broken else core.onset or period
    if core.open:
        excess = min(excess, 2 * limits.sigma)
        core.calm = (core.calm + 1 if next_day else 1) if -z < CALM_SIGMA else 0
        if core.calm >= params.close_days:
            core.open, core.onset, core.calm, core.low, excess = False, None, 0, 0, 0.0
    core.excess = excess


def _learn(core: Core, days: int, weekday: int, step: float, params: Chart) -> None:
    level_gain, offset_gain = _gain(params.half_life_days), GAIN
    if days < params.warm_up_days:
        level_gain, offset_gain = max(level_gain, 1.0 / (days + 1)), max(GAIN, 1.0 / (days / 7 + 2))
    core.level += level_gain * step
    core.offsets[weekday] += offset_gain * step
    core.centre += offset_gain * step / 7
    scale_gain = GAIN if days >= GAIN_DAYS else 1.0 / (days + 1)
    core.scale += scale_gain * (abs(step) - core.scale)


def transformed(count: int) -> float:
    """Return a count on the chart's scale."""
    return 2.0 * math.sqrt(count + 0.375)


@cache
def _gain(half_life_days: float) -> float:
    return float(1.0 - 0.5 ** (1.0 / half_life_days))
