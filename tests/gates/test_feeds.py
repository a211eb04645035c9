"""The counts of feeds.md on the publishers' genuine payloads, through the connectors."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors import gscpi, portwatch_disruptions
from supplywatch.intake import guards
from supplywatch.records import DisruptionEvent, IndexValue, Record
from supplywatch.source import Part, Payload, Source

pytestmark = pytest.mark.gate

FETCHED = datetime(2026, 5, 1, tzinfo=UTC)


def read(source: Source, body: bytes, name: str) -> tuple[Record, ...]:
    return guards.read(source, Payload(source.card.source_id, (Part(body, name),), FETCHED), now=FETCHED, warn=lambda _: None).records


def test_disruption_events(data: Path) -> None:
    path = data / "portwatch/openbb_portwatch_disruptions_response_2026_first2.json"
    gezani, hormuz = (r for r in read(portwatch_disruptions.SOURCE, path.read_bytes(), path.name) if isinstance(r, DisruptionEvent))
    assert (hormuz.name, hormuz.begins, hormuz.ends, hormuz.affected_places) == ("HORMUZ-26", date(2026, 3, 1), None, ("chokepoint6",))
    assert (hormuz.event_id, hormuz.event_type, hormuz.alert_level, hormuz.countries) == ("10000004", "OT", "red", ())
    assert (gezani.name, gezani.begins, gezani.ends) == ("GEZANI-26", date(2026, 2, 6), date(2026, 2, 18))
    assert (gezani.countries, gezani.affected_places) == (("Madagascar", "Mozambique"), ())


def test_gscpi_to_july_2024(data: Path) -> None:
    """A copy with one edition: the publisher's own file has a column for each."""
    path = data / "gscpi/maxmeiji_gscpi_199801-202407.csv"
    records = [r for r in read(gscpi.SOURCE, path.read_bytes(), path.name) if isinstance(r, IndexValue)]
    assert (len(records), records[0].observed, records[-1].observed) == (319, "1998-01", "2024-07")
    assert (records[0].value, records[-1].value) == (-1.06, -0.09)
    assert max(records, key=lambda r: r.value or 0.0).observed == "2021-12"
