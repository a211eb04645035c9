"""Codes of goods over the years: what each became, both ways, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.trade.eu_cn_concordance import SOURCE
from supplywatch.errors import Quarantine
from supplywatch.model.codes import CodeChange, Concordance
from supplywatch.model.source import Part, Payload
from tests.workbooks import workbook

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def read(body: bytes, name: str = "codes.csv") -> list[CodeChange]:
    return [c for c in SOURCE.parse(Payload("eu_cn_concordance", (Part(body, name),), NOW)) if isinstance(c, CodeChange)]


@pytest.fixture
def good(fixtures: Path) -> bytes:
    return (fixtures / "eu_cn_concordance" / "good.csv").read_bytes()


def test_one_record_for_each_code_and_year(good: bytes) -> None:
    found = {(change.observed, change.code): change.becomes for change in read(good)}
    assert found["2002", "11110010"] == ("11110020", "11110030")
    assert found["2003", "11110030"] == ("11110030", "22220000"), "a part stayed"
    assert found["2006", "33330000"] == ("33330010",), "newer years write blanks"
    assert len(found) == 5
    assert [c.digest for c in read(workbook(good.decode(), "relatnc2001_2006"), "codes.xlsx")] == [c.digest for c in read(good)]


@pytest.mark.parametrize(
    ("code", "first", "last", "codes"),
    [
        ("11110010", 2001, 2002, "11110020 11110030"),
        ("11110010", 2001, 2006, "11110030 22220000 33330010"),
        ("33330010", 2006, 2001, "11110010 44440000"),
        ("33330010", 2006, 2004, "11110020 44440000"),
        ("11110030", 2003, 2002, "11110030"),
        ("99990000", 2001, 2006, "99990000"),
        ("11110010", 2004, 2004, "11110010"),
    ],
)
def test_codes_are_chained_over_the_years_either_way(good: bytes, code: str, first: int, last: int, codes: str) -> None:
    known = Concordance.of(read(good))
    assert known.years == (2001, 2006)
    assert " ".join(known.chained(code, first, last)) == codes


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bad_period.csv", "row 2: field 'Period' is '20012003', expected two years"),
        ("bad_code.csv", "field 'Origin code' is '1111001'"),
        ("bad_twice.csv", "row 3: field 'Destination code' is '11110020', expected each new code of 11110010 once"),
        ("bad_column.csv", "field 'Share' is 'new'"),
        ("bad_empty.csv", "no row of codes"),
    ],
)
def test_refused(fixtures: Path, name: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words):
        read((fixtures / "eu_cn_concordance" / name).read_bytes(), name)
