"""The Federal Register announces that parties are added to a list: announced, not yet listed, until the list shows it.

The notice is often on line days before the lists follow, and sources cite different pages of it. The first entry that cites a page of the
notice ends the alert; the entries themselves are told by the rule ``list_entry``. A notice whose entries are on the list already says
nothing.

>>> from supplywatch.config import rule_params
>>> params = rule_params("list_announcement", Params)
>>> lists_in("Additions and Revisions to the Entity List", None, params)
('EL',)
>>> lists_in("Revisions to the Unverified List", "BIS amends the EAR by removing 27 persons from the UVL", params)
()
"""

from __future__ import annotations

import re
from datetime import date

from pydantic import BaseModel

from detectors._measures.announced import Additions, Destination, additions
from supplywatch.model.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import ListChange, PolicyAct
from supplywatch.model.rule import Context, Rule, RuleCard, State
from supplywatch.reading.countries import chinese_name, countries

COUNTRIES_SHOWN = 4


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    lists: dict[str, str]
    authorities: tuple[str, ...]


def lists_in(title: str, abstract: str | None, params: Params) -> tuple[str, ...]:
    """Return the codes of the lists to which a notice says that parties are added: its summary counts, else its title."""
    if found := additions(abstract or "", params.lists).by_list:
        return tuple(code for code in params.lists if code in found)
    if abstract and re.search(r"\bCorrections?\b", title):
        return ()  # it mends entries that an earlier notice added, whose title it repeats
    titled = (
        code
        for code, name in params.lists.items()
        if re.search(rf"\bAdditions?\b[^.]{{0,120}}\b(?:to|on) the {name}|\b{name} Additions?\b", title, re.IGNORECASE)
    )
    return tuple(titled)


def detect(state: State | None, record: PolicyAct | ListChange, params: Params, _context: Context) -> tuple[State, Finding]:
    """Judge a notice, or an entry that cites it."""
    confirmed = int(state["confirmed"]) if state else 0
    if isinstance(record, ListChange):
        return {"confirmed": confirmed + 1}, _confirmation(record)
    ours = record.authority in params.authorities or not set(params.authorities).isdisjoint(record.agencies)
    codes = lists_in(record.title, record.abstract, params) if ours else ()
    if record.act_type != "rule" or not codes or record.already_listed or confirmed:
        return {"confirmed": confirmed + record.already_listed}, Finding(status="clear", standing=False)
    return {"confirmed": 0}, _announcement(record, codes, additions(record.abstract or "", params.lists))


def _announcement(record: PolicyAct, codes: tuple[str, ...], added: Additions) -> Finding:
    published = date.fromisoformat(record.observed)
    ahead = None if record.effective is None else (record.effective - published).days
    when = (
        ""
        if record.effective is None
        else f", effective {record.effective}" + (f" (in {ahead} days)" if ahead is not None and ahead > 0 else "")
    )
    cited = f", {record.citation}" if record.citation else ""
    named = ", ".join(codes)
    values = (("title", record.title, "text"), ("citation", record.citation, "citation"))
    counted = tuple(Evidence.of(record, "added", number, unit) for unit, number in added.counts.items())
    return Finding(
        status="raised",
        severity=Severity.WARNING,
        onset=record.observed,
        headline=Text(
            en=f"Announced: {_said(added)}; not yet listed ({named}){cited}{when}",
            zh=f"已公告:{_said_zh(added)};清单尚未更新({named}){cited}",
        ),
        clears_when="an entry of the list cites a page of the notice",
        evidence=tuple(Evidence.of(record, field, value, unit) for field, value, unit in values if value is not None) + counted,
        measures={
            "lists": named,
            "added": added.count,
            "unit": added.unit,
            **{f"added_{unit}": number for unit, number in added.counts.items() if unit != added.unit},
            "countries": ", ".join(_counted(one, one.country) for one in added.destinations) or None,
            "moved": added.moved,
            "moved_from": ", ".join(added.moved_from) or None,
            "effective": None if record.effective is None else record.effective.isoformat(),
            "takes_effect_in_days": None if ahead is None or ahead <= 0 else ahead,
            "url": record.url,
        },
        standing=False,
    )


def _said(added: Additions) -> str:
    """Return what is added in a few words: "37 additions, China"; without a number where the notice gives none."""
    number = added.count
    words = "additions" if number is None else f"{number} addition{'' if number == 1 else 's'}"
    if added.moved_from:
        every = added.moved is not None and added.moved == number
        moved = "moved" if added.moved is None or every else f"{added.moved} of them moved"
        words += f" ({moved} from {' and '.join(added.moved_from)})"
    names = countries()
    shown = [_counted(one, names[one.country].name if one.country in names else one.country) for one in _largest(added)]
    return ", ".join((words, *shown)) + _others(added, " and {} more")


def _said_zh(added: Additions) -> str:
    words = "新增" if added.count is None else f"新增{added.count}个"
    if added.moved_from:
        part = "" if added.moved is None or added.moved == added.count else f"其中{added.moved}个"
        words += f"({part}由{'、'.join(added.moved_from)}移入)"
    shown = [_counted(one, chinese_name(one.country)) for one in _largest(added)]
    return ",".join((words, "、".join(shown)) if shown else (words,)) + _others(added, "等{}个目的地", all_of_them=True)


def _counted(one: Destination, name: str) -> str:
    return name if one.count is None else f"{name} {one.count}"


def _largest(added: Additions) -> list[Destination]:
    """Return the countries that a headline has room for, those with most parties first."""
    return sorted(added.destinations, key=lambda one: -(one.count or 0))[:COUNTRIES_SHOWN]


def _others(added: Additions, words: str, *, all_of_them: bool = False) -> str:
    left = len(added.destinations) - COUNTRIES_SHOWN
    return words.format(len(added.destinations) if all_of_them else left) if left > 0 else ""


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
        version="1.1.3",
        title="Listing announced",
        title_zh="列入公告",
        taxonomy=("TEC.ENTITY_LIST", "HD.2", "RS.EXT.MAN.TECH"),
        reference="15 CFR 744 Supplements 4, 6, 7: entries cite volume and pages of the notice that added them",
        blind_spots=(
            "numbers and destinations are those that the summary prints: it may round, and later corrections are not read into it",
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
