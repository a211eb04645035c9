"""The names on the lists in an index on disk that follows the ledger: what one question from the shell starts with.

Built each time, the index of 57,000 names took a question 7 s.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Connection, make_url

from supplywatch.errors import BadSetting
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.lists import changes_after, count_until, head, holds, last_changes, last_told, releases
from supplywatch.model.name_match import MATCHER_VERSION
from supplywatch.model.records import ChangeKind, ListChange
from supplywatch.model.value import Frozen
from supplywatch.screening.index import Index
from supplywatch.screening.listed import party_of
from supplywatch.screening.vocabulary import digest as vocabulary_digest
from supplywatch.watchlist.place import Place

_BUILT_ABOVE = 20_000
"""So many changes take longer one by one than a new index does."""
_WRITTEN_ABOVE = 20
"""Fewer changes are taken in again by the next question: writing them takes as long as normalising some twenty names."""


class Holds(Frozen):
    """What a finished index holds.

    Parameters
    ----------
    matcher, vocabulary
        What made the normal forms in it: the version of the code, and a digest of the configuration's vocabularies.
    seq, record_id
        The last change taken in; that the ledger has this record there shows that it is the same ledger.
    changes
        How many changes stood up to there. PostgreSQL numbers a row before it commits: one that commits late has a number below the mark,
        would never be read, and a listed party would be "nobody". A count that differs shows it.
    newest
        Source -> when its last release became known. A change that is not newer may belong to a release of which a part was taken in,
        whose keys may move in a circle: then everything is built again.
    day
        The day by which entries had ended; ``ending`` are the ids of those that had not, with the day they do.
    files
        Digest of the files of the index.
    """

    matcher: str
    vocabulary: str
    seq: int
    record_id: str
    changes: int
    newest: dict[str, datetime]
    day: date
    ending: dict[str, date]
    files: str


class KeptLists:
    """The parties that stand on the lists of a ledger, ready to be asked.

    Attributes
    ----------
    index
        Of their names.
    version
        Which state of the lists: the number of the last change and the beginning of its id.
    """

    def __init__(self, place: Place | None, today: date) -> None:
        self._place = place
        self._today = today
        self._newest: dict[str, datetime] = {}
        self._ending: dict[str, date] = {}
        self._mark = (0, "")
        self._changes = 0
        self.index = Index.build(())

    @classmethod
    def open(cls, ledger: Ledger, folder: Path | None, today: date | None = None) -> KeptLists:
        """Open the index kept in a folder and bring it up to date; without a folder it is built in memory.

        Parameters
        ----------
        folder
            Shared by processes: each works in a place of its own within.
        today
            By which entries have ended; today in UTC unless told.
        """
        kept = cls(None if folder is None else Place.taken(folder), today or datetime.now(UTC).date())
        with ledger.read() as connection:
            if not kept._taken_up(connection):
                kept._build(connection)
        return kept

    @property
    def version(self) -> str:
        """The state of the lists, for the record of an answer; empty when nothing was ever told of a list."""
        return "" if not self._mark[0] else f"{self._mark[0]}-{self._mark[1][:12]}"

    def _taken_up(self, connection: Connection) -> bool:
        """Take up what is kept and what changed since; ``False`` when it must be built."""
        noted = None if self._place is None else self._place.holds(Holds)
        if self._place is None or noted is None or (noted.matcher, noted.vocabulary) != (MATCHER_VERSION, vocabulary_digest()):
            return False
        if noted.day > self._today or not holds(connection, noted.seq, noted.record_id) or noted.files != digest_of(self._place.names):
            return False
        if noted.changes != count_until(connection, noted.seq):
            return False
        fresh = list(changes_after(connection, noted.seq))
        if len(fresh) > _BUILT_ABOVE or any(_part_is_known(change, noted) for _, change in fresh):
            return False
        try:
            self.index = Index.open(self._place.names)
        except (BadSetting, ValueError):  # tantivy's word for a file that is none of its own
            return False
        self._newest, self._ending, self._mark = dict(noted.newest), dict(noted.ending), (noted.seq, noted.record_id)
        self._changes = noted.changes + len(fresh)
        if fresh:  # not the head of the book: another process may have judged more since these were read
            self._mark = (fresh[-1][0], fresh[-1][1].record_id)
        self._follow(connection, [change for _, change in fresh], noted.day)
        return True

    def _build(self, connection: Connection) -> None:
        self._mark = head(connection)
        self._changes = count_until(connection, self._mark[0])  # before the rest is read: what commits meanwhile makes it differ
        last = last_changes(connection).values()
        for change in last:
            self._note_dates(change)
        path = None if self._place is None else self._place.empty()
        self.index = Index.build((party_of(change.provenance.source, change.entry, self._today) for change in last), path=path)
        self._write()

    def _follow(self, connection: Connection, fresh: list[ListChange], day: date) -> None:
        """Take in what was told since, and who has ended since."""
        for release in releases(sorted(fresh, key=lambda change: change.fetched)):
            for change in release:  # first all that leave a key: another entry of the release may take it
                self.index.remove(left := _id(change, change.previous_key))
                self._ending.pop(left, None)
            for change in release:
                self._take(change)
        over = [party for party, ends in self._ending.items() if day < self._today and ends <= self._today]
        for change in filter(None, (last_told(connection, party) for party in over)):
            del self._ending[_id(change)]
            self._take(change)
        if len(fresh) + len(over) > _WRITTEN_ABOVE:
            self.index.commit()
            self._write()

    def _take(self, change: ListChange) -> None:
        if change.change is not ChangeKind.WITHDRAWAL:
            self.index.add(party_of(change.provenance.source, change.entry, self._today))
        self._note_dates(change)

    def _note_dates(self, change: ListChange) -> None:
        source, ends = change.provenance.source, change.entry.ends
        self._newest[source] = max(change.fetched, self._newest.get(source, change.fetched))
        if ends is not None and not change.entry.has_ended(self._today) and change.change is not ChangeKind.WITHDRAWAL:
            self._ending[_id(change)] = ends

    def _write(self) -> None:
        if self._place is None:
            return
        self._place.note(
            Holds(
                matcher=MATCHER_VERSION,
                vocabulary=vocabulary_digest(),
                seq=self._mark[0],
                record_id=self._mark[1],
                changes=self._changes,
                newest=self._newest,
                day=self._today,
                ending=self._ending,
                files=digest_of(self._place.names),
            )
        )


def folder_of(url: str, data_dir: Path) -> Path | None:
    """Return where the names of a ledger are kept: beside a file, in the data folder for a server, nowhere for a ledger in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return data_dir / "names" / hashlib.sha256(parsed.render_as_string().encode()).hexdigest()[:16]
    return None if parsed.database in (None, "", ":memory:") else Path(f"{parsed.database}.names")


def digest_of(folder: Path) -> str:
    """Return a digest of the names and bytes of the files in a folder, without the locks of its writers."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("[!.]*")):
        found.update(f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _id(change: ListChange, key: str | None = None) -> str:
    return f"{change.provenance.source}/{change.entry.list_code}/{key or change.entry.key}"


def _part_is_known(change: ListChange, noted: Holds) -> bool:
    newest = noted.newest.get(change.provenance.source)
    return newest is not None and change.fetched <= newest
