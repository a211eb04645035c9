"""IMF PortWatch: days, sums, pages and refusals."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors._reading.arcgis import PAGE_ROWS
from connectors.logistics.portwatch_chokepoints import FIRST_DAY, SOURCE, URL, release
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.intake import guards
from supplywatch.model.records import TransitCount
from supplywatch.model.source import Cursor, Part, Payload, Request

NOW = datetime(2026, 4, 21, 13, 36, tzinfo=UTC)

REFUSALS = [
    ("bad_total.json", "source_changed", r"features\[2\]: field 'n_total' is 60, expected n_cargo \+ n_tanker, 59"),
    ("bad_cargo.json", "source_changed", r"features\[3\]: field 'n_cargo' is .*the sum of its ship types"),
    ("bad_renamed_column.json", "source_changed", r"features\[0\]: field 'n_tanker' is '\(absent\)'"),
    ("bad_new_column.json", "source_changed", r"features\[0\]: field 'n_ferry' is 'new'"),
    ("bad_date_hour.json", "source_changed", r"features\[1\]: field 'date' is 1775782800000, expected midnight UTC"),
    ("bad_date_text.json", "source_changed", r"features\[1\]: field 'date' is '10.04.2026'"),
    ("bad_date_week.json", "source_changed", r"features\[1\]: field 'date' is '2026-W15-5', expected .*YYYY-MM-DD"),
    ("bad_date_missing.json", "source_changed", r"features\[0\]: field 'date' is None"),
    ("bad_day.json", "source_changed", r"features\[4\]: field 'day' is 12, expected 11, as date says 2026-04-11"),
    ("bad_negative.json", "source_changed", r"features\[5\]: field 'n_roro' is -1"),
    ("bad_count_text.json", "source_changed", r"features\[5\]: field 'n_roro' is '2'"),
    ("bad_count_fraction.json", "source_changed", r"features\[5\]: field 'n_roro' is 1.5"),
    ("bad_count_missing.json", "source_changed", r"features\[5\]: field 'n_roro' is None"),
    ("bad_capacity.json", "source_changed", r"features\[0\]: field 'capacity' is -1.0"),
    ("bad_portid.json", "source_changed", r"features\[0\]: field 'portid' is ' '"),
    ("bad_two_values.json", "source_changed", r"features\[2\] and features\[6\] say different things"),
    ("bad_gap.json", "truncated", "chokepoint4: 8 days missing between 2026-04-10 and 2026-04-19"),
    ("bad_more_rows.json", "truncated", "exceededTransferLimit"),
    ("bad_more_rows_properties.json", "truncated", "exceededTransferLimit"),
    ("bad_page_without_rows.json", "truncated", "exceededTransferLimit"),
    ("bad_truncated.json", "truncated", "bad_truncated.json: cut at character"),
    ("bad_error.json", "error_body", "400 Cannot perform query"),
    ("bad_web_page.json", "error_body", "503 Service Unavailable"),
    ("bad_empty.json", "empty_list", "without a single record"),
    ("bad_empty_body.json", "empty_body", "0 bytes"),
]


@pytest.fixture
def folder(fixtures: Path) -> Path:
    return fixtures / "portwatch_chokepoints"


def read(*paths: Path) -> list[TransitCount]:
    payload = Payload("portwatch_chokepoints", tuple(Part(path.read_bytes(), path.name) for path in paths), NOW)
    found = guards.read(SOURCE, payload, now=NOW, warn=lambda _: None).records
    return [record for record in found if isinstance(record, TransitCount)]


def said(record: TransitCount) -> tuple[str, str, str]:
    return record.series, record.observed, record.digest


def test_one_record_for_each_chokepoint_and_day(folder: Path) -> None:
    records = {(record.chokepoint_id, record.observed): record for record in read(folder / "good.json")}
    assert len(records) == 30
    raw = json.loads((folder / "good.json").read_bytes())["features"]
    for index, feature in enumerate(raw):
        row: dict[str, Any] = feature["attributes"]
        record = records[row["portid"], f"{row['year']}-{row['month']:02d}-{row['day']:02d}"]
        assert record.transits_total == row["n_total"] == record.transits_cargo + record.transits_tanker
        assert (record.transits_container, record.transits_dry_bulk) == (row["n_container"], row["n_dry_bulk"])
        assert (record.transits_general_cargo, record.transits_roro) == (row["n_general_cargo"], row["n_roro"])
        assert (record.chokepoint_name, record.capacity_dwt) == (row["portname"], row["capacity"])
        assert record.provenance.position == f"features[{index}]"


def test_zero_is_a_count_and_an_absent_capacity_is_none(folder: Path, tmp_path: Path) -> None:
    closed = [record for record in read(folder / "good.json") if record.transits_total == 0]
    assert [(record.series, record.observed) for record in closed] == [("transit/chokepoint6", "2026-04-14")]
    body = json.loads((folder / "good.json").read_bytes())
    body["features"][0]["attributes"]["capacity"] = None
    (tmp_path / "good.json").write_text(json.dumps(body))
    assert read(tmp_path / "good.json")[0].capacity_dwt is None


def test_dates_come_in_two_forms(folder: Path) -> None:
    assert [said(record) for record in read(folder / "good_dateonly.json")] == [said(record) for record in read(folder / "good.json")[:9]]


@pytest.mark.parametrize("first", ["page_1.json", "page_1_properties.json"])
def test_pages_make_one_payload(folder: Path, first: str) -> None:
    pages = read(folder / first, folder / "page_2.json")
    assert [said(record) for record in pages] == [said(record) for record in read(folder / "good.json")]
    assert [pages[n].provenance.position for n in (0, 20)] == ["page 1 features[0]", "page 2 features[0]"]
    with pytest.raises(Quarantine, match="exceededTransferLimit"):
        read(folder / "page_2.json", folder / first)


@pytest.mark.parametrize(("name", "reason", "words"), REFUSALS)
def test_refused(folder: Path, name: str, reason: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words) as refusal:
        read(folder / name)
    assert refusal.value.reason == reason


def test_every_bad_payload_is_tested(folder: Path) -> None:
    assert {path.name for path in folder.glob("bad_*")} == {name for name, _, _ in REFUSALS}


def test_the_history_is_asked_for_once_then_the_window() -> None:
    [first] = SOURCE.requests(Cursor(NOW))
    assert first.url == URL
    assert first.params["where"] == f"date >= timestamp '{FIRST_DAY} 00:00:00'"
    assert (first.params["f"], first.params["outFields"], first.params["orderByFields"]) == ("json", "*", "ObjectId")
    [later] = SOURCE.requests(Cursor(NOW, last_observed="2026-04-12"))
    assert later.params["where"] == "date >= timestamp '2025-03-01 00:00:00'"
    [week_after] = SOURCE.requests(Cursor(NOW.replace(day=28), last_observed="2026-04-19"))
    assert week_after == later


EVERY_DAY = "date >= timestamp '2019-01-01 00:00:00'"


def page(body: bytes, *, where: str = EVERY_DAY, rows: int = PAGE_ROWS) -> Part:
    return Part(body, "query", request=Request(URL, {"where": where, "f": "json", "resultRecordCount": str(rows)}))


@pytest.mark.parametrize("first", ["page_1.json", "page_1_properties.json"])
@pytest.mark.parametrize("where", [EVERY_DAY, f"{EVERY_DAY} AND ObjectId > 39999"])
def test_the_next_page_starts_after_the_last_row_that_came(folder: Path, first: str, where: str) -> None:
    """The service may give fewer rows than asked for (its own maximum), and says so by its mark."""
    part = page((folder / first).read_bytes(), where=where)
    assert part.request is not None
    assert SOURCE.next_request(part) == Request(URL, {**part.request.params, "where": f"{EVERY_DAY} AND ObjectId > 40019"})


def test_a_full_page_is_followed_even_without_the_mark(folder: Path) -> None:
    request = SOURCE.next_request(page((folder / "page_2.json").read_bytes(), rows=10))
    assert request is not None
    assert request.params["where"].endswith(" AND ObjectId > 40029")


def test_a_page_that_comes_twice_is_refused(folder: Path) -> None:
    with pytest.raises(SourceChanged, match="rows after those of the page before"):
        SOURCE.next_request(page((folder / "page_1.json").read_bytes(), where=f"{EVERY_DAY} AND ObjectId > 40019"))


def test_the_last_page_has_no_next(folder: Path) -> None:
    assert SOURCE.next_request(page((folder / "page_2.json").read_bytes())) is None
    assert SOURCE.next_request(page((folder / "bad_empty.json").read_bytes())) is None
    assert SOURCE.next_request(Part((folder / "page_1.json").read_bytes(), "a file has no further pages")) is None


def test_a_page_that_promises_more_without_rows_is_refused(folder: Path) -> None:
    with pytest.raises(SourceChanged, match="rows on a page that says there are more"):
        SOURCE.next_request(page((folder / "bad_page_without_rows.json").read_bytes()))


def test_an_error_on_a_later_page_is_refused(folder: Path) -> None:
    with pytest.raises(Quarantine, match="Cannot perform query") as refusal:
        SOURCE.next_request(page((folder / "bad_error.json").read_bytes()))
    assert refusal.value.reason == "error_body"


def test_an_empty_page_may_end_an_answer(folder: Path) -> None:
    """Rows that fill the last page exactly: the next one is asked for and has none."""
    assert len(read(folder / "good.json", folder / "bad_empty.json")) == 30


def test_a_week_appears_on_its_tuesday() -> None:
    assert release("2026-04-12") == datetime(2026, 4, 14, 13, 35, tzinfo=UTC)
    days = [date.fromordinal(n).isoformat() for n in range(date(2026, 4, 6).toordinal(), date(2026, 4, 20).toordinal())]
    assert {release(day).date() for day in days} == {date(2026, 4, 14), date(2026, 4, 21)}
