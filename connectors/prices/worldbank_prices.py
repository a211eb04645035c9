"""World Bank: monthly commodity prices since 1960 (the Pink Sheet), one series a column, its unit below its name.

From the workbook as it is published, or from its sheet saved as CSV.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from connectors._reading.read import Row, decode, table
from supplywatch.errors import BadSetting, Quarantine, SourceChanged
from supplywatch.model.records import IndexValue, Provenance
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.workbooks import is_workbook, sheet

HOST = "thedocs.worldbank.org"
URL = f"https://{HOST}/en/doc/74e8be41ceb20fa0da750cda2f6b9e4e-0050012026/related/CMO-Historical-Data-Monthly.xlsx"
SHEET = "Monthly Prices"
TITLE = "World Bank Commodity Price Data"
TITLE_ROWS = 12
MISSING = frozenset(("", "..", "…", "...", "n.a.", "NA"))
KNOWN = frozenset(
    (
        "crude_oil_average crude_oil_brent crude_oil_dubai crude_oil_wti coal_australian coal_south_african natural_gas_us "
        "natural_gas_europe liquefied_natural_gas_japan natural_gas_index cocoa coffee_arabica coffee_robusta tea_avg_3_auctions "
        "tea_colombo tea_kolkata tea_mombasa coconut_oil groundnuts fish_meal groundnut_oil palm_oil palm_kernel_oil soybeans soybean_oil "
        "soybean_meal rapeseed_oil sunflower_oil barley maize sorghum rice_thai_5 rice_thai_25 rice_thai_a_1 rice_viet_namese_5 "
        "wheat_us_srw wheat_us_hrw banana_europe banana_us orange beef chicken lamb shrimps_mexican sugar_eu sugar_us sugar_world "
        "tobacco_us_import_u_v logs_cameroon logs_malaysian sawnwood_cameroon sawnwood_malaysian plywood cotton_a_index rubber_tsr20 "
        "rubber_rss3 phosphate_rock dap tsp urea potassium_chloride aluminum iron_ore_cfr_spot copper lead tin nickel zinc gold platinum "
        "silver "
    ).split()
)
"""Ids of the series of the Pink Sheet: their names in small letters."""
BY_CODE: Mapping[str, str] = {
    "crude_petro": "crude_oil_average",
    "crude_brent": "crude_oil_brent",
    "crude_dubai": "crude_oil_dubai",
    "crude_wti": "crude_oil_wti",
    "coal_aus": "coal_australian",
    "coal_safrica": "coal_south_african",
    "ngas_us": "natural_gas_us",
    "ngas_eur": "natural_gas_europe",
    "ngas_jp": "liquefied_natural_gas_japan",
    "inatgas": "natural_gas_index",
    "coffee_arabic": "coffee_arabica",
    "coffee_robus": "coffee_robusta",
    "tea_avg": "tea_avg_3_auctions",
    "grnut": "groundnuts",
    "grnut_oil": "groundnut_oil",
    "plmkrnl_oil": "palm_kernel_oil",
    "rice_05": "rice_thai_5",
    "rice_25": "rice_thai_25",
    "rice_a1": "rice_thai_a_1",
    "rice_05_vnm": "rice_viet_namese_5",
    "banana_eu": "banana_europe",
    "shrimp_mex": "shrimps_mexican",
    "sugar_wld": "sugar_world",
    "tobac_us": "tobacco_us_import_u_v",
    "logs_cmr": "logs_cameroon",
    "logs_mys": "logs_malaysian",
    "sawnwd_cmr": "sawnwood_cameroon",
    "sawnwd_mys": "sawnwood_malaysian",
    "cotton_a_indx": "cotton_a_index",
    "rubber1_mysg": "rubber_rss3",
    "phosrock": "phosphate_rock",
    "urea_ee_bulk": "urea",
    "potash": "potassium_chloride",
    "iron_ore": "iron_ore_cfr_spot",
}
"""Ids by the codes of some editions, in small letters, where the two differ: the codes stay when a name changes."""
OLDER_NAMES: Mapping[str, str] = {"meat_chicken": "chicken", "meat_beef": "beef", "meat_sheep": "lamb", "rubber_sgp_mys": "rubber_rss3"}
"""Ids by names of earlier editions, which carry the same code."""
_CODE = re.compile(r"\w+", re.ASCII)
_MONTH = re.compile(r"(\d{4})M(0[1-9]|1[0-2])")
_UNIT = re.compile(r"\(.*\)")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
Line = tuple[int, Sequence[str]]


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the workbook; its address changes with each edition: ``url`` in the source's options is another one on the same host."""
    url = str(cursor.options.get("url", URL))
    if not url.startswith(f"https://{HOST}/"):
        raise BadSetting(f"config/sources.yaml: worldbank_prices.options.url: must be an https address on {HOST}, got {url!r}")
    yield Request(url)


def parse(payload: Payload) -> Iterable[IndexValue]:
    """Return one record for each commodity and month, from the first month with a price on."""
    return [record for part in payload.parts for record in _records(part, payload)]


def _lines(part: Part) -> list[Line]:
    if is_workbook(part):
        return [line for line in sheet(part, SHEET) if any(cell.strip() for cell in line[1])]
    text = decode(part, "utf-8-sig")
    if text.lstrip()[:1] in ("<", "{", "["):
        raise Quarantine("error_body", f"{part.name}: a web page or an answer in JSON instead of the workbook or its sheet as CSV")
    return list(table(text, part.name))


