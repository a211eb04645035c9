"""US Entity List as the regulation states it: supplement no. 4 to part 744 of title 15, one table in the XML of the eCFR.

The Consolidated Screening List carries the same entries a day or more later. Which of the two says it first does not matter: one
designation is told once, whichever feed brings it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from connectors._reading.entity_cell import read_cell
from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, clean, day, joined
from connectors._reading.read import check_names, document, is_json, listing, mapping
from connectors._reading.xml import ANYTHING, Document, Unit, attribute
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.records import ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import country_code

HOST = "www.ecfr.gov"
TITLES = f"https://{HOST}/api/versioner/v1/titles.json"
"""Says up to which day each title is consolidated; the text is asked for by that day."""
PAGE = f"https://{HOST}/current/title-15/part-744/appendix-Supplement%20No.%204%20to%20Part%20744"
TITLE, PART, SUPPLEMENT = 15, "744", "Supplement No. 4 to Part 744"
CODE, NAME = "EL", "Entity List (EL) - Bureau of Industry and Security"
COLUMNS = ("country", "entity", "license requirement", "license review policy", "federal register citation")
DOCUMENT = Document(
    "DIV5",
    dict.fromkeys("HEAD AUTH SOURCE EDNOTE EFFDNOT NOTE CROSSREF CITA FTNT XREF P DIV6 DIV7 DIV8 DIV9".split(), ANYTHING),
    frozenset({"N", "NODE", "TYPE", "VOLUME", "hierarchy_metadata"}),
)
_BREAKS = frozenset({"br", "BR", "P", "p", "FP", "HD1", "HD2", "HD3", "LI", "li", "DIV", "div"})
_INLINE = frozenset({"I", "i", "E", "em", "B", "b", "strong", "SU", "sup", "FTREF", "XREF", "a", "span"})
_MARKS = frozenset({"SU", "sup", "FTREF"})
"""Footnote marks: no part of a name."""
MOST_NESTED = 20
_FOOTNOTE = re.compile(r"\d{1,2} \S|\[|Note\b|Editorial Note", re.IGNORECASE)
_CITED_DAY = re.compile(r"\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})\b")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the day of the consolidated text first."""
    yield Request(TITLES)


def next_request(part: Part) -> Request | None:
    """Ask for part 744 as of the newest day."""
    if part.request is None or not is_json(part):
        return None
    as_of = _as_of(part)
    return Request(f"https://{HOST}/api/versioner/v1/full/{as_of.isoformat()}/title-{TITLE}.xml", {"part": PART})


