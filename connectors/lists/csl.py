"""US Consolidated Screening List: the lists of Commerce, State and Treasury in one file, in full each day, as CSV or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import born, ownership, unique
from connectors._reading.read import Row, check_names, decode, document, is_json, listing, mapping, rows
from connectors._reading.running import labelled_alias, quoted_aliases, related
from supplywatch.errors import Quarantine
from supplywatch.listing.same_entry import content_key, with_unique_keys
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Identifier, ListChange, ListEntry, Relation
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import is_code

HOST = "data.trade.gov"
URL = f"https://{HOST}/downloadable_consolidated_screening_list/v1/consolidated.csv"
LISTS = ("CAP", "CMIC", "DPL", "DTC", "EL", "ISN", "MEU", "NS-MBS", "PLC", "SDN", "SSI", "UVL")
FORMER_LISTS = ("FSE", "561", "13599")
KINDS: Mapping[str, PartyKind] = {
    "Entity": "organisation",
    "Individual": "person",
    "Vessel": "vessel",
    "Aircraft": "aircraft",
}
COLUMNS = (
    "_id source entity_number type programs name title addresses federal_register_notice start_date end_date standard_order "
    "license_requirement license_policy call_sign vessel_type gross_tonnage gross_registered_tonnage vessel_flag vessel_owner remarks "
    "source_list_url alt_names citizenships dates_of_birth nationalities places_of_birth source_information_url ids"
).split()
WITHOUT_ID = COLUMNS[1:]
"""The columns of 2019."""
JSON_ONLY = ("id", "country", "score")
"""What the JSON form may carry beside the columns."""
ENVELOPE = ("results", "total", "offset", "sources", "sources_used", "search_performed_at")
ADDRESS = ("address", "city", "state", "postal_code", "country")
IDENTIFIER = ("type", "number", "country")
NATIONS = ("citizenships", "nationalities", "vessel_flag", "country")
KNOWN = frozenset((*COLUMNS, *JSON_ONLY))
_CODE = re.compile(r"\(([A-Z0-9-]+)(?: List)?\)")
_COUNTRY = re.compile(r"(?:^|, )([A-Z]{2})$")
_CLAUSE = re.compile(r"any successor\b.*$|its (?:sub-units|successors|subsidiaries)\b.*$", re.IGNORECASE)
_LINK = re.compile(r"Linked To: (?P<name>[^;]+)")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the whole list; the search service cannot enumerate it (it shows about 1,050 rows)."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return every entry of every list, with keys that are unique within a list."""
    with Tally() as tally:
        entries = [_entry(row, tally.entry(row.position)) for part in payload.parts for row in _rows(part)]
    return with_unique_keys(entries)


def _rows(part: Part) -> Iterator[Row]:
    if is_json(part):
        yield from _json_rows(part)
        return
    text = decode(part, "utf-8")
    if text.lstrip().startswith("<"):
        raise Quarantine("error_body", f"{part.name}: a web page instead of the list")
    yield from rows(text, part.name, COLUMNS, WITHOUT_ID)


def _json_rows(part: Part) -> Iterator[Row]:
    whole = document(part)
    if isinstance(whole, dict):
        if "results" not in whole and ("message" in whole or "error" in whole):
            raise Quarantine("error_body", f"{part.name}: the service answers with an error: {str(whole)[:200]}")
        check_names(whole.keys(), ENVELOPE, ("results",), part.name)
        found, total = listing(whole["results"], "results", part.name), whole.get("total")
        if whole.get("offset") or (isinstance(total, int) and total != len(found)):
            raise Quarantine("truncated", f"{part.name}: a page of {len(found)} of {total} entries, not the whole list")
        whole = found
    for index, item in enumerate(listing(whole, "results", part.name)):
        position = f"results[{index}]"
        values = mapping(item, "entry", position)
        check_names(values.keys(), values.keys(), ("source", "name"), position)
        yield Row(dict.fromkeys(COLUMNS) | values, position)


