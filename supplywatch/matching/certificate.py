"""A certificate of screening: who was looked for, on which lists, how old they were, and who came nearest.

"Nobody" is an answer only together with where it was looked: lists that were not consulted, or were stale, stand in it by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from supplywatch.ledger.certificates import Recorded
from supplywatch.ledger.lists import Overview, last_changes
from supplywatch.ledger.sources import LoggedPayload
from supplywatch.model.canonical import canonical, digest
from supplywatch.model.name_match import MATCHER_VERSION, REVIEW, STRONG, WEAK, Match, Name, Party
from supplywatch.screening.index import Index
from supplywatch.screening.listed import party_of
from supplywatch.screening.matcher import Matcher
from supplywatch.screening.normal import forms
from supplywatch.screening.scripts import uncompared
from supplywatch.screening.vocabulary import digest as vocabulary_digest

KIND = "supplywatch certificate of screening"
VERSION = 1
NEAREST = 5
"""So many of those that came nearest are told of each name."""
_ALL = 1_000
"""Far more than an index retrieves for one name: a certificate leaves out nobody who may be meant."""
_TOLD = frozenset({"strong", "review"})


def answer(matcher: Matcher, query: Party) -> dict[str, Any]:
    """Return what a certificate says of one name: those that may be meant, and the nearest of those that are not."""
    text = query.names[0].text
    found = matcher.screen(query, limit=_ALL, min_score=0.0)
    meant = [match for match in found if match.tier in _TOLD]
    nearest = [match for match in found if match.tier not in _TOLD][:NEAREST]
    # An empty cell, or one of dashes, resembles nobody only because nothing was asked.
    can_compare = uncompared(text) is None and any(map(str.isalnum, text))
    return {
        "reference": query.id,
        "name": text,
        "country": query.country,
        "kind": query.kind,
        "identifiers": [f"{kind}:{value}" for kind, value in query.identifiers],
        "normalised": [form.key for form in forms(text)],
        "script_not_compared": uncompared(text),
        "outcome": "found" if meant else "nobody" if can_compare else "not compared",
        "matches": [_told(match) for match in meant],
        # An index retrieves the nearest twenty of a name: where all of them may be meant, the next may be, too.
        "more_possible": bool(meant) and not nearest,
        "nearest": [_told(match) | {"why_not": why_not(match)} for match in nearest],
    }


def consulted(
    lists: Iterable[Overview], payloads: Mapping[str, LoggedPayload], health: Mapping[str, str], at: datetime
) -> list[dict[str, Any]]:
    """Return what a certificate says of the lists that were looked through.

    Parameters
    ----------
    payloads
        Source -> the last payload that was accepted.
    health
        Source -> how it is, in a sentence.
    """
    return [
        {
            "source": one.source,
            "list": one.list_code,
            "title": one.name,
            "entries": len(one.entries),
            "ended": sum(entry.has_ended(at.date()) for entry in one.entries),
            "last_change": one.last_change.isoformat(),
            "source_is": health.get(one.source, "is no source of this release"),
            **_vintage(payloads.get(one.source), at),
        }
        for one in lists
    ]


def _vintage(payload: LoggedPayload | None, at: datetime) -> dict[str, Any]:
    if payload is None:
        return {"fetched": None, "published": None, "age_days": None, "payload_sha256": None}
    return {
        "fetched": payload.fetched.isoformat(),
        "published": None if payload.published is None else payload.published.isoformat(),
        "age_days": round((at - payload.fetched).total_seconds() / 86_400, 1),
        "payload_sha256": payload.sha256,
    }


def certified(
    answers: Sequence[Mapping[str, Any]],
    lists: Sequence[Mapping[str, Any]],
    not_consulted: Sequence[Mapping[str, str]],
    *,
    book: str,
    at: datetime,
    by: str,
) -> dict[str, Any]:
    """Return a certificate; its last field is the digest of all the others.

    Parameters
    ----------
    book
        The state of the lists, as :attr:`~supplywatch.matching.kept.KeptLists.version` says it.
    """
    body: dict[str, Any] = {
        "document": KIND,
        "version": VERSION,
        "at": at.isoformat(),
        "by": by,
        "says": _sentences(answers, lists, not_consulted, at),
        "queries": list(answers),
        "lists": list(lists),
        "not_consulted": list(not_consulted),
        "matcher": {
            "version": MATCHER_VERSION,
            "vocabulary_sha256": vocabulary_digest(),
            "tiers": {"strong": STRONG, "review": REVIEW, "weak": WEAK},
        },
        "book": book,
    }
    body["id"] = digest(body)[:32]
    return body | {"sha256": digest(body)}


def screened_then(connection: Connection, certificate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Screen the names of a certificate again, on the lists as the book had them then."""
    seq = int(certificate["book"].partition("-")[0])
    day = datetime.fromisoformat(certificate["at"]).date()
    stood = last_changes(connection, newest_seq=seq).values()
    matcher = Matcher(Index.build(party_of(change.provenance.source, change.entry, day) for change in stood))
    return [answer(matcher, _asked(query)) for query in certificate["queries"]]


