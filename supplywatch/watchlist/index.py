"""The names of all watch-lists in an index on disk that follows the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from supplywatch.errors import BadSetting
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlists import changes_since, import_mark, imports, latest_seq, parties
from supplywatch.model.counterparty import Counterparty, Keys
from supplywatch.model.name_match import MATCHER_VERSION, Party
from supplywatch.screening.index import Index
from supplywatch.screening.matcher import Matcher
from supplywatch.screening.watched import OWNER, owner_parties, watched_party
from supplywatch.watchlist.normalising import keyed
from supplywatch.watchlist.place import Holds, Place

_BUILT_ABOVE = 20_000
"""So many changes take longer one by one than a new index does (bench/README.md)."""
_WRITTEN_ABOVE = 500
"""Fewer changes are taken in again after a restart rather than written at once."""


class WatchIndex:
    """Every counterparty in force, to be asked whom a list entry means.

    Parameters
    ----------
    place
        Where it is kept; this process alone works there.

    Notes
    -----
    It must not be refreshed while another thread asks it.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._unwritten = 0
        self.seq = -1
        """The last import that was taken in."""
        self.matcher = Matcher(Index.build(()), indexed="counterparties")
        """Asks the index; a refresh may put another one in its place."""

    @classmethod
    def open(cls, ledger: Ledger, folder: Path) -> WatchIndex:
        """Open the index of this process below a folder, and bring it up to date.

        Parameters
        ----------
        ledger
            What it follows.
        folder
            Shared by the processes of a machine: each works in a place of its own within.
        """
        opened = cls(Place.taken(folder))
        with ledger.read() as connection:
            opened._take_up(connection)
            opened.refresh(connection)
        return opened

    def refresh(self, connection: Connection) -> int:
        """Take in what changed in the ledger; return how many counterparties that concerned."""
        newest = latest_seq(connection)
        if newest == self.seq:
            return 0
        news = sum(each.differences for each in imports(connection, since=self.seq))
        if self.seq < 0 or news > _BUILT_ABOVE:
            return self._build(connection, newest)
        done = 0
        for change in changes_since(connection, self.seq):
            if change.counterparty is None:
                self.matcher.index.remove(change.counterparty_id)
            else:
                self._add(change.counterparty_id, change.counterparty, change.keys)
            done += 1
        self.seq = newest
        self._unwritten += done
        if self._unwritten > _WRITTEN_ABOVE:
            self.matcher.index.commit()
            self._noted(connection)
        return done

    def close(self) -> None:
        """Give the place to others; what was not written is taken in again by the next."""
        self._place.leave()

    def _take_up(self, connection: Connection) -> None:
        """Take up the index that is there, when it was made from this ledger by this version of the matcher."""
        holds = self._place.holds(Holds)
        if holds is None or holds.matcher != MATCHER_VERSION or holds.mark != import_mark(connection, holds.seq):
            return
        try:
            self.matcher = Matcher(Index.open(self._place.names), indexed="counterparties")
        except (BadSetting, ValueError):  # tantivy's word for a damaged file: the ledger has everything to build it again
            return
        self.seq = holds.seq

    def _build(self, connection: Connection, newest: int) -> int:
        count = 0

        def counted() -> Iterator[Party]:
            nonlocal count
            for party in keyed(parties(connection)):
                count += OWNER not in party.id
                yield party

        self.matcher = Matcher(Index.build(counted(), path=self._place.empty()), indexed="counterparties")
        self.seq = newest
        self._noted(connection)
        return count

    def _add(self, counterparty_id: str, counterparty: Counterparty, keys: Keys) -> None:
        """Add a counterparty and its owners; an owner who is one no longer stays, since who is found is compared anew anyway."""
        self.matcher.index.add(watched_party(counterparty_id, counterparty, keys))
        for owner in owner_parties(counterparty_id, counterparty, keys):
            self.matcher.index.add(owner)

    def _noted(self, connection: Connection) -> None:
        self._place.note(Holds(matcher=MATCHER_VERSION, seq=self.seq, mark=import_mark(connection, self.seq)))
        self._unwritten = 0
