"""Controls of others through the engine: by the day, when figures are renewed, for several buyers, late, corrected and taken out."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from supplywatch import registry
from supplywatch.desk import typed_measures
from supplywatch.desk.typed_measures import check, due
from supplywatch.judging.engine import Engine
from supplywatch.judging.episode import Memory
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger import book
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent
from supplywatch.model.control import ControlMeasure, load_measures
from supplywatch.model.control_standing import standing_on
from supplywatch.model.items import load_items
from tests.controlled import noon, trade

CLAUSE = {
    "id": "xx-2030-1",
    "en": "widgets",
    "zh": "部件",
    "controller": "CHN",
    "authority": "Ministry",
    "instrument": "Notice 1 of 2030",
    "action": "impose",
    "kind": "export_licensing",
    "direction": "export",
    "target": {"scope": "all"},
    "announced": "2030-01-10",
    "effective": "2030-03-01",
    "history": [{"status": "scheduled", "from": "2030-01-10"}],
    "products": [{"system": "hs6", "role": "legal_scope", "breadth": "whole_line", "codes": ["811292"]}],
    "source": "synthetic",
}


def make(rules: Sequence[str] = ("control_exposure",)) -> Engine:
    return Engine(Ledger.open("sqlite://"), {name: registry.rule(name) for name in rules}, load_items())


def typed(monkeypatch: pytest.MonkeyPatch, *clauses: Mapping[str, object]) -> None:
    found = tuple(ControlMeasure.model_validate(CLAUSE | dict(clause)) for clause in clauses)
    monkeypatch.setattr(typed_measures, "load_measures", lambda: found)


def said(events: Sequence[AlertEvent]) -> list[tuple[str, str, str]]:
    return [(event.subject.id, event.transition.value, event.severity.value) for event in events]


def state(engine: Engine, subject: str) -> Any:
    with engine.ledger.read() as connection:
        return book.stored_state(connection, "control_exposure", subject)


def through(engine: Engine, days: Sequence[str]) -> list[tuple[str, str, str, str]]:
    return [(day, *one) for day in days for one in said(check(engine, noon(day)).events)]


def test_typed_clauses_are_told_on_the_days_on_which_they_turn() -> None:
    engine = make()
    told = through(engine, ["2025-10-08", "2025-10-09", "2025-11-07", "2026-08-12", "2026-08-13", "2026-10-12", "2026-11-10", "2026-11-11"])
    of_one = [(day, how, grade) for day, subject, how, grade in told if subject == "JPN/-/cn-mofcom-2025-61-1(3)"]
    # No tariff code is printed, so it is never more than watch; the suspension runs to 2026-11-10 and is told 90 days before it has ended.
    assert of_one == [("2025-10-09", "opened", "watch"), ("2025-11-07", "eased", "info"), ("2026-08-13", "worsened", "watch")]
    april = [row[2:] for row in told if row[1] == "JPN/MAT.RARE_EARTH/cn-mofcom-2025-18"]
    assert april == [("opened", "warning")], "the suspension of November left the controls of April alone"
    assert rebuild(engine).identical


def test_a_second_look_on_one_day_changes_nothing() -> None:
    engine = make()
    assert check(engine, noon("2024-12-01")).events
    assert (due(engine.ledger, load_items(), noon("2024-12-01")), check(engine, noon("2024-12-02")).events) == ([], [])


def test_what_stands_when_a_ledger_first_looks_is_no_news() -> None:
    events = check(make(), noon("2024-12-01")).events
    assert {event.standing for event in events} == {True}
    assert "In force since 2023-08-01." in next(e.headline.en for e in events if e.subject.id == "USA/-/cn-mofcom-2023-23")


def test_renewed_trade_ends_an_alert_and_raises_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, {"target": {"scope": "economies", "economies": ["JPN"]}})
    engine = make()
    assert through(engine, ["2030-01-10", "2030-03-01"])[-1][1:] == ("JPN/-/xx-2030-1", "worsened", "warning")
    few = engine.judge([trade("JPN", 2029, {"CHN": 5e6, "USA": 95e6}, "2030-04-01")]).events
    assert said(few) == [("JPN/-/xx-2030-1", "resolved", "info")]
    many = engine.judge([trade("JPN", 2030, {"CHN": 80e6, "USA": 20e6}, "2031-04-01")]).events
    assert said(many) == [("JPN/-/xx-2030-1", "opened", "warning")]
    assert "took 80 % from China in 2030" in many[0].headline.en
    assert "2030年日本HS 811292进口中80%来自中国" in many[0].headline.zh
    assert rebuild(engine).identical


def test_trade_before_or_behind_the_clause_comes_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, {"history": [{"status": "in_force", "from": "2030-01-10"}], "effective": "2030-01-10"})
    own = trade("JPN", 2028, {"CHN": 80e6, "USA": 20e6}, "2029-12-01")
    first, last = make(), make()
    first.judge([own])
    one = check(first, noon("2030-01-10")).events
    check(last, noon("2030-01-10"))
    last.judge([own])
    assert state(first, "JPN/-/xx-2030-1").body == state(last, "JPN/-/xx-2030-1").body
    assert next(e for e in one if e.subject.id.startswith("JPN")).measures["own_share_of_controllers"] == 0.8


def test_controllers_count_as_one_and_the_others_must_have_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    in_force = {"history": [{"status": "in_force", "from": "2030-01-10"}], "effective": "2030-01-10"}
    other = in_force | {"id": "yy-2030-1", "controller": "USA", "target": {"scope": "economies", "economies": ["JPN"]}}
    typed(monkeypatch, in_force, other)
    engine = make()
    engine.judge(
        [
            trade("JPN", 2029, {"CHN": 40e6, "USA": 40e6, "DEU": 20e6}, "2030-01-02"),
            trade("0", 2028, {"CHN": 50e6, "USA": 30e6, "DEU": 60e6, "JPN": 9e6}, "2030-01-02", "baci"),
            trade("0", 2029, {"CHN": 50e6, "USA": 30e6, "DEU": 80e6, "JPN": 9e6}, "2030-01-02", "baci"),
        ]
    )
    event = next(e for e in check(engine, noon("2030-01-10")).events if e.subject.id == "JPN/-/xx-2030-1")
    figures = event.measures
    assert figures["controllers"] == "CHN, USA"
    assert figures["own_share_of_controllers"] == pytest.approx(0.8)
    assert (figures["own_hhi"], figures["own_hhi_controllers_as_one"]) == pytest.approx((0.36, 0.68))
    assert figures["world_share_of_controllers"] == pytest.approx(0.5)
    assert figures["headroom_multiple"] == pytest.approx(0.8)
    # Concentration 0.68 is critical, 0.8 times the imports is warning: two axes agree, warning becomes critical.
    assert event.severity.value == "critical"
    assert figures["backup"] == "from Germany, outside the control and selling more than a year before"


def test_a_corrected_line_is_told_today_and_one_that_is_taken_out_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    only_japan = {"target": {"scope": "economies", "economies": ["JPN"]}}
    typed(monkeypatch, only_japan)
    engine = make()
    through(engine, ["2030-01-10", "2030-03-01"])
    typed(monkeypatch, only_japan | {"kind": "export_prohibition"})
    assert through(engine, ["2030-03-05"]) == [("2030-03-05", "JPN/-/xx-2030-1", "worsened", "critical")]
    assert through(engine, ["2030-03-06"]) == []
    monkeypatch.setattr(typed_measures, "load_measures", lambda: ())
    assert through(engine, ["2030-03-07", "2030-03-08"]) == [("2030-03-07", "JPN/-/xx-2030-1", "held", "critical")]
    typed(monkeypatch, only_japan | {"kind": "export_prohibition"})
    assert through(engine, ["2030-03-09"]) == [("2030-03-09", "JPN/-/xx-2030-1", "resumed", "critical")]


@pytest.mark.parametrize("lost", [(), ("2030-01-10",), ("2030-01-10", "2030-03-01")])
def test_days_on_which_nobody_looked_change_the_way_and_not_the_end(monkeypatch: pytest.MonkeyPatch, lost: Sequence[str]) -> None:
    typed(monkeypatch, {"history": [{"status": "scheduled", "from": "2030-01-10"}, {"status": "suspended", "from": "2030-04-01"}]})
    engine = make()
    through(engine, [day for day in ("2030-01-10", "2030-03-01", "2030-04-01") if day not in lost])
    row = state(engine, "JPN/-/xx-2030-1")
    episode = Memory.from_json(row.body).episode
    assert (row.last_observed, episode and episode.severity) == ("2030-04-01", "info")


def test_a_clause_that_lifts_or_cuts_nothing_off_is_nobody_s_danger() -> None:
    every, now = load_measures(), noon("2026-12-01")
    reached = {one.id for one in every for who in load_items().exposed if standing_on(one, who, now.date(), every, now) is not None}
    assert not reached & {"cn-mofcom-2023-39-2", "cn-mofcom-2025-70", "us-bis-2024-02-23-chpl"}
    assert all(standing_on(one, one.controller, now.date(), every, now) is None for one in every), "nobody is cut off by itself"
