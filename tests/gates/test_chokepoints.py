"""The chokepoint rule and its connector on genuine PortWatch vintages."""

import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from detectors.shocks.chokepoint_disruption import Params
from supplywatch.config import rule_params
from supplywatch.model.records import TransitCount
from tests import genuine
from tests.genuine import BAB, HORMUZ, SUEZ
from tests.stepping import events, given, openings

pytestmark = pytest.mark.gate

SOURCE, RULE = "portwatch_chokepoints", "chokepoint_disruption"
RULE_B = rule_params(RULE, Params)
POOLED = {"min_quiet_days": 10**6}
"""As the reference: one limit throughout, no calibration."""
RULE_A = RULE_B.model_copy(update={"drop_share": 0.70, "drop_days": 1, **POOLED})
RED_SEA = (date(2023, 11, 19), date.max)
REAL = {
    SUEZ: [(date(2021, 3, 23), date(2021, 4, 10)), RED_SEA],
    BAB: [RED_SEA],
    HORMUZ: [(date(2025, 6, 13), date(2025, 7, 5)), (date(2026, 2, 28), date.max)],
}
QUIET_SERIES_YEARS = 11.9


def false_openings(found: list[tuple[str, str | None]], portid: str) -> list[str]:
    """Return the openings from 2020 on that are outside real events and the months of COVID."""
    days = [date.fromisoformat(day) for day, _ in found]
    quiet = [d for d in days if d.year >= 2020 and not date(2020, 3, 15) <= d <= date(2020, 10, 31)]
    return [d.isoformat() for d in quiet if not any(start <= d <= end for start, end in REAL[portid])]


def test_gate_5_rule_a_is_the_reference(data: Path) -> None:
    found = events(SOURCE, [given(SOURCE, genuine.worldmonitor(data))], RULE, RULE_A)
    suez, bab, hormuz = (openings(found, portid) for portid in (SUEZ, BAB, HORMUZ))
    # The reference closes an alert after 120 days and opens again (2024-12-12); here a new normal is a person's act.
    assert suez == [("2021-03-24", "2021-03-23"), ("2024-01-01", "2023-12-23")]
    assert [day for day, _ in bab] == ["2021-03-29", "2023-12-23"]
    assert bab[1][1] == "2023-12-16"
    assert [day for day, _ in hormuz] == ["2019-11-20", "2020-11-21", "2021-03-17", "2024-12-05", "2026-03-01"]
    assert hormuz[-1][1] == "2026-02-28"


def test_gate_5_rule_b_is_the_reference(data: Path) -> None:
    found = events(SOURCE, [given(SOURCE, genuine.worldmonitor(data))], RULE, RULE_B.model_copy(update=POOLED))
    suez, hormuz = (openings(found, portid) for portid in (SUEZ, HORMUZ))
    assert (suez[0][0], hormuz[-1][0]) == ("2021-03-25", "2026-03-02")
    assert len([day for portid in (SUEZ, BAB, HORMUZ) for day in false_openings(openings(found, portid), portid)]) == 3


def test_gate_5_rule_b_as_shipped(data: Path) -> None:
    found = events(SOURCE, [given(SOURCE, genuine.worldmonitor(data))], RULE)
    by_port = {portid: openings(found, portid) for portid in (SUEZ, BAB, HORMUZ)}
    assert by_port[SUEZ] == [("2021-03-25", "2021-03-23"), ("2024-01-01", "2023-12-23")]
    assert by_port[HORMUZ][-1] == ("2026-03-02", "2026-02-28")
    false = [day for portid, found_ in by_port.items() for day in false_openings(found_, portid)]
    assert false == ["2021-03-29", "2020-11-21"]  # by SUEZ, BAB, HORMUZ; the pooled reference below has a third
    assert len(false) / QUIET_SERIES_YEARS <= 0.5


@pytest.mark.parametrize("limit", [8.0, 10.0])
def test_gate_6_two_vintages_agree_on_the_event(data: Path, limit: float) -> None:
    params = RULE_A.model_copy(update={"limit_sigma": limit})
    for body in (genuine.worldmonitor(data, [HORMUZ]), genuine.march_vintage(data)):
        found = openings(events(SOURCE, [given(SOURCE, body)], RULE, params), HORMUZ)
        assert ("2026-03-01", "2026-02-28") in found


def test_gate_6_a_revision_alone_opens_nothing(data: Path) -> None:
    march, july = genuine.march_vintage(data), genuine.worldmonitor(data, [HORMUZ])
    before, after = (_totals(body) for body in (march, july))
    common = before.keys() & after.keys()
    changes = [abs(after[day] - before[day]) for day in common]
    assert (len(common), sum(change > 0 for change in changes), max(changes)) == (2638, 2586, 93)
    payloads = [given(SOURCE, march, genuine.MARCH_2026), given(SOURCE, july, genuine.JULY_2026)]
    found = events(SOURCE, payloads, RULE)
    revised = [e for e in found if e.known_at.month == 7]
    assert not [e for e in revised if e.transition == "opened" and e.observed_at <= max(before)]
    rewritten = events(SOURCE, payloads, "source_health")
    assert [e.subject.id for e in rewritten] == [f"{SOURCE}/history/2026-07-27"]


def test_gate_7_weekly_payloads(data: Path) -> None:
    weeks = [(moment, body) for moment, body in genuine.weekly_payloads(data)]
    totals = [_totals(body) for _, body in weeks if json.loads(body)["features"]]
    for earlier, later in pairwise(totals):
        assert all(later[day] == earlier[day] for day in earlier.keys() & later.keys())
    found = events(SOURCE, [given(SOURCE, body, moment) for moment, body in weeks], RULE)
    assert [(e.transition, e.known_at.date().isoformat(), e.known_at.hour) for e in found if e.transition in ("held", "resumed")] == [
        ("held", "2026-04-28", 13),
        ("resumed", "2026-04-28", 17),
    ]


def _totals(body: bytes) -> dict[str, int]:
    rows = [feature["attributes"] for feature in json.loads(body)["features"]]
    return {f"{row['year']}-{row['month']:02d}-{row['day']:02d}": row["n_total"] for row in rows}


WORLD_BANK = [
    (BAB, "2022-01-01", "2023-10-06", (23.91, 46.86, 70.77)),
    (BAB, "2023-10-07", "2023-11-16", (25.95, 51.58, 77.53)),
    (SUEZ, "2022-01-01", "2023-10-06", (23.09, 46.98, 70.07)),
    (SUEZ, "2023-10-07", "2023-11-16", (25.20, 51.64, 76.83)),
]


@pytest.mark.parametrize(("portid", "first", "last", "published"), WORLD_BANK, ids=str)
def test_gate_8_counts_of_the_world_bank(data: Path, portid: str, first: str, last: str, published: tuple[float, ...]) -> None:
    from supplywatch.registry import source

    payload = given(SOURCE, genuine.worldmonitor(data, [portid])).payload
    read = [record for record in source(SOURCE).parse(payload) if isinstance(record, TransitCount)]
    days = {date.fromisoformat(r.observed): (r.transits_tanker, r.transits_cargo, r.transits_total) for r in read}
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    span = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    for column, expected in enumerate(published):
        week_means = [sum(days[day + timedelta(days=n)][column] for n in range(-3, 4)) / 7 for day in span]
        assert sum(week_means) / len(week_means) == pytest.approx(expected, rel=0.02)
