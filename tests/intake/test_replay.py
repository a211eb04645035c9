"""Recorded payloads stepped through: which became known when, and what each brought."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from supplywatch import registry
from supplywatch.errors import Quarantine
from supplywatch.intake.files import Given, read_file
from supplywatch.intake.replay import steps
from supplywatch.model.records import ListChange, Record, SourceReport, TransitCount
from supplywatch.model.source import Part, Payload, Source
from tests.faults import straits
from tests.faults.straits import DAY, body, month

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def given(content: bytes, fetched: str | None = None, source_id: str = "straits", **more: Any) -> Given:
    moment = NOW if fetched is None else datetime.fromisoformat(fetched).replace(tzinfo=UTC)
    return Given(Payload(source_id, (Part(content, "file"),), moment), timed=fetched is not None, **more)


def played(payloads: Sequence[Given], source: Source = straits.SOURCE) -> list[list[Record]]:
    return list(steps(source, payloads, now=NOW))


def brief(records: Sequence[Record]) -> list[tuple[str, int, int]]:
    return [(r.chokepoint_id, int(r.observed[-2:]), r.transits_total) for r in records if isinstance(r, TransitCount)]


def statuses(batches: Sequence[Sequence[Record]]) -> list[list[str]]:
    return [[f"{r.status}:{r.reason}" for r in batch if isinstance(r, SourceReport)] for batch in batches]


def test_payloads_with_a_fetch_time_are_vintages_whatever_their_order() -> None:
    old, new = given(body(month(10)), "2026-09-14"), given(body(month(11, a3=4)), "2026-09-21")
    for payloads in ((old, new), (new, old)):
        first, second = played(payloads)
        assert len(first) == 20
        assert brief(second) == [("a", 3, 4), ("a", 11, 10), ("b", 11, 10)]
        assert {r.fetched for r in first} == {old.payload.fetched}
        assert {r.provenance.vintage for r in second} == {"2026-09-21T00:00:00Z"}
    assert not any(record.baseline for record in first + second)


def test_a_payload_without_a_fetch_time_counts_as_followed_live() -> None:
    (records,) = played([given(body(month(10)))])
    for record in records:
        end = datetime.fromisoformat(record.observed).replace(tzinfo=UTC) + DAY
        assert record.fetched == end + straits.CARD.calendar.content_lag
        assert record.provenance.vintage == f"{record.fetched:%Y-%m-%dT%H:%M:%SZ}"
    assert [record.observed for record in records] == sorted(record.observed for record in records)


def test_the_calendar_says_when_a_period_was_known_but_never_after_the_file() -> None:
    tuesdays = replace(straits.CARD.calendar, known_at=lambda period: datetime.fromisoformat(period).replace(tzinfo=UTC) + 3 * DAY)
    source = replace(straits.SOURCE, card=replace(straits.CARD, calendar=tuesdays))
    (records,) = played([given(body(month(10)))], source)
    assert {r.fetched - datetime.fromisoformat(r.observed).replace(tzinfo=UTC) for r in records} == {3 * DAY}
    early = Given(Payload("straits", (Part(body(month(10)), "file"),), datetime(2026, 9, 11, tzinfo=UTC)), timed=False)
    (records,) = played([early], source)
    assert max(record.fetched for record in records) == early.payload.fetched


def test_the_same_payload_and_older_ones_bring_nothing() -> None:
    ten, nine = body(month(10)), body(month(9))
    batches = played([given(ten, "2026-09-14"), given(ten, "2026-09-15"), given(nine, "2026-09-16"), given(body(month(11)), "2026-09-17")])
    assert [len(batch) for batch in batches] == [20, 0, 0, 2]
    assert len(played([given(ten, "2026-09-14"), given(body(month(10, a1=9)), "2026-09-15"), given(ten, "2026-09-16")])[2]) == 0


def test_a_payload_not_to_be_believed_is_reported_and_the_recovery_too() -> None:
    refused = Quarantine("too_large", "straits: too large")
    batches = played(
        [
            given(body(month(10)), "2026-09-14"),
            given(b"{}", "2026-09-15"),
            given(b"", "2026-09-16", refused=refused),
            given(body(month(11)), "2026-09-17"),
        ]
    )
    assert statuses(batches) == [[], ["quarantined:source_changed"], ["quarantined:too_large"], ["accepted:None"]]
    (report,) = batches[2]
    assert isinstance(report, SourceReport)
    assert (report.content_observed, report.detail) == ("2026-09-10", "straits: too large")
    assert report.last_good_at == datetime(2026, 9, 14, tzinfo=UTC)


def test_a_payload_cannot_speak_of_days_after_its_fetch() -> None:
    assert statuses(played([given(body(month(10)), "2026-09-05")])) == [["quarantined:source_changed"]]


def test_a_rewritten_history_is_reported_with_what_it_changed() -> None:
    changed: dict[str, Any] = {f"a{day}": 4 for day in range(1, 5)}
    _, second = played([given(body(month(30)), "2026-10-14"), given(body(month(30, **changed)), "2026-10-15")])
    assert statuses([second]) == [["history_rewritten:None"]]
    assert len(brief(second)) == 4


def test_bounds_are_warnings_when_somebody_is_told() -> None:
    source = replace(straits.SOURCE, card=replace(straits.CARD, min_records=50))
    assert statuses(played([given(body(month(10)), "2026-09-14")], source)) == [["quarantined:bounds"]]
    warnings: list[str] = []
    (records,) = steps(source, [given(body(month(10)), "2026-09-14")], now=NOW, warn=warnings.append)
    assert (len(records), len(warnings)) == (20, 1)


def test_lists_are_compared_from_one_payload_to_the_next(fixtures: Path) -> None:
    good, changed = ((fixtures / "csl" / name).read_bytes() for name in ("good.csv", "changed.csv"))
    payloads = [given(good, "2026-10-01", "csl"), given(changed, "2026-10-02", "csl"), given(b"<html>", "2026-10-03", "csl")]
    first, second, third = list(steps(registry.source("csl"), payloads, now=NOW, warn=lambda _text: None))
    assert {r.change for r in first if isinstance(r, ListChange)} == {"baseline"}
    assert sorted(r.change for r in second if isinstance(r, ListChange)) == ["addition", "amendment", "withdrawal"]
    assert statuses([third]) == [["quarantined:error_body"]]


def test_a_file_on_disk_with_its_fetch_time(tmp_path: Path) -> None:
    path = tmp_path / "days.json"
    path.write_bytes(body(month(10)))
    spec = read_file(f"{path}@2026-09-14T13:36Z", straits.CARD, now=NOW)
    (records,) = played([spec])
    assert {record.fetched for record in records} == {datetime(2026, 9, 14, 13, 36, tzinfo=UTC)}
    assert records[0].provenance.payload_sha256 == spec.payload.sha256


@pytest.mark.parametrize("days", [1, 400])
def test_equal_input_gives_equal_records(days: int) -> None:
    payloads = [given(body(month(10)), "2026-09-14"), given(body(month(11)), "2026-09-15")]
    assert played(payloads) == list(steps(straits.SOURCE, payloads, now=NOW + timedelta(days=days)))
