"""Files that people upload: limits on what one row or member may hold, each refused in a sentence."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest

from connectors.trade import baci
from supplywatch.cli.watchlist import _origin
from supplywatch.errors import BadRequest, BadSetting, Quarantine
from supplywatch.model.counterparty import Counterparty
from supplywatch.model.source import Part
from supplywatch.reading.workbook_members import Bounds, Members
from supplywatch.runtime.own_files import own_file
from supplywatch.watchlist.files import read
from supplywatch.watchlist.refusals import harmless
from supplywatch.watchlist.rows import Refusal, Validator


def taken(name: str, body: bytes, encoding: str | None = None) -> list[Counterparty | Refusal]:
    validator = Validator(())
    return [validator.counterparty(row) for row in read(Path(name), io.BytesIO(body), encoding)]


def test_a_row_with_a_crowd_of_names_is_refused_and_the_others_stay() -> None:
    crowd = json.dumps({"name": "Harbour Optics", "aliases": [f"alias {number}" for number in range(40_000)]})
    nested = json.dumps({"name": "Quay Works", "aliases": ["a|b|c|d|e|f|g"] * 60})
    refused, also, kept = taken("rows.ndjson", f'{crowd}\n{nested}\n{{"name": "Pier Ltd"}}\n'.encode())
    assert isinstance(refused, Refusal)
    assert refused.line == 1
    assert "40001 values, more than 300" in refused.reason
    assert isinstance(also, Refusal)
    assert isinstance(kept, Counterparty)


@pytest.mark.parametrize(
    "encoding", ["zlib", "bz2", "hex", "rot13", "base64", "uu", "quopri", "undefined", "idna", "punycode", "unicode_escape", "mbcs"]
)
def test_what_is_no_encoding_of_texts(encoding: str) -> None:
    with pytest.raises(BadRequest, match="not known"):
        taken("a.csv", b"name\nPier Ltd\n", encoding)


@pytest.mark.parametrize("sheet", ['<row r="1" x="' + "A" * 200_000 + '"/>', "<" + "a" * 70_000])
def test_a_tag_without_an_end(sheet: str) -> None:
    with (
        Members(archive({"xl/worksheets/sheet1.xml": sheet}), "b.xlsx", Bounds()) as members,
        pytest.raises(Quarantine, match="tag of more"),
    ):
        members._member("xl/worksheets/sheet1.xml")


def test_texts_that_unpack_beyond_what_texts_do() -> None:
    strings = "<sst>" + "<si><t>ab</t></si>" * 700_000 + "</sst>"
    with Members(archive({"xl/sharedStrings.xml": strings}), "b.xlsx", Bounds()) as members, pytest.raises(Quarantine, match="30 times"):
        members._member("xl/sharedStrings.xml")


def test_an_archive_of_thousands_of_members() -> None:
    with pytest.raises(Quarantine, match="2001 members"):
        Members(archive({f"m{number}": "" for number in range(2_001)}), "b.xlsx", Bounds())


def archive(members: dict[str, str]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members.items():
            made.writestr(name, text)
    return out


def test_baci_names_each_file_once() -> None:
    body = archive({"BACI_HS22_Y2023_V202601.csv": "t,i,j,k,v,q\n2023,4,8,999998,1.0,1.0\n"}).getvalue()
    directory, end = body.index(b"PK\x01\x02"), body.index(b"PK\x05\x06")
    entry, tail = body[directory:end], bytearray(body[end:])
    struct.pack_into("<HHII", tail, 8, 3, 3, 3 * len(entry), directory)
    part = Part(body[:directory] + entry * 3 + bytes(tail), "b.zip")
    with zipfile.ZipFile(io.BytesIO(part.body)) as repeated, pytest.raises(Quarantine, match="names a file twice"):
        baci._members(repeated, part)


def test_a_link_in_the_data_folder_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "up.json").symlink_to(victim)
    with pytest.raises(BadSetting, match="symbolic link"):
        own_file(tmp_path / "up.json")
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("name", ["..", ".", "-", "_.", "a/b", ""])
def test_names_of_watch_lists_that_are_none(name: str) -> None:
    with pytest.raises(BadRequest, match="a watch-list is named"):
        _origin(name, "me", "add")


@pytest.mark.parametrize("text", ["＝cmd Ltd", "＋1", "－2", "＠SUM(1)", "\u3000=1+1", " @x"])
def test_no_cell_of_an_export_starts_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
