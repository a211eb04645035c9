"""What two snapshots of an official list differ in: publishers give the list as it stands, changes are computed here.

Most rows that look new are not news. Publishers renumber, correct spellings, type in old notices and list one party twice, so every
difference is classified before anybody hears of it (see :class:`supplywatch.records.ChangeKind`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from supplywatch.errors import Quarantine
from supplywatch.intake.party import amended_fields, namesakes, renamed, same_party
from supplywatch.records import ChangeKind, ListChange, ListEntry, ListRelease, Provenance
from supplywatch.source import Card, Payload

SMALL_LOSS = 5
"""Entries that may always vanish from a list, or from all lists together: real withdrawals come a few at a time, and one per cent of a
list of 70 is less than one."""
MAX_PAIRS = 100_000
"""Pairs compared within one group in search of renames. A group beyond it is a new format of a whole list, which
:func:`guard_shrink` refuses."""
NAMES_SHOWN = 50


@dataclass(frozen=True)
class Difference:
    """One difference between two snapshots.

    Parameters
    ----------
    change
        How the entry differs.
    entry
        The entry as it is now, or as it last was when it is withdrawn.
    amended_fields
        The fields of an amendment.
    previous_key
        The key before, where it is another one.
    """

    change: ChangeKind
    entry: ListEntry
    amended_fields: tuple[str, ...] = ()
    previous_key: str | None = None


def compare(
    previous: Sequence[ListEntry] | None, current: Sequence[ListEntry], *, seen: date, news_window_days: int = 14
) -> list[Difference]:
    """Classify what changed between two accepted snapshots; the order of the rows does not matter.

    Entries are paired from the strongest to the weakest evidence: same key and content, same content under another key, same key,
    same content key, and last a similar name with the same citation, date, address or number. An entry under another key is a re-key
    when it says the same, else an amendment: some publishers derive the key from the citation, which an amendment extends. What is
    left over was added or withdrawn; an addition is a back-fill when it took effect long ago or, where no date is given, when the
    party stands on that list already.

    Parameters
    ----------
    previous
        The last accepted snapshot; ``None`` before the first, which is a baseline as a whole.
    current
        The new snapshot.
    seen
        The day the new snapshot was fetched.
    news_window_days
        How long before ``seen`` an entry may have taken effect and still be news.
    """
    if previous is None:
        return [Difference(ChangeKind.BASELINE, entry) for entry in sorted(current, key=_order)]
    pairing = _Pairing(sorted(previous, key=_order), sorted(current, key=_order))
    pairing.pair(lambda e: (e.list_code, e.key), lambda old, new: not amended_fields(old, new))
    pairing.pair(lambda e: e.content_key, lambda old, new: not amended_fields(old, new))
    pairing.pair(lambda e: (e.list_code, e.key), same_party)
    pairing.pair(lambda e: e.content_key, lambda old, new: not namesakes(old, new))
    pairing.pair(lambda e: (e.list_code, frozenset(e.countries)), renamed, most=MAX_PAIRS)

    standing: dict[str, list[ListEntry]] = defaultdict(list)
    for entry in previous:
        standing[entry.content_key].append(entry)
    for entry in pairing.new:
        late = _is_late(entry, standing, seen, news_window_days)
        pairing.found.append(Difference(ChangeKind.BACK_FILL if late else ChangeKind.ADDITION, entry))
    pairing.found.extend(Difference(ChangeKind.WITHDRAWAL, entry) for entry in pairing.old)
    return sorted(pairing.found, key=lambda d: (*_order(d.entry), d.change))


def to_records(
    differences: Iterable[Difference], payload: Payload, source_id: str, entries: Sequence[ListEntry]
) -> list[ListChange | ListRelease]:
    """Return one :class:`ListChange` per difference and, last, one :class:`ListRelease` for the snapshot as a whole."""
    place = {(entry.list_code, entry.key): f"entry {number}" for number, entry in enumerate(entries, start=1)}
    origin = Provenance(source=source_id, vintage=payload.vintage, payload_sha256=payload.sha256, position="the whole payload")
    observed = payload.fetched.date().isoformat()
    changes: list[ListChange | ListRelease] = []
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    back_filled = []
    for difference in differences:
        entry = difference.entry
        counts[entry.list_code][difference.change] += 1
        if difference.change is ChangeKind.BACK_FILL:
            back_filled.append(entry.name)
        position = place.get((entry.list_code, entry.key), "no longer in the payload")
        changes.append(
            ListChange(
                observed=observed,
                published=payload.published,
                fetched=payload.fetched,
                provenance=origin.model_copy(update={"position": position}),
                baseline=difference.change is ChangeKind.BASELINE,
                change=difference.change,
                entry=entry,
                amended_fields=difference.amended_fields,
                previous_key=difference.previous_key,
            )
        )
    release = ListRelease(
        observed=observed,
        published=payload.published,
        fetched=payload.fetched,
        provenance=origin,
        baseline=bool(changes) and all(change.baseline for change in changes),
        entries=len(entries),
        counts={code: dict(sorted(kinds.items())) for code, kinds in sorted(counts.items())},
        back_filled=tuple(back_filled[:NAMES_SHOWN]),
    )
    return [*changes, release]


def guard_shrink(previous: Sequence[ListEntry] | None, current: Sequence[ListEntry], card: Card) -> None:
    """Refuse a snapshot that lost more entries than a publisher withdraws: it is a partial or another file, or a new format.

    An entry has vanished when neither its key nor its content key is found again. All lists together and each list by itself may lose
    ``card.max_shrink`` of their entries, or :data:`SMALL_LOSS` where that is more.

    Raises
    ------
    Quarantine
        ``anchor_missing`` when a whole list is gone, ``shrunken`` when too many entries are.
    """
    if not previous:
        return
    before = Counter(entry.list_code for entry in previous)
    now = Counter(entry.list_code for entry in current)
    for code in sorted(before.keys() - now.keys()):
        raise Quarantine("anchor_missing", f"{card.source_id}: list {code} held {before[code]} entries and is absent now")
    keys = {(entry.list_code, entry.key) for entry in current}
    contents = {entry.content_key for entry in current}
    vanished = Counter(e.list_code for e in previous if (e.list_code, e.key) not in keys and e.content_key not in contents)
    for code, held in sorted(before.items()):
        _check_loss(card, f"list {code}", held, max(vanished[code], held - now[code]))
    _check_loss(card, "all lists together", len(previous), max(vanished.total(), len(previous) - len(current)))


def _check_loss(card: Card, what: str, held: int, lost: int) -> None:
    allowed = max(int(held * card.max_shrink), SMALL_LOSS)
    if lost > allowed:
        raise Quarantine(
            "shrunken",
            f"{card.source_id}: {what}: {lost} of {held} entries vanished since the last accepted snapshot, at most {allowed} may; "
            "look at the publisher's page before accepting it",
        )


class _Pairing:
    """Entries of two snapshots that have not found their counterpart yet, and the differences of those that have."""

    def __init__(self, old: list[ListEntry], new: list[ListEntry]) -> None:
        self.old, self.new = old, new
        self.found: list[Difference] = []

    def pair(self, by: Callable[[ListEntry], Hashable], accept: Callable[[ListEntry, ListEntry], bool], most: int | None = None) -> None:
        """Pair each new entry with the nearest acceptable old one of its group; groups of more than ``most`` pairs stay unpaired."""
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for index, entry in enumerate(self.old):
            groups[by(entry)].append(index)
        sizes = Counter(by(entry) for entry in self.new)
        too_large = {group for group, members in groups.items() if most is not None and len(members) * sizes[group] > most}
        left = []
        for new in self.new:
            group = groups.get(by(new), []) if by(new) not in too_large else []
            fitting = [(len(amended_fields(self.old[i], new)), i) for i in group if accept(self.old[i], new)]
            if not fitting:
                left.append(new)
                continue
            nearest = min(fitting)[1]
            group.remove(nearest)
            self._note(self.old[nearest], new)
        unpaired = sorted(index for members in groups.values() for index in members)
        self.old, self.new = [self.old[index] for index in unpaired], left

    def _note(self, old: ListEntry, new: ListEntry) -> None:
        fields = amended_fields(old, new)
        key = old.key if old.key != new.key else None
        if fields:
            self.found.append(Difference(ChangeKind.AMENDMENT, new, fields, key))
        elif key is not None:
            self.found.append(Difference(ChangeKind.RE_KEY, new, (), key))


def _order(entry: ListEntry) -> tuple[str, str, str]:
    return entry.list_code, entry.key, entry.name


def _is_late(entry: ListEntry, standing: Mapping[str, list[ListEntry]], seen: date, news_window_days: int) -> bool:
    if entry.effective is not None:
        return (seen - entry.effective).days > news_window_days
    return any(not namesakes(other, entry) for other in standing.get(entry.content_key, ()))
