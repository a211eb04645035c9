"""Alerts: severity, the four axes, findings of a rule, transitions of an episode.

An alert is an *episode* of a rule on a subject. A rule's :class:`Finding` says what one observation means; the engine turns
a series of findings into transitions. Silence never resolves: only a finding ``clear`` on fresh values does.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from supplywatch.model.records import Frozen, Record


class Severity(StrEnum):
    """How bad the event is, apart from whom it hits; ordered by :attr:`order`."""

    INFO = "info"
    WATCH = "watch"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"

    @property
    def order(self) -> int:
        """0 (info) to 3 (critical); ``unknown`` sorts below all, for consumers of newer versions."""
        return _ORDER[self._value_]


_ORDER = {"unknown": -1, "info": 0, "watch": 1, "warning": 2, "critical": 3}


class Transition(StrEnum):
    """What happened to an episode."""

    OPENED = "opened"
    WORSENED = "worsened"
    EASED = "eased"
    HELD = "held"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    RETRACTED = "retracted"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    BASELINE_ACCEPTED = "baseline_accepted"
    UNKNOWN = "unknown"


class Subject(Frozen):
    """What an alert is about."""

    kind: Literal[
        "chokepoint",
        "port",
        "index",
        "import_line",
        "commodity",
        "list_entry",
        "list_release",
        "party_match",
        "act",
        "register",
        "control",
        "source",
        "unknown",
    ]
    id: str
    name: str


class Text(Frozen):
    """One sentence in both languages."""

    en: str
    zh: str


class Evidence(Frozen):
    """One figure an alert rests on, with the place where it can be read again."""

    source: str
    vintage: str
    sha256: str
    position: str
    field: str
    value: float | str | bool | None
    unit: str
    period: str

    @classmethod
    def of(cls, record: Record, field: str, value: float | str | bool | None, unit: str, position: str | None = None) -> Evidence:
        """Return a figure read from, or computed over, a record; ``position`` where it is not the record's own."""
        origin = record.provenance
        return cls(
            source=origin.source,
            vintage=origin.vintage,
            sha256=origin.payload_sha256,
            position=position or origin.position,
            field=field,
            value=value,
            unit=unit,
            period=record.observed,
        )


class Axis(Frozen):
    """A value on one of the four axes, the cut it is held against, its age, and where it comes from."""

    value: float | None
    cut: float | None
    unit: str
    observed: str | None = None
    source: str | None = None
    level: Severity | None = Field(default=None, description="the band the value lies in; info is under every line, None not banded")
    rule: str | None = Field(default=None, description="the rule that read it, where it is not the alert's own")
    subject: str | None = Field(default=None, description="what that rule read it of")
    known_at: AwareDatetime | None = None
    age_days: int | None = Field(default=None, description="days from the end of the observed period to the judgement")
    valid_until: date | None = Field(default=None, description="last day on which the value counts; unknown after it")


class Axes(Frozen):
    """Dependence, concentration, substitutability, relocation; unknown is ``None``, not zero."""

    dependence: Axis | None = None
    concentration: Axis | None = None
    substitutability: Axis | None = None
    relocation: Axis | None = None


class Step(Frozen):
    """One step of a severity's derivation: up or down, and because of what."""

    name: Literal["event", "agreement", "man_made", "resilience", "cap", "unknown"]
    by: int
    because: str
    because_zh: str | None = Field(default=None, description="the same in Chinese")


class Grading(Frozen):
    """How the severity of an alert follows from the event and from what is known of the item it touches."""

    item: str | None = Field(description="the watched item, of several the one that is worst off")
    event: Severity = Field(description="the rule's own band, before anything else is looked at")
    severity: Severity
    at_most: Severity = Field(description="what it would be with every unknown axis at its worst")
    steps: tuple[Step, ...]
    unknown: tuple[str, ...] = Field(default=(), description="axes nothing is known of")


class Threshold(Frozen):
    """A line the judgement rests on, and where it comes from."""

    name: str
    value: float | int | str | bool | None
    kind: Literal["calibrated", "pooled", "published", "default", "unknown"]
    source: str


class Finding(Frozen):
    """What a rule says of one observation.

    ``raised``: over the raise level (or not yet under the clear level). ``clear``: fresh values under the clear level.
    ``unknown``: cannot be judged (warming up, coverage insufficient, weight missing); an open episode is held, never resolved.
    ``nothing``: does not concern the rule; no transition at all.
    """

    status: Literal["raised", "clear", "unknown", "nothing"]
    severity: Severity = Severity.INFO
    cap: Severity | None = Field(
        default=None, description="what the evidence can support at most, whatever is known of the item it touches"
    )
    onset: str | None = Field(default=None, description="estimated first period of the condition")
    headline: Text | None = None
    clears_when: str | None = None
    because: Text | None = Field(default=None, description="how the rule's own band follows from the figures")
    evidence: tuple[Evidence, ...] = ()
    axes: Axes = Axes()
    exposure: Text | None = Field(default=None, description="filled by the engine")
    measures: dict[str, int | float | str | bool | None] = Field(
        default_factory=dict, description="figures beside the verdict, units in names"
    )
    reason: str | None = Field(default=None, description="why unknown, or why it was judged so; a bounded sentence")
    standing: bool | None = Field(default=None, description="None: the engine decides by the series; else the rule knows")
    taxonomy: tuple[str, ...] = Field(default=(), description="nodes beyond those of the rule card, e.g. the watched item")
    grading: Grading | None = Field(default=None, description="filled by the engine")
    thresholds: tuple[Threshold, ...] = Field(
        default=(), description="those that are of the series itself; they stand in for the configured ones"
    )


NOTHING = Finding(status="nothing")


class AlertEvent(Frozen):
    """One transition of one alert: the public contract of topics, back-tests and ``alerts show --json``."""

    schema_version: Literal[1] = 1
    event_id: str = Field(description="deterministic: equal input gives the equal id; the key for de-duplication")
    alert_id: str
    rule: str
    rule_version: str
    subject: Subject
    taxonomy: tuple[str, ...]
    transition: Transition
    severity: Severity
    observed_at: str = Field(description="the period whose figures caused the transition")
    known_at: AwareDatetime = Field(description="when the publisher's figures reached us")
    onset: str | None
    standing: bool = Field(description="the condition was there before it could be news: history on a first load")
    axes: Axes
    evidence: tuple[Evidence, ...]
    measures: dict[str, int | float | str | bool | None] = Field(default_factory=dict)
    clears_when: str | None
    headline: Text
    exposure: Text | None = Field(default=None, description="where the watched items that are touched stand, in a sentence of its own")
    reason: str | None = None
    actor: str | None = Field(default=None, description="the person behind an acknowledgement, a shelving or an acceptance")
    expires_at: datetime | None = Field(default=None, description="end of a shelving")
    grading: Grading | None = Field(default=None, description="the derivation of the severity, where the event touches a watched item")
    thresholds: tuple[Threshold, ...] = Field(default=(), description="the lines the rule judged by, each with its source")
    surer_when: tuple[str, ...] = Field(default=(), description="what would have to be known to be surer")
    not_supported: tuple[str, ...] = Field(default=(), description="what the same evidence does not support")
    attribution: tuple[str, ...] = Field(default=(), description="credit lines of every source in the evidence")
