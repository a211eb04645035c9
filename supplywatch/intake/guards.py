"""What a payload must pass before anything of it is believed, whatever its publisher."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.intake.oversize import Oversized, fitting
from supplywatch.listing.snapshot import guard_shrink, raw_counts
from supplywatch.model.limits import intake
from supplywatch.model.periods import period_start
from supplywatch.model.records import ListEntry, Record
from supplywatch.model.source import Card, Part, Payload, Source

PARSER_DEFECTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a parser raises over input that nobody foresaw; pydantic's errors are ValueErrors."""
_BLANK = b" \t\r\n\x00\xef\xbb\xbf"
_ERROR_BODY_BYTES = 4096


@dataclass(frozen=True)
class Reading:
    """What a payload says, after the guards.

    Parameters
    ----------
    records
        For sources of histories and acts, oldest period first, repeats left out.
    entries
        For sources of kind ``snapshot``.
    newest
        The newest period the payload speaks of; for a snapshot the day of its publication or fetch.
    oversized
        What was put aside because no topic would take it.
    """

    payload: Payload
    records: tuple[Record, ...]
    entries: tuple[ListEntry, ...]
    newest: str
    oversized: tuple[Oversized, ...] = ()

    @property
    def size(self) -> int:
        """Number of records or entries."""
        return len(self.records) or len(self.entries)

    @property
    def kept_raw(self) -> str | None:
        """What could not be read and is kept as it is written, in words; ``None`` when everything could."""
        counts = raw_counts(self.entries)
        if not counts:
            return None
        fields = ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1])[:5])
        return f"{sum(counts.values())} values could not be read and are kept as raw text ({fields})"


def check_body(card: Card, part: Part) -> None:
    """Refuse a body without content: none of our publishers means "no change" by it.

    Raises
    ------
    Quarantine
        ``empty_body``.
    """
    if not part.body.strip(_BLANK):
        raise Quarantine("empty_body", f"{card.source_id}: {part.name}: the answer has no content ({len(part.body)} bytes)")


def parsed(source: Source, payload: Payload, put_aside: Callable[[Oversized], object] = lambda _one: None) -> Iterator[Record | ListEntry]:
    """Yield what a connector reads in a payload.

    Parameters
    ----------
    put_aside
        Told of each record that is larger than topics take; of a list it is yielded in a shortened form, else not at all.

    Raises
    ------
    Quarantine
        The payload must not be believed; also where the connector fails over it in a way that nobody foresaw.
    """
    try:
        for item in source.parse(payload):
            fits, oversized = fitting(item)
            if oversized is not None:
                put_aside(oversized)
            if fits is not None:
                yield fits
    except PARSER_DEFECTS as error:
        raise unforeseen(source, error) from error


def unforeseen(source: Source, error: Exception) -> SourceChanged:
    """Return the refusal for what a connector stumbled over."""
    said = " ".join(str(error).split()) or "nothing"
    expected = "what the connector was written for; it needs a change"
    return SourceChanged("what it holds", f"{type(error).__name__}: {said}", source.card.source_id, expected)


def explained(parts: Iterable[Part], refused: Quarantine) -> Quarantine:
    """Return a refusal, in the service's own words where a part is nothing but an error."""
    if refused.reason != "error_body":
        for part in parts:
            if len(part.body) <= _ERROR_BODY_BYTES and (said := _error_in(part.body)) is not None:
                return Quarantine("error_body", f"{part.name}: the service answers with an error inside HTTP 200: {said}")
    return refused


def read(source: Source, payload: Payload, *, now: datetime, warn: Callable[[str], None] | None = None) -> Reading:
    """Parse a payload and hold it against its card.

    Parameters
    ----------
    now
        No period may lie after it.
    warn
        Told what is outside the card's bounds and anchors, and what the source remarks. ``None`` for a poll: there the former is a
        reason to refuse.

    Raises
    ------
    Quarantine
        The payload must not be believed.
    """
    card, payload = source.card, source.told(payload)
    if not payload.parts:
        raise Quarantine("empty_body", f"{card.source_id}: nothing came")
    said_something = card.empty_answers and any(part.body.strip(_BLANK) for part in payload.parts)
    for part in payload.parts if not said_something else ():
        check_body(card, part)
    oversized: list[Oversized] = []
    found, entries = _sorted_out(source, payload, oversized.append)
    records = _distinct(card, found)
    names = {entry.list_code for entry in entries} if card.kind == "snapshot" else {record.series for record in records}
    _check_card(card, len(entries) if card.kind == "snapshot" else len(records), names, warn)
    newest = (payload.published or payload.fetched).date().isoformat() if card.kind == "snapshot" else records[-1].observed
    if warn is not None:
        for remark in source.remarks(payload):
            warn(remark)
    _check_days(card, records)
    if period_start(newest) > now + timedelta(days=intake().future_days):
        raise Quarantine("source_changed", f"{card.source_id}: speaks of {newest}, which lies after {now:%Y-%m-%d}")
    return Reading(payload, tuple(records), tuple(entries), newest, tuple(oversized))


