"""Both directions of matching: what changed comes in, how each pair it touches stands comes out.

Names are searched in an index, which may miss a pair when very many resemble each other; a pair that was told once is compared directly
from then on, so that it is never taken for ended because a search did not bring it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from supplywatch.ledger import listed, watchlists
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.lists import last_changes
from supplywatch.ledger.watchlists import Change
from supplywatch.matching.lists import Lists
from supplywatch.matching.pairs import compare
from supplywatch.model.name_match import MATCHER_VERSION, WEAK
from supplywatch.model.party_match import PartyMatch
from supplywatch.model.records import ListChange
from supplywatch.screening.matcher import Matcher
from supplywatch.screening.watched import OWNER, owner_parties, watched_party
from supplywatch.watchlist.index import WatchIndex

MOST_COUNTERPARTIES = 50
MOST_ENTRIES = 20
_MATCHER = "matcher"
"""Bookmark whose text is the version of the matcher that the watch-list was screened with."""


class Matching:
    """The matching stage apart from Kafka.

    Parameters
    ----------
    ledger
        Where entries, counterparties and pairs stand.
    watched
        The index of the watch-list.
    """

    def __init__(self, ledger: Ledger, watched: WatchIndex) -> None:
        self._ledger, self._watched = ledger, watched
        self._lists = Lists()

    def start(self) -> None:
        """Make ready: take in the lists that stood in the ledger before there was this stage, and the names of both sides.

        Where another version of the matcher screened the watch-list, every counterparty is given out to be screened again.
        """
        with self._ledger.begin() as connection:
            listed.lock(connection)
            self._lists.refresh(connection)
            if not self._lists.rows:
                self._lists.write(connection, list(last_changes(connection).values()))
            _, version = listed.bookmark(connection, _MATCHER)
            if version != MATCHER_VERSION:
                listed.set_bookmark(connection, _MATCHER, 0, MATCHER_VERSION)
                listed.set_bookmark(connection, listed.GIVEN_OUT, 0)
        with self._ledger.read() as connection:
            self._lists.refresh(connection)
            self._watched.refresh(connection)

    def entries(self, changes: Sequence[ListChange]) -> list[PartyMatch]:
        """Take changed entries in, and return how every counterparty stands that one of them may mean.

        Raises
        ------
        LedgerAway
            Nothing may be acknowledged; call again.
        """
        with self._ledger.begin() as connection:
            listed.lock(connection)
            self._lists.refresh(connection)
            touched = self._lists.write(connection, changes)
        with self._ledger.read() as connection:
            self._lists.refresh(connection)
            self._watched.refresh(connection)
            told = listed.pairs_of_parties(connection, touched)
            wanted = {party: told.get(party, set()) | set(self._resembling(party)) for party in sorted(touched)}
            counterparties = watchlists.counterparties(connection, {one for found in wanted.values() for one in found})
            pairs = [(counterparties[one], party) for party in sorted(wanted) for one in sorted(wanted[party]) if one in counterparties]
            return self._told(connection, pairs, {(one, party) for party, ones in told.items() for one in ones})

    def counterparties(self, ids: Iterable[str]) -> list[PartyMatch]:
        """Return how counterparties that changed stand to every listed party that may be meant."""
        wanted = sorted(set(ids))
        with self._ledger.read() as connection:
            self._lists.refresh(connection)
            changes = watchlists.counterparties(connection, wanted)
            told = listed.pairs_of_counterparties(connection, wanted)
            pairs = [
                (change, party)
                for one, change in sorted(changes.items())
                for party in sorted(told.get(one, set()) | {self._lists.party_at(found) for found in self._listed_like(change)})
            ]
            return self._told(connection, pairs, {(one, party) for one, parties in told.items() for party in parties})

    def note(self, matches: Iterable[PartyMatch]) -> None:
        """Note the pairs before they are told."""
        with self._ledger.begin() as connection:
            listed.note_pairs(connection, ((match.counterparty.id, match.party) for match in matches if match.tier != "none"))

    def _resembling(self, party: str) -> Iterator[str]:
        """Yield the counterparties whose names or owners resemble a party, or a party linked to it."""
        matcher = self._watched.matcher
        for row in self._lists.of_party(party):
            asked = [] if row.names is None else [row.names, *(linked.party for linked in row.linked)]
            for one in asked:
                for match in matcher.screen(one, limit=MOST_COUNTERPARTIES, min_score=WEAK):
                    yield match.party_id.partition(OWNER)[0]

    def _listed_like(self, change: Change) -> Iterator[str]:
        one = change.counterparty
        if one is None:
            return
        matcher = Matcher(self._lists.index)
        for asked in (watched_party(change.counterparty_id, one, change.keys), *owner_parties(change.counterparty_id, one, change.keys)):
            for match in matcher.screen(asked, limit=MOST_ENTRIES, min_score=WEAK):
                yield match.party_id

    def _told(self, connection: Connection, pairs: Sequence[tuple[Change, str]], told: set[tuple[str, str]]) -> list[PartyMatch]:
        """Compare pairs; what does not match and was never told is left out."""
        rows = {party: self._lists.of_party(party) for _, party in pairs}
        places = {row.place for found in rows.values() for row in found}
        entries = listed.bodies(connection, places)
        matcher = Matcher(self._lists.index)
        found = [compare(matcher, change, party, rows[party], entries) for change, party in pairs]
        return [match for match in found if match.tier != "none" or (match.counterparty.id, match.party) in told]
