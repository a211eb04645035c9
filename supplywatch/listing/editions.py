"""Lists that come in editions: each repeats the companies of the former one in rows of its own, and leaves out whom it drops.

The list of section 1260H is such a one. Its first supplements only added companies (2022 and 2024 repeat none), later ones restate the
whole, so what an edition says of those it does not name depends on how many it does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from supplywatch.listing.names import distinctive, is_telling, name_key, name_keys
from supplywatch.listing.same_entry import similar
from supplywatch.model.limits import intake
from supplywatch.model.list_entry import ListEntry

T = TypeVar("T")
Place = tuple[str, str]
"""List and key of a row."""
_TAIL = re.compile(r"(?<!\s)\s*+\([^()]*+\)$")
"""Some editions keep the short name in brackets behind the name, others give it as an alias."""


@dataclass(eq=False)
class Company:
    """The rows of one company, one for each edition that names it, the oldest first."""

    rows: list[ListEntry]
    dropped: date | None = None

    @property
    def last(self) -> ListEntry:
        """Its newest row."""
        return self.rows[-1]

    def stands(self, day: date) -> bool:
        """Tell whether it had not ended long before the next edition."""
        return self.dropped is None and (self.last.ends is None or self.last.ends + timedelta(days=intake().edition_closed_days) >= day)


def companies(entries: Iterable[ListEntry]) -> list[Company]:
    """Return the companies of one list through all its editions.

    A row belongs to the company of the same name, whatever its case and punctuation, or to the one company that it names, or is named by,
    as an alias or a former name. Who was dropped and comes again is another company.
    """
    by_edition: dict[date, list[ListEntry]] = defaultdict(list)
    for entry in entries:
        if entry.edition is not None:
            by_edition[entry.edition].append(entry)
    found: list[Company] = []
    for day in sorted(by_edition):
        standing = [company for company in found if company.stands(day)]
        rows = sorted(by_edition[day], key=lambda row: (row.key, row.name))
        repeated, new = _repeated(standing, rows)
        for company, row in repeated:
            company.rows.append(row)
        if len(repeated) >= intake().edition_whole_share * len(standing) > 0:
            for company in standing:
                if company.last.edition != day:
                    company.dropped = day
        found += [Company([row]) for row in new]
    return found


def _repeated(standing: Sequence[Company], rows: Sequence[ListEntry]) -> tuple[list[tuple[Company, ListEntry]], list[ListEntry]]:
    """Return the rows that repeat a company, and those that do not; whole names first, then what fits one on each side."""
    pairs: list[tuple[Company, ListEntry]] = []
    left, rest = list(standing), list(rows)
    for names in (_main_names, _all_names, _bare_names, _short_names):
        mine = _by_name((names(company.rows), company) for company in left)
        theirs = _by_name((names([row]), row) for row in rest)
        for key in sorted(mine.keys() & theirs.keys()):
            if names is not _main_names and (len(mine[key]) > 1 or len(theirs[key]) > 1):
                continue
            for company, row in zip(mine[key], theirs[key], strict=False):
                if company in left and row in rest and (names is not _short_names or similar(company.last.name, row.name)):
                    pairs.append((company, row))
                    left.remove(company)
                    rest.remove(row)
    return pairs, rest


def _main_names(rows: Iterable[ListEntry]) -> set[str]:
    return {name_key(_TAIL.sub("", row.name)) for row in rows}


def _all_names(rows: Iterable[ListEntry]) -> set[str]:
    return _main_names(rows) | {key for row in rows for key in name_keys(row) if is_telling(key)}


def _bare_names(rows: Iterable[ListEntry]) -> set[str]:
    """Return the words that could name a party: an edition writes "Group Corporation" where the former one wrote "Group"."""
    return {" ".join(sorted(distinctive(key))) for key in _main_names(rows) if is_telling(key)}


def _short_names(rows: Iterable[ListEntry]) -> set[str]:
    return {name_key(alias.text) for row in rows for alias in row.aliases}


def _by_name(named: Iterable[tuple[set[str], T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for keys, thing in named:
        for key in keys:
            found[key].append(thing)
    return found


@dataclass(frozen=True)
class News:
    """What editions that came between two snapshots say of the rows of both.

    Parameters
    ----------
    repeats
        The row it repeats, of each row that is no new company; by list and key.
    goes_on
        The row that goes on, of each row that is gone while its company stands; by list and key.
    dropped
        The newest rows of those whom an edition leaves out.
    told
        Rows of those whom an earlier edition left out: they are told already, whatever becomes of the rows.
    """

    repeats: Mapping[Place, ListEntry]
    goes_on: Mapping[Place, ListEntry]
    dropped: tuple[ListEntry, ...]
    told: frozenset[Place]


def news(before: Sequence[ListEntry], now: Sequence[ListEntry]) -> News:
    """Return what the editions of all lists say; nothing of lists that have none."""
    repeats: dict[Place, ListEntry] = {}
    goes_on: dict[Place, ListEntry] = {}
    dropped: list[ListEntry] = []
    old, new = ({_place(e): e for e in entries if e.edition is not None} for entries in (before, now))
    told = frozenset(_place(row) for one in _of_all(old.values()) if one.dropped is not None for row in one.rows)
    for company in _of_all([*new.values(), *(entry for place, entry in old.items() if place not in new)]):
        places = [_place(row) for row in company.rows]
        first = next((row for row, place in zip(company.rows, places, strict=True) if place in old), company.rows[0])
        repeats |= {place: first for row, place in zip(company.rows, places, strict=True) if place not in old and row is not first}
        if places[-1] in new:
            goes_on |= {place: company.last for place in places if place not in new}
            if company.dropped is not None and places[-1] not in told:
                dropped.append(company.last)
    return News(repeats, goes_on, tuple(dropped), told)


def _of_all(entries: Iterable[ListEntry]) -> Iterator[Company]:
    by_list: dict[str, list[ListEntry]] = defaultdict(list)
    for entry in entries:
        by_list[entry.list_code].append(entry)
    for code in sorted(by_list):
        yield from companies(by_list[code])


def _place(entry: ListEntry) -> Place:
    return entry.list_code, entry.key
