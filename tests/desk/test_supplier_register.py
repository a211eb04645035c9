"""The supplier register: rows checked one by one, taken whole or not at all, judged again as days go by; figures synthetic."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from supplywatch import registry
from supplywatch.desk.supplier_register import check, latest, read_register
from supplywatch.errors import BadRequest
from supplywatch.judging.engine import Engine
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import load_items

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
HEADER = "item,name,country,role,verified_on,valid_days,evidence"
BACKUP = "MAT.COPPER,Smelter B,CHN,backup,2026-02-01,365,audit"


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path


def engine() -> Engine:
    return Engine(Ledger.open("sqlite://"), registry.rules(), load_items())


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("MAT.UNOBTAINIUM,B,CHN,backup,2026-02-01,365,audit", "not watched"),
        ("MAT.COPPER,B,China,backup,2026-02-01,365,audit", "country"),
        ("MAT.COPPER,B,CHN,spare,2026-02-01,365,audit", "role"),
        ("MAT.COPPER,B,CHN,backup,2026-13-01,365,audit", "verified_on"),
        ("MAT.COPPER,B,CHN,backup,2026-03-02,365,audit", "lies ahead"),
        ("MAT.COPPER,B,CHN,backup,2026-02-01,0,audit", "valid_days"),
        ("MAT.COPPER,B,CHN,backup,2026-02-01,365,", "evidence"),
        ("MAT.COPPER,B,CHN,backup,2026-02-01,365,audit,more", "more cells"),
        ("MAT.COPPER,SMELTER b,CHN,primary,2026-02-01,365,audit", "twice"),
    ],
)
def test_a_bad_row_is_named_with_the_reason(tmp_path: Path, row: str, why: str) -> None:
    reading = read_register(write(tmp_path / "register.csv", BACKUP, row), load_items(), NOW)
    (refused,) = reading.refused
    assert refused.startswith("line 3: ")
    assert why in refused
    assert reading.rows == 2


def test_csv_and_ndjson_say_the_same(tmp_path: Path) -> None:
    row = dict(zip(HEADER.split(","), BACKUP.split(","), strict=True)) | {"valid_days": 365}
    lines = tmp_path / "register.ndjson"
    lines.write_text(json.dumps(row) + "\n", encoding="utf-8")
    as_csv, as_lines = (read_register(p, load_items(), NOW) for p in (write(tmp_path / "register.csv", BACKUP), lines))
    assert [record.digest for record in as_csv.records] == [record.digest for record in as_lines.records]


@pytest.mark.parametrize(("body", "why"), [(b"", "empty"), (b"\xff\xfe", "UTF-8"), (b"{nonsense\n", "not JSON")])
def test_a_file_that_is_no_register(tmp_path: Path, body: bytes, why: str) -> None:
    path = tmp_path / "register.ndjson"
    path.write_bytes(body)
    with pytest.raises(BadRequest, match=why):
        read_register(path, load_items(), NOW)


def test_the_register_as_shipped_is_empty_and_readable() -> None:
    reading = read_register(None, load_items(), NOW)
    assert (reading.records, reading.refused) == ((), ())


def test_a_backup_runs_out_and_is_verified_again(tmp_path: Path) -> None:
    judge = engine()
    first = read_register(write(tmp_path / "a.csv", BACKUP), load_items(), NOW)
    assert judge.judge(first.records).events == []
    last_day = datetime(2027, 2, 1, 12, tzinfo=UTC)
    assert check(judge, last_day).events == []
    (event,) = check(judge, last_day + timedelta(days=1)).events
    assert (event.transition, event.rule, event.standing, event.onset) == ("opened", "single_point", False, "2027-02-01")
    assert "counted until 2027-02-01" in event.headline.en
    assert check(judge, last_day + timedelta(days=1, hours=3)).events == []
    renewed = BACKUP.replace("2026-02-01", "2027-02-03")
    second = read_register(write(tmp_path / "b.csv", renewed), load_items(), datetime(2027, 2, 4, tzinfo=UTC))
    assert [e.transition for e in judge.judge(second.records).events] == ["resolved"]
    assert [site.valid_until.isoformat() for record in latest(judge.ledger) for site in record.sites] == ["2028-02-03"]
    assert rebuild(judge).identical


def test_a_register_without_a_backup_is_a_standing_alert(tmp_path: Path) -> None:
    only = BACKUP.replace("backup", "primary")
    (event,) = engine().judge(read_register(write(tmp_path / "a.csv", only), load_items(), NOW).records).events
    assert (event.severity, event.standing) == ("warning", True)
    assert event.axes.substitutability is not None
    assert (event.axes.substitutability.value, event.axes.substitutability.cut) == (0.0, 1.0)
