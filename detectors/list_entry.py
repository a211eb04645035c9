"""An official list changes: a party is added, amended or taken off, told apart from back-fills and renumbering.

Severity follows the age of the *effective* date when the change was first seen, not the day it was seen: most rows that look new are old
notices typed in late. A first load is a baseline and says nothing; the back-fills of one release are one alert. Nothing but the withdrawal
of the entry, or a person, ends an alert. Names are not matched here.

>>> from supplywatch.config import rule_params
>>> params = rule_params("list_entry", Params)
>>> severity_of("EL", 4, params).value, severity_of("EL", 400, params).value, severity_of("UVL", None, params).value
('warning', 'info', 'watch')
"""

from __future__ import annotations

import hashlib
from datetime import date

from pydantic import BaseModel

from supplywatch.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.records import ChangeKind, ListChange, ListEntry, ListRelease
from supplywatch.rule import Context, Rule, RuleCard, State
from supplywatch.watch import Items

SAID = (ChangeKind.ADDITION, ChangeKind.AMENDMENT, ChangeKind.WITHDRAWAL)
ENDS = "the entry is withdrawn from the list; a person may acknowledge or shelve it before"


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    new_within_days: int
    warning_lists: tuple[str, ...]
    material_fields: tuple[str, ...]


def severity_of(list_code: str, age_days: int | None, params: Params) -> Severity:
    """Return the severity of an addition from its list and the age of its effective date (negative when it lies ahead)."""
    if age_days is not None and age_days > params.new_within_days:
        return Severity.INFO
    if age_days is None:
        return Severity.WATCH
    return Severity.WARNING if list_code in params.warning_lists else Severity.WATCH


def detect(state: State | None, record: ListChange | ListRelease, params: Params, _context: Context) -> tuple[State, Finding]:
    """Judge one change of one entry, or one release as a whole."""
    if isinstance(record, ListRelease):
        return {}, _release(record)
    listed = bool(state and state["listed"])
    if record.change == ChangeKind.ADDITION:
        return {"listed": True}, _addition(record, params)
    if record.change == ChangeKind.AMENDMENT:
        return {"listed": listed}, _amendment(record, params)
    return {"listed": False}, _withdrawal(record, clears=listed)


def _age_days(record: ListChange) -> int | None:
    effective = record.entry.effective
    return None if effective is None else (date.fromisoformat(record.observed) - effective).days


def _who(entry: ListEntry) -> str:
    return entry.name + (f" ({', '.join(entry.countries)})" if entry.countries else "")


def _list(entry: ListEntry) -> str:
    """Return the name of a list without its office: "Entity List (EL)"."""
    return entry.list_name.partition(" - ")[0]


def _evidence(record: ListChange, fields: tuple[str, ...]) -> tuple[Evidence, ...]:
    entry = record.entry
    found = (("name", entry.name, "text"), ("citation", entry.citation, "citation"))
    dated = (("effective", None if entry.effective is None else entry.effective.isoformat(), "date"),)
    more = tuple((field, str(getattr(entry, field) or ""), "text") for field in fields if field not in ("name", "citation", "effective"))
    return tuple(Evidence.of(record, field, value, unit) for field, value, unit in (*found, *dated, *more) if value is not None)


def _measures(record: ListChange) -> dict[str, float | str | bool | None]:
    entry, age = record.entry, _age_days(record)
    return {
        "change": record.change.value,
        "list": entry.list_code,
        "countries": ", ".join(entry.countries) or None,
        "effective": None if entry.effective is None else entry.effective.isoformat(),
        "age_of_effective_date_days": None if age is None else float(age),
        "citation": entry.citation,
        "licence_requirement": entry.licence_requirement,
        "licence_policy": entry.licence_policy,
        "amended_fields": ", ".join(record.amended_fields) or None,
    }


def _addition(record: ListChange, params: Params) -> Finding:
    entry, age = record.entry, _age_days(record)
    since = "no effective date given" if entry.effective is None else f"effective {entry.effective}"
    when = "" if age is None else f", seen {age} days later" if age >= 0 else f", {-age} days ahead"
    cited = f", {entry.citation}" if entry.citation else ""
    since_zh = "未注明生效日" if entry.effective is None else f"{entry.effective}生效"
    return Finding(
        status="raised",
        severity=severity_of(entry.list_code, age, params),
        onset=None if entry.effective is None else entry.effective.isoformat(),
        headline=Text(
            en=f"Added to {_list(entry)}: {_who(entry)}, {since}{when}{cited}",
            zh=f"新列入{entry.list_code}清单:{_who(entry)},{since_zh}{'' if not entry.citation else ',' + entry.citation}",
        ),
        clears_when=ENDS,
        evidence=_evidence(record, ()),
        measures=_measures(record),
        standing=False,
    )


