"""Mutated workbooks, CSV and NDJSON: every one is read, or refused in a sentence; nothing else comes out, whatever a file holds."""

import io
import json
import random
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from supplywatch.errors import BadRequest
from supplywatch.model.counterparty import Counterparty
from supplywatch.watchlist.files import read
from supplywatch.watchlist.rows import Refusal, Validator

ROWS = [
    ("reference", "name", "country", "owner", "hs", "identifiers"),
    ("V-1", "Sato Seiki 株式会社", "JP", "Hoshino Holdings|Ito KK", "8542", "lei:213800KUD8LAJWSQ9D15"),
    (12, "S&ouml;hne & Söhne GmbH", "Deutschland", "", 30617, "tax/DE:DE136695976"),
    ("V-3", "SÃ¶hne", "N/A", "Kestrel Holding SE", "", ""),
]
TOKENS = [
    b"\x00",
    b"\xff",
    b"\xed\xa0\xbd",
    b"\\ud83d",
    b'"',
    b"'",
    b"<",
    b">",
    b"&",
    b"]]>",
    b"&#0;",
    b"1e308",
    b"-1",
    b"99999999999",
    b"XFD1048576",
]
TOKENS += [
    b"A0",
    b"\r",
    b"\n",
    b";",
    b"\t",
    b"sep=",
    b"<!DOCTYPE x>",
    b't="e"',
    b't="d"',
    b't="s"',
    b's="1"',
    b"<f>1</f>",
    b"NaN",
    b"[" * 500,
    b"\xfe\xff",
]


def by_openpyxl() -> bytes:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active["A3"].number_format = "00000"
    book.active["G2"] = "=A1"
    book.active.merge_cells("C2:C3")
    book.create_sheet("more").append(ROWS[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlsxwriter() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet("suppliers")
    for number, row in enumerate(ROWS):
        page.write_row(number, 0, row)
    page.write_datetime(4, 1, date(2027, 1, 9))
    book.close()
    return out.getvalue()


CSV = "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in ROWS)
NDJSON = "\n".join(json.dumps(dict(zip(ROWS[0][:4], row[:4], strict=True)), ensure_ascii=False) for row in ROWS[1:])
SEEDS = [
    ("a.xlsx", by_openpyxl()),
    ("a.xlsx", by_xlsxwriter()),
    ("a.csv", CSV.encode()),
    ("a.csv", b"sep=;\r\n" + CSV.replace(",", ";").encode("utf-8-sig")),
    ("a.tsv", CSV.replace(",", "\t").encode("utf-16")),
    ("a.ndjson", NDJSON.encode()),
]


def bent(body: bytes, chance: random.Random) -> bytes:
    """Return bytes with a few of them changed, cut out, doubled, or something put in between."""
    changed = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        end = min(len(changed), at + chance.choice((1, 1, 2, 8, 60)))
        match chance.randrange(5):
            case 0:
                changed[at:end] = chance.randbytes(end - at)
            case 1:
                del changed[at:end]
            case 2:
                changed[at:at] = changed[at:end] * chance.choice((1, 2, 30))
            case _:
                changed[at : chance.choice((at, end))] = chance.choice(TOKENS)
    return bytes(changed)


def mutated(name: str, body: bytes, chance: random.Random) -> bytes:
    if not name.endswith(".xlsx") or chance.random() < 0.2:
        return bent(body, chance)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = chance.choice([each for each in names if each.startswith("xl/")])
        for each in names:
            if each != chosen:
                new.writestr(each, old.read(each))
            elif chance.random() > 0.05:
                new.writestr(each, bent(old.read(each), chance))
    return out.getvalue()


def try_out(numbers: range) -> dict[str, int]:
    seen = {"read": 0, "refused": 0, "lines": 0}
    validator = Validator(())
    for number in numbers:
        chance = random.Random(number)
        name, seed = SEEDS[number % len(SEEDS)]
        body = mutated(name, seed, chance)
        encoding = chance.choice((None, None, None, "gb18030", "cp1252", "utf-16"))
        try:
            for row in read(Path(name), io.BytesIO(body), encoding):
                found = validator.counterparty(row)
                text = found.model_dump_json() if isinstance(found, Counterparty) else "".join(map(str, found))
                text.encode()
                assert isinstance(found, Counterparty | Refusal)
            seen["read"] += 1
        except BadRequest as error:
            seen["refused"] += 1
            seen["lines"] += len(str(error).encode().splitlines())
        except BaseException as error:
            error.add_note(f"mutation {number} of {name}")
            raise
    assert seen["lines"] == seen["refused"]
    return seen


def test_some_mutated_files() -> None:
    seen = try_out(range(120))
    assert min(seen.values()) > 20


@pytest.mark.long
@pytest.mark.parametrize("start", range(120, 20_120, 1000))
def test_twenty_thousand_mutated_files(start: int) -> None:
    assert min(try_out(range(start, start + 1000)).values()) > 100
