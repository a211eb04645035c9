"""Openings against dated events: hits with both delays, misses, false openings a quiet year."""

from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner

from conftest import ROOT
from supplywatch.alert import AlertEvent, Axes, Severity, Subject, Text, Transition
from supplywatch.cli import app
from supplywatch.scoring import PastEvent, PastEvents, load_events, report, score

RULE = "chokepoint_disruption"
CLOSURE = PastEvent.model_validate(
    {"id": "c", "title": "Closure", "rule": RULE, "subjects": ["s"], "from": "2022-03-01", "to": "2022-03-20", "citation": "said so"}
)
APART = CLOSURE.model_copy(update={"id": "a", "title": "Apart", "first": date(2022, 6, 1), "last": date(2022, 6, 30), "apart": True})
PAST = PastEvents(tuned_on={RULE: ("s",)}, events=(CLOSURE, APART))
SPAN = {("s", "Strait"): ("2020-01-01", "2022-12-31")}


def opening(day: str, known: str, onset: str | None = None) -> AlertEvent:
    return AlertEvent(
        event_id=day,
        alert_id=day,
        rule=RULE,
        rule_version="1",
        subject=Subject(kind="chokepoint", id="s", name="Strait"),
        taxonomy=(),
        transition=Transition.OPENED,
        severity=Severity.WATCH,
        observed_at=day,
        known_at=datetime.fromisoformat(known).replace(tzinfo=UTC),
        onset=onset,
        standing=False,
        evidence=(),
        axes=Axes(),
        measures={},
        clears_when=None,
        headline=Text(en="x", zh="x"),
    )


def test_a_hit_has_the_delay_in_data_time_and_with_the_publication() -> None:
    found = score(RULE, [opening("2022-03-03", "2022-03-08", "2022-03-02")], SPAN, PAST)
    (outcome,) = found.outcomes
    assert (outcome.opened, outcome.onset, outcome.delay_days, outcome.known_after_days) == ("2022-03-03", "2022-03-02", 2, 7)
    assert found.false_per_series_year == 0.0


def test_a_miss_and_false_openings_are_told() -> None:
    days = ["2020-05-01", "2022-05-01", "2022-06-15"]  # the first year is not counted, June is counted apart
    found = score(RULE, [opening(day, day) for day in days], SPAN, PAST)
    (outcome,) = found.outcomes
    assert outcome.opened is None
    (series,) = found.subjects
    assert series.false_openings == ("2022-05-01",)
    assert series.in_sample
    assert series.quiet_years == pytest.approx((365 + 366 - 1 - 20 - 30) / 365.25, abs=0.01)
    text = "\n".join(report(found, 0.5))
    assert "| Closure | s | 2022-03-01 | **missed** | - | - | - |" in text
    assert "* Closure: said so" in text


def test_a_series_of_a_few_months_has_no_quiet_year() -> None:
    found = score(RULE, [], {("s", "Strait"): ("2022-01-01", "2022-03-31")}, PAST)
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
