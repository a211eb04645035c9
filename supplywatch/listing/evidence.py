"""Whether entries of different lists mean the same party: by number, or by name where the name is particular enough.

Lists copy each other: the file of one publisher repeats the lists of another, several lists take up one party on one day. What joins two
entries is always said in words, so that a person can judge and undo it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from supplywatch.listing.names import cited, distinctive, is_telling, name_key, name_keys, number_key, numbers
from supplywatch.model.limits import intake
from supplywatch.model.list_entry import ListEntry, Listing

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CARRIERS = ("vessel", "aircraft")
_ONE_EACH = ("uscc", "lei", "imo", "passport")
"""Numbers of which a party has one at a time; two different ones are two parties."""
BY_NUMBER, BY_MAIN_NAME, BY_OTHER_NAME = range(3)
"""How strong evidence is, the strongest first."""


def why_same(one: ListEntry, other: ListEntry) -> str | None:
    """Return in words why two entries mean the same party, ``None`` where nothing safe says so.

    An identifying number is enough. A name is when it is particular, the countries do not contradict and no number does; a person needs a
    further circumstance, since namesakes are common, and a ship or aircraft a number.
    """
    if not _kinds_agree(one, other):
        return None
    shared = _number_keys(one) & _number_keys(other)
    if shared:
        return f"the same number {min(shared)}"
    if one.party_kind in _CARRIERS or other.party_kind in _CARRIERS or _contradict(one, other):
        return None
    return _why_same_name(one, other)


def _why_same_name(one: ListEntry, other: ListEntry) -> str | None:
    names = sorted(key for key in name_keys(one, weak=False) & name_keys(other, weak=False) if is_telling(key))
    if not names:
        return None
    if "person" in (one.party_kind, other.party_kind):
        circumstance = _circumstance(one, other)
        return f"the same name {names[0]!r} and {circumstance}" if circumstance else None
    if one.countries and other.countries:
        return f"the same name {names[0]!r} in {', '.join(sorted(set(one.countries) & set(other.countries)))}"
    # Where a country is unknown, aliases are not enough: branches abroad share them.
    main = name_key(one.name)
    return f"the same name {main!r}" if main == name_key(other.name) and len(distinctive(main)) >= 2 else None


def strength(one: ListEntry, other: ListEntry, why: str) -> int:
    """Return how strong the evidence of :func:`why_same` is: a number, the main name of both, or a name that is an alias of one."""
    if why.startswith("the same number"):
        return BY_NUMBER
    return BY_MAIN_NAME if name_key(one.name) == name_key(other.name) else BY_OTHER_NAME


def same_designation(source: str, one: ListEntry, other: Listing) -> bool:
    """Tell whether an entry of the same party tells a designation that was told already: same list, same notice, or same day."""
    if one.list_code == other.list_code and source != other.source:
        return one.effective is None or other.effective is None or one.effective == other.effective
    if one.effective is not None and one.effective == other.effective:
        return True
    return same_notice(one.citation, other.citation)


def same_notice(one: str | None, other: str | None) -> bool:
    """Tell whether two citations mean the same notice: the newest volume of both, and pages close together.

    >>> same_notice("76 FR 71867", "76 FR 71869, 11/21/11"), same_notice("76 FR 71867", "77 FR 24587")
    (True, False)
    """
    mine, theirs = cited(one), cited(other)
    if not mine or not theirs:
        return False
    (volume, page), (their_volume, their_page) = max(mine), max(theirs)
    return volume == their_volume and abs(page - their_page) <= intake().cited_pages


@dataclass(frozen=True)
class Standing:
    """An entry that stands on a list of some source."""

    source: str
    entry: ListEntry

    @property
    def listing(self) -> Listing:
        """Where it stands."""
        return Listing.of(self.source, self.entry)

    @property
    def of_list(self) -> tuple[str, ...]:
        """The list it stands on, as its source gives it: by title, for a code may stand for several lists, and by edition."""
        return self.source, self.entry.list_code, self.entry.list_name, str(self.entry.edition or "")


class Elsewhere:
    """Entries found by name or number: those of other lists, and those of an entry's own list, which contend for the same counterpart.

    Parameters
    ----------
    standing
        What stands now, with the source that says so.
    """

    def __init__(self, standing: Iterable[Standing] = ()) -> None:
        self._found: dict[str, list[Standing]] = defaultdict(list)
        for one in standing:
            self.add(one)

    def add(self, one: Standing) -> None:
        """Note a further entry."""
        for key in sorted(search_keys(one.entry)):
            self._found[key].append(one)

    def same_party(self, source: str, entry: ListEntry) -> list[Listing]:
        """Return where the party of an entry stands beside the entry itself, the strongest evidence first.

        Publishers give separate entries to institutes that share an alias, so a name joins no two entries of one list; and of two that
        share a name with an entry of another list, that one is the counterpart whose own name it is.
        """
        mine = Standing(source, entry)
        found: dict[tuple[str, str, str], tuple[int, Listing]] = {}
        for one in self._candidates(entry):
            rank = _rank(mine, one)
            if rank is not None and not self._nearer(one, mine, rank):
                found[one.listing.place] = rank, one.listing
        return [listing for _, listing in sorted(found.values(), key=lambda ranked: (ranked[0], ranked[1].place))]

    def _nearer(self, one: Standing, mine: Standing, rank: int) -> bool:
        """Tell whether another entry of my list is a nearer counterpart of an entry."""
        rivals = (rival for rival in self._candidates(one.entry) if rival.of_list == mine.of_list and rival.entry.key != mine.entry.key)
        return rank != BY_NUMBER and any((near := _rank(rival, one)) is not None and near < rank for rival in rivals)

    def _candidates(self, entry: ListEntry) -> Iterator[Standing]:
        for key in sorted(search_keys(entry)):
            yield from self._found.get(key, ())


def _rank(mine: Standing, other: Standing) -> int | None:
    """Return how strong the evidence is that joins entries of two lists, ``None`` where there is none.

    Entries of one list are designations of their own: each has a licence requirement, whatever they share.
    """
    if mine.of_list == other.of_list or (why := why_same(mine.entry, other.entry)) is None:
        return None
    return strength(mine.entry, other.entry, why)


def search_keys(entry: ListEntry) -> set[str]:
    """Return the keys under which entries of the same party meet."""
    return _number_keys(entry) | {f"name:{key}" for key in name_keys(entry, weak=False) if is_telling(key)}


def _number_keys(entry: ListEntry) -> set[str]:
    return {key for identifier in entry.identifiers if (key := number_key(identifier)) is not None}


def _kinds_agree(one: ListEntry, other: ListEntry) -> bool:
    return one.party_kind == other.party_kind or "unknown" in (one.party_kind, other.party_kind)


def _contradict(one: ListEntry, other: ListEntry) -> bool:
    """Tell whether countries or numbers of one kind and country speak against it."""
    if one.countries and other.countries and not set(one.countries) & set(other.countries):
        return True
    if _births(one) and _births(other) and _births(one).isdisjoint(_births(other)):
        return True
    mine, theirs = _by_kind(one), _by_kind(other)
    return any(mine[kind].isdisjoint(theirs[kind]) for kind in mine.keys() & theirs.keys())


def _by_kind(entry: ListEntry) -> dict[tuple[str, str | None], set[str]]:
    found: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for identifier in entry.identifiers:
        if identifier.kind in _ONE_EACH and (key := number_key(identifier)) is not None:
            found[identifier.kind, identifier.country].add(key)
    return found


def _births(entry: ListEntry) -> set[str]:
    """Return the exact dates of birth, which publishers file beside the numbers."""
    return {i.value for i in entry.identifiers if i.label == "DOB" and _DAY.fullmatch(i.value)}


def _circumstance(one: ListEntry, other: ListEntry) -> str | None:
    """Return what a name alone does not give for a person."""
    if one.effective is not None and one.effective == other.effective:
        return f"the same effective date {one.effective}"
    shared = numbers(one) & numbers(other)
    if shared:
        return f"the same number {min(shared)}"
    births = _births(one) & _births(other)
    if births:
        return f"the same date of birth {min(births)}"
    return f"the same notice {one.citation}" if same_notice(one.citation, other.citation) else None
