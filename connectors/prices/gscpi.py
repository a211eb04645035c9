"""New York Fed: Global Supply Chain Pressure Index, one column for each monthly edition.

A month's value is that of its newest edition; the others stay beside it. Each edition estimates the whole history anew.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from connectors._reading.read import Row, check_names, decode, rows
from supplywatch.errors import SourceChanged
from supplywatch.model.records import Edition, IndexValue, Provenance
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.workbooks import is_workbook, sheet

HOST = "www.newyorkfed.org"
URL = f"https://{HOST}/medialibrary/research/interactives/data/gscpi/gscpi_interactive_data.csv"
DATE = "Date"
CURRENT = ("GSCPI", "Rate")
"""Headings of the only column of figures in the workbook, and in copies that keep one edition: nobody says which."""
SHEET = "GSCPI Monthly Data"
MONTHS: Mapping[str, int] = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}
MISSING = frozenset(("", "#N/A", "."))
MAX_SIGMA = 50.0
_DAY = re.compile(r"(\d{1,2})-([A-Z][a-z]{2})-(\d{4})")
_EDITION = re.compile(r"([A-Z][a-z]{2})-(\d{2})")
_SERIAL = re.compile(r"[34]\d{4}")
"""A day as Excel counts it, from 1982 to 2036: what a heading or a date becomes when a workbook is saved as text."""
EXCEL_DAY_0 = date(1899, 12, 30)


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the file: always the whole history in all editions."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[IndexValue]:
    """Return one record for each month."""
    return [record for part in payload.parts for record in _records(part, payload)]


def _records(part: Part, payload: Payload) -> Iterator[IndexValue]:
    book = _book(part) if is_workbook(part) else None
    text = decode(part, "utf-8-sig") if book is None else ""
    headings = [cell.strip().strip('"') for cell in text.lstrip().split("\n", 1)[0].split(",")] if book is None else book.headings
    editions = {heading: edition for heading in headings if (edition := _edition(heading, part)) is not None}
    current = next((heading for heading in CURRENT if heading in headings), None)
    if DATE in headings and not editions and current is None:
        raise SourceChanged("columns", ", ".join(headings)[:80], f"{part.name} header", "a column for each edition, such as Jul-24")
    columns = (DATE, *editions) if editions else (DATE, current or CURRENT[0])
    if book is not None:
        check_names(headings, columns, columns, f"{part.name} {SHEET}")
    ordered = sorted(editions, key=lambda heading: editions[heading]) or [columns[1]]
    for row in rows(text, part.name, columns) if book is None else book.rows:
        if not any(cell.strip() for cell in row.values.values()):
            continue  # the file ends in rows of delimiters
        values = [(editions.get(heading), _value(row, heading)) for heading in ordered]
        published = [(edition, value) for edition, value in values if value is not None]
        edition, value = published[-1] if published else (None, None)
        yield IndexValue(
            observed=_month(row),
            published=payload.published,
            fetched=payload.fetched,
            provenance=Provenance(source="gscpi", vintage=payload.vintage, payload_sha256=payload.sha256, position=row.position),
            index_id="gscpi",
            name="Global Supply Chain Pressure Index",
            unit="standard deviations from the mean",
            value=value,
            edition=edition,
            earlier=tuple(Edition(edition=named, value=said) for named, said in published[:-1] if named is not None),
        )


@dataclass(frozen=True)
class _Book:
    headings: list[str]
    rows: list[Row]


def _book(part: Part) -> _Book:
    """Return headings and rows of the workbook behind "Download data": a banner stands to the right of its figures."""
    lines = list(sheet(part, SHEET))
    first = next((n for n, (_, cells) in enumerate(lines) if cells[0].strip() == DATE), None)
    if first is None:
        raise SourceChanged("columns", "(none)", f"{part.name} {SHEET}", f"a row of headings that begins with {DATE}")
    headings = [cell.strip() for cell in itertools.takewhile(str.strip, lines[first][1])]
    empty = dict.fromkeys(headings, "")
    body = [Row(empty | dict(zip(headings, cells, strict=False)), f"row {number}", texts=True) for number, cells in lines[first + 1 :]]
    return _Book(headings, body)


def _edition(heading: str, part: Part) -> str | None:
    """Return the month of an edition: ``Jul-24``, or ``45474`` as Excel counts it, is ``2024-07``; ``None`` for what is no edition."""
    if _SERIAL.fullmatch(heading):
        return f"{_excel_day(heading):%Y-%m}"
    match = _EDITION.fullmatch(heading)
    if match is None:
        return None
    if match[1] not in MONTHS:
        raise SourceChanged("columns", heading, f"{part.name} header", "a month and a year, such as Jul-24")
    return f"20{match[2]}-{MONTHS[match[1]]:02d}"


def _excel_day(serial: str) -> date:
    return EXCEL_DAY_0 + timedelta(days=int(serial))


def _month(row: Row) -> str:
    """Return the month whose last day the row names."""
    expected = "the last day of a month, such as 31-Jul-2024"
    text = row.text(DATE)
    match = _DAY.fullmatch(text)
    try:
        if match is not None and match[2] in MONTHS:
            last = date(int(match[3]), MONTHS[match[2]], int(match[1]))
        elif _SERIAL.fullmatch(text):
            last = _excel_day(text)
        else:
            raise row.refuse(DATE, expected)
        following = last + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise row.refuse(DATE, expected) from error
    if following.day != 1:
        raise row.refuse(DATE, expected)
    return last.isoformat()[:7]


def _value(row: Row, heading: str) -> float | None:
    if (row.optional_text(heading) or "") in MISSING:
        return None
    value = row.number(heading)
    if abs(value) > MAX_SIGMA:
        raise row.refuse(heading, f"standard deviations between -{MAX_SIGMA:.0f} and {MAX_SIGMA:.0f}")
    return value


SOURCE = Source(
    card=Card(
        source_id="gscpi",
        title="Global Supply Chain Pressure Index",
        publisher="Federal Reserve Bank of New York",
        homepage="https://www.newyorkfed.org/research/policy/gscpi",
        hosts=(HOST,),
        licence="terms of use of the New York Fed: use with attribution",
        redistribution="derived-only",
        commercial_use="yes",
        attribution="Federal Reserve Bank of New York, Global Supply Chain Pressure Index",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=31), content_lag=timedelta(days=8), grace=timedelta(days=10)),
        poll_every=timedelta(hours=12),
        taxonomy=("RS.EXT",),
        record=IndexValue,
        kind="series",
        min_records=200,
        max_records=2_000,
        anchors=("index/gscpi/gscpi",),
        confirmed="2026-09-28: rows and three editions of the CSV; 2026-04-03: the workbook behind 'Download data', to 2026-02",
        notes=(
            "each monthly edition estimates the whole history anew: 'history rewritten' once a month is the publisher's habit",
            "a month's value is that of its newest edition; '#N/A' stands where an edition does not reach",
            "the workbook, and copies with the two columns Date and Rate, are read too; they do not say which edition they are",
            "editions may be headed by a month (Jul-24) or by a day as Excel counts it (45474)",
        ),
    ),
    requests=requests,
    parse=parse,
)
