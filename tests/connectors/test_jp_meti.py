"""Japan's End User List from the ministry's workbook: names and brackets, weapons of concern, rows that are missing."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.lists.jp_meti import SOURCE
from supplywatch.errors import Quarantine
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload
from tests.workbooks import workbook

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def good(fixtures: Path) -> bytes:
    return (fixtures / "jp_meti" / "good.csv").read_bytes()


def read(body: bytes, name: str = "list.csv") -> list[ListEntry]:
    return [e for e in SOURCE.parse(Payload("jp_meti", (Part(body, name),), NOW)) if isinstance(e, ListEntry)]


def test_one_entry_for_each_row(good: bytes) -> None:
    found = read(good)
    assert [(e.name, e.countries) for e in found] == [
        ("Synthetic Centrifuge Works (SCW)", ("IR",)),
        ("Example Gyroscope Co., Ltd. （例示陀螺有限公司）", ("CN",)),
        ("Invented Chemicals Ltd. (Sample branch)", ("LB",)),
        ("Made-up Shipyard JSC", ("RU",)),
        ("Fictitious Optics", ("RU",)),
    ]
    assert {(e.list_code, e.party_kind, e.raw) for e in found} == {("JP-EUL", "organisation", ())}
    assert [e.programs for e in found] == [
        ("nuclear weapons",),
        ("missiles", "conventional weapons"),
        ("biological weapons", "chemical weapons"),
        ("conventional weapons",),
        ("nuclear weapons",),
    ]


def test_further_names_of_brackets_bullets_and_lines(good: bytes) -> None:
    works, gyroscope, branch, shipyard, _ = ([(a.text, a.kind) for a in e.aliases] for e in read(good))
    assert works == [
        ("Synthetic Centrifuge Works", "strong"),
        ("SCW", "abbreviation"),
        ("Synthetic Centrifuge Plant", "strong"),
        ("Synthetic Works of the Great Northern Province", "strong"),
    ]
    assert gyroscope == [
        ("Example Gyroscope Co., Ltd.", "strong"),
        ("例示陀螺有限公司", "native"),
        ("EGC", "strong"),
        ("例示陀螺", "native"),
    ]
    assert branch == [], "without its bracket it would be another company"
    assert shipyard == [("MUS Shipyard", "strong")]


def test_the_workbook_says_the_same_as_its_text(good: bytes) -> None:
    """The helper that writes workbooks knows no line breaks in cells; the ministry's headings stand in two lines."""
    rows = [[cell.split("\n")[-1] for cell in row] for row in csv.reader(io.StringIO(good.decode()))]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    text = out.getvalue()
    assert read(workbook(text, "ユーザーリスト"), "list.xlsx") == read(text.encode())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bad_gap.csv", "number 4 where 3 is due; a row is missing"),
        ("bad_no_name.csv", "field 'Company or Organization'"),
        ("bad_column.csv", "field 'Remarks' is 'new'"),
        ("bad_renamed.csv", "field 'Company or Organization' is '.absent.'"),
        ("bad_wide.csv", "field 'number of columns' is '?7"),
        ("bad_empty.csv", "no row below the heading"),
        ("bad_concerns.csv", "field 'Type of WMD' is '放射線'"),
    ],
)
def test_what_is_refused_and_why(fixtures: Path, name: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words):
        read((fixtures / "jp_meti" / name).read_bytes(), name)
