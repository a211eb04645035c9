"""An official list changes: a party is added, amended or taken off, told apart from back-fills and renumbering.

Severity follows the age of the *effective* date when the change was first seen, not the day it was seen: most rows that look new are old
notices typed in late. A first load is a baseline and says nothing; the back-fills of one release, and what its edition repeats, are one
alert; a designation that several lists show is judged once, by the first of them, and stands until the last has let go of it. Nothing but
the withdrawal of the entry, its end, or a person ends an alert. Names are not matched here.

>>> from supplywatch.config import rule_params
>>> params = rule_params("list_entry", Params)
>>> severity_of("EL", 4, params).value, severity_of("EL", 400, params).value, severity_of("UVL", None, params).value
('warning', 'info', 'watch')
"""

from __future__ import annotations

import hashlib
from datetime import date

from pydantic import BaseModel

from supplywatch.model.alert import Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import Alias, ChangeKind, Identifier, ListChange, ListEntry, Listing, ListRelease, Relation
from supplywatch.model.rule import Context, Rule, RuleCard, State

SAID = (
    ChangeKind.ADDITION,
    ChangeKind.DUPLICATE_OF_OTHER_LIST,
    ChangeKind.AMENDMENT,
    ChangeKind.SUSPENSION,
    ChangeKind.RESTORATION,
    ChangeKind.ENDED,
    ChangeKind.WITHDRAWAL,
)
OTHERS_SHOWN = 5
ENDS = "the entry is withdrawn from the list, or its end comes; a person may acknowledge or shelve it before"


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
    on: list[str] = list(state["on"]) if state else []
    place = _by_content(Listing.of(record.provenance.source, record.entry))
    match record.change:
        case ChangeKind.ADDITION | ChangeKind.DUPLICATE_OF_OTHER_LIST:
            told = record.change == ChangeKind.DUPLICATE_OF_OTHER_LIST and bool(on)
            finding = Finding(status="nothing") if told else _addition(record, params)
            return {"on": sorted({*on, place})}, finding
        case ChangeKind.AMENDMENT:
            return {"on": on}, _amendment(record, params)
        case ChangeKind.SUSPENSION | ChangeKind.RESTORATION:
            return {"on": on}, _suspension(record)
    # A listing that is not held by its own name was renamed since it was told.
    gone = place if place in on or record.same_as is None else _by_content(record.same_as)
    left = [other for other in on if other != gone]
    if left:
        return {"on": left}, Finding(status="nothing")
    return {"on": []}, _end(record, clears=bool(on)) if record.change == ChangeKind.ENDED else _withdrawal(record, clears=bool(on))


def _by_content(listing: Listing) -> str:
    """Return where a listing stands by its content, which a new numbering leaves alone."""
    return f"{listing.source}/{listing.list_code}/{hashlib.sha256(listing.content_key.encode()).hexdigest()[:24]}"


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
    more = tuple((field, _written(getattr(entry, field)), "text") for field in fields if field not in ("name", "citation", "effective"))
    own = tuple(Evidence.of(record, field, value, unit) for field, value, unit in (*found, *dated, *more) if value is not None)
    return own + tuple(
        Evidence.of(record, "also listed", f"{other.name}, {other.list_code}, {other.source}", "entry", f"{other.list_code} {other.key}")
        for other in record.also_on[:OTHERS_SHOWN]
    )


def _written(value: object) -> str:
    """Return a field as a person reads it."""
    if isinstance(value, tuple):
        return "; ".join(_written(item) for item in value)
    if isinstance(value, Alias | Relation):
        return value.text
    if isinstance(value, Identifier):
        return f"{value.label or value.kind} {value.value}"
    return "" if value is None else str(value)


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
        "also_on": ", ".join(sorted({other.list_code for other in record.also_on})) or None,
        "takes_effect_in_days": None if age is None or age >= 0 else float(-age),
    }


def _addition(record: ListChange, params: Params) -> Finding:
    entry, age = record.entry, _age_days(record)
    since = "no effective date given" if entry.effective is None else f"effective {entry.effective}"
    when = "" if age is None else f", seen {age} days later" if age >= 0 else f", takes effect in {-age} days"
    cited = f", {entry.citation}" if entry.citation else ""
    since_zh = (
        "未注明生效日" if entry.effective is None else f"{entry.effective}生效" + (f"({-age}天后)" if age is not None and age < 0 else "")
    )
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


