"""The life of an alert, on a real ledger with a rule small enough to reason about."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from supplywatch.desk import actions as desk
from supplywatch.errors import BadRequest
from supplywatch.judging.engine import Engine
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.queries import Filter, alert_id_of, alerts, history
from supplywatch.model.alert import AlertEvent, Finding, Transition
from supplywatch.model.items import Items
from supplywatch.model.records import SourceStatus, TransitCount
from supplywatch.model.rule import Context, Rule, RuleCard, State
from supplywatch.registry import rule
from tests import toy
from tests.toy import report, transit

ITEMS = Items(reporter="CHN", items=())


def make_engine(url: str) -> Engine:
    return Engine(Ledger.open(url), {"toy": toy.RULE}, ITEMS, params={"toy": toy.Params()})


@pytest.fixture(params=["sqlite", pytest.param("15", marks=pytest.mark.integration), pytest.param("18", marks=pytest.mark.integration)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = make_engine("sqlite://")
    else:
        made = make_engine(request.getfixturevalue(f"postgres{request.param}").database())
    yield made
    made.ledger.close()


def steps(events: list[AlertEvent]) -> list[str]:
    return [f"{e.transition}:{e.observed_at[-2:]}" for e in events]


def feed(engine: Engine, counts: list[int], first_day: int = 0) -> list[AlertEvent]:
    return engine.judge([transit(first_day + i, c) for i, c in enumerate(counts)]).events


def test_episode_opens_worsens_eases_and_resolves_once(engine: Engine) -> None:
    events = feed(engine, [20, 9, 11, 4, 9, 12, 20])
    assert steps(events) == ["opened:02", "worsened:04", "eased:05", "resolved:06"]
    assert len({e.alert_id for e in events}) == 1
    assert not events[0].standing


def test_one_record_at_a_time_gives_the_same_events_as_a_batch(engine: Engine) -> None:
    counts = [20, 9, 11, 4, 99, 9, 12, 20, 3, 3]
    batch = [e.event_id for e in feed(engine, counts)]
    other = make_engine("sqlite://")
    single = [e.event_id for i, c in enumerate(counts) for e in other.judge([transit(i, c)]).events]
    assert batch == single


def test_already_over_the_line_on_first_load_is_standing(engine: Engine) -> None:
    assert [e.standing for e in feed(engine, [3])] == [True]


def test_history_of_a_first_load_says_nothing_and_then_one_standing_alert(engine: Engine) -> None:
    past = [transit(i, c, baseline=True) for i, c in enumerate([20, 3, 20, 3])]
    assert engine.judge(past).events == []
    events = engine.judge([transit(4, 3)]).events
    assert steps(events) == ["opened:05"]
    assert events[0].standing


def test_unknown_holds_and_fresh_figures_resume(engine: Engine) -> None:
    assert steps(feed(engine, [20, 9, 99, 99, 9, 99, 20])) == ["opened:02", "held:03", "resumed:05", "held:06", "resolved:07"]


def test_silent_source_holds_and_never_resolves(engine: Engine) -> None:
    feed(engine, [20, 9])
    held = engine.judge([report(3, SourceStatus.QUARANTINED)]).events
    assert steps(held) == ["held:02"]
    assert "quarantined" in held[0].headline.en
    assert engine.judge([report(4, SourceStatus.OVERDUE)]).events == []
    assert steps(feed(engine, [9], first_day=4)) == ["resumed:05"]


def test_a_line_left_behind_is_held_until_it_goes_on(engine: Engine) -> None:
    feed(engine, [20, 9])
    engine.judge([transit(day, 20, chokepoint="c2") for day in range(15)])
    assert engine.hold_left_behind(toy.DAY_0 + timedelta(days=16)) == []  # two weekly releases may be missed
    engine.judge([transit(day, 20, chokepoint="c2") for day in range(15, 18)])
    held = engine.hold_left_behind(toy.DAY_0 + timedelta(days=19))
    assert [(e.subject.id, e.transition, e.reason) for e in held] == [
        ("c1", "held", "no figures after 2026-01-02, while toy has come to 2026-01-18")
    ]
    assert engine.hold_left_behind(toy.DAY_0 + timedelta(days=20)) == []
    assert rebuild(engine).identical
    assert steps(feed(engine, [9], first_day=19)) == ["resumed:20"]


def test_report_older_than_the_figures_holds_nothing(engine: Engine) -> None:
    feed(engine, [20, 9])
    assert engine.judge([report(1.5, SourceStatus.QUARANTINED)]).events == []


def test_identical_input_twice_changes_nothing(engine: Engine) -> None:
    records = [transit(i, c) for i, c in enumerate([20, 9, 4, 20, 3])]
    first = engine.judge(records)
    again = engine.judge(records)
    assert (first.new, again.new, again.duplicate, again.events) == (5, 0, 5, [])
    assert rebuild(engine).identical


def test_same_figures_of_a_later_fetch_are_duplicates(engine: Engine) -> None:
    engine.judge([transit(0, 20)])
    assert engine.judge([transit(0, 20, fetched_day=9)]).duplicate == 1


def test_older_payload_served_again_is_dropped_and_counted(engine: Engine) -> None:
    engine.judge([transit(0, 20, fetched_day=2)])
    engine.judge([transit(0, 21, fetched_day=3)])
    assert engine.judge([transit(0, 20, fetched_day=2)]).stale == 1


def test_value_revised_back_is_a_third_vintage(engine: Engine) -> None:
    verdicts = [engine.judge([transit(0, count, fetched_day=2 + i)]) for i, count in enumerate([20, 21, 20])]
    assert [v.revision for v in verdicts] == [0, 1, 1]


def test_revision_alone_opens_nothing(engine: Engine) -> None:
    feed(engine, [20, 20, 20])
    assert engine.judge([transit(2, 3, fetched_day=9)]).events == []
    assert [e.standing for e in engine.judge([transit(3, 3, fetched_day=10)]).events] == [True]


def test_revision_that_takes_the_evidence_away_retracts(engine: Engine) -> None:
    feed(engine, [20, 20, 3])
    events = engine.judge([transit(2, 20, fetched_day=9)]).events
    assert steps(events) == ["retracted:03"]
    assert events[0].reason is not None
    assert "revised figures" in events[0].reason
    assert events[0].reason in events[0].headline.en
    assert steps(feed(engine, [3], first_day=11)) == ["opened:12"]


def test_revision_with_new_days_in_one_batch(engine: Engine) -> None:
    feed(engine, [20, 20, 3])
    batch = [transit(2, 20, fetched_day=9), transit(3, 20, fetched_day=9), transit(4, 2, fetched_day=9)]
    assert steps(engine.judge(batch).events) == ["retracted:03", "opened:05"]


def test_revision_that_ends_it_earlier_resolves(engine: Engine) -> None:
    feed(engine, [20, 3, 3])
    assert steps(engine.judge([transit(2, 20, fetched_day=9)]).events) == ["resolved:03"]


def test_late_day_is_folded_in_its_place(engine: Engine) -> None:
    engine.judge([transit(0, 20), transit(2, 9)])
    engine.judge([transit(1, 20, fetched_day=9)])
    assert rebuild(engine).identical


def test_subjects_do_not_mix(engine: Engine) -> None:
    events = engine.judge([transit(0, 20), transit(0, 3, chokepoint="c2"), transit(1, 3), transit(1, 20, chokepoint="c2")]).events
    assert sorted((e.subject.id, e.transition) for e in events) == [("c1", "opened"), ("c2", "opened"), ("c2", "resolved")]


def test_a_changed_rule_version_folds_the_history_again(engine: Engine) -> None:
    feed(engine, [20, 11])
    stricter = Engine(
        engine.ledger,
        {"toy": Rule(**{**toy.RULE.__dict__, "card": RuleCard(**{**toy.CARD.__dict__, "version": "2"})})},
        ITEMS,
        params={"toy": toy.Params(raise_below=12)},
    )
    events = stricter.judge([transit(2, 11)]).events
    assert [(e.rule_version, e.standing) for e in events] == [("2", True)]


def of_another_layout(ledger: Ledger) -> Engine:
    """Return an engine whose rule is of version 2 and cannot read a state of version 1."""

    def detect(state: State | None, record: TransitCount, params: toy.Params, context: Context) -> tuple[State, Finding]:
        inner, finding = toy.detect(state["inner"] if state else None, record, params, context)
        return {"inner": inner}, finding

    def rebase(state: State, records: Sequence[TransitCount], params: toy.Params) -> State:
        return {"inner": toy.rebase(state["inner"], records, params)}

    rule = replace(toy.RULE, card=replace(toy.CARD, version="2"), detect=detect, rebase=rebase)
    return Engine(ledger, {"toy": rule}, ITEMS, params={"toy": toy.Params()})


@pytest.mark.parametrize("before", ["held", "retracted", "accepted"])
def test_what_happens_before_the_first_record_of_a_new_version_leaves_the_state_readable(
    engine: Engine, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert_id = feed(engine, [20, 9])[0].alert_id
    newer = of_another_layout(engine.ledger)
    monkeypatch.setattr(desk, "find_rule", newer.rules.__getitem__)
    if before == "held":
        assert steps(newer.judge([report(40, SourceStatus.QUARANTINED)]).events) == ["held:02"]
    elif before == "retracted":
        desk.retract(engine.ledger, alert_id, actor="Li Wei", reason="a defect", now=NOW)
    else:
        desk.accept_baseline(newer, alert_id, actor="Li Wei", reason="canal widened", now=NOW)
    assert "opened:05" in steps(newer.judge([transit(2, 20, fetched_day=41), transit(3, 20), transit(4, 3, fetched_day=42)]).events)


def test_rebuild_reproduces_the_projections_byte_for_byte(engine: Engine) -> None:
    feed(engine, [20, 9, 99, 4, 20, 3])
    engine.judge([transit(1, 20, fetched_day=30), transit(6, 3, fetched_day=30)])
    engine.judge([report(31, SourceStatus.QUARANTINED)])
    result = rebuild(engine)
    assert result.rows == {"rule_state": 1, "alert": 2}
    assert result.identical


def test_book_refuses_change_and_removal(engine: Engine) -> None:
    feed(engine, [20, 9])
    for statement in ("UPDATE alert_event SET rule = 'x'", "DELETE FROM alert_event", "DELETE FROM observation"):
        with pytest.raises(DBAPIError, match="append-only"), engine.ledger.engine.begin() as connection:
            connection.execute(text(statement))


NOW = toy.DAY_0 + timedelta(days=40)


def test_person_needs_name_and_reason(engine: Engine) -> None:
    alert_id = feed(engine, [20, 9])[0].alert_id
    with pytest.raises(BadRequest, match="name"):
        desk.acknowledge(engine.ledger, alert_id, actor=" ", reason="seen", now=NOW)


def test_worsening_realarms_after_an_acknowledgement(engine: Engine) -> None:
    alert_id = feed(engine, [20, 9])[0].alert_id
    desk.acknowledge(engine.ledger, alert_id, actor="Li Wei", reason="rerouting", now=NOW)
    assert alerts(engine.ledger, Filter())[0].row["acknowledged_by"] == "Li Wei"
    assert steps(feed(engine, [4], first_day=2)) == ["worsened:03"]
    assert alerts(engine.ledger, Filter())[0].row["acknowledged_by"] is None
    assert rebuild(engine).identical


def test_shelving_expires_by_itself(engine: Engine) -> None:
    alert_id = feed(engine, [20, 9])[0].alert_id
    desk.shelve(engine.ledger, alert_id, actor="Li Wei", reason="strike", until=NOW + timedelta(days=2), now=NOW)
    assert desk.unshelve_expired(engine.ledger, NOW + timedelta(days=1)) == []
    assert [e.transition for e in desk.unshelve_expired(engine.ledger, NOW + timedelta(days=3))] == [Transition.UNSHELVED]
    assert desk.unshelve_expired(engine.ledger, NOW + timedelta(days=3)) == []
    assert rebuild(engine).identical


def test_accepted_baseline_ends_the_episode_and_survives_a_rebuild(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    alert_id = feed(engine, [20, 9])[0].alert_id
    monkeypatch.setattr(desk, "find_rule", lambda rule_id: toy.RULE)
    event = desk.accept_baseline(engine, alert_id, actor="Li Wei", reason="canal widened", now=NOW)
    assert event.transition is Transition.BASELINE_ACCEPTED
    assert rebuild(engine).identical
    with pytest.raises(BadRequest, match="resolved already"):
        desk.acknowledge(engine.ledger, alert_id, actor="Li Wei", reason="late", now=NOW)


def test_as_of_shows_what_was_known_then(engine: Engine) -> None:
    events = feed(engine, [20, 9, 4, 20])
    at = events[1].known_at
    assert [v.row["state"] for v in alerts(engine.ledger, Filter(as_of=at))] == ["open"]
    assert [v.event.transition for v in alerts(engine.ledger, Filter(as_of=at))] == ["worsened"]
    assert [v.row["state"] for v in alerts(engine.ledger, Filter())] == ["resolved"]
    assert steps(history(engine.ledger, alert_id_of(engine.ledger, events[0].alert_id[:8]), at)) == ["opened:02", "worsened:03"]


def test_outbox_holds_every_event_until_it_is_marked(engine: Engine) -> None:
    events = feed(engine, [20, 9, 4, 20])
    pending = engine.ledger.outbox_pending(10)
    assert [row.event_id for row in pending] == [e.event_id for e in events]
    engine.ledger.outbox_mark([row.seq for row in pending[:2]])
    assert engine.ledger.outbox_size() == 1


def test_relay_lease_has_one_holder(engine: Engine) -> None:
    assert engine.ledger.lease("relay", "a", 30)
    assert not engine.ledger.lease("relay", "b", 30)
    assert engine.ledger.lease("relay", "a", -1)
    assert engine.ledger.lease("relay", "b", 30)


def test_registry_names_what_there_is() -> None:
    with pytest.raises(BadRequest, match="no rule 'nonsense'"):
        rule("nonsense")
