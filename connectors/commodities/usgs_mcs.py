"""USGS Mineral Commodity Summaries: US balances of 89 commodities, and world production and reserves, once a year.

The file of the 2026 edition. Its layout changes every year: any other is refused with what differs, never guessed at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from connectors._reading.read import Row, decode, rows, table
from supplywatch.errors import BadSetting, Quarantine, SourceChanged
from supplywatch.model.records import CommodityBalance, Economy, Figure, Provenance, Stage
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import iso3_of_name

HOST = "www.sciencebase.gov"
URL = f"https://{HOST}/catalog/file/get/696a75d5d4be0228872d3bf8?name=MCS2026_Commodities_Data.csv"

CHAPTER, DETAIL = "MCS chapter", "Statistics_detail"
USED = (CHAPTER, "Section", "Commodity", "Country", "Statistics", DETAIL, "Unit", "Year", "Value", "Notes")
IGNORED = ("Is critical mineral 2025", "Other notes")
COLUMNS = (*USED, *IGNORED)

STAGES: Mapping[str, Stage] = {
    "Import": "import",
    "Export": "export",
    "Stock": "stock",
    "Consumption": "consumption",
    "Net import reliance": "reliance",
    "Price": "price",
    "Reserves": "reserve",
    "Capacity": "capacity",
    **dict.fromkeys(("Employment", "Sold or used", "Shipment", "Sales", "Sold", "Supply"), "other"),
}
IMPORT_SOURCES = re.compile(r"Import sources \d{4}-\d{4}")
"""Shares of *US* imports that come from the row's country: stage ``other``, so that they are not read as that country's imports."""
PRODUCTION_WORDS: tuple[tuple[re.Pattern[str], Stage], ...] = (
    (re.compile(r"smelter|pig iron", re.IGNORECASE), "smelter"),
    (re.compile(r"refiner|refined", re.IGNORECASE), "refinery"),
    (re.compile(r"\bmine\b", re.IGNORECASE), "mine"),
)

SYMBOLS = {"NA": "not available", "W": "withheld", "E": "net exporter", "XX": "not applicable"}
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_NUMBER = re.compile(rf"-?{_DIGITS}")
SPECIALS = (
    (re.compile(rf">\s?({_DIGITS})"), "more than {}"),
    (re.compile(rf"<\s?({_DIGITS})"), "less than {}"),
    (re.compile(rf"({_DIGITS})\s?[–-]\s?({_DIGITS})"), "{} to {}"),
    # A minus sign that cp1252 does not have; the publisher's file has a question mark in its place.
    (re.compile(rf"\?({_DIGITS})"), "{} with a sign that the file has lost"),
    (re.compile(r"((?:very )?small|moderate(?: to large)?|large|variable, depending on .*)", re.IGNORECASE), "{}"),
)
_YEARS = re.compile(r"((?:19|20)\d{2})(?:[–-](\d{2}))?")
_WIDE = re.compile(r"PROD_EST_ ?(\d{4})")


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the file; ``url`` in the source's options is another address of it on the same host."""
    url = str(cursor.options.get("url", URL))
    if not url.startswith(f"https://{HOST}/"):
        raise BadSetting(f"config/sources.yaml: usgs_mcs.options.url: must be an https address on {HOST}, got {url!r}")
    yield Request(url)


def parse(payload: Payload) -> Iterable[CommodityBalance]:
    """Return one record for each country, chapter and year."""
    found: dict[tuple[str, str, str], tuple[Economy, list[Figure]]] = {}
    for part in payload.parts:
        _check_layout(part)
        _check_encoding(part)
        for row in rows(decode(part, "cp1252"), part.name, COLUMNS):
            economy, year = _economy(row), _year(row)
            key = (economy.iso3 or economy.name, _words(row, CHAPTER).lower(), year)
            found.setdefault(key, (economy, []))[1].append(_figure(row))
    return [
        CommodityBalance(
            observed=year,
            published=payload.published,
            fetched=payload.fetched,
            provenance=Provenance(source="usgs_mcs", vintage=payload.vintage, payload_sha256=payload.sha256, position=figures[0].position),
            economy=economy,
            commodity=commodity,
            figures=tuple(figures),
        )
        for (_, commodity, year), (economy, figures) in found.items()
    ]


