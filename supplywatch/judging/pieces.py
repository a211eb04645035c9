"""Where a batch must be cut, so that where batches begin and end makes no difference to what is judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from supplywatch.model.records import Record


def pieces(records: Sequence[Record], man_made: Sequence[bool], alone: Collection[str] = ()) -> Iterator[slice]:
    """Yield the pieces of a batch that may be judged together, in order.

    Parameters
    ----------
    man_made
        Of each record, whether a rule watches it whose alerts weigh in the severity of others.
    alone
        Histories on which judgements rest: a record of one is a piece of its own, since it has subjects judged again that others feed.

    Notes
    -----
    A piece ends before a record that says a period of the piece anew, or an older one from a later payload: what the first said was
    judged, and may have been told, before it was revised. And it ends where time goes on after an act of men: the grading of what comes
    to be known later reads from the ledger whether an alert on that act was open.
    """
    start, acted = 0, False
    newest: dict[str, tuple[str, datetime]] = {}
    said: dict[tuple[str, str], Record] = {}
    for index, record in enumerate(records):
        goes_on = index > 0 and record.fetched != records[index - 1].fetched
        apart = index > 0 and bool(alone) and (record.series in alone or records[index - 1].series in alone)
        if apart or (acted and goes_on) or (record.revisable and _goes_back(record, newest, said)):
            yield slice(start, index)
            start, acted = index, False
            newest, said = {}, {}
        acted = acted or man_made[index]
        if record.revisable:
            newest[record.series] = max(newest.get(record.series, ("", record.fetched)), (record.observed, record.fetched))
            said[record.series, record.observed] = record
    if start < len(records):
        yield slice(start, len(records))


def _goes_back(record: Record, newest: dict[str, tuple[str, datetime]], said: dict[tuple[str, str], Record]) -> bool:
    before = said.get((record.series, record.observed))
    if before is not None:
        return before.digest != record.digest
    observed, fetched = newest.get(record.series, ("", record.fetched))
    return record.observed < observed and record.fetched != fetched
