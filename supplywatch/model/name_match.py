"""The nouns of screening: a party with its names, and a match that says how its score came about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

MATCHER_VERSION = "4"
"""Rises whenever a change of code or vocabulary may change a score: decisions of reviewers rest on it."""

_CURVE = 0.5
"""The power that the share of what agrees is raised to, so that the tiers keep their budgets: see docs/screening.md."""

Tier = Literal["strong", "review", "weak", "below"]
STRONG, REVIEW, WEAK = 0.91, 0.82, 0.75
"""The least score of each tier; the false-alert rate of each stands in bench/README.md."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a party."""

    text: str
    kind: str = "primary"


@dataclass(frozen=True, slots=True)
class Party:
    """A listed entity or a counterparty.

    ``keys`` are the stored forms of its names, in their order; where there are none they are made when they are needed. ``ended`` is the
    day on which the listing ended, where it is no longer in force: such a party is at most to be reviewed.
    """

    id: str
    names: tuple[Name, ...]
    country: str | None = None
    countries: tuple[str, ...] = ()
    kind: str = "unknown"
    identifiers: tuple[tuple[str, str], ...] = ()
    list_code: str | None = None
    keys: tuple[tuple[str, ...], ...] = field(default=(), compare=False)
    ended: str | None = None

    @property
    def places(self) -> frozenset[str]:
        """Every country the party is known in."""
        return frozenset((*self.countries, *((self.country,) if self.country else ())))


@dataclass(frozen=True, slots=True)
class Pair:
    """Words of both names that were taken for the same."""

    ours: str
    theirs: str
    weight: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Extra:
    """A word that only one of the names has, and what it costs."""

    word: str
    side: Literal["ours", "theirs"]
    cost: float


@dataclass(frozen=True, slots=True)
class Penalty:
    """A factor on the score, with its reason."""

    reason: str
    factor: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything a score was made of: see :func:`recompute`."""

    ours: str
    theirs: str
    pairs: tuple[Pair, ...] = ()
    extras: tuple[Extra, ...] = ()
    penalties: tuple[Penalty, ...] = ()
    rule: Literal["words", "identifier"] = "words"


@dataclass(frozen=True, slots=True)
class Qualification:
    """What moved the tier apart from the score."""

    identifier: str | None = None
    country_mismatch: bool = False
    short_name: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A party of the index that the asked name may mean."""

    party_id: str
    score: float
    tier: Tier
    query_name: str
    name: str
    name_kind: str
    list_code: str | None
    explanation: Explanation
    qualification: Qualification = field(default_factory=Qualification)
    ended: str | None = None
    matcher_version: str = MATCHER_VERSION
    data_version: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the match as plain values."""
        return asdict(self)


def score_of(explanation: Explanation) -> float:
    """Return the score that an explanation adds up to."""
    if explanation.rule == "identifier":
        return 1.0
    return score_from(
        ((pair.weight, pair.similarity) for pair in explanation.pairs),
        (extra.cost for extra in explanation.extras),
        (penalty.factor for penalty in explanation.penalties),
    )


def score_from(pairs: Iterable[tuple[float, float]], costs: Iterable[float], factors: Iterable[float]) -> float:
    """Return the score of words that agree (weight, similarity), of words that one side alone has, and of factors on the whole."""
    agreed = weight = 0.0
    for value, similarity in pairs:
        weight += value
        agreed += value * similarity
    for cost in costs:
        weight += cost
    score = (agreed / weight) ** _CURVE if weight else 0.0
    for factor in factors:
        score *= factor
    return round(min(1.0, score), 4)


def recompute(explanation: dict[str, Any]) -> float:
    """Return the score that an explanation adds up to, from its JSON alone.

    >>> recompute({"ours": "a", "theirs": "a b", "rule": "words", "penalties": [],
    ...            "pairs": [{"ours": "a", "theirs": "a", "weight": 1.0, "similarity": 1.0}],
    ...            "extras": [{"word": "b", "side": "theirs", "cost": 0.25}]})
    0.8944
    """
    pairs = tuple(Pair(**pair) for pair in explanation["pairs"])
    extras = tuple(Extra(**extra) for extra in explanation["extras"])
    penalties = tuple(Penalty(**penalty) for penalty in explanation["penalties"])
    return score_of(Explanation(explanation["ours"], explanation["theirs"], pairs, extras, penalties, explanation["rule"]))


def tier_of(score: float) -> Tier:
    """Return the tier of a score before anything qualifies it.

    >>> [tier_of(score) for score in (0.95, 0.85, 0.8, 0.5)]
    ['strong', 'review', 'weak', 'below']
    """
    return "strong" if score >= STRONG else "review" if score >= REVIEW else "weak" if score >= WEAK else "below"
