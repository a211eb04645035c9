"""What other publications say beside an alert: the publisher's own events, and the pressure index."""

from datetime import UTC, date, datetime, timedelta

import pytest

from supplywatch.desk.corroboration import corroborations
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent, Subject
from supplywatch.model.items import load_items
from supplywatch.model.records import DisruptionEvent, IndexValue, Provenance, Record
from supplywatch.registry import rules
from tests.conftest import ROOT

BANDS = {"high": 1.0, "very high": 2.0}
KNOWN = datetime(2026, 3, 10, tzinfo=UTC)
SAMPLE = (ROOT / "docs/schemas/samples/alert-event.v1.json").read_text(encoding="utf-8")


def provenance(source: str) -> Provenance:
    return Provenance(source=source, vintage="2026-03-10", payload_sha256="0" * 64, position="row 1")


def closure(ends: date | None = None, *, known: datetime = KNOWN, event_id: str = "1", place: str = "chokepoint6") -> DisruptionEvent:
    return DisruptionEvent(
        observed="2026-03-01",
        fetched=known,
        provenance=provenance("portwatch_disruptions"),
        event_id=event_id,
        event_type="OT",
        name="STRAIT-26",
        title="Trade disruptions",
        alert_level="red",
        begins=date(2026, 3, 1),
        ends=ends,
        affected_places=(place,),
    )


def pressure(month: str, value: float | None) -> IndexValue:
    unit = "standard deviations from the mean"
    return IndexValue(observed=month, fetched=KNOWN, provenance=provenance("gscpi"), index_id="gscpi", name="GSCPI", unit=unit, value=value)


def alert(kind: str = "chokepoint", onset: str = "2026-02-28", observed: str = "2026-03-08", place: str = "chokepoint6") -> AlertEvent:
    subject = Subject.model_validate({"kind": kind, "id": place, "name": place})
    return AlertEvent.model_validate_json(SAMPLE).model_copy(update={"subject": subject, "onset": onset, "observed_at": observed})


def said(records: list[Record], event: AlertEvent, as_of: datetime | None = None) -> list[str]:
    ledger = Ledger.open("sqlite://")
    Engine(ledger, rules(), load_items()).judge(records)
    found = [one.text for one in corroborations(ledger, event, BANDS, as_of)]
    ledger.close()
    return found


def test_an_event_of_the_place_and_the_time_is_told() -> None:
    assert said([closure()], alert()) == ["Trade disruptions (red), from 2026-03-01, goes on"]
    assert said([closure(date(2026, 3, 4))], alert(onset="2026-03-03")) == ["Trade disruptions (red), from 2026-03-01, to 2026-03-04"]


@pytest.mark.parametrize(
    "event",
    [
        alert(place="chokepoint4"),
        alert(onset="2026-03-05"),
        alert(onset="2026-02-20", observed="2026-02-27"),
        alert(kind="commodity"),
    ],
    ids=["elsewhere", "later", "earlier", "no place"],
)
def test_events_elsewhere_or_at_another_time_are_not(event: AlertEvent) -> None:
    assert said([closure(date(2026, 3, 4))], event) == []


def test_only_what_was_known_is_told_and_the_latest_edit_of_it() -> None:
    edited = closure(date(2026, 3, 20), known=KNOWN + timedelta(days=15))
    assert said([closure(), edited], alert(), KNOWN) == ["Trade disruptions (red), from 2026-03-01, goes on"]
    assert said([closure(), edited], alert()) == ["Trade disruptions (red), from 2026-03-01, to 2026-03-20"]
    assert said([closure()], alert(), KNOWN - timedelta(days=1)) == []


def test_pressure_above_usual_makes_surer_and_usual_pressure_says_nothing() -> None:
    assert said([pressure("2026-01", 0.2), pressure("2026-02", 1.4)], alert()) == ["GSCPI: +1.40 standard deviations, high"]
    assert said([pressure("2026-02", 4.37)], alert(kind="port")) == ["GSCPI: +4.37 standard deviations, very high"]
    assert said([pressure("2026-01", 1.4), pressure("2026-02", 0.99)], alert()) == []
    assert said([pressure("2026-02", 1.4), pressure("2026-03", 3.0)], alert()) == ["GSCPI: +1.40 standard deviations, high"], (
        "March had not ended"
    )
    assert said([pressure("2026-02", 3.0)], alert(kind="commodity")) == []


def test_the_index_itself_opens_nothing() -> None:
    ledger = Ledger.open("sqlite://")
    verdict = Engine(ledger, rules(), load_items()).judge([pressure(f"2026-{month:02d}", 4.0) for month in range(1, 3)])
    assert (verdict.new, verdict.events) == (2, [])
    ledger.close()
