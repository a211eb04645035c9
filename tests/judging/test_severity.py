"""The severity lattice, walked as a whole: nothing gets milder because something gets worse, and knowing more only narrows the answer."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

from supplywatch.judging import severity as lattice_module
from supplywatch.judging.severity import AXES, SCALE, Point, derive
from supplywatch.model.alert import Axes, Axis, Severity

LEVELS = (None, *SCALE)
severity, at_most = cache(lattice_module.severity), cache(lattice_module.at_most)  # every point is a neighbour of many


def levels_of(levels: Iterable[Severity | None]) -> Any:
    """Return the levels of the four axes as a point wants them."""
    return tuple(levels)


def lattice() -> Iterator[Point]:
    for event, levels, man_made, resilient in product(SCALE, product(LEVELS, repeat=4), (False, True), (False, True)):
        yield Point(event, levels_of(levels), man_made, resilient)


def worse(point: Point) -> Iterator[Point]:
    """Every neighbour that is one step worse in one respect; from unknown no step is better or worse."""
    if point.event is not Severity.CRITICAL:
        yield replace(point, event=SCALE[point.event.order + 1])
    for axis, level in enumerate(point.levels):
        if level is not None and level is not Severity.CRITICAL:
            levels = list(point.levels)
            levels[axis] = SCALE[level.order + 1]
            yield replace(point, levels=levels_of(levels))
    if not point.man_made:
        yield replace(point, man_made=True)
    if point.resilient:
        yield replace(point, resilient=False)


def test_the_whole_lattice_is_monotone() -> None:
    steps = 0
    for point in lattice():
        for neighbour in worse(point):
            steps += 1
            assert severity(neighbour).order >= severity(point).order, (point, neighbour)
            assert at_most(neighbour).order >= at_most(point).order, (point, neighbour)
    assert steps > 30_000


def test_knowing_an_axis_never_leaves_the_range_that_was_said() -> None:
    for point in lattice():
        for axis, level in enumerate(point.levels):
            if level is not None:
                continue
            for known in SCALE:
                levels = list(point.levels)
                levels[axis] = known
                told = replace(point, levels=levels_of(levels))
                assert severity(point).order <= severity(told).order <= at_most(told).order <= at_most(point).order


def test_one_step_and_no_more() -> None:
    for point in lattice():
        if point.event is Severity.INFO:
            assert severity(point) is Severity.INFO
            continue
        plain = severity(replace(point, man_made=False, resilient=False)).order
        assert 0 <= severity(replace(point, man_made=True, resilient=False)).order - plain <= 1
        assert 0 <= plain - severity(replace(point, man_made=False, resilient=True)).order <= 1


def test_the_derivation_adds_up_and_names_what_is_unknown() -> None:
    def axis(level: Severity) -> Axis:
        return Axis(value=0.5, cut=0.4, unit="share", level=level)

    axes = Axes(dependence=axis(Severity.WARNING), concentration=axis(Severity.CRITICAL))
    grading = derive(Severity.WATCH, "MAT.COPPER", axes, "control_rule on act/1, since 2024-12-05", "1 verified domestic backup")
    assert [(step.name, step.by) for step in grading.steps] == [
        ("event", 0),
        ("agreement", 1),
        ("man_made", 1),
        ("resilience", -1),
        ("unknown", 0),
    ]
    assert grading.severity is Severity.WARNING
    assert grading.unknown == AXES[2:]
