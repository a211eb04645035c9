"""China's control and countermeasure lists as OpenSanctions keeps them by hand: one CSV table, several commits a day.

The table repeats notices of several ministries. Rows are typed in months late, renamed and re-dated, so most new rows are no new
designations; ``Date`` is the effective date and comes in several spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Literal

from connectors._reading.read import Row, decode, rows
from supplywatch.listing.same_entry import content_key, with_unique_keys
from supplywatch.model.records import Alias, Identifier, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source
from supplywatch.reading.countries import country_code, is_code

HOST = "raw.githubusercontent.com"
URL = f"https://{HOST}/opensanctions/opensanctions/main/datasets/cn/sanctions/sanctions.csv"
UNION = "EU"
LIST = "CN"
"""One code for the whole table: ``List`` is free text, empty in one row of seven, and the titles of decisions stand in it."""
REQUIRED = ("Type", "Name", "Country", "List", "Date", "Source URL")
IGNORED = ("Topics", "Chinese summary", "Body")
"""OpenSanctions' own tags, and what Summary and the notice say already."""
COLUMNS = (*REQUIRED, "QID", "Alias", "Chinese name", "Summary", "End date", "Address", *IGNORED)
KINDS: Mapping[str, Literal["organisation", "person", "vessel", "aircraft", "unknown"]] = {
    "Company": "organisation",
    "Organization": "organisation",
    "PublicBody": "organisation",
    "LegalEntity": "unknown",
    "Person": "person",
    "Vessel": "vessel",
    "Airplane": "aircraft",
}
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the whole table."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each row; rows that say exactly the same are one."""
    entries = (_entry(row) for part in payload.parts for row in rows(decode(part, "utf-8"), part.name, COLUMNS, REQUIRED))
    return with_unique_keys(list(dict.fromkeys(entries)))


def _entry(row: Row) -> ListEntry:
    name, title = row.text("Name"), row.optional_text("List")
    countries = _countries(row)
    chinese, address, wikidata = (_optional(row, field) for field in ("Chinese name", "Address", "QID"))
    aliases = [Alias(text=text, kind="native" if _CHINESE.search(text) else "strong") for text in _several(row, "Alias")]
    if chinese is not None:
        aliases.append(Alias(text=chinese, kind="native" if set(countries) & {"CN", "HK", "TW"} else "strong", language="zh"))
    return ListEntry(
        list_code=LIST,
        list_name=title or "no list named",
        key=f"{name}|{title or ''}",
        content_key=content_key(LIST, name, countries),
        party_kind=row.choice("Type", KINDS),
        name=name,
        aliases=tuple(aliases),
        countries=countries,
        addresses=() if address is None else (address,),
        identifiers=() if wikidata is None else (Identifier(kind="other", value=wikidata, label="Wikidata"),),
        effective=_day(row, "Date"),
        ends=_day(row, "End date"),
        remarks=_optional(row, "Summary"),
        url=row.optional_text("Source URL"),
    )


def _optional(row: Row, field: str) -> str | None:
    return row.optional_text(field) if field in row.values else None


def _several(row: Row, field: str) -> tuple[str, ...]:
    return tuple(text for one in (_optional(row, field) or "").split(";") if (text := one.strip()))


def _countries(row: Row) -> tuple[str, ...]:
    found = []
    for text in _several(row, "Country"):
        code = text if is_code(text) or text == UNION else country_code(text)
        if code is None:
            raise row.refuse("Country", "an ISO 3166 code of two letters, or a known name")
        found.append(code)
    return tuple(found)


def _day(row: Row, field: str) -> date | None:
    """Read DD.MM.YYYY, DD.MM.YY and D.M.YYYY; the table has all three, and ISO days would be no surprise."""
    text = _optional(row, field)
    if text is None:
        return None
    found = _DAY.fullmatch(text)
    try:
        if found is None:
            return date.fromisoformat(text)
        year = int(found[3])
        return date(year + 2000 if len(found[3]) == 2 else year, int(found[2]), int(found[1]))
    except ValueError as error:
        raise row.refuse(field, "a day as DD.MM.YYYY, DD.MM.YY or YYYY-MM-DD, or nothing") from error


SOURCE = Source(
    card=Card(
        source_id="opensanctions_cn",
        title="China's control and countermeasure lists, kept by hand",
        publisher="OpenSanctions, after Chinese ministries",
        homepage="https://www.opensanctions.org/datasets/cn_sanctions/",
        hosts=(HOST,),
        licence="CC BY-NC 4.0; commercial use needs a licence of OpenSanctions",
        redistribution="derived-only",
        commercial_use="licence-needed",
        attribution="OpenSanctions.org, CC BY-NC 4.0",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=30), content_lag=timedelta(days=1), grace=timedelta(days=90)),
        poll_every=timedelta(hours=12),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.EXPCTL"),
        record=ListChange,
        kind="snapshot",
        min_records=200,
        max_records=5_000,
        anchors=(LIST,),
        notes=(
            "off by default: not for commercial use without a licence",
            "kept by hand: of 244 rows that were new in one day, 50 took effect within 14 days; the others were old notices and renames",
            "name and list repeat (21 rows); list is empty in 77 of 562; dates in three spellings; columns are appended",
            "rows are renamed by hand, so up to 5 % of the keys may vanish between two versions",
        ),
    ),
    requests=requests,
    parse=parse,
)
