"""What two snapshots of an official list differ in: publishers give the list as it stands, changes are computed here.

Most rows that look new are not news. Publishers renumber, correct spellings, type in old notices and list one party twice, so every
difference is classified before anybody hears of it (see :class:`supplywatch.model.records.ChangeKind`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from supplywatch.errors import Quarantine
from supplywatch.listing.editions import News, news
from supplywatch.listing.evidence import Elsewhere, Standing, same_designation
from supplywatch.listing.names import cited_year_end
from supplywatch.listing.pairing import Pair, Pairing
from supplywatch.listing.rollback import Past
from supplywatch.listing.same_entry import amended_fields, namesakes, same_text
from supplywatch.model.limits import intake, news_days
from supplywatch.model.records import ChangeKind, ListChange, ListEntry, Listing, ListRelease, PolicyAct, Provenance
from supplywatch.model.source import Card, Payload

LINES_SHOWN = 50


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
        The fields of an amendment, or those that were rewritten with many others in a change of format.
    previous_key
        The key before, where it is another one.
    same_as
        The listing by which the designation was told first: another list's for a duplicate, the former one for an entry renamed.
    also_on
        Where else the party stands.
    """

    change: ChangeKind
    entry: ListEntry
    amended_fields: tuple[str, ...] = ()
    previous_key: str | None = None
    same_as: Listing | None = None
    also_on: tuple[Listing, ...] = ()


@dataclass(frozen=True)
class World:
    """What is known beside the two snapshots; asked for only when something was added or withdrawn.

    Parameters
    ----------
    source
        The source whose snapshots are compared.
    elsewhere
        What stands on the lists of other sources.
    told_as
        The places of entries whose designation was told by another listing, and that listing.
    acts
        The notices known, which entries may cite.
    past
        What became of the entries of this source before.
    """

    source: str = ""
    elsewhere: Callable[[], Iterable[Standing]] = tuple
    told_as: Callable[[], Mapping[tuple[str, str, str], Listing]] = dict
    acts: Callable[[], Iterable[PolicyAct]] = tuple
    past: Callable[[], Past] = Past


def compare(
    previous: Sequence[ListEntry] | None,
    current: Sequence[ListEntry],
    *,
    seen: date,
    since: date | None = None,
    news_window_days: int | None = None,
    world: World | None = None,
) -> list[Difference]:
    """Classify what changed between two accepted snapshots; the order of the rows does not matter.

    Entries are paired first (:meth:`Pairing.of`). A pair is a re-key when it says the same under another key, an amendment when it says
    something else, and a change of format when only the spelling differs or many entries of the list were rewritten alike. What is left
    over was added or withdrawn. An addition is a back-fill when it took effect, was published or cites a notice long ago or, where nothing
    is dated, when the party stands on that list already; it is a duplicate when another list told the same designation of the same party.
    A row by which a new edition repeats a company is a repeat; whom an edition leaves out that restates its list is withdrawn.

    Parameters
    ----------
    previous
        The last accepted snapshot; ``None`` before the first, which is a baseline as a whole.
    current
        The new snapshot.
    seen
        The day the new snapshot was fetched.
    since
        The day of the last look: an entry whose end lies between the two has ended. Without it only an end that a publisher moves is seen.
    news_window_days
        How long before ``seen`` an entry may have taken effect and still be news; ``list_entry.new_within_days`` of the thresholds.
    """
    if previous is None:
        return [Difference(ChangeKind.BASELINE, entry) for entry in sorted(current, key=_order)]
    window = news_days() if news_window_days is None else news_window_days
    return sorted(
        _differences(previous, current, (since or seen, seen), window, world or World()), key=lambda d: (*_order(d.entry), d.change)
    )


def _differences(
    previous: Sequence[ListEntry], current: Sequence[ListEntry], days: tuple[date, date], news_window_days: int, world: World
) -> Iterator[Difference]:
    before, now = sorted(previous, key=_order), sorted(current, key=_order)
    pairing, editions = Pairing.of(before, now), news(before, now)
    bulk = pairing.bulk_fields(before, now)
    moved = any((pair.old.key, pair.old.content_key) != (pair.new.key, pair.new.content_key) for pair in pairing.pairs)
    told_as = dict(world.told_as()) if pairing.new or pairing.old or moved or editions.dropped else {}
    for pair in pairing.pairs:
        if (difference := _of_pair(pair, bulk, world.source, told_as, days)) is not None:
            yield difference
    yield from _repeats(pairing, editions, world.source, told_as)
    if pairing.new:
        yield from _added(pairing, days[1], news_window_days, world, told_as)
    yield from _withdrawn(pairing, editions, world.source, told_as)