def _suspension(record: ListChange) -> Finding:
    entry = record.entry
    suspended = record.change == ChangeKind.SUSPENSION
    until = "" if entry.suspended_until is None else f" until {entry.suspended_until}"
    until_zh = "" if entry.suspended_until is None else f"至{entry.suspended_until}"
    en = (
        f"Suspended on {_list(entry)}: {_who(entry)}{until}; still listed"
        if suspended
        else f"In force again on {_list(entry)}: {_who(entry)}"
    )
    zh = f"{entry.list_code}清单措施暂停{until_zh}:{_who(entry)}" if suspended else f"{entry.list_code}清单措施恢复:{_who(entry)}"
    return Finding(
        status="raised",
        severity=Severity.WATCH,
        onset=record.observed,
        headline=Text(en=en, zh=zh),
        clears_when="a person acknowledges it; a suspension is no withdrawal and ends by a date or a further notice",
        evidence=_evidence(record, ("status", "suspended_until", "ends")),
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


def _end(record: ListChange, *, clears: bool) -> Finding:
    entry = record.entry
    reason = f"ended {entry.ends}"
    return Finding(
        status="clear" if clears else "raised",
        severity=Severity.INFO,
        onset=None if entry.ends is None else entry.ends.isoformat(),
        headline=Text(
            en=f"No longer in force on {_list(entry)}: {_who(entry)}, {reason}",
            zh=f"{entry.list_code}清单条目已于{entry.ends}到期失效:{_who(entry)}",
        ),
        clears_when="a person acknowledges it; an end does not end by itself",
        evidence=_evidence(record, ("ends",)),
        measures=_measures(record),
        reason=reason,
        standing=False,
    )


def _line(listing: Listing) -> str:
    return f"{listing.name}, {listing.list_code}, {'no date given' if listing.effective is None else f'effective {listing.effective}'}"


def _release(record: ListRelease) -> Finding:
    said = [text for text in (_repeated(record), _late(record)) if text is not None]
    counts = {f"{code}.{kind}": float(number) for code, kinds in record.counts.items() for kind, number in kinds.items()}
    late = _count(record, ChangeKind.BACK_FILL)
    return Finding(
        status="raised",
        severity=Severity.INFO,
        onset=record.observed,
        headline=Text(
            en=f"{record.provenance.source}: " + "; ".join(text.en for text in said),
            zh=f"{record.provenance.source}:" + ";".join(text.zh for text in said),
        ),
        clears_when="a person acknowledges it; nothing is to be done",
        evidence=(
            *((Evidence.of(record, "back-filled entries", late, "entries"),) if late else ()),
            *(Evidence.of(record, "back-filled entry", _line(one), "entry", f"{one.list_code} {one.key}") for one in record.back_fills),
        ),
        measures={**counts, "entries": float(record.entries), "on_another_list_too": float(record.back_fills_elsewhere)},
        standing=False,
    )


def _count(record: ListRelease, *kinds: ChangeKind) -> int:
    return sum(found.get(kind, 0) for found in record.counts.values() for kind in kinds)


def _late(record: ListRelease) -> Text | None:
    late = _count(record, ChangeKind.BACK_FILL)
    if not late:
        return None
    shown = ", ".join(record.back_filled[:3]) + (", …" if late > 3 else "")
    return Text(
        en=f"{late} entries that took effect long ago appeared for the first time ({shown}): back-fill, no new designation",
        zh=f"补录{late}个早已生效的条目({shown}),并非新列入",
    )


def _repeated(record: ListRelease) -> Text | None:
    repeats, gone = _count(record, ChangeKind.REPEAT), _count(record, ChangeKind.WITHDRAWAL)
    if not repeats:
        return None
    new = _count(record, ChangeKind.ADDITION, ChangeKind.DUPLICATE_OF_OTHER_LIST)
    return Text(
        en=f"a new edition repeats {repeats} parties that were listed before: no new designation; it adds {new} and leaves out {gone}",
        zh=f"新版清单重复列出{repeats}个原已在列的主体,并非新列入;新增{new}个,移出{gone}个",
    )


def subject(record: ListChange | ListRelease, _items: Items) -> Subject | None:
    """Return the entry, an amendment or suspension of it, or the release.

    Renumbering, changes of format, baselines and single back-fills are nobody's. A duplicate, and its withdrawal, belong to the listing
    that told the designation first.
    """
    source = record.provenance.source
    if isinstance(record, ListRelease):
        told = not record.baseline and _count(record, ChangeKind.BACK_FILL, ChangeKind.REPEAT) > 0
        released = f"{record.fetched:%Y-%m-%dT%H:%M:%SZ}"
        return Subject(kind="list_release", id=f"{source}/{released}", name=f"{source}: release of {released}") if told else None
    if record.change not in SAID:
        return None
    entry = record.entry
    # By content, not by the publisher's key: keys are renumbered, and an alert must meet the entry it was opened for.
    key = _by_content(record.same_as or Listing.of(source, entry))
    if record.change == ChangeKind.AMENDMENT:
        key += f"/{record.observed}"
    elif record.change in (ChangeKind.SUSPENSION, ChangeKind.RESTORATION):
        key += f"/{record.change.value}/{record.observed}"
    return Subject(kind="list_entry", id=key, name=f"{_who(entry)}, {entry.list_code}")


RULE: Rule[ListChange | ListRelease] = Rule(
    card=RuleCard(
        rule_id="list_entry",
        version="1.5.1",
        title="List entry",
        title_zh="清单变动",
        taxonomy=("TEC.ENTITY_LIST", "HD.2", "RS.EXT.MAN.TECH"),
        reference="docs/methods.md, lists; effective dates as the lists give them",
        blind_spots=(
            "whom an entry hits: names are screened on request, not against a list of counterparties",
            "an entry that neither has a date nor cites a dated notice is held to be new unless its party stands on that list already",
            "a designation announced but not yet on the list (list_announcement tells it)",
            "a designation that two lists show within one poll of each other, before either is in the ledger, is told twice",
            "a party that changes its name and all its circumstances at once looks like a withdrawal and an addition",
        ),
        runbook="list_entry.md",
        false_alert_budget=None,
        judged_by=(
            "new_within_days",
            "warning_lists",
            "material_fields",
        ),
        surer_when=(
            "the Federal Register notice or legal act behind the entry is read",
            "the party is matched to a counterparty by an identifier",
        ),
        not_supported=(
            "that a counterparty of yours is meant: names are matched elsewhere",
            "which of the party's goods are hit, unless the entry says so",
        ),
    ),
    records=(ListChange, ListRelease),
    params=Params,
    subject=subject,
    detect=detect,
)
