"""A source sends what must not be believed, sends nothing, or rewrites its history: an alert on the source itself.

>>> from supplywatch.model.rule import Context
>>> from supplywatch.model.items import load_items
>>> report = SourceReport.model_validate({
...     "observed": "2026-04-28", "fetched": "2026-04-28T13:38:12Z", "status": "quarantined", "reason": "empty_list",
...     "detail": "portwatch_chokepoints: well-formed, but without a single record",
...     "provenance": {"source": "portwatch_chokepoints", "vintage": "2026-04-28", "payload_sha256": "0" * 64, "position": "whole"}})
>>> detect(None, report, Params(), Context(load_items()))[1].status
'raised'
"""

from __future__ import annotations

from pydantic import BaseModel

from supplywatch.model.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import SourceReport, SourceStatus
from supplywatch.model.rule import Context, Rule, RuleCard, State


class Params(BaseModel):
    """No parameter: what is news about a source is decided by the runner, once for each change of its state."""


SEVERITY = {
    SourceStatus.QUARANTINED: Severity.WARNING,
    SourceStatus.OVERDUE: Severity.WARNING,
    SourceStatus.UNREACHABLE: Severity.WATCH,
    SourceStatus.HISTORY_REWRITTEN: Severity.INFO,
}
WORDS = {
    SourceStatus.QUARANTINED: ("a payload was refused; the last good one is kept", "数据被拒收,沿用上一份有效数据"),
    SourceStatus.OVERDUE: ("an expected publication has not come", "预期发布未到"),
    SourceStatus.UNREACHABLE: ("the publisher cannot be reached", "无法连接发布方"),
    SourceStatus.HISTORY_REWRITTEN: ("the publisher rewrote its history", "发布方重写了历史数据"),
    SourceStatus.ACCEPTED: ("good again", "已恢复正常"),
}


def detect(_state: State | None, record: SourceReport, _params: Params, _context: Context) -> tuple[State, Finding]:
    """Judge one piece of news about a source."""
    source, status = record.provenance.source, record.status
    en, zh = WORDS[status]
    clears = "a person acknowledges it" if status == SourceStatus.HISTORY_REWRITTEN else f"{source} gives a payload that passes its guards"
    finding = Finding(
        status="clear" if status == SourceStatus.ACCEPTED else "raised",
        severity=SEVERITY.get(status, Severity.INFO),
        onset=record.content_observed,
        headline=Text(en=f"{source}: {en} ({record.detail})", zh=f"{source}:{zh}({record.detail})"),
        clears_when=clears,
        evidence=(Evidence.of(record, "status", status.value if record.reason is None else f"{status.value}: {record.reason}", "state"),),
        measures={
            "reason": record.reason,
            "content_observed": record.content_observed,
            "last_good_at": None if record.last_good_at is None else f"{record.last_good_at:%Y-%m-%dT%H:%M:%SZ}",
        },
        reason=record.detail,
        standing=False,
    )
    return {"status": status.value}, finding


def subject(record: SourceReport, _items: Items) -> Subject:
    """Return the source; each rewriting of its history is a subject of its own, for nothing ends it but a person."""
    source = record.provenance.source
    if record.status == SourceStatus.HISTORY_REWRITTEN:
        return Subject(kind="source", id=f"{source}/history/{record.observed}", name=f"{source}: history")
    return Subject(kind="source", id=source, name=source)


RULE = Rule(
    card=RuleCard(
        rule_id="source_health",
        version="1.1.0",
        title="Source trouble",
        title_zh="数据源异常",
        taxonomy=("IND.RECOVERY_TIME",),
        reference="release calendars and guards of the source cards (docs/sources.md)",
        blind_spots=(
            "a publisher that goes on answering with plausible but wrong figures",
            "a payload that shrinks by less than the bound of its card",
        ),
        runbook="source_health.md",
        false_alert_budget=None,
        surer_when=("the next poll of the source",),
        not_supported=("anything about supply: it is the source that is in trouble",),
    ),
    records=(SourceReport,),
    params=Params,
    subject=subject,
    detect=detect,
)