def _check_layout(part: Part) -> None:
    """Refuse the files of other years by name, before their encoding is judged: that has changed with the layout too."""
    line = part.body.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].decode("latin-1").strip()
    if line.startswith(("<", "{")):
        reason = "error_body" if line.startswith("<") else "wrong_file"
        raise Quarantine(reason, f"{part.name}: a web page or a catalogue entry instead of the CSV file: {line[:120]}")
    columns = [cell.strip() for cell in next(table(line, f"{part.name} header"), (0, []))[1]]
    wide = _WIDE.search(line)
    if wide and "SOURCE" in columns:
        edition = f"this is the Mineral Commodity Summaries {int(wide.group(1)) + 1} world data release layout"
        raise _other_layout(part, columns, f"{edition}; give the commodity data of the 2026 edition (MCS2026_Commodities_Data.csv)")
    missing = [name for name in COLUMNS if name not in columns]
    new = [name for name in columns if name not in COLUMNS]
    if missing or new:
        differs = f"missing: {', '.join(missing) or 'none'}; new: {', '.join(new)[:200] or 'none'}"
        raise _other_layout(part, columns, f"{differs}; the layout changes every year: read the new one, then extend the connector")


def _other_layout(part: Part, columns: list[str], said: str) -> SourceChanged:
    return SourceChanged("columns", ", ".join(columns), f"{part.name} header", f"the 12 columns of the 2026 edition; {said}")


def _check_encoding(part: Part) -> None:
    """Refuse UTF-8: read as cp1252 its dash for zero becomes three characters, and nothing would complain about the others."""
    if part.body.isascii():
        return
    try:
        part.body.decode("utf-8")
    except UnicodeDecodeError:
        return
    raise Quarantine(
        "encoding",
        f"{part.name}: the bytes are UTF-8, the publisher's file is cp1252 (windows-1252): re-encoded by somebody; get the original",
    )


def _words(row: Row, field: str) -> str:
    return " ".join(row.text(field).split())


def _economy(row: Row) -> Economy:
    """Return the country; areas without a code are the world, the rest of it, and several countries in one row."""
    name = _words(row, "Country")
    iso3 = iso3_of_name(name)
    known = iso3 or name == "Kosovo" or name.startswith(("World total", "Other countries"))
    if not known and not all(iso3_of_name(part) for part in re.split(r",? and |, ", name)):
        raise row.refuse("Country", "a country, 'World total' or 'Other countries'; add a new name to supplywatch/reading/countries.yaml")
    return Economy(code=name, iso3=iso3, name=name)


def _year(row: Row) -> str:
    """Return the year, the last one of a range (import sources 2021-24)."""
    text = _words(row, "Year")
    match = _YEARS.fullmatch(text)
    if match is None:
        raise row.refuse("Year", "a year, or a range such as 2021–24")
    first, last = match.group(1), match.group(2)
    year = first if last is None else f"{first[:2]}{last}"
    if year < first:
        raise row.refuse("Year", "a range that does not end before it begins")
    return year


def _figure(row: Row) -> Figure:
    value, special = _value(row)
    return Figure(
        statistic=_statistic(row),
        stage=_stage(row),
        value=value,
        unit=" ".join((row.optional_text("Unit") or "").split()),
        special=special,
        estimated=any(re.match(r"estimated\b", note, re.IGNORECASE) for note in _notes(row)),
        position=row.position,
    )


def _statistic(row: Row) -> str:
    """Return the publisher's words: statistic, detail, and the commodity and the range of years where they say more."""
    kind, detail, commodity, years = (_words(row, field) for field in ("Statistics", DETAIL, "Commodity", "Year"))
    text = detail if detail.lower().startswith(kind.lower()) else f"{kind}: {detail}"
    if commodity.lower() != _words(row, CHAPTER).lower() and commodity.lower() not in text.lower():
        text += f" [{commodity}]"
    return text if len(years) == 4 else f"{text} ({years})"


