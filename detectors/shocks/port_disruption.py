"""Fewer ships call at a port than its own past and its weekday let expect.

The chart of the chokepoints (``detectors/_charts/traffic.py``) on the daily calls of a port: it opens and dates the alert, the week's mean
against the frozen baseline and against the same weeks of earlier years grades it. No constant was chosen on ports.

>>> from datetime import date, timedelta
>>> from supplywatch.config import rule_params
>>> params, state, opened = rule_params("port_disruption", Params), None, None
>>> for n, calls in enumerate([31, 33, 30, 34, 32, 22, 20] * 9 + [29, 31, 6, 2, 0, 0]):
...     day = (date(2026, 1, 5) + timedelta(days=n)).isoformat()
...     state, reading = fold(state, day, calls, params)
...     opened = opened or (day if reading.status == "raised" else None)
>>> opened, state["onset"]
('2026-03-12', '2026-03-11')
"""

from __future__ import annotations

from collections.abc import Sequence

from detectors._charts import telling
from detectors._charts.traffic import Reading, TrafficParams, fold, rebased
from supplywatch.model.alert import Evidence, Finding, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import PortCalls
from supplywatch.model.rule import Context, Rule, RuleCard, State


class Params(TrafficParams):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    min_calls_per_day: float


CLEAR = Finding(status="clear")
WARMING_UP = Finding(status="unknown", reason="warming up: fewer days than the baseline needs")
TOO_FEW = Finding(status="unknown", reason="too few calls a day for this chart")


def detect(state: State | None, record: PortCalls, params: Params, _context: Context) -> tuple[State, Finding]:
    """Judge one day of one port."""
    new, reading = fold(state, record.observed, record.calls_total, params)
    if reading.status == "closed":
        return new, _closed(reading, record)
    if reading.status == "warming_up":
        return new, WARMING_UP
    if reading.base < params.min_calls_per_day:  # most ports of the world; while open the baseline stands still
        return new, TOO_FEW
    if reading.status == "gap":
        return new, Finding(status="unknown", reason=f"no figures for {reading.missing_days} days before {record.observed}")
    return new, CLEAR if reading.status == "quiet" else _raised(reading, record, params)


def _raised(reading: Reading, record: PortCalls, params: Params) -> Finding:
    name, day = record.port_name, telling.day_number(reading, record.observed)
    said = telling.figures(reading, record.observed, telling.CALLS, params)
    return Finding(
        status="raised",
        severity=reading.severity,
        onset=reading.core.onset,
        headline=Text(en=f"{name}, day {day}: {said.en}", zh=f"{name}港,第{day}天:{said.zh}"),
        clears_when=f"{params.close_days} days running within one sigma of the frozen baseline of {reading.base:.0f} calls a day",
        because=telling.because(reading, params),
        evidence=(Evidence.of(record, "portcalls", record.calls_total, "calls/day"),),
        measures=_measures(reading),
        thresholds=reading.thresholds(params),
    )


def _closed(reading: Reading, record: PortCalls) -> Finding:
    name, mean, base = record.port_name, reading.mean, reading.base
    return Finding(
        status="clear",
        headline=Text(
            en=f"{name}: a week of usual calls, {mean:.0f} a day against {base:.0f}",
            zh=f"{name}港:挂靠已恢复常态一周,日均{mean:.0f}艘次,常态{base:.0f}艘次",
        ),
        evidence=(Evidence.of(record, "portcalls", record.calls_total, "calls/day"),),
        measures=_measures(reading),
    )


def _measures(reading: Reading) -> dict[str, float | str | bool | None]:
    return {"calls_per_day_7d": round(reading.mean, 2), "baseline_calls_per_day": round(reading.base, 2)} | reading.measures()


def rebase(state: State, records: Sequence[PortCalls], _params: Params) -> State:
    """Take the last four weeks as the new normal; see :func:`detectors._charts.traffic.rebased`."""
    return rebased(state, [record.calls_total for record in records])


def subject(record: PortCalls, _items: Items) -> Subject:
    """Return the port."""
    return Subject(kind="port", id=record.port_id, name=record.port_name)


RULE = Rule(
    card=RuleCard(
        rule_id="port_disruption",
        version="2.1.0",
        title="Port disruption",
        title_zh="港口挂靠受阻",
        taxonomy=("RS.EXT", "RS.EXT.NAT", "HD.1"),
        reference="Page (1954), Biometrika 41:100-115; Anscombe (1948), Biometrika 35:246-254",
        blind_spots=(
            "ports with fewer than five calls a day",
            "holidays that move with the moon: the Spring Festival may open, and the season misses it by up to three weeks",
            "goods that wait on ships at anchor: calls are counted, not what is handled",
            "no constant was measured on ports: the pooled threshold is that of three straits until a port has quiet years of its own",
            "ports lag by ten days or more",
        ),
        runbook="port_disruption.md",
        false_alert_budget=0.5,
        judged_by=(
            "slack_sigma",
            "limit_sigma",
            "drop_share",
            "drop_days",
            "warning_drop",
            "critical_drop",
            "closed_drop",
            "ease_margin",
            "ease_days",
        ),
        surer_when=(
            "an event of the publisher names the port",
            "neighbouring ports have gained what this one has lost",
            "the next weekly release says the same",
        ),
        not_supported=("cargo that did not arrive: ships are counted, not goods", "the cause of the fall", "prices and freight rates"),
    ),
    records=(PortCalls,),
    params=Params,
    subject=subject,
    detect=detect,
    rebase=rebase,
)
