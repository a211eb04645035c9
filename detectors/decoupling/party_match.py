"""A watched counterparty is, or is linked to, a party on an official list.

The matching stage compares names; this rule decides what an alert is. A strong match warns, one to be reviewed and a link at one step are
to be watched, a weak one is stored and opens nothing. A listing whose end has come ends the alert that rests on it, and is at most to be
reviewed for whom it was never told. A reviewer's decision holds for exactly the two texts that agreed: when the lists or
the watch-list spell the parties otherwise, the match comes up again. What the counterparty supplies (its tags) names the watched items it
touches, and so brings in dependence, concentration, substitutability and relocation.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel

from supplywatch.listing.ownership import rules_of
from supplywatch.model.alert import NOTHING, Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import MatchDecision, PartyMatch
from supplywatch.model.rule import Context, Rule, RuleCard, State

ENDS = (
    "the entry is withdrawn or its end comes, the counterparty is no longer watched, the names no longer agree, "
    "or a reviewer decides it is not meant"
)
_ENDED = {
    "withdrawn": ("the party was taken off the list", "该主体已移出清单"),
    "not_watched": ("the counterparty is no longer on the watch-list", "该交易对手已不在监测名单"),
    "no_longer_alike": ("the names no longer agree", "名称不再相符"),
}
_TIERS_ZH = {"strong": "高度吻合", "review": "待复核", "related": "关联方", "weak": "弱吻合"}


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    told_tiers: tuple[str, ...]
    warning_tiers: tuple[str, ...]


def detect(state: State | None, record: PartyMatch | MatchDecision, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge how a pair stands now, or what a reviewer says of it."""
    memory: dict[str, Any] = dict(state or {"lists_seq": 0, "watch_seq": 0, "texts": None, "decision": None})
    if isinstance(record, MatchDecision):
        memory["decision"] = {"verdict": record.verdict, "by": record.by, "reason": record.reason, "texts": _texts(record.match)}
        if memory["texts"] != _texts(record.match):
            return memory, NOTHING  # the names have changed since the person saw them: the decision waits for those names
        return memory, _finding(record, record.match, memory["decision"], params, context.items)
    if record.lists_seq < memory["lists_seq"] or record.watch_seq < memory["watch_seq"]:
        return memory, NOTHING  # another worker saw more, and said it already or will
    memory |= {"lists_seq": record.lists_seq, "watch_seq": record.watch_seq, "texts": _texts(record)}
    if record.ended is None:
        memory["stood"] = record.tier in params.told_tiers
    elif memory.get("stood"):
        return memory, _cleared(record, f"the listing ended {record.ended}", f"列名已于{record.ended}到期失效")
    decision = memory["decision"]
    holds = decision is not None and decision["texts"] == memory["texts"]
    return memory, _finding(record, record, decision if holds else None, params, context.items)


def _texts(match: PartyMatch) -> list[str] | None:
    return None if match.texts is None else list(match.texts)


def _finding(
    record: PartyMatch | MatchDecision, match: PartyMatch, decision: dict[str, Any] | None, params: Params, items: Items
) -> Finding:
    if match.ended_by is not None:
        en, zh = _ENDED[match.ended_by]
        return _cleared(match, en, zh)
    if match.tier not in params.told_tiers:
        return _cleared(match, f"the names resemble each other only weakly ({match.score:.2f})", f"名称仅弱吻合({match.score:.2f})")
    if decision is not None and decision["verdict"] == "false_positive":
        said = f"{decision['by']}: {decision['reason']}"
        return _cleared(match, f"not meant, as decided by {said}", f"经人工复核并非同一主体({said})")
    confirmed = decision is not None
    warns = match.ended is None and (confirmed or match.tier in params.warning_tiers)
    return Finding(
        status="raised",
        severity=Severity.WARNING if warns else Severity.WATCH,
        onset=_onset(match),
        headline=_headline(match, confirmed),
        clears_when=ENDS,
        evidence=_evidence(record, match),
        measures=_measures(match, decision),
        reason=None if decision is None else f"true match, as decided by {decision['by']}: {decision['reason']}",
        standing=False,
        taxonomy=items.tagged(match.counterparty.tags),
    )


def _onset(match: PartyMatch) -> str | None:
    dated = [listing.effective.isoformat() for listing in match.listings if listing.effective is not None]
    return max(dated, default=None)


def _lists(match: PartyMatch) -> str:
    return ", ".join(dict.fromkeys(listing.list_name.partition(" - ")[0] for listing in match.listings))


