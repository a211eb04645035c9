"""Whom of a subscriber's own an alert concerns: counted on his watch-list, known at an instant, apart from the severity."""

from datetime import UTC, datetime, timedelta

from supplywatch.desk.impact import impact
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Counts, Origin, Staged, change_now
from supplywatch.model.alert import AlertEvent
from supplywatch.model.counterparty import Counterparty, counterparty_id
from supplywatch.model.items import load_items
from tests.conftest import ROOT

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SAMPLE = (ROOT / "docs/schemas/samples/alert-event.v1.json").read_text(encoding="utf-8")


def about(*items: str) -> AlertEvent:
    return AlertEvent.model_validate_json(SAMPLE).model_copy(update={"taxonomy": ("HD.1", *items)})


def take(ledger: Ledger, hours: int, *counterparties: Counterparty) -> None:
    rows = [Staged(counterparty_id("default", one.reference), one.digest, one.text, one.name.lower()) for one in counterparties]
    with ledger.begin() as connection:
        change_now(connection, Origin("default", NOW + timedelta(hours=hours), "A. Person"), rows, Counts(added=len(rows)))


def test_exposure_follows_the_tags_and_the_day() -> None:
    ledger = Ledger.open("sqlite://")
    nickel = Counterparty(reference="1", name="Synthetic Nickel", tags=("item:MAT.NICKEL",))
    take(ledger, 0, nickel, Counterparty(reference="2", name="Synthetic Ores", tags=("hs:26", "gold customer")))
    take(ledger, 1, Counterparty(reference="3", name="Synthetic Chips", tags=("hs:854231",)), Counterparty(reference="4", name="No tags"))
    found = impact(ledger, about("MAT.NICKEL"), load_items())
    assert (found.items, found.exposed, found.with_tags) == (("MAT.NICKEL",), 2, 3)
    assert found.named == ("Synthetic Nickel (default/1)", "Synthetic Ores (default/2)")
    take(ledger, 2, Counterparty(reference="5", name="Synthetic Shoes", tags=("hs:640399",)))
    assert impact(ledger, about("MAT.NICKEL"), load_items()).with_tags == 4, "shoes are a product, though nobody watches them"
    assert impact(ledger, about("TEC.LOGIC"), load_items()).exposed == 1
    assert impact(ledger, about("TEC.LOGIC"), load_items(), NOW).exposed == 0, "not watched by then"
    assert impact(ledger, about(), load_items()).items == ()
    ledger.close()