def _asked(query: Mapping[str, Any]) -> Party:
    numbers = tuple((kind, value) for kind, _, value in (each.partition(":") for each in query["identifiers"]))
    return Party(query["reference"], (Name(query["name"]),), query["country"], (), query["kind"], numbers)


def recorded(certificate: Mapping[str, Any], at: datetime) -> Recorded:
    """Return a certificate as the book keeps it."""
    body = {name: value for name, value in certificate.items() if name != "sha256"}
    return Recorded(certificate["id"], at, certificate["by"], certificate["sha256"], canonical(body).decode())


def why_not(match: Match) -> dict[str, str]:
    """Return why a listed name is not taken for the one asked, in both languages."""
    words = sorted(match.explanation.extras, key=lambda extra: (-extra.cost, extra.word))
    score = f"{match.score:.2f}"
    if match.qualification.country_mismatch and match.score >= REVIEW:
        return {"en": f"score {score}, but the countries differ", "zh": f"相似度 {score},但国家或地区不同"}
    if not words:
        return {"en": f"score {score}, below {REVIEW}", "zh": f"相似度 {score},低于 {REVIEW}"}
    sides = {"ours": ("asked", "所查名称"), "theirs": ("listed", "名单名称")}
    english, chinese = sides[words[0].side]
    return {
        "en": f"score {score}, below {REVIEW}: {words[0].word!r} stands in the {english} name alone",
        "zh": f"相似度 {score},低于 {REVIEW}:“{words[0].word}”只见于{chinese}",
    }


def _told(match: Match) -> dict[str, Any]:
    return {
        "listed_name": match.name,
        "entry": match.party_id,
        "score": match.score,
        "tier": match.tier,
        "ended": match.ended,
        "same_identifier": match.qualification.identifier,
        "countries_differ": match.qualification.country_mismatch,
    }


def _sentences(
    answers: Sequence[Mapping[str, Any]], lists: Sequence[Mapping[str, Any]], not_consulted: Sequence[Mapping[str, str]], at: datetime
) -> dict[str, str]:
    count = {outcome: sum(each["outcome"] == outcome for each in answers) for outcome in ("found", "nobody", "not compared")}
    day = f"{at:%Y-%m-%d %H:%M} UTC"
    troubled = sum(not one["source_is"].startswith("ok") for one in lists)
    english = (
        f"On {day}, {len(answers)} name(s) were compared with {len(lists)} list(s): {count['nobody']} resembled nobody, "
        f"{count['found']} may be a listed party (tier review or strong), {count['not compared']} could not be compared. "
        f"{troubled} of these lists come from a source that is late, refused, out of reach or no longer polled. "
        f"{len(not_consulted)} list source(s) were not consulted. "
        "Age and state of every list stand below; of other lists this says nothing."
    )
    chinese = (
        f"{day},{len(answers)} 个名称与 {len(lists)} 份名单比对:{count['nobody']} 个与名单上任何一方都不相似,"
        f"{count['found']} 个可能是名单上的一方(需复核或高度相似),{count['not compared']} 个无法比对。"
        f"其中 {troubled} 份的来源逾期、被拒收、无法访问或已不再抓取。"
        f"有 {len(not_consulted)} 个名单来源未查。各名单的时间和状态见下文;本文件不涉及其他名单。"
    )
    return {"en": english, "zh": chinese}
