"""Cells of the Entity List, put together from the genuine transcript: where the name ends, measured against the publisher's own names."""

import gzip
import json
import re
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest

from connectors._reading.entity_cell import read_cell
from connectors.lists import bis_entity_list
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload

pytestmark = pytest.mark.gate


def test_names_end_where_the_publisher_ends_them(data: Path) -> None:
    lists = data / "sanctions"
    transcript = json.loads(gzip.decompress((lists / "us_lists" / "bis_entity_list.json.gz").read_bytes()))["entities"]
    csl = json.loads(gzip.decompress((lists / "csl" / "seelpeed_csl_compact_20260731.json.gz").read_bytes()))
    office = next(n for n, name in enumerate(csl["tables"]["sources"]) if name.startswith("Entity List"))
    names = {_words(entry["n"]) for entry in csl["entries"] if entry["s"] == office}
    same, other = 0, []
    for entry in transcript:
        if entry["aliases"] or "a.k.a" in entry["name"] or not entry["address"]:
            continue
        cell = f"{entry['name']}, {entry['address']}"
        words = _words(cell).split()
        wanted = next((name for n in range(len(words), 0, -1) if (name := " ".join(words[:n])) in names), None)
        said = read_cell([cell])
        if wanted is not None and said is not None:
            same += _words(said.name) == wanted
            other += [said.name] if _words(said.name) != wanted else []
    # Of the 28 others six are the units of CETC 13, which the CSL names with their parent, and two say what a ministry includes.
    assert (same, len(other)) == (1402, 28)
    assert len(names) > 3_000


def test_every_row_is_read_when_written_as_the_regulation_writes_it(data: Path) -> None:
    transcript = json.loads(gzip.decompress((data / "sanctions" / "us_lists" / "bis_entity_list.json.gz").read_bytes()))["entities"]
    rows = "".join(map(_row, transcript))
    heads = "".join(f"<TH>{name}</TH>" for name in bis_entity_list.COLUMNS)
    table = f"<TABLE><THEAD><TR>{heads}</TR></THEAD><TBODY>{rows}</TBODY></TABLE>"
    text = f'<DIV5 N="744" TYPE="PART"><DIV9 N="{bis_entity_list.SUPPLEMENT}" TYPE="APPENDIX">{table}</DIV9></DIV5>'
    payload = Payload("bis_entity_list", (Part(text.encode(), "part744.xml"),), datetime(2026, 7, 9, tzinfo=UTC))
    found = [entry for entry in bis_entity_list.SOURCE.parse(payload) if isinstance(entry, ListEntry)]
    assert len(found) == 3409
    csl = json.loads(gzip.decompress((data / "sanctions" / "csl" / "seelpeed_csl_compact_20260731.json.gz").read_bytes()))
    known = {_words(name) for entry in csl["entries"] for name in (entry["n"], *entry.get("a", ()))}
    strangers = [entry.name for entry in found if known.isdisjoint(map(_words, (entry.name, *(alias.text for alias in entry.aliases))))]
    assert len(strangers) == 32
    assert sum(len(entry.aliases) for entry in found) == 5206
    assert sum(entry.published is not None for entry in found) == 3407


def _row(entry: dict[str, Any]) -> str:
    """Return a row: name, further names behind dashes, address; the country in capitals."""
    name, address, aliases = entry["name"], entry["address"] or "", entry["aliases"]
    dashes = "".join(f"<br/>—{escape(alias)}{'; <I>and</I>' if n == len(aliases) - 2 else ';'}" for n, alias in enumerate(aliases))
    also = f"{escape(name)}, a.k.a., the following {len(aliases)} aliases:{dashes}<br/>{escape(address)}"
    cell = also if aliases else escape(f"{name}, {address}")
    cells = (entry["country"].upper(), cell, escape(entry["notes"] or ""), "Presumption of denial", escape(entry["federal_register"] or ""))
    return "<TR>" + "".join(f"<TD>{said}</TD>" for said in cells) + "</TR>"


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
