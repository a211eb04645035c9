"""The Federal Register announces that parties are added to a list: announced, not yet listed, until the list shows it.

The notice is often on line days before the lists follow, and sources cite different pages of it. The first entry that cites a page of the
notice ends the alert; the entries themselves are told by the rule ``list_entry``. A notice whose entries are on the list already says
nothing.

>>> from supplywatch.config import rule_params
>>> params = rule_params("list_announcement", Params)
>>> lists_in("BIS amends the EAR by adding 13 entities under 13 entries to the Entity List under the destinations", params)
('EL',)
>>> lists_in("Removals From the Unverified List", params)
()
"""

from __future__ import annotations

import re
from datetime import date

from pydantic import BaseModel

from supplywatch.model.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import ListChange, PolicyAct
from supplywatch.model.rule import Context, Rule, RuleCard, State

_WHAT = r"entit(?:y|ies)|persons?|entries|address(?:es)?|compan(?:y|ies)"
_COUNT = re.compile(rf"\badding (?:a total of )?([\w-]+(?: \(\d+\))?) (?:new )?(?:{_WHAT})", re.IGNORECASE)


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    lists: dict[str, str]
    authorities: tuple[str, ...]


def lists_in(text: str, params: Params) -> tuple[str, ...]:
    """Return the codes of the lists to which a text says that parties are added."""
    found = []
    for code, name in params.lists.items():
        words = (
            rf"\badd(?:s|ed|ing)\b[^.]{{0,200}}?\b(?:{_WHAT}|them)\b[^.]{{0,120}}\bto the {name}",
            rf"\bAdditions?\b[^.]{{0,120}}\b(?:to|on) the {name}",
            rf"\b{name} Additions?\b",
        )
        if any(re.search(word, text, re.IGNORECASE) for word in words):
            found.append(code)
    return tuple(found)


def detect(state: State | None, record: PolicyAct | ListChange, params: Params, _context: Context) -> tuple[State, Finding]:
    """Judge a notice, or an entry that cites it."""
    confirmed = int(state["confirmed"]) if state else 0
    if isinstance(record, ListChange):
        return {"confirmed": confirmed + 1}, _confirmation(record)
    ours = record.authority in params.authorities or not set(params.authorities).isdisjoint(record.agencies)
    codes = lists_in(f"{record.title} . {record.abstract or ''}", params) if ours else ()
    if record.act_type != "rule" or not codes or record.already_listed or confirmed:
        return {"confirmed": confirmed + record.already_listed}, Finding(status="clear", standing=False)
    return {"confirmed": 0}, _announcement(record, codes)


def _announcement(record: PolicyAct, codes: tuple[str, ...]) -> Finding:
    published = date.fromisoformat(record.observed)
    ahead = None if record.effective is None else (record.effective - published).days
    when = (
        ""
        if record.effective is None
        else f", effective {record.effective}" + (f" (in {ahead} days)" if ahead is not None and ahead > 0 else "")
    )
    counted = _COUNT.search(record.abstract or "")
    cited = f", {record.citation}" if record.citation else ""
    named = ", ".join(codes)
    values = (("title", record.title, "text"), ("citation", record.citation, "citation"))
    return Finding(
        status="raised",
        severity=Severity.WARNING,
        onset=record.observed,
        headline=Text(
            en=f"Announced, not yet listed ({named}): {record.title}{cited}{when}",
            zh=f"已公告、清单尚未更新({named}):{record.title}{cited}",
        ),
        clears_when="an entry of the list cites a page of the notice",
        evidence=tuple(Evidence.of(record, field, value, unit) for field, value, unit in values if value is not None),
        measures={
            "lists": named,
            "added": None if counted is None else counted[1],
            "effective": None if record.effective is None else record.effective.isoformat(),
            "takes_effect_in_days": None if ahead is None or ahead <= 0 else float(ahead),
            "url": record.url,
        },
        standing=False,
    )


def _confirmation(record: ListChange) -> Finding:
    entry = record.entry
    return Finding(
        status="clear",
        severity=Severity.INFO,
        onset=record.observed,
        headline=Text(
            en=f"Listed as announced: {entry.name} and others of the notice stand on {entry.list_name.partition(' - ')[0]}",
            zh=f"公告内容已列入{entry.list_code}清单:{entry.name}等",
        ),
        clears_when="",
        evidence=(Evidence.of(record, "name", entry.name, "text"), Evidence.of(record, "citation", entry.citation, "citation")),
        measures={"list": entry.list_code, "citation": entry.citation},
        standing=False,
    )


def subject(record: PolicyAct | ListChange, _items: Items) -> Subject | None:
    """Return the notice: of a watched authority, or the one that a new or amended entry cites."""
    if isinstance(record, ListChange):
        return None if record.announced_by is None else Subject(kind="act", id=record.announced_by, name=record.announced_by)
    return Subject(kind="act", id=f"{record.provenance.source}/{record.document_number}", name=record.title)


RULE: Rule[PolicyAct | ListChange] = Rule(
    card=RuleCard(
        rule_id="list_announcement",
        version="1.0.0",
        title="Listing announced",
        title_zh="列入公告",
        taxonomy=("TEC.ENTITY_LIST", "HD.2", "RS.EXT.MAN.TECH"),
        reference="feeds.md 5.1: citations are joined by volume and pages of the notice",
        blind_spots=(
            "only title and abstract are read: the parties are named by the list, or by the notice's text",
            "a notice without a citation is not joined with the entries that follow it",
            "a notice whose last page is not known is taken to reach 15 pages",
        ),
        surer_when=("the list shows an entry that cites the notice", "the text of the rule names the party with its address"),
        not_supported=("who is added: the notice's title and abstract name nobody", "that a counterparty of yours is meant"),
        runbook="list_announcement.md",
        false_alert_budget=None,
    ),
    records=(PolicyAct, ListChange),
    params=Params,
    subject=subject,
    detect=detect,
)
