"""What a rule said against dated events: hits with both delays, worsenings, misses, what came without an event in a judged year."""

from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from supplywatch.cli import app
from supplywatch.model.alert import AlertEvent, Axes, Severity, Subject, Text, Transition
from supplywatch.rulebook.scoring import History, PastEvent, PastEvents, load_events, report, score
from tests.conftest import ROOT

RULE = "chokepoint_disruption"
CLOSURE = PastEvent.model_validate(
    {"id": "c", "title": "Closure", "raises": {RULE: ["s"]}, "from": "2022-03-01", "to": "2022-03-20", "citation": "said so"}
)
APART = CLOSURE.model_copy(update={"id": "a", "title": "Apart", "first": date(2022, 6, 1), "last": date(2022, 6, 30), "apart": True})
PAST = PastEvents(tuned_on={RULE: ("s",)}, events=(CLOSURE, APART))


def history(first: str, last: str, judged_from: str | None = None) -> History:
    start, days = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    recorded = frozenset((start + timedelta(days=n)).isoformat() for n in range(days))
    judged = frozenset(day for day in recorded if day >= (judged_from or first))
    return History("Strait", recorded, judged, frozenset())


TWO_YEARS = {"s": history("2021-01-01", "2022-12-31")}


def said(day: str, transition: Transition = Transition.OPENED, known: str | None = None, onset: str | None = None) -> AlertEvent:
    return AlertEvent(
        event_id=day,
        alert_id=day,
        rule=RULE,
        rule_version="1",
        subject=Subject(kind="chokepoint", id="s", name="Strait"),
        taxonomy=(),
        transition=transition,
        severity=Severity.WATCH,
        observed_at=day,
        known_at=datetime.fromisoformat(known or day).replace(tzinfo=UTC),
        onset=onset,
        standing=False,
        evidence=(),
        axes=Axes(),
        measures={},
        clears_when=None,
        headline=Text(en="x", zh="x"),
    )


def test_a_hit_has_the_delay_in_data_time_and_with_the_publication() -> None:
    found = score(RULE, [said("2022-03-03", known="2022-03-08", onset="2022-03-02")], TWO_YEARS, PAST)
    (outcome,) = found.outcomes
    assert (outcome.transition, outcome.observed, outcome.onset) == ("opened", "2022-03-03", "2022-03-02")
    assert (outcome.delay_days, outcome.known_after_days) == (2, 7)
    assert found.false_per_series_year == 0.0


def test_a_miss_and_openings_without_an_event_are_told() -> None:
    days = ["2021-05-01", "2022-05-01", "2022-06-15"]  # June is counted apart
    found = score(RULE, [said(day) for day in days], TWO_YEARS, PAST)
    (outcome,) = found.outcomes
    assert (outcome.transition, outcome.judged) == (None, True)
    (series,) = found.subjects
    assert series.false_openings == ("2021-05-01", "2022-05-01")
    assert series.in_sample
    assert series.quiet_years == pytest.approx((365 + 365 - 20 - 30) / 365.25)
    text = "\n".join(report(found, 0.5))
    assert "| Closure | s | 2022-03-01 | **missed**, open since 2021-05-01 | - | - | - | - |" in text
    assert "* Closure: said so" in text
    assert "an alert opened in 0, 0 only worsened one that was open before, 1 said nothing" in text


def test_an_alert_that_was_open_and_worsens_is_no_hit_and_counts_outside_as_inside() -> None:
    told = [said("2022-01-01"), said("2022-02-01", Transition.WORSENED), said("2022-03-05", Transition.WORSENED)]
    found = score(RULE, told, TWO_YEARS, PAST)
    (outcome,) = found.outcomes
    assert (outcome.transition, outcome.open_since) == ("worsened", "2022-01-01")
    assert found.subjects[0].false_worsenings == ("2022-02-01",)
    assert found.worsened_per_series_year == found.false_per_series_year
    assert "1 only worsened one that was open before" in report(found, 0.5)[2]


def test_an_alert_that_ended_before_the_event_was_not_open() -> None:
    told = [said("2022-01-01"), said("2022-02-01", Transition.RESOLVED), said("2022-03-05", Transition.WORSENED), said("2022-03-10")]
    (outcome,) = score(RULE, told, TWO_YEARS, PAST).outcomes
    assert (outcome.transition, outcome.observed, outcome.open_since) == ("opened", "2022-03-10", None)


def test_periods_the_rule_could_not_judge_are_no_quiet_years() -> None:
    warming_up = {"s": history("2021-01-01", "2022-12-31", judged_from="2022-11-01")}
    found = score(RULE, [], warming_up, PAST)
    assert found.subjects[0].quiet_years == pytest.approx(61 / 365.25)
    assert "| **could not judge** |" in "\n".join(report(found, 0.5))


def test_nothing_judged_is_no_quiet_year() -> None:
    found = score(RULE, [], {"s": history("2022-01-01", "2022-01-31", judged_from="2023-01-01")}, PAST)
    assert found.false_per_series_year is None
    assert found.outcomes == ()


def test_the_events_shipped_are_dated_and_cited() -> None:
    for event in load_events().events:
        assert event.citation.strip()
        assert event.last is None or event.first <= event.last


def test_a_backtest_of_a_recorded_payload_from_the_command_line() -> None:
    good = min((ROOT / "tests/fixtures/portwatch_chokepoints").glob("good*.json"))
    command = ["rules", "backtest", RULE, "--source", "portwatch_chokepoints", "--from", str(good)]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, ran.output
    assert "# chokepoint_disruption" in ran.output
    assert '"false_per_series_year": null' in CliRunner().invoke(app, [*command, "--json"]).output
