"""Countermeasures of China's Ministry of Foreign Affairs under the Anti-Foreign Sanctions Law, rebuilt from its decisions.

As with the Ministry of Commerce there is no list, only decisions: one names parties and measures, another suspends, resumes or ends what an
earlier one did. What stands is what all of them together say. A spokesman's answer lists nobody and ends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from connectors._reading.fields import Tally
from connectors._reading.mfa_decision import Decision, Target, read_decision
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.listing.names import letters
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Alias, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Payload, Source

HOST = "www.mfa.gov.cn"
COLUMN = f"https://{HOST}/web/wjb_673085/zfxxgk_674865/gknrlb/fzcqdcs/"
CODE = "CN-AFSL"
NAME = "反制清单 (countermeasures under the Anti-Foreign Sanctions Law)"
SECTIONS: Mapping[str, PartyKind] = {
    **dict.fromkeys(("企业", "机构", "组织", "实体"), "organisation"),
    **dict.fromkeys(("高级管理人员", "个人", "人员", "企业高级管理人员"), "person"),
}


@dataclass(frozen=True)
class _Listed:
    """A party of one decision, and what later ones did to it."""

    decision: Decision
    position: int
    target: Target
    suspended: bool = False
    until: date | None = None


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return what stands after all decisions, in the order in which they took effect.

    Raises
    ------
    Quarantine
        As :func:`connectors._reading.mfa_decision.read_decision`; a decision changes one that was not given, or names nobody known.
    """
    read = [read_decision(part) for part in payload.parts]
    decisions = {each.number: each for each in read if each is not None}
    if not decisions:
        raise Quarantine("error_body", f"{payload.parts[0].name}: no decision of the ministry on countermeasures")
    standing: list[_Listed] = []
    for decision in sorted(decisions.values(), key=lambda each: (each.effective, each.published, each.number)):
        if decision.effective > payload.fetched.date() and decision.verb != "add":
            continue  # announced; until its day everything stands as it did
        if decision.verb == "add":
            standing += [_Listed(decision, n, target) for n, target in enumerate(decision.targets, start=1)]
        else:
            standing = _changed(standing, decision, decisions)
    with Tally() as tally:
        return with_unique_keys([_entry(one, tally, payload.fetched.date()) for one in standing])


def _changed(standing: list[_Listed], decision: Decision, known: Mapping[str, Decision]) -> list[_Listed]:
    """Return what stands after a decision that suspends, resumes or ends."""
    meant = [one for one in standing if _is_meant(one, decision)]
    unknown = [number for number in decision.orders if number not in known]
    if unknown or not meant:
        whom = ", ".join(unknown or [target.chinese for target in decision.targets[:3]]) or "nobody it names"
        expected = f"entries known to {decision.verb}: {whom}; give the earlier decisions too"
        raise SourceChanged("decision", decision.number, "decision[0]", expected)
    if decision.verb == "end":
        return [one for one in standing if one not in meant]
    is_suspended = decision.verb == "suspend"
    return [replace(one, suspended=is_suspended, until=decision.until) if one in meant else one for one in standing]


def _is_meant(one: _Listed, decision: Decision) -> bool:
    """Tell whether a decision means a party: one of the order it quotes, where it quotes any, and of its annex, where it has one."""
    if decision.orders and one.decision.number not in decision.orders:
        return False
    if not decision.targets:
        return bool(decision.orders)
    return any(_same(one.target, target) for target in decision.targets)


def _same(one: Target, other: Target) -> bool:
    if one.latin and other.latin and letters(one.latin) == letters(other.latin):
        return True
    return letters(one.chinese) == letters(other.chinese)


def _entry(one: _Listed, tally: Tally, today: date) -> ListEntry:
    decision, target = one.decision, one.target
    fields = tally.entry(f"{decision.number}[{one.position}]")
    kind: PartyKind = "person" if target.is_person else "organisation"
    if target.section:
        kind = fields.kind(target.section, "section", SECTIONS)
    measures = decision.measures_of_persons if target.is_person else decision.measures
    suspended = one.suspended and (one.until is None or one.until > today)
    return fields.listed(
        CODE,
        NAME,
        f"{decision.number}#{one.position}",
        target.latin or target.chinese,
        (),
        [decision.nation],
        party_kind=kind,
        aliases=(Alias(text=target.chinese, kind="native", language="zh"),) if target.latin else (),
        programs=(decision.law,) if decision.law else (),
        citation=decision.number,
        effective=decision.effective,
        published=decision.published,
        status="suspended" if suspended else "listed",
        suspended_until=one.until if suspended else None,
        remarks="; ".join((*measures, *((f"post: {target.post}",) if target.post else ()))),
        url=decision.url or COLUMN,
    )


def remarks(payload: Payload) -> Iterator[str]:
    """Say which pages were no decision."""
    for part in payload.parts:
        if read_decision(part) is None:
            yield f"{part.name} is no decision on countermeasures: it lists nobody and ends nothing."


SOURCE = Source(
    card=Card(
        source_id="cn_mfa",
        title="Countermeasures under the Anti-Foreign Sanctions Law, from the ministry's decisions",
        publisher="Ministry of Foreign Affairs of the People's Republic of China",
        homepage=COLUMN,
        hosts=(HOST,),
        licence="official decisions, free of copyright under article 5 of China's Copyright Law",
        redistribution="yes",
        commercial_use="yes",
        attribution="Ministry of Foreign Affairs of the People's Republic of China",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=90), content_lag=timedelta(days=1), grace=timedelta(days=180)),
        poll_every=timedelta(days=1),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.EXPCTL"),
        record=ListChange,
        kind="snapshot",
        min_records=50,
        max_records=3_000,
        anchors=(CODE,),
        by_hand=True,
        confirmed="texts of five decisions, 2023-04-07 to 2025-12-26, mark-up not seen; of decisions that suspend or end, no sample at all",
        notes=(
            "give all decisions together: --from first.html+second.html; pages saved as HTML or as text are read",
            "the key is the order's number and the party's place in the annex; measures are in the remarks, the law in the programs",
            "a suspended entry stays, with the day on which the suspension ends; a decision that changes measures otherwise is refused",
            "a spokesman's answer lists nobody and ends nothing: give the decision it quotes",
            "a decision that ends more than a few entries waits for a person: --accept shrunken",
        ),
    ),
    requests=lambda _cursor: (),
    parse=parse,
    remarks=remarks,
)
