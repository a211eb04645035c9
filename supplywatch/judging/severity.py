"""Severity: the band of the event, moved by what is known of the item it touches. Pure, without weights.

The event brings its own band. The item has a level on each of four axes, or none where nothing is known. Three things move the band,
each by one step, within info and critical; an event that is info stays info, since it asks nothing of anybody:

* up when at least two axes agree that the item is exposed (``warning`` or worse): dependence without concentration, or concentration of
  something that can be replaced, is half a danger;
* up while a man-made source of risk other than the event itself is active on the item;
* down for a resilience factor with evidence, such as a verified domestic backup.

Nothing is ever lower because something got worse: a test walks the whole lattice. An axis of which nothing is known counts neither as
harmless nor as bad: the severity is what the known axes support, and ``at_most`` what the unknown ones could make of it.

>>> severity(Point(Severity.WARNING, (Severity.CRITICAL, Severity.WARNING, None, None))).value
'critical'
>>> point = Point(Severity.WARNING, (None, Severity.CRITICAL, None, None))
>>> severity(point).value, at_most(point).value
('warning', 'critical')
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from supplywatch.model.alert import Axes, Grading, Severity, Step, Text

AXES = ("dependence", "concentration", "substitutability", "relocation")
EXPOSED = Severity.WARNING
AGREEING = 2
SCALE = (Severity.INFO, Severity.WATCH, Severity.WARNING, Severity.CRITICAL)
Levels = tuple[Severity | None, Severity | None, Severity | None, Severity | None]
NOTHING_KNOWN: Levels = (None, None, None, None)


@dataclass(frozen=True)
class Point:
    """A place in the lattice.

    Parameters
    ----------
    event
        The rule's own band.
    levels
        The levels of :data:`AXES`, ``None`` where nothing is known.
    man_made
        Whether a man-made source other than the event is active on the item.
    resilient
        Whether a resilience factor with evidence stands against it.
    cap
        What the event's evidence can support at most; ``None`` for no bound.
    """

    event: Severity
    levels: Levels = NOTHING_KNOWN
    man_made: bool = False
    resilient: bool = False
    cap: Severity | None = None

    @property
    def exposed(self) -> tuple[str, ...]:
        """The axes on which the item is known to be exposed."""
        return tuple(name for name, level in zip(AXES, self.levels, strict=True) if level is not None and level.order >= EXPOSED.order)


def severity(point: Point) -> Severity:
    """Return the severity that the known axes support."""
    if point.event.order <= Severity.INFO.order:
        return point.event
    moved = point.event.order + (len(point.exposed) >= AGREEING) + point.man_made - point.resilient
    return SCALE[min(max(moved, Severity.INFO.order), (point.cap or Severity.CRITICAL).order)]


def at_most(point: Point) -> Severity:
    """Return the severity if every unknown axis were at its worst."""
    dependence, concentration, substitutability, relocation = (level or Severity.CRITICAL for level in point.levels)
    return severity(replace(point, levels=(dependence, concentration, substitutability, relocation)))


def levels_of(axes: Axes) -> Levels:
    """Return the levels of four axes."""
    found = (axes.dependence, axes.concentration, axes.substitutability, axes.relocation)
    dependence, concentration, substitutability, relocation = (None if axis is None else axis.level for axis in found)
    return dependence, concentration, substitutability, relocation


def derive(
    event: Severity,
    item: str | None,
    axes: Axes,
    man_made: str | None,
    resilience: str | None,
    because: Text | None = None,
    cap: Severity | None = None,
) -> Grading:
    """Return the severity of an event with its derivation.

    Parameters
    ----------
    event
        The rule's own band.
    item
        The watched item it touches.
    axes
        Where the item stands.
    man_made, resilience
        What the man-made source and the resilience factor are, ``None`` where there is none.
    because
        How the band follows from the figures, where the rule says it.
    cap
        What the event's evidence can support at most.
    """
    point = Point(event, levels_of(axes), man_made is not None, resilience is not None, cap)
    unknown = tuple(name for name, level in zip(AXES, point.levels, strict=True) if level is None)
    band = f"the rule's own band: {event.value}"
    steps = [Step(name="event", by=0, because=band if because is None else f"{band}: {because.en}", because_zh=because and because.zh)]
    if len(point.exposed) >= AGREEING:
        steps.append(Step(name="agreement", by=1, because=f"{' and '.join(point.exposed)} are at {EXPOSED.value} or worse"))
    if man_made is not None:
        steps.append(Step(name="man_made", by=1, because=f"a man-made source is active on the item: {man_made}"))
    if resilience is not None:
        steps.append(Step(name="resilience", by=-1, because=resilience))
    steps += _capped(point)
    if unknown:
        steps.append(Step(name="unknown", by=0, because=f"nothing is known of {', '.join(unknown)}: counted neither way"))
    return Grading(item=item, event=event, severity=severity(point), at_most=at_most(point), steps=tuple(steps), unknown=unknown)


def _capped(point: Point) -> list[Step]:
    free = severity(replace(point, cap=None))
    if point.cap is None or free.order <= point.cap.order:
        return []
    return [Step(name="cap", by=point.cap.order - free.order, because=f"its evidence supports no more than {point.cap.value}")]