def _as_of(part: Part) -> date:
    titles = mapping(document(part), "document", part.name)
    check_names(titles, ("titles", "meta"), ("titles",), part.name)
    for number, raw in enumerate(listing(titles["titles"], "titles", part.name)):
        title = mapping(raw, "title", f"{part.name} titles[{number}]")
        if title.get("number") == TITLE:
            found = day(str(title.get("up_to_date_as_of")), "%Y-%m-%d")
            if found is not None:
                return found
            raise SourceChanged("up_to_date_as_of", title.get("up_to_date_as_of"), f"{part.name} titles[{number}]", "a day as YYYY-MM-DD")
    raise SourceChanged("titles", None, part.name, f"title {TITLE} among them")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each row of the table; the list of titles says nothing more.

    Raises
    ------
    Quarantine
        There is no text of the regulation, the supplement is not in it, or its table has another form.
    """
    texts = [part for part in payload.parts if not is_json(part)]
    if not texts:
        raise Quarantine("wrong_file", f"{payload.parts[0].name}: not the text of part {PART}")
    with Tally() as tally:
        entries = list(dict.fromkeys(entry for part in texts for entry in _entries(part, tally)))
    return with_unique_keys(entries)


def _entries(part: Part, tally: Tally) -> Iterator[ListEntry]:
    found = False
    for unit in DOCUMENT.read(part):
        if not unit.path and (number := attribute(unit.element, "N")) != PART:
            raise SourceChanged("@N", number, part.name, f"part {PART}", "wrong_file")
        if unit.path == "DIV9" and attribute(unit.element, "N") == SUPPLEMENT:
            found = True
            yield from _table(unit, tally)
    if not found:
        raise Quarantine("wrong_file", f"{part.name}: {SUPPLEMENT} is not in it")


def _table(unit: Unit, tally: Tally) -> Iterator[ListEntry]:
    country, open_row = "", list[list[str]]()
    position = unit.position
    header = False
    for number, row in enumerate(unit.element.iter("TR"), start=1):
        where = f"{unit.position} row {number}"
        if (heads := [" ".join(_lines(cell, where)) for cell in row if cell.tag == "TH"]) != []:
            _check_header(heads, where)
            header = True
            continue
        cells = [_lines(cell, where) for cell in row if cell.tag == "TD"]
        if not header:
            raise SourceChanged("TH", None, where, f"a header with {', '.join(COLUMNS)} first")
        if len(cells) == 1 and (not cells[0] or _FOOTNOTE.match(cells[0][0])):
            continue
        if len(cells) != len(COLUMNS):
            raise SourceChanged("number of columns", len(cells), where, f"{len(COLUMNS)} as in the header")
        if cells[1] and open_row and not any((cells[0], *cells[2:])):
            open_row[1] += cells[1]  # one entry over two rows
            continue
        if open_row:
            yield from _entry(country, open_row, tally.entry(position))
        country = " ".join(cells[0]) or country
        open_row, position = cells, where
    if not header:
        raise SourceChanged("TR", None, unit.position, "a table with a header")
    if open_row:
        yield from _entry(country, open_row, tally.entry(position))


def _check_header(heads: Sequence[str], where: str) -> None:
    if tuple(head.casefold() for head in heads) != COLUMNS:
        raise SourceChanged("TH", ", ".join(heads), where, f"the columns {', '.join(COLUMNS)}")


def _lines(cell: Element, where: str, depth: int = 0) -> list[str]:
    """Return the text of a cell, a line for each break; footnote marks are left out."""
    if depth > MOST_NESTED:
        raise SourceChanged(str(cell.tag)[:80], f"{depth} elements deep", where, f"at most {MOST_NESTED}")
    pieces = [cell.text or ""]
    for element in cell:
        if element.tag in _BREAKS:
            pieces.append("\0")
        elif element.tag not in _INLINE:
            raise SourceChanged(str(element.tag)[:80], "a new element", where, f"one of {', '.join(sorted(_BREAKS | _INLINE))}")
        if element.tag not in _MARKS:
            pieces.append("\0".join(_lines(element, where, depth + 1)))
            pieces.append("\0" if element.tag in _BREAKS else "")
        pieces.append(element.tail or "")
    return [line for text in "".join(pieces).split("\0") if (line := " ".join(text.split()))]


def _entry(country: str, cells: Sequence[Sequence[str]], fields: Fields) -> Iterator[ListEntry]:
    """Yield the entry of a row; a row that only names a country, or says "[Reserved]", has none."""
    position = fields.position
    entity, (requirement, policy, citation) = cells[1], (clean(" ".join(cell)) for cell in cells[2:])
    if not entity or entity[0].strip("[]. ").casefold() == "reserved":
        if any(cells[2:]):
            raise SourceChanged("Entity", " ".join(entity), position, "a name")
        return
    said = read_cell(entity)
    if said is None or requirement is None:
        raise SourceChanged(
            "Entity" if said is None else "License requirement", " ".join(entity)[:80], position, "a name and what is required"
        )
    code = fields.country(country, "Country")
    days = sorted(found for text in _CITED_DAY.findall(citation or "") if (found := day(text, "%m/%d/%y", "%m/%d/%Y")))
    yield fields.listed(
        CODE,
        NAME,
        "",
        said.name,
        [Place(address, _country(address, code)) for address in said.addresses],
        [code],
        party_kind="unknown",
        aliases=said.aliases,
        relations=said.relations,
        citation=citation,
        published=days[0] if days else None,
        licence_requirement=requirement,
        licence_policy=policy,
        remarks=joined((said.remark,)),
        url=PAGE,
    )


def _country(address: str, code: str | None) -> str | None:
    """Return the country an address ends with, else the one its row stands under.

    >>> _country("1 Example Road, Kowloon, Hong Kong", "CN"), _country("1 Example Road", "CN")
    ('HK', 'CN')
    """
    return country_code(address.rpartition(",")[2].strip(" .")) or code


SOURCE = Source(
    card=Card(
        source_id="bis_entity_list",
        title="Entity List in the Code of Federal Regulations",
        publisher="US Bureau of Industry and Security, Office of the Federal Register",
        homepage=PAGE,
        hosts=(HOST,),
        licence="US government work, public domain",
        redistribution="yes",
        commercial_use="yes",
        attribution="Electronic Code of Federal Regulations, title 15, part 744, supplement no. 4",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=14), content_lag=timedelta(days=3), grace=timedelta(days=60)),
        poll_every=timedelta(hours=12),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=3_000,
        max_records=4_500,
        anchors=(CODE,),
        max_bytes=64 * 1024 * 1024,
        notes=(
            "two requests: the day up to which title 15 is consolidated, then part 744 as of it; automated clients are blocked at times",
            "cells are prose: names end where legal forms and units end (98 of 100 as in the CSL), aliases stand behind dashes",
            "the day beside the first citation is that of publication; the regulation gives no effective date",
            "the same list as in the CSL: a designation that both carry is told once",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
