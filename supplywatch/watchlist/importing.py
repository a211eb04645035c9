"""A file of counterparties into force: validated row by row, compared with what is watched, taken as a whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO

from supplywatch.errors import BadRequest, SupplywatchError
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Counts, Origin, Stage, Staged, digests
from supplywatch.ledger.watchlists import watched_ids
from supplywatch.model.counterparty import Counterparty, counterparty_id
from supplywatch.model.limits import intake
from supplywatch.reading.identifiers import checks
from supplywatch.watchlist.files import RawRow, read
from supplywatch.watchlist.normalising import staged_in_order
from supplywatch.watchlist.rows import Refusal, Validator, reference_of

BATCH = 2_000


@dataclass(frozen=True)
class Wish:
    """How a file is to be taken.

    ``partial``: what it does not name stays. ``dry_run``: only say what would happen.
    """

    partial: bool = False
    dry_run: bool = False
    accept_refused: bool = False
    allow_shrink: bool = False
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What an import did or would do; ``seq`` is its number, ``None`` when nothing was taken, and ``why`` says why not."""

    counts: Counts
    seq: int | None = None
    why: str | None = None


@dataclass
class Reading:
    """The accepted rows of a file, and what else was found in it.

    Parameters
    ----------
    told
        Called with every row that is refused, and with every doubt about one that is taken.
    note
        Called with what is to be said of the file as a whole.
    """

    validator: Validator
    told: Callable[[Refusal, bool], None]
    note: Callable[[str], None]
    accepted: int = 0
    refused: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    """Where each accepted reference stands."""
    held: set[str] = field(default_factory=set)
    """References of refused rows."""

    def counterparties(self, rows: Iterable[RawRow]) -> Iterator[Counterparty]:
        """Yield what is accepted."""
        for row in rows:
            found = self.validator.counterparty(row)
            if isinstance(found, Counterparty):
                if (before := self.lines.get(found.reference)) is None:
                    for doubt in self.validator.doubts:
                        self.told(doubt, False)
                    self._doubted(row.line, found)
                    self.lines[found.reference] = row.line
                    self.accepted += 1
                    yield found
                    continue
                reason = f"stands on line {before} already; give each counterparty its own, or leave one row out"
                found = Refusal(row.line, "reference", found.reference[:80], reason)
            elif (reference := reference_of(row)) is not None:
                self.held.add(reference)
            self.refused += 1
            self.told(found, True)

    def _doubted(self, line: int, one: Counterparty) -> None:
        for number in one.identifiers:
            if not checks(number.kind, number.value, number.country):
                self.told(Refusal(line, number.kind, number.value, "is taken, but its check digits do not fit: look it up"), False)


def opened(path: Path) -> IO[bytes]:
    """Open a file of counterparties.

    Raises
    ------
    BadRequest
        Says why it cannot be read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise BadRequest(f"{path}: cannot be read ({error.strerror})") from error


def import_file(ledger: Ledger, path: Path, origin: Origin, wish: Wish, reading: Reading) -> Outcome:
    """Take a file into force, as a whole or not at all.

    Raises
    ------
    BadRequest
        When the file cannot be read, or not to its end: nothing is changed.
    Conflict
        When the list was changed in the meantime.
    """
    with opened(path) as file:
        known = replace(origin, file_name=path.name, sha256=_sha256(file))
        rows = read(path, file, wish.encoding, wish.sheet, reading.note)
        if wish.dry_run:
            comparison = Comparison(ledger, origin.watchlist, reading)
            for _ in comparison.differing(rows):
                pass
            removed = comparison.gone(wish.partial)
            return Outcome(comparison.counts(len(removed)), why=_refused(comparison.counts(len(removed)), wish) or "a dry run")
        stage = Stage.begin(ledger, origin.watchlist, origin.at)
        try:
            return _taken(stage, rows, known, wish, reading)
        except SupplywatchError:
            with suppress(SupplywatchError):
                stage.abandon()
            raise


def _taken(stage: Stage, rows: Iterator[RawRow], origin: Origin, wish: Wish, reading: Reading) -> Outcome:
    comparison = Comparison(stage.ledger, origin.watchlist, reading)
    for staged in staged_in_order(origin.watchlist, comparison.differing(rows)):
        stage.put(staged)
    removed = comparison.gone(wish.partial)
    counts = comparison.counts(len(removed))
    if (why := _refused(counts, wish)) is not None:
        stage.abandon()
        return Outcome(counts, why=why)
    for start in range(0, len(removed), BATCH):
        stage.put([Staged(each) for each in removed[start : start + BATCH]])
    return Outcome(counts, stage.complete(origin, counts))


class Comparison:
    """What a file changes of the list in force."""

    def __init__(self, ledger: Ledger, watchlist: str, reading: Reading) -> None:
        self._ledger, self._watchlist, self._reading = ledger, watchlist, reading
        self._added = self._changed = self._unchanged = 0

    def differing(self, rows: Iterator[RawRow]) -> Iterator[list[Counterparty]]:
        """Yield, in batches, the counterparties that are new or not as they are watched."""
        accepted = self._reading.counterparties(rows)
        while batch := list(islice(accepted, BATCH)):
            ids = [counterparty_id(self._watchlist, one.reference) for one in batch]
            with self._ledger.read() as connection:
                before = digests(connection, ids)
            news = [one for one, known in zip(batch, map(before.get, ids), strict=True) if known != one.digest]
            self._changed += sum(counterparty_id(self._watchlist, one.reference) in before for one in news)
            self._added += len(news) - sum(counterparty_id(self._watchlist, one.reference) in before for one in news)
            self._unchanged += len(batch) - len(news)
            if news:
                yield news

    def gone(self, partial: bool) -> list[str]:
        """Return the ids of those watched that the file does not name; a refused row names its reference all the same."""
        if partial:
            return []
        lines, held, start = self._reading.lines, self._reading.held, len(counterparty_id(self._watchlist, ""))
        with self._ledger.read() as connection:
            ids = watched_ids(connection, self._watchlist)
            return [each for each in ids if each[start:] not in lines and each[start:] not in held]

    def counts(self, removed: int) -> Counts:
        """Return what there is to say of the file."""
        reading = self._reading
        return Counts(reading.accepted, reading.refused, self._added, self._changed, self._unchanged, removed)


def _refused(counts: Counts, wish: Wish) -> str | None:
    """Return why a file is not taken, ``None`` when it can be."""
    rows = counts.accepted + counts.refused
    watched = counts.changed + counts.unchanged + counts.removed
    if not counts.accepted:
        return "no row of it can be taken"
    if counts.refused > intake().import_refused_share * rows and not wish.accept_refused:
        return f"{counts.refused} of {rows} rows were refused; correct them, or take the others with --accept-refused"
    if counts.removed > intake().import_removed_share * watched and not wish.allow_shrink:
        return (
            f"{counts.removed} of {watched} counterparties would no longer be watched; is the file a part of the list (--partial)? "
            "If they are to go, say --allow-shrink"
        )
    return None


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
