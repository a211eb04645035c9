"""Season and diversion beside the chart: what they say, and what they never decide."""

from datetime import date, timedelta
from typing import Any

import pytest

from detectors._charts.season import WEEKS_KEPT, start
from detectors._charts.traffic import Reading, fold, rebased
from detectors.shocks import chokepoint_disruption
from detectors.shocks.chokepoint_disruption import Params
from supplywatch.config import rule_params
from supplywatch.model.items import load_items
from supplywatch.model.records import TransitCount
from supplywatch.model.rule import Context
from supplywatch.rulebook.cases import transit

PARAMS = rule_params("chokepoint_disruption", Params)
MONDAY = date(2019, 1, 7)


def readings(counts: list[int]) -> list[Reading]:
    state: dict[str, Any] | None = None
    found = []
    for n, count in enumerate(counts):
        state, reading = fold(state, (MONDAY + timedelta(days=n)).isoformat(), count, PARAMS)
        found.append(reading)
    return found


def test_a_season_that_comes_every_year_eases_the_grade_not_the_opening() -> None:
    found = readings([65 if 200 <= n % 364 < 228 else 100 for n in range(4 * 364)])
    raised = [(n // 364, reading) for n, reading in enumerate(found) if reading.status == "raised"]
    assert {year for year, _ in raised} == {0, 1, 2, 3}
    first, last = ({reading.severity.value for year, reading in raised if year == n} for n in (0, 3))
    assert "warning" in first
    assert last == {"watch"}
    assert max(reading.drop for year, reading in raised if year == 3) > PARAMS.warning_drop


def test_a_closure_is_graded_alike_with_and_without_a_season() -> None:
    short, long = ([60] * days + [10] * 14 for days in (200, 800))
    assert readings(short)[-1].season is None
    assert readings(long)[-1].season == 60.0
    assert readings(short)[-1].severity == readings(long)[-1].severity == "critical"


@pytest.mark.parametrize(("left", "severity"), [(16, "warning"), (3, "critical")])
def test_a_stop_of_two_days_is_graded_by_its_days_and_is_no_crisis(left: int, severity: str) -> None:
    state: dict[str, Any] | None = None
    for n, count in enumerate([50] * 100 + [left] * 2):
        state, reading = fold(state, (MONDAY + timedelta(days=n)).isoformat(), count, PARAMS)
    assert (reading.status, reading.severity.value, reading.graded_days) == ("raised", severity, 2)
    assert reading.agreed_drop < PARAMS.warning_drop, "by the week's mean it would be a watch"
    assert state is not None
    assert not state["halved"], "two days are no crisis that the season must forget"


def test_a_week_of_a_stop_is_graded_as_a_week() -> None:
    found = readings([50] * 100 + [12] * 12)
    assert [reading.graded_days for reading in found[-12:]] == [7, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7]
    assert found[-1].severity == "critical"


def _sentence(counts: list[int]) -> Any:
    state: dict[str, Any] | None = None
    for n, count in enumerate(counts):
        record = _record("chokepoint6", MONDAY + timedelta(days=n), count)
        state, finding = chokepoint_disruption.detect(state, record, PARAMS, Context(load_items()))
    return finding


def test_every_figure_that_decided_stands_in_the_sentence() -> None:
    closed = _sentence([80] * 500 + [5] * 20)
    assert closed.headline.en == (
        "chokepoint6 effectively closed, day 20: 5 ships a day over the last 7 days against 80 usual, 94 % below; 94 % below season too; "
        "since 2020-05-21; data as of 2020-06-09"
    )
    assert closed.headline.zh == (
        "霍尔木兹海峡实际关闭,第20天:近7日日均通行5艘,常态80艘,低94%;较往年同期也低94%;自2020-05-21起;数据截至2020-06-09"
    )
    assert closed.because.en.endswith("the smaller deficit decides (94 %): critical (warning from 30 %, critical from 50 %)")


def test_a_severity_that_only_the_hysteresis_holds_says_until_when() -> None:
    held = _sentence([80] * 100 + [20] * 20 + [44] * 12)
    assert held.severity == "critical"
    assert held.headline.en.endswith("stays critical until 40 % or less for 7 days running (0 so far)")
    assert held.headline.zh.endswith("维持严重,直至连续7日降至40%以下(已0日)")


def test_a_season_that_makes_it_milder_says_that_it_decides() -> None:
    found = _sentence([65 if 200 <= n % 364 < 228 else 100 for n in range(2 * 364 + 214)])
    assert found.severity == "watch"
    assert "34 % below; as many as in season, which decides" in found.headline.en


def test_a_crisis_is_no_season() -> None:
    crisis_of_a_year = readings([100] * 400 + [40] * 364)
    assert {reading.season for reading in crisis_of_a_year[430:]} == {100.0}
    assert crisis_of_a_year[-1].severity == "critical"
    shallow_for_two_years = readings([100] * 400 + [78] * 728)
    assert shallow_for_two_years[-1].status == "raised"
    assert shallow_for_two_years[-1].season is None or shallow_for_two_years[-1].season > 90


def test_the_memory_of_the_season_is_bounded_and_keeps_its_calendar_over_gaps() -> None:
    season, day = start(MONDAY.toordinal()), MONDAY.toordinal()
    for n in range(400):
        later = day + (7 if n % 10 else 28)
        season = season.after(day, later, float(n), usual=True)
        day = later
    assert len(season.weeks) == WEEKS_KEPT
    assert season.first + WEEKS_KEPT == (day - 1) // 7
    assert season.weeks.count(None) > 10


def _record(portid: str, day: date, count: int) -> TransitCount:
    fixed = {"fetched": "2026-01-01T00:00Z", "chokepoint_id": portid, "chokepoint_name": portid}
    origin = {"source": "portwatch_chokepoints", "vintage": "v", "payload_sha256": "0" * 64, "position": "1"}
    return TransitCount.model_validate({**transit(day, count), **fixed, "provenance": origin})


def test_an_alert_that_a_person_ended_is_no_part_of_the_quiet_past() -> None:
    state: dict[str, Any] | None = None
    for n, count in enumerate([60] * 800 + [30] * 100):
        state, _ = fold(state, (MONDAY + timedelta(days=n)).isoformat(), count, PARAMS)
    assert state is not None
    assert state["open"]
    state = rebased(state, [30] * 28)
    for n in range(900, 960):
        state, reading = fold(state, (MONDAY + timedelta(days=n)).isoformat(), 30, PARAMS)
    assert (reading.status, reading.past.past, reading.limits.sigma) == ("quiet", [], PARAMS.limit_sigma)


def test_traffic_gained_round_the_cape_is_told_and_decides_nothing() -> None:
    items, rule = load_items(), chokepoint_disruption.RULE
    with_route: dict[str, Any] | None = None
    alone: dict[str, Any] | None = None
    for n in range(110):
        day = date(2023, 9, 1) + timedelta(days=n)
        suez = _record("chokepoint1", day, 70 if n < 100 else 25)
        cape = _record("chokepoint7", day, 50 if n < 100 else 80)
        assert rule.related(suez, items) == [("transit/chokepoint7", day.isoformat())]
        with_route, corroborated = rule.detect(with_route, suez, PARAMS, Context(items, {("transit/chokepoint7", day.isoformat()): cape}))
        alone, bare = rule.detect(alone, suez, PARAMS, Context(items))
        assert (corroborated.status, corroborated.severity, corroborated.onset) == (bare.status, bare.severity, bare.onset)
    assert corroborated.status == "raised"
    assert corroborated.measures["gained_7d_pct.chokepoint7"] == pytest.approx(60.0, abs=2.0)  # it learned until the alert opened
    assert corroborated.headline is not None
    assert "Cape of Good Hope carries 58% more" in corroborated.headline.en
    assert not [name for name in bare.measures if name.startswith("gained")]


def test_an_alert_says_whether_its_limit_is_the_straits_own() -> None:
    young, old = (readings([60] * days + [10] * 5)[-1].thresholds(PARAMS) for days in (200, 800))
    assert [(line.name, line.kind) for line in young] == [("limit_sigma", "pooled"), ("drop_days", "pooled")]
    assert [(line.name, line.kind) for line in old] == [("limit_sigma", "calibrated"), ("drop_days", "calibrated")]
    assert "uncalibrated" in young[0].source


def test_a_strait_that_storms_close_for_two_days_needs_three_to_open() -> None:
    year = [60 + n % 5 for n in range(363)]
    stormy = [*year[:200], 5, 5, *year[202:]]
    found = readings([*year, *stormy, *stormy, *stormy, *year[:200], 5, 5, 5])
    opened = [n for n, reading in enumerate(found) if reading.status == "raised" and found[n - 1].status != "raised"]
    assert opened == [363 + 201, 4 * 363 + 202]  # the first storm, and what lasts longer than storms do
    assert found[-1].limits.days == 3
