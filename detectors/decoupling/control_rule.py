"""A rule of the US Bureau of Industry and Security touches a watched product group.

Title and abstract are searched for the words and the export-control numbers (ECCN) that ``config/controls.yaml`` gives for each group;
the alert shows each with its surroundings. A final or interim rule is a warning, a proposed one a matter to watch; documents that only move
a deadline, notices and other agencies' acts say nothing.

>>> groups_in("Controls on semiconductor manufacturing equipment under ECCN 3B001", load_controls())[0].group.id
'chip_equipment'
>>> groups_in("Certain Frozen Warmwater Shrimp From Ecuador", load_controls())
[]
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache, cached_property
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from supplywatch.config import read_yaml, validated
from supplywatch.model.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import Frozen, PolicyAct
from supplywatch.model.rule import Context, Rule, RuleCard, State

SEVERITY = {"rule": Severity.WARNING, "proposed_rule": Severity.WATCH, "correction": Severity.INFO}
ECCN = re.compile(r"\b([0-9][A-E][0-9]{3})(\.[a-z])?\b")


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return text


Expression = Annotated[str, AfterValidator(_expression)]
SHOWN_CHARACTERS, TITLE_CHARACTERS = 60, 120


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    min_terms: int


class Group(Frozen):
    """A product group and what names it."""

    id: str
    en: str
    zh: str
    taxonomy: tuple[str, ...]
    terms: tuple[Expression, ...]
    eccn: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All terms as one expression of whole words."""
        return re.compile(rf"\b(?:{'|'.join(self.terms)})\b", re.IGNORECASE)


class Controls(Frozen):
    """``config/controls.yaml``."""

    authorities: tuple[str, ...]
    administrative: tuple[Expression, ...]
    groups: tuple[Group, ...]

    @cached_property
    def administrative_pattern(self) -> re.Pattern[str]:
        """What marks a document as administrative."""
        return re.compile("|".join(self.administrative), re.IGNORECASE)


@cache
def load_controls() -> Controls:
    """Read ``config/controls.yaml``."""
    return validated(Controls, read_yaml("controls.yaml"), "config/controls.yaml")


class Hit(Frozen):
    """A group that a text names, and the words it names it with."""

    group: Group
    found: tuple[str, ...]
    shown: str


def groups_in(text: str, controls: Controls) -> list[Hit]:
    """Return the groups a text names, in the order of the configuration."""
    eccn = [match.group(0) for match in ECCN.finditer(text)]
    hits = []
    for group in controls.groups:
        words = [match.group(0) for match in group.pattern.finditer(text)]
        numbers = [number for number in eccn if number.startswith(group.eccn)]
        found = tuple(dict.fromkeys([word.lower() for word in words] + numbers))
        if found:
            hits.append(Hit(group=group, found=found, shown=_surroundings(text, (words or numbers)[0])))
    return hits


def _surroundings(text: str, word: str) -> str:
    at = text.index(word)
    start, end = max(0, at - SHOWN_CHARACTERS), at + len(word) + SHOWN_CHARACTERS
    return ("…" if start else "") + " ".join(text[start:end].split()) + ("…" if end < len(text) else "")


def detect(_state: State | None, record: PolicyAct, params: Params, _context: Context) -> tuple[State, Finding]:
    """Judge one document."""
    controls = load_controls()
    whole = f"{record.title} \n {record.abstract or ''}"
    hits = groups_in(whole, controls)
    terms = sum(len(hit.found) for hit in hits)
    administrative = controls.administrative_pattern.search(whole) is not None
    state: State = {"groups": [hit.group.id for hit in hits]}
    if record.act_type not in SEVERITY or terms < params.min_terms or administrative:
        return state, Finding(status="clear", standing=False)
    return state, _finding(record, hits)


def _finding(record: PolicyAct, hits: list[Hit]) -> Finding:
    groups = ", ".join(hit.group.en for hit in hits)
    groups_zh = "、".join(hit.group.zh for hit in hits)
    effective = record.effective
    age = None if effective is None else (record.fetched.date() - effective).days
    since = "" if effective is None else f", effective {effective}"
    cited = f" ({record.citation})" if record.citation else ""
    evidence = [Evidence.of(record, f"{hit.group.id}: {', '.join(hit.found)}", hit.shown, "text") for hit in hits]
    evidence.append(Evidence.of(record, "citation", record.citation or record.document_number, "citation"))
    published = date.fromisoformat(record.observed)
    title = record.title if len(record.title) <= TITLE_CHARACTERS else record.title[:TITLE_CHARACTERS].rpartition(" ")[0] + " …"
    return Finding(
        status="raised",
        severity=SEVERITY[record.act_type],
        onset=(effective or published).isoformat(),
        headline=Text(
            en=f"{record.authority}, {record.act_type.replace('_', ' ')} of {record.observed}{since}: {title}{cited}; touches {groups}",
            zh=f"美国商务部工业与安全局{record.observed}发布{cited}:涉及{groups_zh}",
        ),
        clears_when="a person acknowledges or shelves it; a rule in force does not end by itself",
        evidence=tuple(evidence),
        measures={
            "groups": ", ".join(hit.group.id for hit in hits),
            "act_type": record.act_type,
            "effective": None if effective is None else effective.isoformat(),
            "age_of_effective_date_days": None if age is None else float(age),
            "corrects": record.corrects,
            "url": record.url,
        },
        taxonomy=tuple(dict.fromkeys(node for hit in hits for node in hit.group.taxonomy)),
        standing=False,
    )


def subject(record: PolicyAct, _items: Items) -> Subject | None:
    """Return the document, when it is one of the watched authorities'."""
    watched = load_controls().authorities
    if record.authority not in watched and not set(watched) & set(record.agencies):
        return None
    source = record.provenance.source
    return Subject(kind="act", id=f"{source}/{record.document_number}", name=record.title)


RULE = Rule(
    card=RuleCard(
        rule_id="control_rule",
        version="1.1.2",
        title="Export-control rule",
        title_zh="出口管制新规",
        taxonomy=("RS.EXT.MAN.EXPCTL", "HD.2"),
        reference="15 CFR 774; taxonomy IND.CONTROL_NEW",
        blind_spots=(
            "only title and abstract are read, not the text of the rule",
            "controls of other economies and of other US agencies",
            "a rule that eases a control is told like one that tightens it",
            "Section 232 and other trade actions on the same products",
        ),
        runbook="control_rule.md",
        false_alert_budget=None,
        judged_by=("min_terms",),
        surer_when=(
            "the text of the rule is read, not only title and abstract",
            "the control numbers it names are held against your own goods",
        ),
        not_supported=(
            "that the rule tightens: easing is told alike",
            "which HS lines are covered: groups are named by words, not by tariff codes",
            "exposure of a given company",
        ),
        reads=("controls.yaml",),
    ),
    records=(PolicyAct,),
    params=Params,
    subject=subject,
    detect=detect,
)