def _records(part: Part, payload: Payload) -> Iterator[IndexValue]:
    lines = _lines(part)
    first = next((n for n, (_, cells) in enumerate(lines[: TITLE_ROWS + 3]) if cells and _MONTH.fullmatch(cells[0].strip())), None)
    if first is None or first < 2:
        raise SourceChanged("rows", "no month", part.name, f"names, units, and months such as 1960M01 within the first {TITLE_ROWS} rows")
    title = lines[0][1][0].strip()
    if not title.startswith(TITLE):
        raise SourceChanged("title", title, f"{part.name} row {lines[0][0]}", TITLE)
    codes = lines[first - 1] if first > 2 and _are_codes(lines[first - 1][1]) else None
    names, units = lines[first - 3 : first - 1] if codes is not None else lines[first - 2 : first]
    columns = _columns(names, units, codes, part)
    begun: set[str] = set()
    for n, (number, cells) in enumerate(lines[first:], start=first):
        if len(cells) < 1 + len(columns):
            reason = "truncated" if n == len(lines) - 1 else "source_changed"
            raise SourceChanged(
                "number of columns", len(cells), f"{part.name} row {number}", f"{1 + len(columns)} as in the header", reason
            )
        row = Row(dict(zip(("month", *columns), cells, strict=False)), f"row {number}", texts=True)
        month = _month(row)
        for index_id, (name, unit) in columns.items():
            value = _value(row, index_id)
            if value is None and index_id not in begun:
                continue  # the series begins later
            begun.add(index_id)
            yield IndexValue(
                observed=month,
                published=payload.published,
                fetched=payload.fetched,
                provenance=Provenance(
                    source="worldbank_prices", vintage=payload.vintage, payload_sha256=payload.sha256, position=f"{row.position} {name}"
                ),
                index_id=index_id,
                name=name,
                unit=unit,
                value=value,
            )


def _are_codes(cells: Sequence[str]) -> bool:
    """Tell the row of codes that editions of 2021 and 2025 have below the units: words such as CRUDE_PETRO."""
    written = [cell.strip() for cell in cells if cell.strip()]
    return len(written) > 1 and all(_CODE.fullmatch(cell) for cell in written)


def _columns(names: Line, units: Line, codes: Line | None, part: Part) -> Mapping[str, tuple[str, str]]:
    """Return name and unit by id, in the order of the columns."""
    number, cells = names
    if cells[0].strip():
        raise SourceChanged("name", cells[0], f"{part.name} row {number}", "nothing above the months")
    found: dict[str, tuple[str, str]] = {}
    for index, cell in enumerate(cells[1:], start=1):
        name = " ".join(cell.replace("*", " ").split())
        unit = units[1][index].strip() if index < len(units[1]) else ""
        if not name and not unit:
            break
        named = _NOT_WORD.sub("_", name.lower()).strip("_")
        index_id = OLDER_NAMES.get(named, named)
        if codes is not None and (coded := _of_code(codes, index, part)) != index_id:
            if index_id in KNOWN:
                raise SourceChanged("code", codes[1][index], f"{part.name} row {codes[0]}", f"the code of {name[:60]}")
            index_id = coded
        if index_id and index_id not in KNOWN:
            raise SourceChanged("name", name, f"{part.name} row {number}", f"one of the {len(KNOWN)} known series; extend the connector")
        if not index_id or index_id in found:
            raise SourceChanged("name", cell, f"{part.name} row {number}", "a name of its own for each column")
        if not _UNIT.fullmatch(unit):
            raise SourceChanged("unit", unit, f"{part.name} row {units[0]}", f"the unit of {name[:60]} in brackets, such as ($/mt)")
        found[index_id] = (name, unit[1:-1])
    if not found:
        raise SourceChanged("columns", "none", f"{part.name} row {number}", "names of commodities")
    return found


def _of_code(codes: Line, index: int, part: Part) -> str:
    code = codes[1][index].strip().lower() if index < len(codes[1]) else ""
    if not code:
        raise SourceChanged("code", code, f"{part.name} row {codes[0]}", "a code for each column")
    return BY_CODE.get(code, code)


def _month(row: Row) -> str:
    match = _MONTH.fullmatch(row.text("month"))
    if match is None:
        raise row.refuse("month", "a month, such as 1960M01")
    return f"{match[1]}-{match[2]}"


def _value(row: Row, index_id: str) -> float | None:
    if (row.optional_text(index_id) or "") in MISSING:
        return None
    value = row.number(index_id)
    if value < 0:
        raise row.refuse(index_id, "no negative price")
    return value


SOURCE = Source(
    card=Card(
        source_id="worldbank_prices",
        title="Commodity prices by month",
        publisher="World Bank",
        homepage="https://www.worldbank.org/en/research/commodity-markets",
        hosts=(HOST,),
        licence="CC BY 4.0",
        redistribution="yes",
        commercial_use="yes",
        attribution="World Bank Commodity Price Data (The Pink Sheet)",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=31), content_lag=timedelta(days=5), grace=timedelta(days=10)),
        poll_every=timedelta(days=1),
        taxonomy=("HD.1",),
        record=IndexValue,
        kind="series",
        min_records=20_000,
        max_records=120_000,
        anchors=("index/worldbank_prices/crude_oil_brent", "index/worldbank_prices/copper"),
        confirmed="workbooks of 2021-06, 2024-04, 2025-10, 2026-03 and 2026-06; its address was not seen",
        notes=(
            "editions of 2021 and 2025 have a row of codes below the units, others have none; names change between editions, codes do not",
            "the address of the workbook changes with each edition: option url in config/sources.yaml is another one on the same host",
            "nominal US dollars; the unit of each series stands on the record",
            "what is empty before the first price of a series is no figure; afterwards it is a missing one",
            "prices of recent months are revised",
        ),
    ),
    requests=requests,
    parse=parse,
)