def _stage(row: Row) -> Stage:
    kind = _words(row, "Statistics")
    if kind == "Production":
        return _production_stage(row)
    if IMPORT_SOURCES.fullmatch(kind):
        return "other"
    if kind not in STAGES:
        raise row.refuse("Statistics", f"Production, Import sources or one of {', '.join(STAGES)}")
    return STAGES[kind]


def _production_stage(row: Row) -> Stage:
    """Return the stage that the detail names, else the one that the section names, if it names only one."""
    detail, section = _words(row, DETAIL), _words(row, "Section")
    for pattern, stage in PRODUCTION_WORDS:
        if pattern.search(detail):
            return stage
    named = {stage for pattern, stage in PRODUCTION_WORDS if pattern.search(section)}
    return named.pop() if len(named) == 1 else "other"


def _value(row: Row) -> tuple[float | None, str | None]:
    """Return the number, or why there is none."""
    text = _words(row, "Value")
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text.replace(",", ""))):
        return number, None
    if text == "—":
        return 0.0, None
    return None, _special(row, text)


def _special(row: Row, text: str) -> str:
    if text == "s":
        return _small(row)
    if text in SYMBOLS:
        return SYMBOLS[text]
    for pattern, words in SPECIALS:
        if match := pattern.fullmatch(text):
            return words.format(*match.groups()).lower()
    raise row.refuse("Value", f"a number, — for zero, or a known symbol (s, {', '.join(SYMBOLS)}, >95, <25, 50–300, Large)")


def _small(row: Row) -> str:
    """Return what ``s`` stands for: mostly less than half a unit, but the notes of some rows say something else."""
    notes = [note for note in _notes(row) if not re.match(r"estimated\b|defined as|see appendix", note, re.IGNORECASE)]
    said = next((note for note in notes if re.match(r"less than", note, re.IGNORECASE)), notes[-1] if notes else None)
    if said is None or re.match(r"less than (½|1/2)", said, re.IGNORECASE):
        return "less than half a unit"
    return said.rstrip(".")


def _notes(row: Row) -> list[str]:
    text = " ".join((row.optional_text("Notes") or "").split())
    return [note.strip() for note in text.split(" -- ") if note.strip()]


SOURCE = Source(
    card=Card(
        source_id="usgs_mcs",
        title="Mineral Commodity Summaries",
        publisher="US Geological Survey, National Minerals Information Center",
        homepage="https://www.usgs.gov/centers/national-minerals-information-center/mineral-commodity-summaries",
        hosts=(HOST,),
        licence="US public domain",
        redistribution="yes",
        commercial_use="yes",
        attribution="US Geological Survey, Mineral Commodity Summaries 2026",
        encoding="cp1252",
        calendar=Calendar(cadence=timedelta(days=365), content_lag=timedelta(days=60), grace=timedelta(days=60)),
        poll_every=timedelta(days=7),
        taxonomy=("HD.1",),
        record=CommodityBalance,
        kind="series",
        min_records=2_000,
        max_records=20_000,
        anchors=(
            "mineral/usgs_mcs/USA/aluminum",
            "mineral/usgs_mcs/CHN/iron and steel",
            "mineral/usgs_mcs/CHN/copper",
            "mineral/usgs_mcs/USA/zirconium and hafnium",
        ),
        confirmed="2026-04-19: MCS2026_Commodities_Data.csv, whole; its address was not seen",
        notes=(
            "address to be confirmed against the live service: item 696a75d5d4be0228872d3bf8 is known from other public clients only; "
            "option url in config/sources.yaml is another address on the same host",
            "the layout and the file name change with each edition; a new one is refused until the connector is extended",
            "import sources are shares of US imports over several years: they stand at the range's last year, in stage 'other'",
            "natural mica: figures of scrap and of sheet have the same words in the file, so both stand side by side",
            "figures of the United States are given twice, in the salient statistics and in the world tables",
            "'s' is less than half a unit, or what the row's note says instead ('included in World total'): never a number",
        ),
    ),
    requests=requests,
    parse=parse,
)
