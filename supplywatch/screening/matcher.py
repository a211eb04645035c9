"""The matcher: candidates, scores, and what qualifies them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Literal

from supplywatch.model.name_match import WEAK, Explanation, Match, Name, Party, Qualification, Tier, score_of, tier_of
from supplywatch.screening.background import class_of, weight
from supplywatch.screening.chinese import HAN, read
from supplywatch.screening.explaining import explained, limits_of
from supplywatch.screening.index import Candidate, Index
from supplywatch.screening.normal import forms
from supplywatch.screening.persons import is_common
from supplywatch.screening.vocabulary import LEGAL
from supplywatch.screening.written import numbered

_LOWER: dict[Tier, Tier] = {"strong": "review", "review": "weak", "weak": "below", "below": "below"}
_NAMED_APART = frozenset({"person", "vessel", "aircraft"})
_SHORT_LETTERS = 3
_SHORT_HAN = 2
_COMMON_WEIGHT = 0.55
_TELLING_WORDS = 4
"""One Chinese word that says as much in English is an institution (国防科技大学), not a trade."""


class Matcher:
    """Asks an index who is meant by a name.

    Parameters
    ----------
    index
        The names.
    indexed
        What stands in the index: listed parties (asked are counterparties), or counterparties (asked are listed parties).
        The score of a pair is the same either way.
    data_version
        Which lists; goes into every match.
    """

    def __init__(self, index: Index, *, indexed: Literal["listed", "counterparties"] = "listed", data_version: str = "") -> None:
        self.index = index
        self.data_version = data_version
        self._listed = indexed == "listed"
        self._depth = 20 if self._listed else 50

    def screen(self, query: Party, *, limit: int = 10, min_score: float = 0.5) -> list[Match]:
        """Return the parties that may be meant, best first, each once by its best name."""
        best: dict[str, Match] = {}
        query = numbered(query)
        for candidate in self.index.candidates(query, limit=self._depth):
            match = self._judged(query, candidate, min_score)
            if match is None:
                continue
            known = best.get(match.party_id)
            if known is None or (match.score, known.name) > (known.score, match.name):
                best[match.party_id] = match
        return sorted(best.values(), key=lambda match: (-match.score, match.party_id))[:limit]

    def pair(self, query: Party, party: Party, *, min_score: float = 0.5) -> Match | None:
        """Return how a party is meant by a query, by its best name, without a search: what is indexed plays no part."""
        found = (self._judged(query, Candidate(party, name, forms(name.text)), min_score) for name in party.names)
        return max((match for match in found if match is not None), key=lambda match: (match.score, match.name), default=None)

    def _judged(self, query: Party, candidate: Candidate, min_score: float) -> Match | None:
        party = candidate.party
        shared = sorted(set(query.identifiers) & set(party.identifiers))
        if shared:
            kind, value = shared[0]
            explanation = Explanation(f"{kind}:{value}", f"{kind}:{value}", rule="identifier")
            return self._match(query, query.names[0], candidate, explanation, Qualification(identifier=f"{kind}:{value}"))
        kinds = {query.kind, party.kind}
        if len(kinds) > 1 and kinds & _NAMED_APART and "unknown" not in kinds:
            return None
        ways = ((name, each) for name in query.names for each in explained(name, query, candidate, self._listed, min_score))
        found = [(score_of(each), name, each) for name, each in ways]
        if not found:
            return None
        score, name, explanation = max(found, key=lambda item: (item[0], item[1].text, item[2].ours, item[2].theirs))
        if score < min_score:
            return None
        if score >= WEAK and "person" not in kinds and (limits := limits_of(explanation, name.text, candidate.name.text)):
            explanation = replace(explanation, penalties=(*explanation.penalties, *limits))
        apart = bool(query.places and party.places) and not query.places & party.places
        short = any(map(is_short if "person" not in kinds else is_common, (explanation.ours, explanation.theirs)))
        return self._match(query, name, candidate, explanation, Qualification(country_mismatch=apart, short_name=short))

    def _match(self, query: Party, name: Name, candidate: Candidate, explanation: Explanation, qualification: Qualification) -> Match:
        score = score_of(explanation)
        tier = tier_of(score)
        vessel = "vessel" in (query.kind, candidate.party.kind) and qualification.identifier is None
        if tier == "strong" and (qualification.short_name or vessel):
            tier = "review"
        if qualification.country_mismatch:
            tier = _LOWER[tier]
        ended = candidate.party.ended or query.ended
        if tier == "strong" and ended is not None:
            tier = "review"
        return Match(
            party_id=candidate.party.id,
            score=score,
            tier=tier,
            query_name=name.text,
            name=candidate.name.text,
            name_kind=candidate.name.kind,
            list_code=candidate.party.list_code or query.list_code,
            explanation=explanation,
            qualification=qualification,
            ended=ended,
            data_version=self.data_version,
        )


@lru_cache(maxsize=100_000)
def is_short(key: str) -> bool:
    """Tell whether a name is too short or too common to mean one party: three letters, or one common word.

    >>> is_short("abc ~ltd"), is_short("technology ~co"), is_short("hikvision")
    (True, True, False)
    """
    words = [word for word in key.split() if not word.startswith(LEGAL)]
    if not words:
        return True
    letters = sum(map(len, words))
    if HAN.match(words[0]):
        return letters <= _SHORT_HAN or (len(words) == 1 and class_of(words[0]) != "brand" and len(read(words[0])[1]) < _TELLING_WORDS)
    return letters <= _SHORT_LETTERS or (len(words) == 1 and weight(words[0]) < _COMMON_WEIGHT)