def _headline(match: PartyMatch, confirmed: bool) -> Text:
    one, where = match.counterparty, _lists(match) + ("" if match.ended is None else f", ended {match.ended}")
    codes = "、".join(dict.fromkeys(listing.list_code for listing in match.listings))
    codes += "" if match.ended is None else f",已于{match.ended}到期"
    if match.tier == "related":
        return Text(
            en=f"Linked to a listed party: {one.name} and {match.party_name} on {where}: {match.relation}",
            zh=f"交易对手{one.name}与清单主体{match.party_name}({codes})存在关联:{match.relation}",
        )
    how = "confirmed" if confirmed else match.tier
    how_zh = "已确认" if confirmed else _TIERS_ZH[match.tier]
    agreed = "by identifier" if match.explanation is not None and match.explanation.rule == "identifier" else f"score {match.score:.2f}"
    return Text(
        en=f"Counterparty on a list: {one.name} matches {match.listed_name} on {where} ({how}, {agreed})",
        zh=f"交易对手列入清单:{one.name}与{codes}清单上的{match.listed_name}({how_zh},{match.score:.2f})",
    )


def _cleared(match: PartyMatch, en: str, zh: str) -> Finding:
    name, party = match.counterparty.name, match.party_name
    return Finding(
        status="clear", headline=Text(en=f"{name} and {party}: {en}", zh=f"{name}与{party}:{zh}"), reason=en, evidence=(), standing=False
    )


def _evidence(record: PartyMatch | MatchDecision, match: PartyMatch) -> tuple[Evidence, ...]:
    why = match.explanation
    forms = () if why is None else (Evidence.of(record, "normalised forms", f"{why.ours} = {why.theirs}", "text"),)
    return forms + tuple(
        Evidence.of(
            record,
            "listed",
            f"{one.name}, {one.list_code}, {one.source}" + (f", {one.citation}" if one.citation else ""),
            "entry",
            f"{one.list_code} {one.key}",
        )
        for one in match.listings
    )


def _measures(match: PartyMatch, decision: dict[str, Any] | None) -> dict[str, float | str | bool | None]:
    why, qualified = match.explanation, match.qualification
    pairs = () if why is None else why.pairs
    extras = () if why is None else why.extras
    return {
        "tier": match.tier,
        "score": match.score,
        "counterparty": match.counterparty.id,
        "counterparty_tags": ", ".join(match.counterparty.tags) or None,
        "listed_name": match.listed_name,
        "listed_name_kind": match.listed_name_kind,
        "aligned_words": ", ".join(p.ours if p.ours == p.theirs else f"{p.ours} ~ {p.theirs}" for p in pairs) or None,
        "unmatched_words": ", ".join(extra.word for extra in extras) or None,
        "penalties": "; ".join(f"{p.reason} × {p.factor}" for p in why.penalties) or None if why is not None else None,
        "identifier": None if qualified is None else qualified.identifier,
        "country_mismatch": None if qualified is None else qualified.country_mismatch,
        "lists": ", ".join(sorted({listing.list_code for listing in match.listings})),
        "citation": next((listing.citation for listing in match.listings if listing.citation), None),
        "ownership_rules": "; ".join(_ownership_rules(match)) or None,
        "ended": None if match.ended is None else match.ended.isoformat(),
        "status": ", ".join(sorted({listing.status for listing in match.listings})),
        "licence_requirement": next((listing.licence_requirement for listing in match.listings if listing.licence_requirement), None),
        "licence_policy": next((listing.licence_policy for listing in match.listings if listing.licence_policy), None),
        "decided_by": None if decision is None else decision["by"],
        "matcher_version": match.matcher_version,
        "lists_seq": float(match.lists_seq),
    }


def _ownership_rules(match: PartyMatch) -> list[str]:
    """Return what follows for whom the party owns, or who owns it: rules that hold for its lists on the day of the match."""
    day = date.fromisoformat(match.observed)
    return list(dict.fromkeys(rule.text for listing in match.listings for rule in rules_of(listing.list_code, day)))


def subject(record: PartyMatch | MatchDecision, _items: Items) -> Subject:
    """Return the pair of counterparty and listed party."""
    match = record.match if isinstance(record, MatchDecision) else record
    return Subject(kind="party_match", id=match.pair, name=f"{match.counterparty.name} = {match.party_name}")


RULE: Rule[PartyMatch | MatchDecision] = Rule(
    card=RuleCard(
        rule_id="party_match",
        version="1.1.1",
        title="Counterparty on a list",
        title_zh="交易对手列入清单",
        taxonomy=("TEC.ENTITY_LIST", "HD.2", "RS.EXT.MAN.TECH"),
        reference="docs/screening.md: tiers and their false-alert rates",
        blind_spots=(
            "a counterparty that trades under a name no list and no alias file carries",
            "ownership that neither a list nor the watch-list states; links are followed for one step only",
            "a name that more than 50 watched counterparties resemble more closely than the one that is meant",
            "a further list that takes up a party whose alert runs already changes the next event of the alert and sends none itself",
        ),
        runbook="party_match.md",
        false_alert_budget=None,
        judged_by=("told_tiers", "warning_tiers"),
        surer_when=("an identifier agrees", "the address or the persons behind both agree", "a reviewer has compared the two"),
        not_supported=(
            "that the counterparty is the listed party: names agree, persons decide",
            "that trade with it is forbidden: licence requirement, policy and exceptions stand in the entry",
        ),
        reads=("ownership_rules.yaml",),
    ),
    records=(PartyMatch, MatchDecision),
    params=Params,
    subject=subject,
    detect=detect,
)
