"""Hostile and merely untidy files: every one is read, or refused with a sentence that says where and what to do."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from supplywatch.errors import BadRequest
from supplywatch.watchlist.files import RawRow, read
from supplywatch.watchlist.refusals import RefusedRows
from supplywatch.watchlist.rows import Refusal, Validator
from tests.workbooks import MAIN, RELATIONS, package


def cell(where: str, text: str, inside: str = "") -> str:
    return f'<c r="{where}" t="inlineStr">{inside}<is><t>{text}</t></is></c>'


def workbook(rows: Iterable[str], *, prolog: str = "", head: str = "") -> bytes:
    body = head or f'<row r="1">{cell("A1", "reference")}{cell("B1", "name")}</row>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        sheets = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>'
        book.writestr("xl/workbook.xml", sheets)
        package(book, "r1")
        sheet = f'{prolog}<worksheet xmlns="{MAIN}"><sheetData>{body}{"".join(rows)}</sheetData></worksheet>'
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return packed.getvalue()


def rows_of(name: str, body: bytes, encoding: str | None = None) -> list[RawRow]:
    return list(read(Path(name), io.BytesIO(body), encoding))


def texts(rows: Iterable[RawRow]) -> list[list[str]]:
    return [[value for _, value in row.cells] for row in rows]


BOMB = workbook([f'<row r="2">{cell("A2", "1")}{cell("B2", "A" * 20_000_000)}</row>'])
WIDE = workbook(
    (), head='<row r="1">' + "".join(cell(f"{a}{b}{c}1", "name") for a in "ABC" for b in "ABCDEF" for c in "ABCDEFGHIJ") + "</row>"
)
CUT = workbook([f'<row r="2">{cell("A2", "1")}{cell("B2", "Synthetic")}</row>'])[:300]
DOCTYPE = workbook((), prolog='<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>')

HOSTILE = [
    ("a.csv", b"reference,name\n1,\xff\xfe\n", "line 2, byte 3: is not UTF-8; .*--encoding"),
    ("a.csv", "编号,公司名称\n1,合成\n".encode("gb18030"), "line 1, byte 1: is not UTF-8; .*gb18030"),
    ("a.csv", b"reference,name\n1,Syn\x00thetic\n", "line 2: holds a NUL byte"),
    ("a.csv", "reference,name\n1,Synthetic\n".encode("utf-16-le"), "line 1: holds a NUL byte"),
    ("a.csv", "reference,name\n1,Synthetic\n".encode("utf-16")[:-1], "is not UTF-16"),
    ("a.csv", b"name" + b",name" * 250_000 + b"\n", "line 1: longer than 1000000 bytes"),
    ("a.csv", b"name" + b",alias" * 300 + b"\n", "301 columns; a watch-list has at most 200"),
    ("a.csv", b'reference,name\n1,"Synthetic\n' + b"2,More\n" * 100_000, "line .*is a quotation mark missing"),
    ("a.csv", b"reference,name,colour\n", "column 'colour' is not known; accepted are reference .编号."),
    ("a.csv", b"1,Synthetic Optics\n2,Other\n", "column '1' is not known"),
    ("a.csv", b"reference,country\n1,CN\n", "no column holds the names"),
    ("a.csv", b"reference,id,name\n1,1,A\n", "two columns hold the reference"),
    ("a.csv", b"", "holds nothing"),
    ("a.pdf", b"%PDF", "named .csv, .tsv, .xlsx or .ndjson"),
    ("a.xlsx", b"PK\x03\x04 but no more", "cannot be unpacked"),
    ("a.xlsx", CUT, "cannot be unpacked"),
    ("a.xlsx", BOMB, "a zip bomb"),
    ("a.xlsx", DOCTYPE, "document type declaration"),
    ("a.xlsx", WIDE, "at most 200 of them"),
    ("a.xlsx", workbook(["<row r='2'><c r='A2' t='s'><v>99</v></c></row>"]), "not found in shared strings"),
]


@pytest.mark.parametrize(("name", "body", "said"), HOSTILE, ids=lambda value: str(value)[:30] if isinstance(value, str) else "")
def test_a_file_that_cannot_be_read_is_refused_in_words(name: str, body: bytes, said: str) -> None:
    with pytest.raises(BadRequest, match=said) as caught:
        rows_of(name, body)
    assert len(str(caught.value)) < 1_200


@pytest.mark.parametrize(
    ("name", "body", "encoding"),
    [
        ("a.csv", "reference;name;country\r\n1;合成; CN \r\n", "utf-8-sig"),
        ("a.csv", "reference\tname\tcountry\n\n1\t合成\t CN ", "utf-16"),
        ("a.tsv", "reference\tname\tcountry\n1\t合成\t CN \n", "gb18030"),
        ("a.ndjson", '{"reference": "1", "name": "合成", "country": " CN "}\n\n', "utf-8-sig"),
    ],
)
def test_separators_and_encodings_as_people_have_them(name: str, body: str, encoding: str) -> None:
    assert texts(rows_of(name, body.encode(encoding), encoding if encoding == "gb18030" else None)) == [["1", "合成", " CN "]]


def test_a_workbook_is_read_with_gaps_and_without_formulas() -> None:
    rows = [
        f'<row r="2">{cell("A2", "1")}{cell("B2", "合成")}</row>',
        f'<row r="7">{cell("B7", "Result", "<f>A2&amp;B2</f>")}</row>',
        '<row r="8"><c r="A8"><v>17</v></c><c r="B8" t="e"><v>#N/A</v></c></row>',
    ]
    found = rows_of("a.xlsx", workbook(rows))
    assert texts(found) == [["1", "合成"], ["", "Result"], ["17", "#N/A"]]
    said = [validator().counterparty(row) for row in found[1:]]
    assert said == [
        Refusal(7, "name", "Result", "is the result of a formula; paste the values alone"),
        Refusal(8, "name", "#N/A", "is an error of a spreadsheet; correct the cell"),
    ]


def validator() -> Validator:
    return Validator(["SYN.1"])


def refused(line: str) -> str:
    head = "reference,name,country,kind,uscc,identifiers,tags,owner"
    (row,) = rows_of("a.csv", f"{head}\n{line}\n".encode())
    found = validator().counterparty(row)
    assert isinstance(found, Refusal), found
    assert found.line == 2
    return f"{found.column}|{found.value}|{found.reason}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1,,CN,,,,,", "name||is empty"),
        (",Synthetic,CN,,,,,", "reference||is empty"),
        ("1,...,,,,,,", "name|...|holds no letter"),
        ("1,=cmd|' /C calc'!A0,,,,,,", "name|=cmd|' /C calc'!A0|is a formula"),
        ("1,Synthetic,Ruritania,,,,,", "country|Ruritania|is no country; write two letters"),
        ("1,Synthetic,,spaceship,,,,", "kind|spaceship|is no kind"),
        ("1,Synthetic,,,12345,,,", "uscc|12345|is no USCC"),
        ("1,Synthetic,,,9.144030071526E+17,,,", "uscc|9.144030071526E+17|was turned into a rounded number"),
        ("1,Synthetic,,,,shoe size:44,,", "identifiers|shoe size:44|is no identifier; write KIND:VALUE"),
        ("1,Synthetic,,,,,hs:85x,", "tags|hs:85x|is no HS code"),
        ("1,Synthetic,,,,,item:NOPE,", "tags|item:NOPE|is no watched item"),
        ("1,Syn\x07thetic,,,,,,", "name|Syn\x07thetic|holds a control character"),
        (f"1,{'x' * 600},,,,,,", f"name|{'x' * 80}|is longer than 500 characters"),
        (f"1,{'x' * 6_000},,,,,,", f"name|{'x' * 80}|is longer than 4000 characters"),
        (f"1,Synthetic,,,,,{'a;' * 60},", f"tags|{'a;' * 40}|holds more than 50 values"),
        ("1,Synthetic,CN,,,,,,Ltd.", "||'Ltd.' stands under no title"),
    ],
)
def test_a_row_that_is_wrong_is_refused_by_column_and_value(line: str, said: str) -> None:
    assert refused(line).startswith(said)


def test_everything_a_row_can_say() -> None:
    body = (
        "供应商编号,公司名称,英文名称,国家/地区,类型,统一社会信用代码,税号,股东,标签,HS编码\n"
        "S-1,深圳合成科技有限公司,Synthetic Tech;SYNTECH,中国,企业,9144030071526726xg,123456,甲公司；乙公司,vip、item:SYN.1,8542.31\n"
    )
    (row,) = rows_of("a.csv", body.encode())
    one = validator().counterparty(row)
    assert not isinstance(one, Refusal), one
    assert (one.reference, one.names, one.country, one.kind) == (
        "S-1",
        ("深圳合成科技有限公司", "Synthetic Tech", "SYNTECH"),
        "CN",
        "organisation",
    )
    assert [(i.kind, i.value, i.country) for i in one.identifiers] == [("uscc", "9144030071526726XG", None), ("tax", "123456", "CN")]
    assert (one.owners, one.tags) == (("甲公司", "乙公司"), ("vip", "item:SYN.1", "hs:854231"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[1]", "is no object"),
        ('{"name": "A", "colour": "red"}', "field 'colour' is not known"),
        ('{"name": {"en": "A"}}', "is neither a text nor a number"),
        ('{"name": "A", "id": 1.5}', "is neither a text nor a number"),
    ],
)
def test_an_object_that_is_wrong_is_refused_and_the_next_is_read(line: str, said: str) -> None:
    first, second = rows_of("a.ndjson", f'{line}\n{{"name": "A", "tags": ["b", "c"], "id": 7}}\n'.encode())
    found = validator().counterparty(first)
    assert isinstance(found, Refusal)
    assert said in found.reason
    one = validator().counterparty(second)
    assert not isinstance(one, Refusal), one
    assert (one.reference, one.tags) == ("7", ("b", "c"))


def test_refused_rows_are_written_so_that_a_spreadsheet_runs_nothing(tmp_path: Path) -> None:
    with RefusedRows(tmp_path / "refused.csv") as file:
        for value in ("=cmd|' /C calc'!A0", " =1+1", "@SUM(A1)", "plain"):
            file.add(Refusal(2, "name", value, "is a formula and no name"))
    lines = (tmp_path / "refused.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[2] for line in lines[1:]] == ["'=cmd|' /C calc'!A0", "' =1+1", "'@SUM(A1)", "plain"]


def taken(name: str, body: bytes, encoding: str | None = None) -> tuple[list[Any], list[Refusal]]:
    found: list[Any] = []
    doubts: list[Refusal] = []
    known = validator()
    for row in rows_of(name, body, encoding):
        found.append(known.counterparty(row))
        doubts += known.doubts
    return found, doubts


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"SEP=;\nreference;name\nR-1;Ito, Seiki\n", 3),
        (b'"sep=|"\r\nreference|name\r\nR-1|Ito, Seiki\r\n', 3),
        (b"\xef\xbb\xbfsep=\t\nreference\tname\nR-1\tIto, Seiki", 3),
        (b'reference,name\rR-1,"Ito, Seiki"\r', 2),
        (b'sep=,\rreference,name\rR-1,"Ito, Seiki"', 3),
        ("sep=;\rreference;name\rR-1;Ito, Seiki".encode("utf-16"), 3),
    ],
)
def test_the_separator_that_is_named_and_lines_of_old_macs(body: bytes, line: int) -> None:
    (row,) = rows_of("a.csv", body)
    assert (row.line, [value for _, value in row.cells]) == (line, ["R-1", "Ito, Seiki"])


@pytest.mark.parametrize(
    ("text", "written", "advised"),
    [
        ("reference,name\nR-1,宁波远景阀门有限公司\n", "gb18030", "gb18030"),
        ("reference,name\nR-1,Gebrüder Häussler AG\n", "latin-1", "cp1252"),
        ("reference,name\nR-1,“Société Générale” – Zürich\n", "cp1252", "cp1252"),
    ],
)
def test_what_is_not_utf_8_names_the_option_that_reads_it(text: str, written: str, advised: str) -> None:
    with pytest.raises(BadRequest, match=f"line 2, byte .*: is not UTF-8; read as {advised} it says .*--encoding {advised}"):
        rows_of("a.csv", text.encode(written))
    assert texts(rows_of("a.csv", text.encode(written), advised)) == [text.splitlines()[1].split(",")]


@pytest.mark.parametrize("field", ["reference", "name", "owner", "identifiers", "country"])
def test_half_a_character_is_refused_with_line_column_and_value(field: str) -> None:
    other = {"reference": "R-1", "name": "Ito Seiki"} | {field: "Ito \\udc5a Seiki"}
    body = "{" + ",".join(f'"{key}":"{value}"' for key, value in other.items()) + "}"
    (said,), _ = taken("a.ndjson", body.encode())
    assert said == Refusal(1, field, "Ito \\udc5a Seiki", "holds half of a character (a surrogate); it was cut, write it again")


def test_names_that_went_through_a_form_are_repaired_and_said() -> None:
    body = "reference,name,owner\nR-1,D&#8217;Amico &amp; Figli,MÃ¼ller &Co|Plain\nR-2,Å»abka JS,\nR-3,AT&T; Grégoire,\n"
    found, doubts = taken("a.csv", body.encode())
    assert [(one.name, one.owners) for one in found] == [
        ("D’Amico & Figli", ("Müller &Co", "Plain")),
        ("Żabka JS", ()),
        ("AT&T; Grégoire", ()),
    ]
    assert [(doubt.line, doubt.column) for doubt in doubts] == [(2, "name"), (2, "owner"), (3, "name")]
    assert "is taken as 'Żabka JS'" in doubts[2].reason


def test_a_lost_zero_comes_back_in_a_column_of_codes_alone() -> None:
    found, doubts = taken("a.csv", b"name,hs,tags\nA,90111,\nB,8542,\nC,4,\nD,,hs:90111\nE,0901110,\n")
    assert [one.tags for one in found[:3]] == [("hs:090111",), ("hs:8542",), ("hs:04",)]
    assert [(one.column, one.reason[:14]) for one in found[3:]] == [("tags", "is no HS code:"), ("hs", "is no HS code:")]
    assert [(doubt.line, doubt.column, doubt.value) for doubt in doubts] == [(2, "hs", "90111"), (4, "hs", "4")]


@pytest.mark.parametrize(("text", "country"), [("N/A", None), ("—", None), ("Rep. of Korea", "KR"), ("越南社會主義共和國", "VN")])
def test_an_unknown_country_is_none_and_a_usual_one_is_known(text: str, country: str | None) -> None:
    (found,), _ = taken("a.csv", f"name,國家\nA,{text}\n".encode())
    assert found.country == country
