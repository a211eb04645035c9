"""Which entry of a new snapshot is which of the last one, from the strongest to the weakest evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass

from supplywatch.listing.names import name_key
from supplywatch.listing.same_entry import amended_fields, moved, namesakes, reads_alike, renamed, same_circumstances, same_party
from supplywatch.model.limits import intake
from supplywatch.model.records import ListEntry

MAX_PAIRS = 100_000
"""Pairs compared within one group in search of renames. A group beyond it is a new format of a whole list, which
:func:`supplywatch.listing.snapshot.guard_shrink` refuses."""
NEVER_BULK = ("status", "suspended_until", "ends", "licence_requirement", "licence_policy", "programs")
"""Authorities do suspend, limit or re-word the consequences of many entries in one act."""


@dataclass(frozen=True)
class Pair:
    """One entry before and now, and the fields whose content differs."""

    old: ListEntry
    new: ListEntry
    fields: tuple[str, ...]


class Pairing:
    """Entries of two snapshots that have not found their counterpart yet, and the pairs of those that have."""

    def __init__(self, old: Sequence[ListEntry], new: Sequence[ListEntry]) -> None:
        self.old, self.new = list(old), list(new)
        self.pairs: list[Pair] = []

    @classmethod
    def of(cls, old: Sequence[ListEntry], new: Sequence[ListEntry]) -> Pairing:
        """Pair two snapshots.

        Same key and content; same content under another key; same content key, under the same key first; same key and a name that reads
        alike, or something telling in common; same name in another country; a similar name with the same citation, date, address or
        number; and, where a publisher has spelled a part of its list anew, the same key with the same circumstances.
        """
        pairing = cls(old, new)
        pairing._pair(_by_key)
        pairing._pair(lambda e: e.content_key)
        pairing._pair(lambda e: (_by_key(e), e.content_key), lambda a, b: not namesakes(a, b))
        pairing._pair(lambda e: e.content_key, lambda a, b: not namesakes(a, b))
        pairing._pair(_by_key, reads_alike)
        pairing._pair(_by_key, same_party)
        pairing._pair(lambda e: (e.list_code, name_key(e.name)), moved, most=MAX_PAIRS)
        pairing._pair(lambda e: (e.list_code, frozenset(e.countries)), renamed, most=MAX_PAIRS)
        respelled = pairing._respelled_lists(old)
        if respelled:
            pairing._pair(_by_key, lambda a, b: a.list_code in respelled and same_circumstances(a, b))
        return pairing

    def _pair(
        self,
        by: Callable[[ListEntry], Hashable],
        accept: Callable[[ListEntry, ListEntry], bool] | None = None,
        most: int | None = None,
    ) -> None:
        """Pair each new entry with the nearest acceptable old one of its group; groups of more than ``most`` pairs stay unpaired.

        Without ``accept`` only what says the same is acceptable.
        """
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for index, entry in enumerate(self.old):
            groups[by(entry)].append(index)
        sizes = Counter(by(entry) for entry in self.new) if most is not None else Counter[Hashable]()
        too_large = {group for group, members in groups.items() if most is not None and len(members) * sizes[group] > most}
        left = []
        for new in self.new:
            name = by(new)
            group = groups.get(name, []) if name not in too_large else []
            nearest = self._nearest(group, new, accept)
            if nearest is None:
                left.append(new)
                continue
            index, fields = nearest
            group.remove(index)
            self.pairs.append(Pair(self.old[index], new, fields))
        unpaired = sorted(index for members in groups.values() for index in members)
        self.old, self.new = [self.old[index] for index in unpaired], left

    def _nearest(
        self, group: Sequence[int], new: ListEntry, accept: Callable[[ListEntry, ListEntry], bool] | None
    ) -> tuple[int, tuple[str, ...]] | None:
        """Return the old entry that differs in the fewest fields, the first among equals."""
        best: tuple[int, tuple[str, ...]] | None = None
        for index in group:
            if accept is not None and not accept(self.old[index], new):
                continue
            fields = amended_fields(self.old[index], new)
            if not fields:
                return index, fields
            if accept is not None and (best is None or len(fields) < len(best[1])):
                best = index, fields
        return best

    def _respelled_lists(self, before: Sequence[ListEntry]) -> set[str]:
        """Return the lists of which so many entries carry another name under the old key that the spelling must have changed."""
        held = Counter(entry.list_code for entry in before)
        now = {_by_key(entry): entry for entry in self.new}
        changed = Counter(e.list_code for e in self.old if (new := now.get(_by_key(e))) is not None and same_circumstances(e, new))
        return {code for code, number in changed.items() if _is_bulk(number, held[code])}

    def bulk_fields(self, before: Sequence[ListEntry], current: Sequence[ListEntry]) -> dict[tuple[str, str], int]:
        """Return the (list, field) that were rewritten in bulk or are a new or dropped column, with the number of entries."""
        held = Counter(entry.list_code for entry in before)
        changed = Counter((pair.new.list_code, field) for pair in self.pairs for field in pair.fields)
        return {
            (code, field): number
            for (code, field), number in changed.items()
            if (field not in NEVER_BULK and _is_bulk(number, held[code]))
            or (number > 1 and held[code] >= intake().bulk_entries and _is_new_column(code, field, before, current))
        }


def _by_key(entry: ListEntry) -> tuple[str, str]:
    return entry.list_code, entry.key


def _is_bulk(number: int, held: int) -> bool:
    """Tell what is how a list is written, not what it says: it changes in many entries and a large share of them."""
    return number >= intake().bulk_entries and number > intake().bulk_share * held


def _is_new_column(code: str, field: str, before: Collection[ListEntry], current: Collection[ListEntry]) -> bool:
    """Tell whether nobody on a list had the field before, or nobody has it now: a column came or went."""
    if field in ("status", "suspended_until", "ends"):
        return False
    return any(not any(getattr(e, field) for e in entries if e.list_code == code) for entries in (before, current))
