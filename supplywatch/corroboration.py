"""What other publications say beside an alert on a chokepoint or a port: it makes the alert surer, and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from supplywatch.alert import AlertEvent
from supplywatch.frozen import Frozen
from supplywatch.intake.periods import period_end, period_start
from supplywatch.ledger import Ledger, queries
from supplywatch.records import DisruptionEvent, IndexValue, Record

PLACES = ("chokepoint", "port")
EVENTS, PRESSURE = "portwatch_disruptions", "gscpi"


class Corroboration(Frozen):
    """One thing another publication says."""

    source: str
    vintage: str
    period: str
    text: str


def corroborations(ledger: Ledger, event: AlertEvent, bands: Mapping[str, float], as_of: datetime | None = None) -> list[Corroboration]:
    """Return what was known, by an instant, of the place and the time of an alert; nothing for alerts on anything but places.

    Parameters
    ----------
    bands
        Bands of the pressure index by the value they begin at, in words, lowest first.
    as_of
        Knowledge time; ``None``: everything that is known by now.
    """
    if event.subject.kind not in PLACES:
        return []
    records = (*queries.latest_of_source(ledger, EVENTS, as_of), *queries.latest_of_source(ledger, PRESSURE, as_of))
    first, last = period_start(event.onset or event.observed_at).date(), period_start(event.observed_at).date()
    return [*_events(records, event.subject.id, first, last), *_pressure(records, last, bands)]


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
