"""From what a payload says to what is new in it: only that is offered to the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from supplywatch.intake.guards import Reading, newest_by_series
from supplywatch.ledger.book import Key, Known
from supplywatch.listing.notices import Notice, Notices
from supplywatch.listing.snapshot import World, compare, to_records
from supplywatch.model.limits import intake
from supplywatch.model.records import ChangeKind, ListChange, ListEntry, PolicyAct, Record

R = TypeVar("R", bound=Record)

CITING = (ChangeKind.ADDITION, ChangeKind.DUPLICATE_OF_OTHER_LIST, ChangeKind.AMENDMENT)
"""Changes by which a list may follow a notice."""


def is_judged(record: Record, known: Mapping[Key, Known]) -> bool:
    """Tell whether offering a record would change nothing: the book has it, or a later vintage of its period."""
    before = known.get((record.series, record.observed))
    return before is not None and (before.digest == record.digest or record.fetched < before.known_at)


def says_something_new(record: Record, known: Mapping[Key, Known]) -> bool:
    """Tell whether a freshly fetched record differs from the latest vintage of its period."""
    before = known.get((record.series, record.observed))
    return before is None or before.digest != record.digest


def rewritten(records: Iterable[Record], known: Mapping[Key, Known]) -> str | None:
    """Say which history was rewritten, ``None`` when none was.

    A publisher corrects a few periods now and then; more than ``rewritten_share`` of the common periods is another thing.
    """
    common: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for record in records:
        before = known.get((record.series, record.observed))
        if before is not None and record.revisable:
            common[record.series] += 1
            changed[record.series] += before.digest != record.digest
    least, share = intake().rewritten_min_common, intake().rewritten_share
    hit = [s for s in common if common[s] >= least and changed[s] > share * common[s]]
    total, differing = common.total(), changed.total()
    if not hit and not (total >= least and differing > share * total):
        return None
    worst = sorted((s for s in common if changed[s]), key=lambda s: (-changed[s], s))
    shown = "; ".join(f"{s}: {changed[s]} of {common[s]}" for s in worst[:3])
    more = f"; and {len(worst) - 3} more series" if len(worst) > 3 else ""
    return f"history rewritten: {differing} of {total} common periods differ from what was known ({shown}{more})"


def mark_history(records: Sequence[R], new_series: Collection[str] | None) -> list[R]:
    """Mark as baseline all but the newest period of each new series.

    Parameters
    ----------
    new_series
        The series seen for the first time; ``None`` when all are.
    """
    newest = newest_by_series((record.series, record.observed) for record in records)
    return [_as_baseline(r) if (new_series is None or r.series in new_series) and r.observed < newest[r.series] else r for r in records]


def mark_old_acts(records: Sequence[R], reference: datetime) -> list[R]:
    """Mark as baseline the acts that were no news any more at the last good look at their source, or at the first."""
    oldest_news = (reference - timedelta(days=intake().act_news_days)).date().isoformat()
    return [_as_baseline(record) if record.observed < oldest_news else record for record in records]


def list_changes(
    reading: Reading, before: Sequence[ListEntry] | None, world: World | None = None, since: datetime | None = None
) -> list[Record]:
    """Return the changes between two snapshots as records, the release last.

    Parameters
    ----------
    since
        When the last snapshot was looked at: entries whose end has come since then have ended.
    """
    payload = reading.payload
    known = world or World(payload.source)
    last_look = None if since is None else since.date()
    differences = compare(before, reading.entries, seen=payload.fetched.date(), since=last_look, world=known)
    records = to_records(differences, payload, payload.source, reading.entries)
    if not any(isinstance(record, ListChange) and record.change in CITING for record in records):
        return list(records)
    notices = Notices(known.acts())
    return [_announced(record, notices) if isinstance(record, ListChange) else record for record in records]


def next_end(entries: Iterable[ListEntry], day: date) -> date | None:
    """Return the day on which the next of some entries ends, ``None`` when none of them has an end that is still to come."""
    return min((entry.ends for entry in entries if entry.ends is not None and entry.ends > day), default=None)


def _announced(record: ListChange, notices: Notices) -> ListChange:
    act = notices.announcing(record.entry.citation) if record.change in CITING else None
    return record if act is None else record.model_copy(update={"announced_by": act})


def with_listed(records: Sequence[R], citations: Callable[[], Collection[str]]) -> list[R]:
    """Say of each act that is news how many list entries cite it already.

    Parameters
    ----------
    citations
        What the entries in force cite; asked for only when there is an act that is news.
    """
    if not any(isinstance(record, PolicyAct) and not record.baseline and record.citation for record in records):
        return list(records)
    cited = citations()
    return [_listed(record, cited) for record in records]


def _listed(record: R, citations: Collection[str]) -> R:
    notice = Notice.of(record) if isinstance(record, PolicyAct) and not record.baseline else None
    if notice is None:
        return record
    return record.model_copy(update={"already_listed": sum(notice.is_cited(citation) for citation in citations)})


def _as_baseline(record: R) -> R:
    return record.model_copy(update={"baseline": True})
