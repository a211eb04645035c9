"""US Census Bureau: general imports of the United States by partner and HS code, month by month."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from connectors._reading.read import Row, check_names, document, listing
from connectors._reading.slices import trade_slice
from supplywatch.errors import BadSetting, Quarantine, SourceChanged
from supplywatch.model.items import load_items
from supplywatch.model.records import Economy, PartnerFlow, TradeSlice
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import iso3_of_name

HOST = "api.census.gov"
URL = f"https://{HOST}/data/timeseries/intltrade/imports/hs"
KEY_PARAM = ("key", "census_key")
MONTHS_BACK = 14

USED = ("CTY_CODE", "CTY_NAME", "I_COMMODITY", "GEN_VAL_MO", "time")
TITLES = ("I_COMMODITY_SDESC", "I_COMMODITY_LDESC")
IGNORED = (
    *("COMM_LVL", "SUMMARY_LVL", "GEN_VAL_YR", "CON_VAL_MO", "CON_VAL_YR", "GEN_QY1_MO", "UNIT_QY1", "GEN_QY2_MO", "UNIT_QY2"),
    *("MONTH", "YEAR", "LAST_UPDATE"),
)
UNITED_STATES = Economy(code="USA", iso3="USA", name="United States")
WORLD = "-"
_GROUP = re.compile(r"00\d\d|\dXXX", re.ASCII)
"""Groups of economies that are among the rows too: ``0003`` European Union, ``5XXX`` Asia."""
_COUNTRY = re.compile(r"[1-9]\d{3}", re.ASCII)
_NOWHERE = re.compile(r"8\d{3}", re.ASCII)
"""Unidentified countries, international organisations."""
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_CODE = re.compile(r"\d{2}|\d{4}|\d{6}|\d{10}", re.ASCII)


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for each watched code, all partners, the last 14 months."""
    given = cursor.options.get("codes") or sorted({code for item in load_items().items for code in item.hs})
    if not isinstance(given, list | tuple) or not all(isinstance(code, str) and _CODE.fullmatch(code) for code in given):
        raise BadSetting("config/sources.yaml: us_census.options.codes: must be a list of HS codes as texts, such as '270900'")
    months = cursor.now.year * 12 + cursor.now.month - 1 - MONTHS_BACK
    for code in dict.fromkeys(given):
        params = {
            "get": "CTY_CODE,CTY_NAME,I_COMMODITY_SDESC,GEN_VAL_MO",
            "COMM_LVL": f"HS{len(code)}",
            "I_COMMODITY": code,
            "time": f"from {months // 12}-{months % 12 + 1:02d}",
        }
        yield Request(URL, params, secret_param=KEY_PARAM if cursor.has_secret else None)


def parse(payload: Payload) -> Iterable[TradeSlice]:
    """Return one record for each code and month, with all its partners."""
    found: dict[tuple[str, str], tuple[Row, dict[str, PartnerFlow]]] = {}
    for number, part in enumerate(payload.parts):
        for row in _rows(part, f"answer {number + 1} " if len(payload.parts) > 1 else ""):
            code, month, partner = row.text("I_COMMODITY"), row.text("time"), row.text("CTY_CODE")
            if not _CODE.fullmatch(code) or not _MONTH.fullmatch(month):
                bad = "time" if _CODE.fullmatch(code) else "I_COMMODITY"
                raise row.refuse(bad, "a month such as 2026-02" if bad == "time" else "an HS code of 2, 4, 6 or 10 digits")
            if _GROUP.fullmatch(partner):
                continue
            flows = found.setdefault((code, month), (row, {}))[1]
            flow = _flow(row, partner)
            if (before := flows.setdefault(partner, flow)) is not flow:
                raise row.refuse("CTY_CODE", f"one row for each partner; {before.position} has said what {partner} is")
    if not found:
        raise Quarantine("empty_list", "us_census: no rows: the month has not come yet, or the codes do not exist in this HS revision")
    for (code, month), (first, flows) in found.items():
        world = flows.pop(WORLD, None)
        name = next((title for column in TITLES if (title := first.values.get(column))), None)
        yield trade_slice(
            payload, UNITED_STATES, "import", code, month, list(flows.values()), classification="HS", commodity_name=name, world=world
        )


