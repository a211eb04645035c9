"""``supplywatch explain``: how the severity of an alert follows from the event and from what is known of the item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplywatch.cli.common import AlertId, AsOf, JsonFlag, LedgerUrl, events_of_alert, instant, open_ledger, print_json
from supplywatch.runtime.output import print_table, say

if TYPE_CHECKING:
    from supplywatch.desk.corroboration import Corroboration
    from supplywatch.desk.impact import Impact
    from supplywatch.model.alert import AlertEvent

EXPLAINED = (
    "alert_id",
    "rule",
    "rule_version",
    "severity",
    "headline",
    "exposure",
    "known_at",
    "onset",
    "clears_when",
    "grading",
    "axes",
    "thresholds",
)


def explain(alert: AlertId, as_of: AsOf = None, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Explain an alert: severity step by step, axes, thresholds with sources, what would change it, whom of yours it concerns."""
    event: AlertEvent = events_of_alert(alert, as_of, ledger)[-1]
    corroborated, exposure = _corroborations(event, as_of, ledger), _impact(event, as_of, ledger)
    if json:
        said = event.model_dump(mode="json", include={*EXPLAINED, "surer_when", "not_supported", "evidence"})
        beside = {"corroborated_by": [one.model_dump(mode="json") for one in corroborated], "impact": exposure.model_dump(mode="json")}
        print_json(said | beside)
        return
    say(f"{event.severity.value}: {event.headline.en}")
    if event.exposure is not None:
        say(f"exposure       {event.exposure.en}")
    say("")
    derivation(event)
    print_axes(event)
    print_thresholds(event)
    print_outlook(event)
    print_impact(exposure)
    for one in corroborated:
        say(f"others say     {one.text} ({one.source}, {one.period}, vintage {one.vintage})")


def _corroborations(event: AlertEvent, as_of: str | None, url: str | None) -> list[Corroboration]:
    """Return what other publications say of the place and the time of the alert."""
    from supplywatch.config import rule_params
    from supplywatch.desk.corroboration import corroborations
    from supplywatch.registry import rule

    lines = rule_params("pressure_index", rule("pressure_index").params).model_dump()
    bands = {"high": lines["high_sigma"], "very high": lines["very_high_sigma"]}
    return corroborations(open_ledger(url, upgrade=False), event, bands, instant(as_of) if as_of else None)


def _impact(event: AlertEvent, as_of: str | None, url: str | None) -> Impact:
    """Return how far the watched counterparties are exposed."""
    from supplywatch.desk.impact import impact
    from supplywatch.model.items import load_items

    return impact(open_ledger(url, upgrade=False), event, load_items(), instant(as_of) if as_of else None)


def print_impact(exposure: Impact) -> None:
    """Print whom of the watch-list the alert concerns; what the watch-list says never enters the severity."""
    if not exposure.items:
        say("impact         not known: the alert touches no watched item")
    elif not exposure.with_tags:
        say("impact         not known: no counterparty is watched whose tags name products ('supplywatch watchlist import')")
    else:
        names = f": {', '.join(exposure.named)}" + (" and more" if exposure.exposed > len(exposure.named) else "")
        shown = names if exposure.exposed else ""
        say(f"impact         {exposure.exposed} of {exposure.with_tags} watched suppliers of products{shown}")


def derivation(event: AlertEvent) -> None:
    """Print the steps from the band of the event to its severity."""
    grading = event.grading
    if grading is None:
        say("severity: the rule's own band; the event was not graded (it ended, or a person spoke)")
        return
    on = f" on {grading.item}" if grading.item else " (touches no watched item)"
    say(f"severity of {event.rule}{on}:")
    for step in grading.steps:
        say(f"  {step.by:+d}  {step.name:<11} {step.because}" if step.by else f"   0  {step.name:<11} {step.because}")
    bound = "" if grading.at_most is grading.severity else f"; {grading.at_most.value} if every unknown axis were at its worst"
    say(f"   =  {grading.severity.value}{bound}\n")


def print_axes(event: AlertEvent) -> None:
    """Print the four axes, each with value, cut, age and source; unknown is unknown."""
    from supplywatch.judging.severity import AXES

    rows = []
    for name in AXES:
        axis = getattr(event.axes, name)
        if axis is None:
            rows.append((name, "unknown", "", "", "", "", "", ""))
        else:
            level = axis.level.value if axis.level is not None else "not banded"
            age = f"{axis.age_days} d" if axis.age_days is not None else ""
            rows.append(
                (name, level, axis.value, axis.cut, axis.unit, axis.observed, age, f"{axis.source or ''} {axis.rule or ''}".strip())
            )
    print_table(("axis", "level", "value", "cut", "unit", "period", "age", "source"), rows)


def print_thresholds(event: AlertEvent) -> None:
    """Print the lines of judgement and where they come from."""
    if event.thresholds:
        print_table(("threshold", "value", "kind", "source"), ((t.name, t.value, t.kind, t.source) for t in event.thresholds))


def print_outlook(event: AlertEvent) -> None:
    """Print onset, what clears the alert, what would make it surer and what it does not support."""
    say(f"onset          {event.onset or 'not estimated'}")
    if event.clears_when:
        say(f"clears when    {event.clears_when}")
    for line in event.surer_when:
        say(f"surer when     {line}")
    for line in event.not_supported:
        say(f"not supported  {line}")
