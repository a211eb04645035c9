"""One counterparty and one listed party, compared: a pure function, the same from whichever side it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from supplywatch.ledger.lists import Place
from supplywatch.ledger.watchlists import Change
from supplywatch.matching.lists import Row, newest
from supplywatch.model.name_match import MATCHER_VERSION, WEAK, Match, Party
from supplywatch.model.party_match import MatchedListing, MatchTier, PartyMatch, Watched
from supplywatch.model.records import ListChange
from supplywatch.screening.matcher import Matcher
from supplywatch.screening.watched import owner_parties, watched_party


@dataclass(frozen=True, slots=True)
class _Best:
    tier: MatchTier
    match: Match
    relation: str | None = None

    @property
    def ended(self) -> str | None:
        """The day on which the listing ended that it rests on, ``None`` when it is in force."""
        return self.match.ended

    def said(self) -> dict[str, Any]:
        """Return the fields of a record that tell it."""
        return {
            "tier": self.tier,
            "score": self.match.score,
            "counterparty_name": self.match.query_name,
            "listed_name": self.match.name,
            "listed_name_kind": self.match.name_kind,
            "explanation": self.match.explanation,
            "qualification": self.match.qualification,
            "relation": self.relation,
            "ended": self.ended,
        }


def compare(matcher: Matcher, change: Change, party: str, rows: Sequence[Row], entries: Mapping[Place, ListChange]) -> PartyMatch:
    """Return how a counterparty stands to a listed party.

    Parameters
    ----------
    change
        The counterparty as it is watched now.
    rows
        Every place that the party ever had.
    entries
        What was last said of each place.
    """
    standing = [row for row in rows if row.in_force]
    past = [row for row in standing if row.names is not None and row.names.ended is not None]
    best = _best(matcher, change, [row for row in standing if row not in past])
    if past and (best is None or best.tier == "weak"):
        # What is no longer in force is told where nothing that is in force is, and then with its end.
        told = _best(matcher, change, past)
        best = told if best is None or (told is not None and told.tier != "weak") else best
    newest_row = max(rows, key=lambda row: (row.in_force, row.seq))
    said = entries[newest_row.place]
    fetched = max(change.known_at, *(row.known_at for row in rows))
    common = {
        "observed": fetched.date().isoformat(),
        "fetched": fetched,
        "provenance": said.provenance,
        "counterparty": _watched(change),
        "party": party,
        "party_name": said.entry.name,
        "lists_seq": newest(rows),
        "watch_seq": change.seq,
        "matcher_version": MATCHER_VERSION,
    }
    if best is None:
        ended = "not_watched" if change.counterparty is None else "no_longer_alike" if standing else "withdrawn"
        return PartyMatch(tier="none", score=0.0, ended_by=ended, **common)
    listings = tuple(MatchedListing.in_full(row.place[0], entries[row.place].entry) for row in standing)
    return PartyMatch(**best.said(), listings=listings, **common)


def _watched(change: Change) -> Watched:
    one = change.counterparty
    if one is None:
        return Watched(id=change.counterparty_id, name=change.counterparty_id)
    return Watched(id=change.counterparty_id, name=one.name, country=one.country, owners=one.owners, tags=one.tags)


def _best(matcher: Matcher, change: Change, rows: Sequence[Row]) -> _Best | None:
    """Return the best reason: a match of names that is told, else a link that is told, else a weak match."""
    one = change.counterparty
    if one is None:
        return None
    asked = watched_party(change.counterparty_id, one, change.keys)
    found = [match for row in rows if row.names is not None and (match := matcher.pair(asked, row.names, min_score=WEAK)) is not None]
    named = max(found, key=_order, default=None)
    if named is not None and named.tier in ("strong", "review"):
        return _Best(named.tier, named)
    owners = tuple(owner_parties(change.counterparty_id, one, change.keys))
    linked = max(_linked(matcher, asked, owners, rows), key=lambda best: _order(best.match), default=None)
    if linked is not None:
        return linked
    return _Best("weak", named) if named is not None and named.tier == "weak" else None


def _linked(matcher: Matcher, asked: Party, owners: Sequence[Party], rows: Sequence[Row]) -> Iterator[_Best]:
    """Yield the links at one step: a party that an entry names is the counterparty, or an owner of the counterparty is the entry."""
    for row in rows:
        for linked in row.linked:
            match = matcher.pair(asked, linked.party, min_score=WEAK)
            if match is not None and match.tier in ("strong", "review"):
                yield _Best("related", match, linked.text)
        for owner in owners:
            match = matcher.pair(owner, row.names, min_score=WEAK) if row.names is not None else None
            if match is not None and match.tier in ("strong", "review"):
                yield _Best("related", match, f"owned by {match.query_name}, as the watch-list says")


def _order(match: Match) -> tuple[int, float, str, str]:
    return ("below", "weak", "review", "strong").index(match.tier), match.score, match.party_id, match.name