def _withdrawn(pairing: Pairing, editions: News, source: str, told_as: Mapping[tuple[str, str, str], Listing]) -> Iterator[Difference]:
    gone = (entry for entry in pairing.old if (entry.list_code, entry.key) not in editions.told)
    for entry in (*gone, *editions.dropped):
        yield Difference(ChangeKind.WITHDRAWAL, entry, same_as=told_as.get(Listing.of(source, entry).place))


def _repeats(pairing: Pairing, editions: News, source: str, told_as: Mapping[tuple[str, str, str], Listing]) -> Iterator[Difference]:
    """Yield the rows by which an edition repeats a company, and take them, and those that they replace, out of the pairing."""
    gone = {(entry.list_code, entry.key): entry for entry in pairing.old}
    for row in list(pairing.new):
        first = editions.repeats.get((row.list_code, row.key))
        if first is not None:
            before = Listing.of(source, first)
            told = told_as.get(before.place, before if first.content_key != row.content_key else None)
            key = first.key if gone.pop((first.list_code, first.key), None) is not None else None
            pairing.new.remove(row)
            yield Difference(ChangeKind.REPEAT, row, amended_fields(first, row), key, same_as=told)
    for place in [place for place in gone if place in editions.goes_on]:
        yield Difference(ChangeKind.REPEAT, editions.goes_on[place], previous_key=gone.pop(place).key)
    pairing.old = list(gone.values())


def _of_pair(
    pair: Pair,
    bulk: Mapping[tuple[str, str], int],
    source: str,
    told_as: Mapping[tuple[str, str, str], Listing],
    days: tuple[date, date],
) -> Difference | None:
    old, new = pair.old, pair.new
    key = old.key if old.key != new.key else None
    before = Listing.of(source, old)
    # What is known by another name or key now was told under the former one.
    renamed = before if old.content_key != new.content_key else None
    first = told_as.get(before.place, renamed) if key is not None or renamed is not None else None
    fields = tuple(name for name in pair.fields if (new.list_code, name) not in bulk)
    if old.edition != new.edition and old.edition is not None:
        return Difference(ChangeKind.REPEAT, new, pair.fields, key, same_as=first)
    ended = old.has_ended(days[0]), new.has_ended(days[1])
    if ended[0] != ended[1]:
        change = ChangeKind.ENDED if ended[1] else ChangeKind.RESTORATION
    elif old.status != new.status and "suspended" in (old.status, new.status):
        change = ChangeKind.SUSPENSION if new.status == "suspended" else ChangeKind.RESTORATION
    elif fields:
        change = ChangeKind.AMENDMENT
    elif key is not None:
        change = ChangeKind.RE_KEY
    elif same_text(old, new):
        return None
    else:
        return Difference(ChangeKind.FORMAT_CHANGE, new, pair.fields, same_as=first)
    return Difference(change, new, fields, key, same_as=first)


def _added(
    pairing: Pairing, seen: date, news_window_days: int, world: World, told_as: dict[tuple[str, str, str], Listing]
) -> list[Difference]:
    """Classify the entries that have no counterpart; a designation that came on several lists at once is told by the first of them."""
    elsewhere = Elsewhere(world.elsewhere())
    standing: dict[str, list[ListEntry]] = defaultdict(list)
    for entry in (pair.new for pair in pairing.pairs):
        standing[entry.content_key].append(entry)
    for entry in (*(pair.new for pair in pairing.pairs), *pairing.new):
        elsewhere.add(Standing(world.source, entry))
    past = world.past()
    ahead = {Listing.of(world.source, entry).place for entry in pairing.new}
    found = []
    for entry in pairing.new:
        place = Listing.of(world.source, entry).place
        ahead.discard(place)
        also_on = tuple(other for other in elsewhere.same_party(world.source, entry) if other.place not in ahead)
        late = _is_late(entry, standing, seen, news_window_days)
        first = None if late else next((other for other in also_on if same_designation(world.source, entry, other)), None)
        if first is not None:
            first = told_as.get(first.place, first)
            told_as[place] = first
        change = ChangeKind.BACK_FILL if late else ChangeKind.ADDITION if first is None else ChangeKind.DUPLICATE_OF_OTHER_LIST
        if past.is_back(entry) and not entry.has_ended(seen):
            change = ChangeKind.RESTORATION
        found.append(Difference(change, entry, same_as=first, also_on=also_on))
    return found