def _rows(part: Part, prefix: str) -> Iterator[Row]:
    """Yield the rows of an array of arrays, the first of which names the columns."""
    if not part.body.strip():
        return  # HTTP 204: no data for this code
    lines = listing(document(part), "document", part.name)
    if not lines:
        raise Quarantine("empty_list", f"{part.name}: an empty array")
    columns = listing(lines[0], "row", f"{prefix}[0]")
    if not all(isinstance(column, str) for column in columns):
        raise SourceChanged("header", columns[:3], f"{prefix}[0]", "names of columns")
    check_names(columns, (*USED, *TITLES, *IGNORED), USED, f"{part.name} header")
    for number, cells in enumerate(lines[1:], start=1):
        position = f"{prefix}rows[{number}]"
        if len(listing(cells, "row", position)) != len(columns):
            raise SourceChanged("number of columns", len(cells), position, f"{len(columns)} as in the header")
        yield Row(_values(columns, cells, position), position, texts=True)


def _values(columns: list[str], cells: list[Any], position: str) -> Mapping[str, str]:
    """Return the cells by column; a column that was asked for and filtered by is there twice."""
    values: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=True):
        text = "" if cell is None else cell
        if not isinstance(text, str):
            raise SourceChanged(column, cell, position, "a text: all cells are")
        if values.setdefault(column, text) != text:
            raise SourceChanged(column, cell, position, f"{values[column][:40]!r} as in the other column of that name")
    return values


def _flow(row: Row, partner: str) -> PartnerFlow:
    if partner != WORLD and not _COUNTRY.fullmatch(partner):
        raise row.refuse("CTY_CODE", "a code of four digits, a group such as 0003 or 5XXX, or - for the total")
    value = row.optional_number("GEN_VAL_MO")
    if value is not None and value < 0:
        raise row.refuse("GEN_VAL_MO", "no negative figure")
    name = row.text("CTY_NAME")
    iso3 = None if partner == WORLD else iso3_of_name(name)
    return PartnerFlow(
        partner=Economy(code=partner, iso3=iso3, name=name.title() if name.isupper() else name),
        role="nowhere" if _NOWHERE.fullmatch(partner) else "economy",
        value_usd=value,
        net_weight_kg=None,
        position=row.position,
    )


SOURCE = Source(
    card=Card(
        source_id="us_census",
        title="Imports of the United States by partner and HS code",
        publisher="US Census Bureau",
        homepage="https://www.census.gov/data/developers/data-sets/international-trade.html",
        hosts=(HOST,),
        licence="US public domain",
        redistribution="yes",
        commercial_use="yes",
        attribution="US Census Bureau, International Trade; not endorsed or certified by the Census Bureau",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=31), content_lag=timedelta(days=42), grace=timedelta(days=14)),
        poll_every=timedelta(days=7),
        taxonomy=("HD.1", "HD.2", "HD.3"),
        record=TradeSlice,
        kind="series",
        min_records=10,
        max_records=50_000,
        secret_setting="census_key",
        empty_answers=True,
        notes=(
            "the envelope was seen (an array of arrays of texts, a row each), its columns of partners were not",
            "one call for each watched code; without a key 500 calls a day",
            "values only: quantities at six digits add up what cannot be added",
            "groups of economies (0003, 5XXX) are among the rows and left out; - is the total; HTTP 204 is no data",
            "option codes in config/sources.yaml: HS codes as texts; whose slices are judged stands in config/items.yaml, publishers",
        ),
    ),
    requests=requests,
    parse=parse,
)
