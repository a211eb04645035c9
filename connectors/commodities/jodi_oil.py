"""JODI oil: production, trade, stocks and refinery intake of crude oil by country and month, as the countries report them.

The publisher gives each fact in five units; the figure is read in thousand tonnes and in thousand barrels, the conversion factor never.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from connectors._reading.read import Row, decode, rows
from supplywatch.errors import BadSetting
from supplywatch.model.records import CommodityBalance, Economy, Figure, Provenance, Stage
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source
from supplywatch.reading.countries import alpha3_of

HOST = "www.jodidata.org"
URL = f"https://{HOST}/_resources/files/downloads/oil-data/annual-csv/primary/{{year}}.csv"
FIRST_YEAR = 2002
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
COLUMNS = ("REF_AREA", "TIME_PERIOD", "ENERGY_PRODUCT", "FLOW_BREAKDOWN", "UNIT_MEASURE", "OBS_VALUE", "ASSESSMENT_CODE")
PRODUCTS: Mapping[str, str] = {
    "CRUDEOIL": "crude oil",
    "NGL": "natural gas liquids",
    "OTHERCRUDE": "other primary oil",
    "TOTCRUDE": "primary oil, total",
}
FLOWS: Mapping[str, tuple[str, Stage]] = {
    "INDPROD": ("Production", "mine"),
    "OSOURCES": ("From other sources", "other"),
    "TOTIMPSB": ("Imports", "import"),
    "TOTEXPSB": ("Exports", "export"),
    "TRANSBAK": ("Products transferred or backflows", "other"),
    "DIRECUSE": ("Direct use", "consumption"),
    "STOCKCH": ("Stock change", "other"),
    "STATDIFF": ("Statistical difference", "other"),
    "REFINOBS": ("Refinery intake", "refinery"),
    "CLOSTLV": ("Closing stocks", "stock"),
}
UNITS: Mapping[str, str | None] = {"KTONS": "thousand tonnes", "KBBL": "thousand barrels", "KBD": None, "KL": None, "CONVBBL": None}
"""``None``: the same fact once more, by the publisher's conversion; ``CONVBBL`` is the factor itself, barrels a tonne."""
SPECIALS: Mapping[str, str] = {"-": "not available", "..": "not applicable", "x": "not to be published"}
ASSESSMENTS: Mapping[str, bool] = {"1": False, "2": True, "3": True}
"""1: reasonable levels of comparability; 2: consult the metadata; 3: not assessed, which most rows are."""


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the file of each year: all from ``first_year`` at first, then this year's and the last one's."""
    first = str(cursor.options.get("first_year", cursor.now.year - 2))
    if not first.isdigit() or not FIRST_YEAR <= int(first) <= cursor.now.year:
        raise BadSetting(f"config/sources.yaml: jodi_oil.options.first_year: must be a year from {FIRST_YEAR} on, got {first!r}")
    since = int(first) if cursor.last_observed is None else max(int(first), cursor.now.year - 1)
    for year in range(since, cursor.now.year + 1):
        yield Request(URL.format(year=year))


def parse(payload: Payload) -> Iterable[CommodityBalance]:
    """Return one record for each country, product and month."""
    found: dict[tuple[str, str, str], list[Figure]] = {}
    facts: dict[tuple[str, ...], str] = {}
    for number, part in enumerate(payload.parts):
        prefix = f"file {number + 1} " if len(payload.parts) > 1 else ""
        for row in rows(decode(part, "utf-8-sig"), part.name, COLUMNS):
            key = _area(row), row.choice("ENERGY_PRODUCT", PRODUCTS), _month(row)
            figure = _figure(row, prefix)
            if figure is None:
                continue
            fact = *key, figure.statistic, figure.unit
            if (before := facts.setdefault(fact, figure.position)) != figure.position:
                raise row.refuse("OBS_VALUE", f"one figure of each fact; {before} has said already what {' '.join(fact)} is")
            found.setdefault(key, []).append(figure)
    return [
        CommodityBalance(
            observed=month,
            published=payload.published,
            fetched=payload.fetched,
            provenance=Provenance(source="jodi_oil", vintage=payload.vintage, payload_sha256=payload.sha256, position=figures[0].position),
            economy=Economy(code=area, iso3=alpha3_of(area), name=area),
            commodity=product,
            figures=tuple(figures),
        )
        for (area, product, month), figures in found.items()
    ]


def _area(row: Row) -> str:
    area = row.text("REF_AREA")
    if alpha3_of(area) is None:
        raise row.refuse("REF_AREA", "an ISO 3166 alpha-2 code")
    return area


def _month(row: Row) -> str:
    text = row.text("TIME_PERIOD")
    if not _MONTH.fullmatch(text):
        raise row.refuse("TIME_PERIOD", "a month, such as 2026-02")
    return text


def _figure(row: Row, prefix: str) -> Figure | None:
    """Return the figure of a row, ``None`` where it says in another unit what stands elsewhere."""
    unit = row.choice("UNIT_MEASURE", UNITS)
    words, stage = row.choice("FLOW_BREAKDOWN", FLOWS)
    estimated = row.choice("ASSESSMENT_CODE", ASSESSMENTS)
    text = row.text("OBS_VALUE")
    value = None if text in SPECIALS else row.number("OBS_VALUE")
    if unit is None:
        return None
    return Figure(
        statistic=words,
        stage=stage,
        value=value,
        unit=unit,
        special=SPECIALS.get(text),
        estimated=estimated,
        position=prefix + row.position,
    )


SOURCE = Source(
    card=Card(
        source_id="jodi_oil",
        title="Crude oil production, trade, stocks and refinery intake by month",
        publisher="Joint Organisations Data Initiative (JODI), International Energy Forum",
        homepage="https://www.jodidata.org/oil/",
        hosts=(HOST,),
        licence="free use with attribution",
        redistribution="yes",
        commercial_use="yes",
        attribution="JODI-Oil World Database, Joint Organisations Data Initiative",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=31), content_lag=timedelta(days=52), grace=timedelta(days=14)),
        poll_every=timedelta(days=1),
        taxonomy=("HD.1",),
        record=CommodityBalance,
        kind="series",
        min_records=500,
        max_records=200_000,
        anchors=("mineral/jodi_oil/SAU/crude oil", "mineral/jodi_oil/USA/crude oil"),
        confirmed="2026-05-01: the primary file of the year 2026; its address was not seen",
        notes=(
            "address to be confirmed against the live service; the format was read from a genuine file",
            "China reports conversion factors only: its figures are all missing, never zero",
            "four of five rows are not assessed by the publisher: their figures are marked as estimated",
            "option first_year in config/sources.yaml: the first year to ask for",
        ),
    ),
    requests=requests,
    parse=parse,
)