def _entry(row: Row, fields: Fields) -> ListEntry:
    code = _list_code(row)
    name = row.text("name")
    for unknown in row.values.keys() - KNOWN:
        fields.undeclared(unknown, json.dumps(row.values[unknown], ensure_ascii=False))
    addresses = _several(row, "addresses", ADDRESS)
    countries = sorted({found[1] for address in addresses if (found := _COUNTRY.search(address)) and is_code(found[1])})
    key = content_key(code, name, countries)
    remarks, owner = _optional(row, "remarks"), _optional(row, "vessel_owner")
    owned = related("owned_by", "Vessel owner", owner) if owner else ()
    return ListEntry(
        list_code=code,
        list_name=row.text("source"),
        key=_optional(row, "_id") or _optional(row, "id") or key,
        content_key=key,
        party_kind=fields.choice(_optional(row, "type"), "type", KINDS, "unknown"),
        name=name,
        aliases=unique((*map(labelled_alias, _several(row, "alt_names")), *quoted_aliases(remarks or ""))),
        countries=tuple(sorted({*countries, *_nations(row, fields)})),
        addresses=addresses,
        programs=_several(row, "programs"),
        identifiers=(*map(Identifier.from_text, _several(row, "ids", IDENTIFIER)), *unique(map(born, _several(row, "dates_of_birth")))),
        relations=unique((*_relations(name, remarks), *owned)),
        citation=_optional(row, "federal_register_notice"),
        effective=_day(row, "start_date"),
        ends=_day(row, "end_date"),
        licence_requirement=_optional(row, "license_requirement"),
        licence_policy=_optional(row, "license_policy"),
        remarks=remarks,
        url=_optional(row, "source_list_url"),
        raw=tuple(fields.raw),
    )


def _nations(row: Row, fields: Fields) -> Iterator[str]:
    """Yield the countries that a party belongs to: citizenship, nationality, flag, and the one some lists give the entry itself."""
    for field in NATIONS:
        for text in _several(row, field):
            code = fields.code(text, field) if len(text) == 2 else fields.country(text, field)
            if code is not None:
                yield code


def _relations(name: str, remarks: str | None) -> tuple[Relation, ...]:
    """Return what name and remarks say of kinship: successors and subsidiaries meant too, links, owners."""
    clause = _CLAUSE.search(name)
    clauses = (Relation(kind="successor_clause", text=clause[0]),) if clause else ()
    links = (Relation(kind="linked_to", name=_closed(found["name"]), text=found[0]) for found in _LINK.finditer(remarks or ""))
    return (*clauses, *links, *ownership(remarks))


def _closed(text: str) -> str:
    """Return a text without the bracket that closes what stands around it."""
    text = text.strip()
    return text.removesuffix(")") if text.count(")") > text.count("(") else text


def _list_code(row: Row) -> str:
    """Return the short code in the name of a list; a header line that occurs again as a row is refused like any unknown list."""
    found = _CODE.search(row.text("source"))
    if found is None or found[1] not in (*LISTS, *FORMER_LISTS):
        raise row.refuse("source", f"a list with one of the codes {', '.join(LISTS)}")
    return found[1]


def _optional(row: Row, field: str) -> str | None:
    return row.optional_text(field) if field in row.values else None


def _several(row: Row, field: str, parts: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the values of a field: joined by "; " in a table, an array in JSON, whose objects are written as the table writes them."""
    if field not in row.values or row.values[field] is None:
        return ()
    value = row.values[field]
    if isinstance(value, str):
        return tuple(text for one in value.split("; ") if (text := " ".join(one.split())))
    texts = (_one(row, field, item, parts) for item in listing(value, field, row.position))
    return tuple(text for text in texts if text)


def _one(row: Row, field: str, item: Any, parts: tuple[str, ...]) -> str:
    if isinstance(item, dict) and parts:
        item = ", ".join(str(item[name]) for name in parts if item.get(name))
    if not isinstance(item, str):
        raise row.refuse(field, "a list of texts" + (f" or of objects with {', '.join(parts)}" if parts else ""))
    return " ".join(item.split())


def _day(row: Row, field: str) -> date | None:
    text = _optional(row, field)
    if text is None:
        return None
    try:
        if len(text) == len("YYYY-MM-DD"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise row.refuse(field, "a day as YYYY-MM-DD, or nothing")


SOURCE = Source(
    card=Card(
        source_id="csl",
        title="Consolidated Screening List",
        publisher="US Departments of Commerce, State and the Treasury",
        homepage="https://www.trade.gov/consolidated-screening-list",
        hosts=(HOST,),
        licence="US government work, public domain",
        redistribution="yes",
        commercial_use="yes",
        attribution="Consolidated Screening List, International Trade Administration, US Department of Commerce",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=1), content_lag=timedelta(hours=12), grace=timedelta(days=3)),
        poll_every=timedelta(hours=6),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=24_000,
        max_records=32_000,
        anchors=LISTS,
        max_bytes=128 * 1024 * 1024,
        confirmed="2023-11-30: 4,228 rows of the CSV; 2025-06-25: rows of the CSV; 2026-09-25: a fragment of the JSON",
        notes=(
            "no differences are published: snapshots are compared here, one that lost more than 1 % of its entries is refused",
            "OFAC lists carry no effective date; Entity List entries mostly do; the page cited differs between publications",
            "names keep the publisher's own '?' in place of apostrophes; matching ignores it",
            "the UFLPA list is not part of it",
        ),
    ),
    requests=requests,
    parse=parse,
)
