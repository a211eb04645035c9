"""Eurostat: what the codes of the Combined Nomenclature became from one year to the next, since 1988; needed to follow goods over years."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from connectors._reading.read import ABSENT, Row, check_names, decode, table
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.records import CodeChange, Provenance
from supplywatch.model.source import Calendar, Card, Part, Payload, Source
from supplywatch.reading.workbooks import is_workbook, sheet

COLUMNS = ("Period", "Origin code", "Destination code")
_PERIOD = re.compile(r"(\d{4})(\d{4})", re.ASCII)
_CODE = re.compile(r"\d{8}", re.ASCII)


def parse(payload: Payload) -> Iterable[CodeChange]:
    """Return one record for each code and year in which it changed, with all the codes that took its goods."""
    found: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for row in (row for part in payload.parts for row in _rows(part)):
        year, origin, destination = _year(row), _code(row, COLUMNS[1]), _code(row, COLUMNS[2])
        becomes = found.setdefault((year, origin), (row.position, []))[1]
        if destination in becomes:
            raise row.refuse(COLUMNS[2], f"each new code of {origin} once")
        becomes.append(destination)
    if not found:
        raise Quarantine("empty_list", "eu_cn_concordance: no row of codes")
    for (year, origin), (position, becomes) in found.items():
        yield CodeChange(
            observed=year,
            published=payload.published,
            fetched=payload.fetched,
            provenance=Provenance(source="eu_cn_concordance", vintage=payload.vintage, payload_sha256=payload.sha256, position=position),
            nomenclature="CN",
            code=origin,
            becomes=tuple(sorted(becomes)),
        )


def _rows(part: Part) -> Iterator[Row]:
    lines = sheet(part, None) if is_workbook(part) else table(decode(part, "utf-8-sig"), part.name)
    header: Sequence[str] | None = None
    for number, cells in lines:
        if header is None:
            header = [cell.strip() for cell in cells]
            check_names(header, COLUMNS, COLUMNS, f"{part.name} header")
            continue
        if len(cells) < len(header):
            raise SourceChanged(header[len(cells)], ABSENT, f"row {number}", "a period and two codes")
        yield Row(dict(zip(header, cells, strict=False)), f"row {number}", texts=True)


def _year(row: Row) -> str:
    """Return the year from which the new codes hold: ``20242025`` is 2025."""
    match = _PERIOD.fullmatch(row.text(COLUMNS[0]))
    if match is None or int(match[2]) != int(match[1]) + 1:
        raise row.refuse(COLUMNS[0], "two years that follow one another, such as 20242025")
    return match[2]


def _code(row: Row, field: str) -> str:
    code = row.text(field).replace(" ", "")  # newer years write 8529 90 92
    if not _CODE.fullmatch(code):
        raise row.refuse(field, "a code of eight digits")
    return code


SOURCE = Source(
    card=Card(
        source_id="eu_cn_concordance",
        title="Changes of the codes of the Combined Nomenclature, year by year",
        publisher="Eurostat",
        homepage="https://ec.europa.eu/eurostat/web/metadata/classifications",
        hosts=("ec.europa.eu",),
        licence="CC BY 4.0",
        redistribution="yes",
        commercial_use="yes",
        attribution="Eurostat, concordance of CN codes",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=366), content_lag=timedelta(days=60), grace=timedelta(days=120)),
        poll_every=timedelta(days=30),
        taxonomy=("HD.1", "HD.2", "HD.3"),
        record=CodeChange,
        kind="series",
        min_records=5_000,
        max_records=60_000,
        by_hand=True,
        confirmed="the workbook of 1988 to 2025 (.xls), whole; its address was not seen",
        notes=(
            "its address changes with each edition: download the workbook by hand and read it with --from",
            "codes that stay are not in it; 'supplywatch codes CODE --from YEAR --to YEAR' follows one over the years, either way",
            "a code can be freed and given to other goods later: codes of different years are compared through it, never by their digits",
        ),
    ),
    requests=lambda _cursor: (),
    parse=parse,
)
