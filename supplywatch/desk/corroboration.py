"""What other publications say beside an alert on a place or an import line: surer or less so by it, an alert is never decided by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from supplywatch.ledger import queries
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent
from supplywatch.model.periods import period_end, period_start
from supplywatch.model.records import FIRST_PUBLISHER, DisruptionEvent, IndexValue, Record, TradeSlice, trade_series
from supplywatch.model.value import Frozen

PLACES = ("chokepoint", "port")
EVENTS, PRESSURE = "portwatch_disruptions", "gscpi"


class Corroboration(Frozen):
    """One thing another publication says."""

    source: str
    vintage: str
    period: str
    text: str


def corroborations(ledger: Ledger, event: AlertEvent, bands: Mapping[str, float], as_of: datetime | None = None) -> list[Corroboration]:
    """Return what was known, by an instant, of the subject and the time of an alert; nothing of anything but places and import lines.

    Parameters
    ----------
    bands
        Bands of the pressure index by the value they begin at, in words, lowest first.
    as_of
        Knowledge time; ``None``: everything that is known by now.
    """
    if event.subject.kind == "import_line":
        return _publishers(ledger, event, as_of)
    if event.subject.kind not in PLACES:
        return []
    records = (*queries.latest_of_source(ledger, EVENTS, as_of), *queries.latest_of_source(ledger, PRESSURE, as_of))
    first, last = period_start(event.onset or event.observed_at).date(), period_start(event.observed_at).date()
    return [*_events(records, event.subject.id, first, last), *_pressure(records, last, bands)]


def _publishers(ledger: Ledger, event: AlertEvent, as_of: datetime | None) -> list[Corroboration]:
    """Return what the publishers whose slices are not judged say of the same line and period."""
    reporter, frequency, commodity = event.subject.id.split("/")
    judged = {item.source for item in event.evidence}
    line = trade_series(reporter, "import", frequency, commodity, FIRST_PUBLISHER)
    found = []
    for record in queries.of_period(ledger, line, event.observed_at, as_of):
        if not isinstance(record, TradeSlice) or record.provenance.source in judged:
            continue
        economies = record.partners.economies
        values = {economies[place].name: value for place, value in record.partners.traded()}
        if total := sum(values.values()):
            top = max(values, key=lambda name: values[name])
            hhi = sum((value / total) ** 2 for value in values.values())
            found.append(_said(record, f"{top} has {100 * values[top] / total:.0f} %, HHI {hhi:.3f}, {len(values)} partners"))
    return found


def _events(records: Iterable[Record], place_id: str, first: date, last: date) -> list[Corroboration]:
    found = []
    for record in records:
        if not isinstance(record, DisruptionEvent) or place_id not in record.affected_places:
            continue
        if record.begins <= last and (record.ends is None or record.ends >= first):
            until = "goes on" if record.ends is None else f"to {record.ends}"
            found.append(_said(record, f"{record.title} ({record.alert_level}), from {record.begins}, {until}"))
    return found


def _pressure(records: Iterable[Record], last: date, bands: Mapping[str, float]) -> list[Corroboration]:
    """Return the newest month that had ended, where its pressure was above usual: usual pressure refutes nothing."""
    months = [
        record
        for record in records
        if isinstance(record, IndexValue) and record.value is not None and period_end(record.observed).date() <= last
    ]
    if not months:
        return []
    newest = max(months, key=lambda record: record.observed)
    reached = [name for name, begins in bands.items() if newest.value is not None and newest.value >= begins]
    return [_said(newest, f"{newest.name}: {newest.value:+.2f} standard deviations, {reached[-1]}")] if reached else []


def _said(record: Record, text: str) -> Corroboration:
    return Corroboration(source=record.provenance.source, vintage=record.provenance.vintage, period=record.observed, text=text)