def _amendment(record: ListChange, params: Params) -> Finding:
    entry, fields = record.entry, ", ".join(record.amended_fields)
    material = any(field in params.material_fields for field in record.amended_fields)
    return Finding(
        status="raised",
        severity=Severity.WATCH if material else Severity.INFO,
        onset=record.observed,
        headline=Text(en=f"Amended on {_list(entry)}: {_who(entry)}: {fields}", zh=f"{entry.list_code}清单条目修订:{_who(entry)}:{fields}"),
        clears_when="a person acknowledges or shelves it; an amendment does not end by itself",
        evidence=_evidence(record, record.amended_fields),
        measures=_measures(record),
        standing=False,
    )


def _withdrawal(record: ListChange, *, clears: bool) -> Finding:
    entry = record.entry
    return Finding(
        status="clear" if clears else "raised",
        severity=Severity.INFO,
        onset=record.observed,
        headline=Text(
            en=f"Taken off {_list(entry)}: {_who(entry)}, first absent on {record.observed}",
            zh=f"移出{entry.list_code}清单:{_who(entry)},{record.observed}起不再列出",
        ),
        clears_when="a person acknowledges it; a withdrawal does not end by itself",
        evidence=_evidence(record, ()),
        measures=_measures(record),
        standing=False,
    )


def _release(record: ListRelease) -> Finding:
    late = sum(kinds.get(ChangeKind.BACK_FILL, 0) for kinds in record.counts.values())
    source = record.provenance.source
    counts = {f"{code}.{kind}": float(number) for code, kinds in record.counts.items() for kind, number in kinds.items()}
    shown = ", ".join(record.back_filled[:3]) + (", …" if late > 3 else "")
    return Finding(
        status="raised",
        severity=Severity.INFO,
        onset=record.observed,
        headline=Text(
            en=f"{source}: {late} entries that took effect long ago appeared for the first time ({shown}): back-fill, no new designation",
            zh=f"{source}:补录{late}个早已生效的条目({shown}),并非新列入",
        ),
        clears_when="a person acknowledges it; nothing is to be done",
        evidence=(Evidence.of(record, "back-filled entries", late, "entries"),),
        measures={**counts, "entries": float(record.entries)},
        standing=False,
    )


def subject(record: ListChange | ListRelease, _items: Items) -> Subject | None:
    """Return the entry, an amendment of it, or the release; renumbering, baselines and single back-fills are nobody's."""
    source = record.provenance.source
    if isinstance(record, ListRelease):
        late = not record.baseline and any(ChangeKind.BACK_FILL in kinds for kinds in record.counts.values())
        return Subject(kind="list_release", id=f"{source}/{record.observed}", name=f"{source}: release") if late else None
    if record.change not in SAID:
        return None
    entry = record.entry
    # By content, which a new numbering leaves alone.
    key = f"{source}/{entry.list_code}/{hashlib.sha256(entry.content_key.encode()).hexdigest()[:24]}"
    if record.change == ChangeKind.AMENDMENT:
        key += f"/{record.observed}"
    return Subject(kind="list_entry", id=key, name=f"{_who(entry)}, {entry.list_code}")


RULE: Rule[ListChange | ListRelease] = Rule(
    card=RuleCard(
        rule_id="list_entry",
        version="1.0.0",
        title="List entry",
        title_zh="清单变动",
        taxonomy=("TEC.ENTITY_LIST", "HD.2", "RS.EXT.MAN.TECH"),
        reference="methods.md section 6, D4; effective dates as the lists give them",
        blind_spots=(
            "whom an entry hits: names are not matched against counterparties yet",
            "an entry without an effective date is held to be new unless its party stands on that list already",
            "a designation announced in the Federal Register but not yet on the list",
            "a party that changes its name and all its circumstances at once looks like a withdrawal and an addition",
        ),
        runbook="list_entry.md",
        false_alert_budget=None,
    ),
    records=(ListChange, ListRelease),
    params=Params,
    subject=subject,
    detect=detect,
)