def _sorted_out(source: Source, payload: Payload, put_aside: Callable[[Oversized], object]) -> tuple[list[Record], list[ListEntry]]:
    records: list[Record] = []
    entries: list[ListEntry] = []
    try:
        for item in parsed(source, payload, put_aside):
            if isinstance(item, ListEntry):
                entries.append(item)
            else:
                records.append(item)
    except Quarantine as error:
        raise explained(payload.parts, error) from error
    return records, entries


def check_against_last(
    card: Card, reading: Reading, known: Collection[tuple[str, str]], before: Sequence[ListEntry] | None, size_before: int | None
) -> None:
    """Hold a reading against what was accepted before.

    Parameters
    ----------
    known
        The (series, period) pairs already known.
    before
        The entries of the last accepted snapshot.
    size_before
        The number of records a whole answer holds at least, where that is known.

    Raises
    ------
    Quarantine
        ``stale`` for an older payload served again, ``shrunken`` or ``anchor_missing`` for a part of the whole.
    """
    if card.kind == "snapshot":
        guard_shrink(before, reading.entries, card)
        return
    if size_before is not None:
        lost = size_before - reading.size
        if lost > max(intake().small_shrink_records, intake().max_series_shrink * size_before):
            raise Quarantine(
                "shrunken",
                f"{card.source_id}: {reading.size} records, {lost} fewer than are known of the same series and time; "
                "histories only grow: look at the publisher's page",
            )
    if card.kind == "series":
        _check_older(card, reading.records, known)


def newest_by_series(keys: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the newest period of each series of (series, observed) pairs."""
    newest: dict[str, str] = {}
    for series, observed in keys:
        if observed > newest.get(series, ""):
            newest[series] = observed
    return newest


def known_since(records: Iterable[Record], known: Collection[tuple[str, str]]) -> int:
    """Return how many periods are known of the same series, each since the first period that the records give of it."""
    first: dict[str, str] = {}
    for record in records:
        first[record.series] = min(record.observed, first.get(record.series, record.observed))
    return sum(series in first and observed >= first[series] for series, observed in known)


def _error_in(body: bytes) -> str | None:
    """Return what a JSON object says under ``error`` or ``errors``, in one line; ``None`` when it says nothing there."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    said = (found.get("error") or found.get("errors")) if isinstance(found, dict) else None
    if not said:
        return None
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return " ".join(text.split())[:200]


def _distinct(card: Card, records: Sequence[Record]) -> list[Record]:
    """Return the records in the order of their periods, each once; two values for one period are impossible."""
    found: dict[tuple[str, str], Record] = {}
    for record in records:
        first = found.setdefault((record.series, record.observed), record)
        if first is not record and first.digest != record.digest:
            raise Quarantine(
                "source_changed",
                f"{card.source_id}: {first.provenance.position} and {record.provenance.position} say different things about "
                f"{record.series} in {record.observed}",
            )
    return sorted(found.values(), key=lambda record: record.observed)


def _check_card(card: Card, count: int, names: Iterable[str], warn: Callable[[str], None] | None) -> None:
    if count == 0:
        raise Quarantine("empty_list", f"{card.source_id}: well-formed, but without a single record")
    complaints = []
    if not card.min_records <= count <= card.max_records:
        complaints.append(("bounds", f"{card.source_id}: {count} records, expected {card.min_records} to {card.max_records}"))
    present = tuple(names)
    absent = [anchor for anchor in card.anchors if not any(name.startswith(anchor) for name in present)]
    if absent:
        complaints.append(("anchor_missing", f"{card.source_id}: nothing of {', '.join(absent)}, which every full answer holds"))
    for reason, message in complaints:
        if warn is None:
            raise Quarantine(reason, message)
        warn(message)


def _check_days(card: Card, records: Iterable[Record]) -> None:
    """Refuse a day that the calendar does not have: its spelling alone is right."""
    for period in {record.observed for record in records}:
        try:
            period_start(period)
        except ValueError as error:
            raise Quarantine("source_changed", f"{card.source_id}: speaks of {period}, which is no day of the calendar") from error


def _check_older(card: Card, records: Sequence[Record], known: Collection[tuple[str, str]]) -> None:
    """Refuse a payload in which histories end earlier than they did before, while none goes on and no period is new."""
    keys = [(record.series, record.observed) for record in records]
    if not all(key in known for key in keys):
        return
    ends, ends_known = newest_by_series(keys), newest_by_series(known)
    for series, end in ends.items():
        if end < ends_known[series]:
            raise Quarantine(
                "stale", f"{card.source_id}: an older payload served again: {series} ends {end}, known to {ends_known[series]} already"
            )
