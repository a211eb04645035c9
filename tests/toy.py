"""A rule small enough to reason about: fewer than ten transits are a disruption, clear again from twelve."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel

from supplywatch.model.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.model.records import Provenance, SourceReport, SourceStatus, TransitCount
from supplywatch.model.rule import Context, Rule, RuleCard, State

FAULT = Path(os.environ.get("TOY_FAULT", "/nonexistent"))
BROKEN = 66
"""The count on which the rule breaks down while the file named by TOY_FAULT is there."""
DAY_0 = datetime(2026, 1, 1, tzinfo=UTC)


class Params(BaseModel):
    raise_below: int = 10
    clear_from: int = 12
    critical_below: int = 5


def detect(state: State | None, record: TransitCount, params: Params, context: Context) -> tuple[State, Finding]:
    count = record.transits_total
    if count == BROKEN and FAULT.is_file():
        raise RuntimeError("a defect in the rule")
    raised = count < (params.clear_from if state and state["raised"] else params.raise_below)
    new = {"raised": raised, "days": (state["days"] if state else 0) + 1}
    if count == 99:
        return new | {"raised": bool(state and state["raised"])}, Finding(status="unknown", reason="sensor down")
    evidence = Evidence(
        source="toy",
        vintage=record.provenance.vintage,
        sha256=record.provenance.payload_sha256,
        position=record.provenance.position,
        field="transits_total",
        value=count,
        unit="transits/day",
        period=record.observed,
    )
    severity = Severity.CRITICAL if count < params.critical_below else Severity.WARNING
    return new, Finding(
        status="raised" if raised else "clear",
        severity=severity if raised else Severity.INFO,
        onset=record.observed if raised else None,
        headline=Text(en=f"{count} transits", zh=f"{count}艘"),
        clears_when="12 transits a day",
        evidence=(evidence,),
    )


def rebase(state: State, records: Sequence[TransitCount], params: Params) -> State:
    return state | {"raised": False}


CARD = RuleCard("toy", "1", "Toy", "玩具", ("HD.1",), "none", ("everything",), "toy.md", 1.0)
RULE = Rule(
    card=CARD,
    records=(TransitCount,),
    params=Params,
    subject=lambda r, items: Subject(kind="chokepoint", id=r.chokepoint_id, name=r.chokepoint_name),
    detect=detect,
    rebase=rebase,
)


def transit(day: int, count: int, *, fetched_day: float | None = None, chokepoint: str = "c1", baseline: bool = False) -> TransitCount:
    fetched = DAY_0 + timedelta(days=day + 1 if fetched_day is None else fetched_day)
    return TransitCount(
        observed=(DAY_0 + timedelta(days=day)).date().isoformat(),
        fetched=fetched,
        provenance=Provenance(source="toy", vintage=fetched.isoformat(), payload_sha256="0" * 64, position=f"row {day}"),
        baseline=baseline,
        chokepoint_id=chokepoint,
        chokepoint_name="Toy Strait",
        transits_total=count,
        transits_tanker=0,
        transits_cargo=count,
        transits_container=count,
        transits_dry_bulk=0,
        transits_general_cargo=0,
        transits_roro=0,
    )


def report(day: float, status: SourceStatus) -> SourceReport:
    fetched = DAY_0 + timedelta(days=day)
    return SourceReport(
        observed=fetched.date().isoformat(),
        fetched=fetched,
        provenance=Provenance(source="toy", vintage=fetched.isoformat(), payload_sha256="0" * 64, position="payload"),
        status=status,
        detail=f"{status} at day {day}",
    )
