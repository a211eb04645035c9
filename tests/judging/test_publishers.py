"""Several publishers report one line: one is judged, the others stand beside, and the choice can be changed; figures synthetic."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from supplywatch import registry
from supplywatch.desk.corroboration import corroborations
from supplywatch.errors import BadSetting
from supplywatch.judging.engine import Engine
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger import book
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent, Transition
from supplywatch.model.items import Items, Publishers, load_items
from supplywatch.model.records import Economy, PartnerFlow, Partners, Provenance, TradeSlice
from supplywatch.model.source import Part, Payload

CHOSEN = load_items()
CHANGED = CHOSEN.model_copy(update={"publishers": Publishers.only("baci")})
CONCENTRATED = {"AUS": 8e9, "BRA": 1e9, "ZAF": 1e9}
SPREAD = {"AUS": 2e9, "BRA": 2e9, "ZAF": 2e9, "IND": 2e9, "PER": 2e9}
LINE = "CHN/annual/260111"


def slice_of(source: str, year: int, values: dict[str, float], *, reporter: str = "CHN", euros: bool = False) -> TradeSlice:
    flows = tuple(
        PartnerFlow(
            partner=Economy(code=iso3, iso3=iso3, name=iso3),
            role="economy",
            value_usd=None if euros else value,
            value_eur=value if euros else None,
            net_weight_kg=None,
            position=iso3,
        )
        for iso3, value in values.items()
    )
    return TradeSlice(
        observed=str(year),
        fetched=datetime(year + 1, 5, 1, tzinfo=UTC),
        provenance=Provenance(source=source, vintage="test", payload_sha256="0" * 64, position="synthetic"),
        reporter=Economy(code="0", name="World") if reporter == "WORLD" else Economy(code=reporter, iso3=reporter, name=reporter),
        flow="import",
        commodity="260111",
        classification="H6",
        frequency="annual",
        partners=Partners.of(flows),
    )


def engine(ledger: Ledger, items: Items = CHOSEN) -> Engine:
    return Engine(ledger, {"supplier_concentration": registry.rule("supplier_concentration")}, items)


def said(events: list[AlertEvent]) -> list[tuple[Transition, str]]:
    return [(event.transition, event.observed_at) for event in events]


def test_one_event_is_one_alert_whoever_reports_it() -> None:
    ledger = Ledger.open("sqlite://")
    both = [slice_of(source, 2023, CONCENTRATED) for source in ("comtrade", "baci")]
    verdict = engine(ledger).judge(both)
    assert verdict.new == 2, "both are on record"
    assert said(verdict.events) == [(Transition.OPENED, "2023")]
    (beside,) = corroborations(ledger, verdict.events[0], {})
    assert (beside.source, beside.text) == ("baci", "AUS has 80 %, HHI 0.660, 3 partners")
    assert corroborations(ledger, verdict.events[0], {}, datetime(2024, 4, 30, tzinfo=UTC)) == [], "not known by then"


def test_a_publisher_chosen_anew_is_judged_on_its_own_history() -> None:
    ledger = Ledger.open("sqlite://")
    old = [slice_of("comtrade", year, CONCENTRATED) for year in (2021, 2022, 2023)]
    new = [slice_of("baci", year, SPREAD) for year in (2021, 2022)]
    assert said(engine(ledger).judge([*old, *new]).events) == [(Transition.OPENED, "2021")]
    changed = engine(ledger, CHANGED)
    assert said(changed.judge([slice_of("baci", 2023, SPREAD)]).events) == [(Transition.RESOLVED, "2023")]
    with ledger.read() as connection:
        row = book.stored_state(connection, "supplier_concentration", LINE)
    assert row is not None
    assert "baci" in row.body
    assert 'trade/CHN/import/annual/260111"' not in row.body, "nothing is left of the other publisher's history"
    assert rebuild(changed).identical
    assert changed.judge([slice_of("comtrade", 2024, CONCENTRATED)]).events == []
    assert said(changed.judge([slice_of("baci", 2024, CONCENTRATED)]).events) == [(Transition.OPENED, "2024")]


def test_the_world_of_an_earlier_year_serves_and_is_named() -> None:
    items = CHOSEN.model_copy(update={"publishers": Publishers(world="baci")})
    earlier = [
        slice_of("baci", year, {"AUS": australia, "BRA": 2e9, "ZAF": 1e9}, reporter="WORLD")
        for year, australia in ((2020, 1e9), (2021, 9e9))
    ]
    (event,) = engine(Ledger.open("sqlite://"), items).judge([*earlier, slice_of("comtrade", 2023, CONCENTRATED)]).events
    assert (event.measures["world_export_hhi"], event.measures["world_exports_of"]) == (round((81 + 4 + 1) / 144, 6), "2021")
    assert event.measures["import_export_ratio"] is None, "imports of one year are not held against exports of another"


def test_a_part_of_the_world_is_not_the_world() -> None:
    items = CHOSEN.model_copy(update={"publishers": Publishers(world="baci")})
    part = slice_of("baci", 2023, {"ZAF": 1e9, "CHN": 1e8}, reporter="WORLD")
    (event,) = engine(Ledger.open("sqlite://"), items).judge([part, slice_of("comtrade", 2023, CONCENTRATED)]).events
    assert (event.measures["world_export_hhi"], event.measures["import_export_ratio"]) == (None, None)


def test_the_imports_of_the_world_tell_world_exports() -> None:
    ledger = Ledger.open("sqlite://")
    items = CHOSEN.model_copy(update={"publishers": Publishers(world="baci")})
    world = slice_of("baci", 2023, {"AUS": 9e9, "BRA": 2e9, "ZAF": 1e9, "PER": 1e9, "CHN": 1e8}, reporter="WORLD")
    (event,) = engine(ledger, items).judge([world, slice_of("comtrade", 2023, CONCENTRATED)]).events
    assert event.measures["world_export_hhi"] == round((81 + 4 + 1 + 1) / 169, 6), "Peru sells China nothing and counts"
    assert event.measures["import_export_ratio"] == 100.0


def test_euros_are_judged_as_shares_and_never_held_against_dollars() -> None:
    ledger = Ledger.open("sqlite://")
    items = CHOSEN.model_copy(update={"publishers": Publishers(annual={"default": "eurostat_comext"}, world="baci")})
    world = slice_of("baci", 2023, {"AUS": 9e9, "BRA": 2e9, "PER": 1e9, "CHN": 1e8}, reporter="WORLD")
    (event,) = engine(ledger, items).judge([world, slice_of("eurostat_comext", 2023, CONCENTRATED, euros=True)]).events
    assert event.measures["value_eur"] == 1e10
    assert "value_usd" not in event.measures
    assert event.measures["import_export_ratio"] is None
    assert {item.unit for item in event.evidence} == {"0..1", "euros"}


def test_a_publisher_that_is_no_source_of_trade_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load_items", lambda: CHOSEN.model_copy(update={"publishers": Publishers.only("gscpi")}))
    with pytest.raises(BadSetting, match="'gscpi' is no source of trade; take one of baci, comtrade"):
        registry.items()


def test_what_older_ledgers_hold_is_named_and_hashed_as_ever(fixtures: Path) -> None:
    """Series and digest as the version before publishers were told apart wrote them."""
    body = (fixtures / "comtrade" / "good.json").read_bytes()
    first = next(
        iter(registry.source("comtrade").parse(Payload("comtrade", (Part(body, "good.json"),), datetime(2026, 11, 2, tzinfo=UTC))))
    )
    assert isinstance(first, TradeSlice)
    assert first.series == "trade/CHN/import/annual/260400"
    assert first.digest == "b98b3c7aae9d5501413608bb9cc84bb5546e5de48799d98665112e46fb5e35a8"
