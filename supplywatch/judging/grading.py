"""Joins an alert with what other rules know of the item it touches: dependence, concentration, substitutability, relocation.

Only what was known *before* the figures of the alert counts, whatever was judged since: a replay, a batch and one record at a time give
the same. Where the stored state of another rule is newer than that, its history is folded again as it was known then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from supplywatch.judging.exposure import exposure
from supplywatch.judging.severity import AXES, derive
from supplywatch.ledger import book
from supplywatch.model.alert import Axes, Axis, Finding, Grading, Severity, Subject
from supplywatch.model.items import Item, Items
from supplywatch.model.periods import period_end
from supplywatch.model.rule import Rule

AsKnown = Callable[[str, str, datetime], Mapping[str, Any]]
"""``(rule id, subject id, instant) -> the axes that rule had read of the subject before the instant``, as JSON values."""


class Grader:
    """Grades the findings of one batch.

    Parameters
    ----------
    connection
        The batch's transaction.
    rules, items
        As the engine has them.
    as_known
        Where a subject stood before an instant.
    """

    def __init__(self, connection: Connection, rules: Mapping[str, Rule[Any]], items: Items, as_known: AsKnown) -> None:
        self._connection, self._items, self._as_known = connection, items, as_known
        self._by_id = {item.id: item for item in items.items}
        self._readers = [(rule_id, rule.axes_of) for rule_id, rule in rules.items() if rule.axes_of is not None]
        self._man_made = tuple(rule_id for rule_id, rule in rules.items() if rule.card.man_made)
        self._standing: dict[tuple[str, datetime], Axes] = {}
        self._sources: dict[tuple[str, datetime], list[Any]] = {}

    def grade(self, rule: Rule[Any], subject: Subject, finding: Finding, known_at: datetime) -> Finding:
        """Return a raised finding with severity, axes and derivation; any other as it is."""
        if finding.status != "raised":
            return finding
        touched = [self._by_id[node] for node in finding.taxonomy if node in self._by_id and not self._elsewhere(subject)]
        graded = [(item, *self._of_item(item, rule, subject.id, finding, known_at)) for item in touched]
        if not graded:
            axes = _own(finding.axes, known_at)
            grading = derive(finding.severity, None, axes, None, None, finding.because, finding.cap)
            return finding.model_copy(update={"axes": axes, "grading": grading, "severity": grading.severity})
        _, axes, worst = max(graded, key=lambda one: (one[2].severity.order, one[2].at_most.order, -len(one[2].unknown)))
        said = {f"item.{item.id}": in_words(one) for item, one, _ in graded}
        measures, stands = finding.measures | said, [(item, one) for item, one, _ in graded]
        return finding.model_copy(
            update={"axes": axes, "grading": worst, "severity": worst.severity, "measures": measures, "exposure": exposure(stands)}
        )

    def _elsewhere(self, subject: Subject) -> bool:
        """Tell whether a subject is trade of another economy than the one whose items are watched."""
        return subject.kind in ("import_line", "commodity", "control") and not subject.id.startswith(f"{self._items.reporter}/")

    def _of_item(self, item: Item, rule: Rule[Any], subject_id: str, finding: Finding, known_at: datetime) -> tuple[Axes, Grading]:
        own = _own(finding.axes, known_at)
        before = self._stands(item, known_at)
        axes = Axes(**{name: _banded(getattr(own, name), getattr(before, name)) for name in AXES})
        backup = axes.substitutability
        resilience = None
        if backup is not None and backup.level is Severity.INFO:
            until = f", counts until {backup.valid_until}" if backup.valid_until else ""
            resilience = f"{backup.value:g} {backup.unit}{until}" if backup.value is not None else backup.unit
        active = self._active(item, rule.card.rule_id, subject_id, known_at)
        return axes, derive(finding.severity, item.id, axes, active, resilience, finding.because, finding.cap)

    def _stands(self, item: Item, known_at: datetime) -> Axes:
        key = (item.id, known_at)
        if key not in self._standing:
            readings: dict[str, list[Axis]] = {name: [] for name in AXES}
            for rule_id, axes_of in self._readers:
                for subject_id in axes_of(item, self._items):
                    for name, raw in self._as_known(rule_id, subject_id, known_at).items():
                        readings[name].append(Axis.model_validate({**raw, "rule": rule_id, "subject": subject_id}))
            self._standing[key] = Axes(**{name: _worst(found, known_at) for name, found in readings.items()})
        return self._standing[key]

    def _active(self, item: Item, rule_id: str, subject_id: str, known_at: datetime) -> str | None:
        """Return the man-made source, other than the alert itself, that was active on an item."""
        key = (item.id, known_at)
        if key not in self._sources:
            self._sources[key] = book.active_before(self._connection, self._man_made, item.id, known_at)
        others = [row for row in self._sources[key] if (row.rule, row.subject_id) != (rule_id, subject_id)]
        if not others:
            return None
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        return f"{others[0].rule} on {others[0].subject_id}, since {others[0].opened_at}{more}"


def in_words(axes: Axes) -> str:
    """Return where an item stands in one line, and whether there is a backup."""
    parts = []
    for name in AXES[:2]:
        axis = getattr(axes, name)
        parts.append(f"{name} unknown" if axis is None else f"{name} {axis.value:g} ({_level(axis)}, {axis.observed})")
    backup = axes.substitutability
    parts.append("backup unknown: no register" if backup is None else f"{backup.value:g} {backup.unit} ({_level(backup)})")
    parts.append("relocation unknown" if axes.relocation is None else f"relocation {axes.relocation.value:g} ({_level(axes.relocation)})")
    return " × ".join(parts)


def _level(axis: Axis) -> str:
    return "not banded" if axis.level is None else axis.level.value


def _own(axes: Axes, known_at: datetime) -> Axes:
    found = {name: getattr(axes, name) for name in AXES}
    return Axes(**{name: None if axis is None else _aged(axis, known_at) for name, axis in found.items()})


def _aged(axis: Axis, known_at: datetime) -> Axis:
    age = None if axis.observed is None else max(0, (known_at - period_end(axis.observed)).days)
    return axis.model_copy(update={"known_at": axis.known_at or known_at, "age_days": age})


def _banded(own: Axis | None, before: Axis | None) -> Axis | None:
    """Return the alert's own reading, unless it has no band and another rule's has."""
    return own if own is not None and (own.level is not None or before is None) else before


def _worst(readings: Iterable[Axis], known_at: datetime) -> Axis | None:
    """Return the worst reading that still counts, of equally bad ones the newest."""
    today = known_at.date()
    valid = [axis for axis in readings if axis.value is not None and (axis.valid_until is None or axis.valid_until >= today)]
    if not valid:
        return None
    worst = max(valid, key=lambda a: (a.level.order if a.level is not None else -1, a.observed or "", a.subject or ""))
    return _aged(worst, known_at)