def _is_late(entry: ListEntry, standing: Mapping[str, list[ListEntry]], seen: date, news_window_days: int) -> bool:
    """Tell whether an entry without counterpart is an old one: by its own dates, the notice it cites, or its standing on the list."""
    if entry.has_ended(seen):
        return True
    dated = entry.effective or entry.published or cited_year_end(entry.citation)
    if dated is not None:
        return (seen - dated).days > news_window_days
    return any(not namesakes(other, entry) for other in standing.get(entry.content_key, ()))


def to_records(
    differences: Iterable[Difference], payload: Payload, source_id: str, entries: Sequence[ListEntry]
) -> list[ListChange | ListRelease]:
    """Return one :class:`ListChange` per difference and, last, one :class:`ListRelease` for the snapshot as a whole."""
    place = {(entry.list_code, entry.key): f"entry {number}" for number, entry in enumerate(entries, start=1)}
    origin = Provenance(source=source_id, vintage=payload.vintage, payload_sha256=payload.sha256, position="the whole payload")
    changes = [
        ListChange(
            observed=payload.fetched.date().isoformat(),
            published=payload.published,
            fetched=payload.fetched,
            provenance=origin.model_copy(
                update={"position": place.get((found.entry.list_code, found.entry.key), "no longer in the payload")}
            ),
            baseline=found.change is ChangeKind.BASELINE,
            change=found.change,
            entry=found.entry,
            amended_fields=found.amended_fields,
            previous_key=found.previous_key,
            same_as=found.same_as,
            also_on=found.also_on,
        )
        for found in differences
    ]
    return [*changes, _release(changes, payload, origin, entries)]


def raw_counts(entries: Iterable[ListEntry]) -> dict[str, int]:
    """Return how many values of which side fields of a list could not be read, and stand on their entries as raw text."""
    return dict(sorted(Counter(raw.field for entry in entries for raw in entry.raw).items()))


def _release(changes: Sequence[ListChange], payload: Payload, origin: Provenance, entries: Sequence[ListEntry]) -> ListRelease:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reformatted: Counter[str] = Counter()
    for change in changes:
        counts[change.entry.list_code][change.change] += 1
        if change.change is ChangeKind.FORMAT_CHANGE:
            reformatted.update(change.amended_fields or ("spelling",))
    late = [change for change in changes if change.change is ChangeKind.BACK_FILL]
    return ListRelease(
        observed=payload.fetched.date().isoformat(),
        published=payload.published,
        fetched=payload.fetched,
        provenance=origin,
        baseline=bool(changes) and all(change.baseline for change in changes),
        entries=len(entries),
        counts={code: dict(sorted(kinds.items())) for code, kinds in sorted(counts.items())},
        back_filled=tuple(change.entry.name for change in late[:LINES_SHOWN]),
        back_fills=tuple(Listing.of(origin.source, change.entry) for change in late[:LINES_SHOWN]),
        back_fills_elsewhere=sum(bool(change.also_on) for change in late),
        reformatted=dict(sorted(reformatted.items())),
        raw=raw_counts(entries),
    )


def guard_shrink(previous: Sequence[ListEntry] | None, current: Sequence[ListEntry], card: Card) -> None:
    """Refuse a snapshot that lost more entries than a publisher withdraws: it is a partial or another file, or a new format.

    An entry has vanished when neither its key nor its content key is found again, nor the entry under another name. All lists together
    and each list by itself may lose the source's ``max_shrink`` of their entries, or ``small_loss_entries``
    where that is more (``config/thresholds.yaml``, intake).

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
    vanished = [e for e in previous if (e.list_code, e.key) not in keys and e.content_key not in contents]
    try:
        _check_losses(card, before, now, Counter(e.list_code for e in vanished))
    except Quarantine:
        # Dear for a long list, so only where it matters: what was renamed has not vanished.
        _check_losses(card, before, now, Counter(e.list_code for e in Pairing.of(previous, current).old))


def _check_losses(card: Card, before: Counter[str], now: Counter[str], vanished: Counter[str]) -> None:
    for code, held in sorted(before.items()):
        _check_loss(card, f"list {code}", held, max(vanished[code], held - now[code]))
    _check_loss(card, "all lists together", before.total(), max(vanished.total(), before.total() - now.total()))


def _check_loss(card: Card, what: str, held: int, lost: int) -> None:
    allowed = max(int(held * intake().shrink_of(card.source_id)), intake().small_loss_entries)
    if lost > allowed:
        raise Quarantine(
            "shrunken",
            f"{card.source_id}: {what}: {lost} of {held} entries vanished since the last accepted snapshot, at most {allowed} may; "
            "look at the publisher's page before accepting it",
        )


def _order(entry: ListEntry) -> tuple[str, str, str]:
    return entry.list_code, entry.key, entry.name
