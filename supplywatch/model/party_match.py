"""How a watched counterparty stands to a listed party, and what a reviewer decided of it: the records of the matching stage.

A record says the whole of a pair: every list that the party stands on now, and the best reason to think that the counterparty is meant.
It is a function of the lists and the watch-list at two points of their logs, which it names; of two records of a pair the one that has
seen less than the other says nothing more.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from supplywatch.model.list_entry import ListEntry, Listing
from supplywatch.model.name_match import Explanation, Qualification
from supplywatch.model.record import Record
from supplywatch.model.value import Frozen

MatchTier = Literal["strong", "review", "related", "weak", "none"]
Verdict = Literal["true_match", "false_positive"]


class Watched(Frozen):
    """A counterparty as the subscriber knows it: his exposure, apart from how bad the event is."""

    id: str = Field(description="<watch-list>/<own reference>")
    name: str
    country: str | None = None
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = Field(default=(), description="the subscriber's own words, e.g. 'hs:854231' or 'item:gallium'")


class MatchedListing(Listing):
    """Where the party stands, with what a reader of the alert wants to know of it."""

    list_name: str
    countries: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    status: Literal["listed", "suspended", "announced"] = "listed"
    suspended_until: date | None = None
    licence_requirement: str | None = None
    licence_policy: str | None = None
    ends: date | None = Field(default=None, exclude_if=lambda value: value is None)

    @classmethod
    def in_full(cls, source: str, entry: ListEntry) -> MatchedListing:
        """Return where an entry stands, with the rest."""
        return cls(source=source, **entry.model_dump(include=set(cls.model_fields) - {"source"}))


class PartyMatch(Record):
    """One counterparty and one listed party; ``tier`` "none" ends what a former record said.

    ``score``, ``explanation`` and ``matcher_version`` are enough to recompute the score:
    see :func:`supplywatch.model.name_match.recompute`.
    """

    family: ClassVar[str] = "match"
    revisable: ClassVar[bool] = False
    kind: Literal["party_match"] = "party_match"

    counterparty: Watched
    party: str = Field(description="identity of the listed party over lists, renumbering and new names")
    party_name: str
    tier: MatchTier
    score: float = Field(ge=0, le=1)
    counterparty_name: str | None = Field(default=None, description="the name of the counterparty that matched")
    listed_name: str | None = Field(default=None, description="the name on the list that matched")
    listed_name_kind: str | None = Field(default=None, description="primary, strong, weak, former, native, abbreviation or curated")
    explanation: Explanation | None = None
    qualification: Qualification | None = None
    relation: str | None = Field(default=None, description="by what the two are linked, in the words of the source; tier 'related' only")
    ended: date | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="the day on which the listing ended that the match rests on; such a match is at most to be reviewed",
    )
    listings: tuple[MatchedListing, ...] = ()
    ended_by: Literal["withdrawn", "not_watched", "no_longer_alike"] | None = None
    lists_seq: int = Field(ge=0, description="how far the log of list entries was read for the party")
    watch_seq: int = Field(ge=0, description="how far the log of the watch-list was read for the counterparty")
    matcher_version: str

    @model_validator(mode="after")
    def _is_whole(self) -> PartyMatch:
        if (self.tier == "none") != (self.explanation is None):
            raise ValueError("a match has an explanation, and only a match has one")
        if (self.tier == "none") != (self.ended_by is not None):
            raise ValueError("a pair that does not match says why, and only such a pair does")
        return self

    @property
    def pair(self) -> str:
        """``<counterparty>|<party>``; a long reference is shortened by a digest."""
        name = self.counterparty.id
        return f"{name if len(name) <= 120 else hashlib.sha256(name.encode()).hexdigest()}|{self.party}"

    @property
    def series(self) -> str:
        """``match/<counterparty>|<party>``."""
        return f"match/{self.pair}"

    @property
    def texts(self) -> tuple[str, str] | None:
        """Return the two normalised forms that agreed: what a reviewer's decision holds for."""
        return None if self.explanation is None else (self.explanation.ours, self.explanation.theirs)


class MatchDecision(Record):
    """A named person's word on a match; it holds for exactly the texts of that match."""

    family: ClassVar[str] = "match"
    revisable: ClassVar[bool] = False
    kind: Literal["match_decision"] = "match_decision"

    match: PartyMatch = Field(description="the match as the person saw it")
    verdict: Verdict
    by: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=1000)

    @property
    def series(self) -> str:
        """``decision/<counterparty>|<party>``."""
        return f"decision/{self.match.pair}"
