"""The noun of the detectors: a rule is a card, parameters, and a pure detect().

A detector is one file ``detectors/<rule_id>.py`` that defines ``RULE: Rule``. A rule is a fold over the observations of one
subject in the order of their periods: ``detect(state, record, context) -> (state, finding)``. It never reads a clock, a database or
a network; a revision is judged by folding the history again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from supplywatch.model.alert import Finding, Subject
from supplywatch.model.items import Item, Items
from supplywatch.model.records import Record

RecordT = TypeVar("RecordT", bound=Record)
MAN_MADE = "RS.EXT.MAN"
"""The taxonomy's man-made shocks."""
NEWEST, BEFORE_NEWEST = FROM_THE_END = ("newest", "newest but one")
"""What :attr:`Rule.related` may name in the place of a period: the last of a history, whichever it is, and the one before it."""
State = dict[str, Any]
"""A rule's memory of one subject: JSON values only, small, complete (nothing else is remembered)."""


@dataclass(frozen=True)
class RuleCard:
    """What an operator needs to know of a rule before reading its code."""

    rule_id: str
    version: str
    title: str
    title_zh: str
    taxonomy: tuple[str, ...]
    reference: str
    blind_spots: tuple[str, ...]
    runbook: str
    """Path below ``docs/runbooks/``."""
    false_alert_budget: float | None
    """Episodes per series-year that may be false; ``None`` for rules that report acts of a publisher."""
    opens: bool = True
    """False: context for the alerts of other rules; it never opens one itself."""
    judged_by: tuple[str, ...] = ()
    """The parameters that are lines of judgement, shown in every alert with their sources; guards and floors are not."""
    surer_when: tuple[str, ...] = ()
    """What would have to be known to be surer of an alert of the rule."""
    not_supported: tuple[str, ...] = ()
    """What the evidence of the rule does not support, however strong it is."""
    reads: tuple[str, ...] = ()
    """The files of ``config/`` that the rule reads beside its thresholds and the watched items; the lock covers them."""

    @property
    def man_made(self) -> bool:
        """Whether an open alert of the rule is an active man-made source of risk."""
        return any(node.startswith(MAN_MADE) for node in self.taxonomy)


@dataclass(frozen=True)
class Context:
    """What a rule may look at beside its own state and the record.

    ``related`` holds, for each (series, period) the rule asked for with :attr:`Rule.related`, the latest vintage; nothing when there is
    none. ``subject`` is the one that is judged, for rules to which one record says something of several.
    """

    items: Items
    related: Mapping[tuple[str, str], Record] = field(default_factory=dict)
    subject: Subject | None = None


@dataclass(frozen=True)
class Rule(Generic[RecordT]):
    """A detector.

    Parameters
    ----------
    card
        What the rule is.
    records
        The record types it reads.
    params
        The model of its parameters; values come from ``config/thresholds.yaml`` under the rule's id, none stands in code.
    subject
        The subject a record belongs to, several where one record concerns several, or ``None`` when the rule does not watch it.
    detect
        ``(state or None, record, params, context) -> (new state, finding)``; pure.
    related
        Further (series, period) whose records the rule reads beside the one it judges; a period may be named by :data:`FROM_THE_END`.
    rests_on
        The record types among ``related`` that make the rule judge a subject's last record again when one of them is renewed; ``detect``
        must then give the same state when it sees a record twice.
    rebase
        ``(state, records of the last periods, oldest first, params) -> state``: a person accepted a new normal.
    axes_of
        The subjects, by id, whose latest finding says where a watched item stands on an axis; none for rules that fill no axis.
    """

    card: RuleCard
    records: tuple[type[RecordT], ...]
    params: type[BaseModel]
    subject: Callable[[RecordT, Items], Subject | Sequence[Subject] | None]
    detect: Callable[[State | None, RecordT, Any, Context], tuple[State, Finding]]
    related: Callable[[RecordT, Items], Sequence[tuple[str, str]]] = lambda _record, _items: ()
    rests_on: tuple[type[Record], ...] = ()
    rebase: Callable[[State, Sequence[RecordT], Any], State] | None = None
    axes_of: Callable[[Item, Items], Sequence[str]] | None = None

    def subjects(self, record: RecordT, items: Items) -> Sequence[Subject]:
        """Return all subjects that a record concerns."""
        found = self.subject(record, items)
        if found is None:
            return ()
        return (found,) if isinstance(found, Subject) else found
