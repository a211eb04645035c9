"""A control rule meets the product it touches: what other rules know of the item, as it was known then."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from supplywatch import registry
from supplywatch.judging.engine import Engine
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent
from supplywatch.model.items import load_items
from supplywatch.model.records import Economy, PartnerFlow, Partners, PolicyAct, Provenance, Record, SupplierRegister, TradeSlice
from supplywatch.model.site import Site

CHIPS = "854231"


def provenance(source: str) -> Provenance:
    return Provenance(source=source, vintage="test", payload_sha256="0" * 64, position="synthetic")


def imports(year: int, shares: dict[str, float], known: datetime, code: str = CHIPS, reporter: str = "CHN") -> TradeSlice:
    flows = tuple(
        PartnerFlow(partner=Economy(code=name, name=name), role="economy", value_usd=share * 1e10, net_weight_kg=None, position=name)
        for name, share in shares.items()
    )
    return TradeSlice(
        observed=str(year),
        fetched=known,
        provenance=provenance("comtrade"),
        reporter=Economy(code=reporter, iso3=reporter, name=reporter),
        flow="import",
        commodity=code,
        classification="H6",
        frequency="annual",
        partners=Partners.of(flows),
    )


def act(day: str, number: str = "2024-1") -> PolicyAct:
    return PolicyAct(
        observed=day,
        fetched=datetime.fromisoformat(day).replace(tzinfo=UTC),
        provenance=provenance("federal_register"),
        authority="Bureau of Industry and Security",
        document_number=number,
        act_type="rule",
        title="Controls on advanced computing integrated circuits",
        url="https://example.org/synthetic",
        agencies=("Bureau of Industry and Security",),
    )


def engine() -> Engine:
    return Engine(Ledger.open("sqlite://"), registry.rules(), load_items())


def said(judge: Engine, batches: Sequence[Sequence[Record]], rule: str) -> list[AlertEvent]:
    return [event for batch in batches for event in judge.judge(batch).events if event.rule == rule]


MANY = {f"Partner {n}": 0.1 for n in range(10)}
FEW = {"Netherlands": 0.8, "Japan": 0.2}
MAY_2024, MAY_2025 = datetime(2024, 5, 1, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)


def test_a_control_rule_shows_how_concentrated_the_product_is() -> None:
    (event,) = said(engine(), [[imports(2023, FEW, MAY_2024)], [act("2024-12-05")]], "control_rule")
    axis = event.axes.concentration
    assert axis is not None
    assert (axis.value, axis.rule, axis.subject, axis.age_days) == (0.68, "supplier_concentration", f"CHN/annual/{CHIPS}", 339)
    assert event.axes.dependence is None, "unknown is unknown, not zero"
    assert event.grading is not None
    assert event.grading.item == "TEC.LOGIC"
    assert event.grading.at_most == "critical"
    assert event.exposure is not None
    assert "concentration of suppliers is 0.68 (HHI, 2023, critical)" in event.exposure.en
    assert "whether there is a backup is not known" in event.exposure.en
    assert "[" not in event.headline.en, "where the item stands is no part of the headline"


def test_only_what_was_known_before_counts_whatever_came_first() -> None:
    known, later = imports(2023, MANY, MAY_2024), imports(2024, FEW, MAY_2025)
    orders: tuple[list[list[Record]], ...] = ([[known], [act("2024-12-05")], [later]], [[known], [later], [act("2024-12-05")]])
    (first,), (second,) = (said(engine(), batches, "control_rule") for batches in orders)
    assert first == second
    assert first.axes.concentration is not None
    assert first.axes.concentration.observed == "2023"


def test_nothing_known_before_leaves_the_axes_unknown() -> None:
    (event,) = said(engine(), [[imports(2024, FEW, MAY_2025)], [act("2024-12-05")]], "control_rule")
    assert event.axes.concentration is None
    assert event.grading is not None
    assert "concentration" in event.grading.unknown


def test_an_active_control_rule_raises_the_item_by_one_step() -> None:
    shares = {"Taiwan": 0.45, "Korea": 0.2, "Japan": 0.15, "Malaysia": 0.1, "Germany": 0.1}
    batches: list[list[Record]] = [
        [imports(2022, MANY, datetime(2023, 5, 1, tzinfo=UTC))],
        [act("2024-01-05")],
        [imports(2023, shares, MAY_2024)],
    ]
    (event,) = said(engine(), batches, "supplier_concentration")
    assert event.grading is not None
    assert (event.grading.event, event.severity) == ("watch", "warning")
    assert [step.name for step in event.grading.steps if step.by] == ["man_made"]


def test_imports_of_another_economy_are_not_held_against_ours() -> None:
    batches: list[list[Record]] = [[imports(2022, FEW, datetime(2023, 5, 1, tzinfo=UTC))], [imports(2023, FEW, MAY_2024, reporter="USA")]]
    events = [e for e in said(engine(), batches, "supplier_concentration") if e.subject.id.startswith("USA")]
    assert [(e.grading.item if e.grading else "") for e in events] == [None]


def test_every_alert_says_its_thresholds_what_makes_it_surer_and_what_it_does_not_support() -> None:
    (event,) = said(engine(), [[imports(2023, FEW, MAY_2024)]], "supplier_concentration")
    assert {t.name: (t.value, t.kind) for t in event.thresholds}["warning_hhi"] == (0.40, "published")
    assert event.surer_when
    assert any("dependence" in line for line in event.not_supported)


def test_a_rebuild_changes_nothing() -> None:
    judge = engine()
    for batch in ([imports(2022, MANY, datetime(2023, 5, 1, tzinfo=UTC))], [act("2024-01-05")], [imports(2023, FEW, MAY_2024)]):
        judge.judge(batch)
    assert rebuild(judge).identical


def register(day: datetime, until: date) -> SupplierRegister:
    backup = Site(name="B", country="CHN", role="backup", verified_on=day.date(), valid_until=until, evidence="synthetic audit")
    sites = (backup,)
    return SupplierRegister(
        observed=day.date().isoformat(), fetched=day, provenance=provenance("supplier_register"), item="TEC.LOGIC", sites=sites
    )


def test_a_verified_backup_lowers_the_severity_by_one_step_until_it_runs_out() -> None:
    signed = datetime(2024, 6, 1, tzinfo=UTC)
    batches: list[list[Record]] = [
        [imports(2023, FEW, MAY_2024)],
        [register(signed, date(2025, 6, 1))],
        [act("2024-12-05")],
        [act("2025-12-05", "2025-1")],
    ]
    backed, lapsed = said(engine(), batches, "control_rule")
    assert backed.grading is not None
    assert lapsed.grading is not None
    assert [step.by for step in backed.grading.steps if step.name == "resilience"] == [-1]
    assert (backed.grading.event, backed.severity) == ("warning", "watch")
    assert backed.exposure is not None
    assert "1 verified domestic backups" in backed.exposure.en
    assert "经核实的国内备用来源1个" in backed.exposure.zh
    assert [step.name for step in lapsed.grading.steps if step.by] == ["man_made"]
    assert "substitutability" in lapsed.grading.unknown
