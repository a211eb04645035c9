"""Annexes of EU sanctions regulations as OpenSanctions types them from the Official Journal: a consolidated act and the acts that amend it.

The unit is the act: an amending act adds rows to the annexes of the act that it names. What is in force is the consolidated act's rows
and, over them, those of the amending acts given with it; a row may take effect in the future.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, born, clean, identifier, strict_day, unique
from connectors._reading.read import Row, decode, rows
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Alias, Identifier, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import country_code

HOST = "raw.githubusercontent.com"
BASE = f"https://{HOST}/opensanctions/opensanctions/main/datasets/eu/journal_sanctions/data"
CONSOLIDATED = ("32014R0833",)
ACT = ("celex", "amendedCelex")
"""The act a row stands in: a consolidated table has the one, an amending one the other."""
NUMBERS: Mapping[str, str] = {
    "taxNumber": "tax number",
    "idNumber": "identity number",
    "innCode": "INN",
    "ogrnCode": "OGRN",
    "kppCode": "KPP",
    "okpoCode": "OKPO",
    "leiCode": "LEI",
    "swiftBic": "SWIFT/BIC",
    "imoNumber": "IMO",
    "mmsi": "MMSI",
    "passportNumber": "passport",
}
REQUIRED = ("programKey", "annex", "measure", "startDate", "schema", "name")
USED = (*REQUIRED, *ACT, *NUMBERS, "amendmentCelex", "recordId", "alias", "weakAlias", "previousName", "reason", "address", "birthDate")
COUNTRIES = ("country", "jurisdiction", "flag")
IGNORED = (
    "nationality birthPlace position gender appearance ethnicity fatherName motherName incorporationDate legalForm sector ticker phone "
    "email website notes"
).split()
COLUMNS = (*USED, *COUNTRIES, "registrationNumber", *IGNORED)
KINDS: Mapping[str, PartyKind] = {
    "LegalEntity": "unknown",
    "Company": "organisation",
    "Organization": "organisation",
    "Person": "person",
    "Vessel": "vessel",
    "Airplane": "aircraft",
    "Asset": "address",  # ports, airports, special economic zones, and three crypto-assets
}
DAYS = ("%d.%m.%Y", "%d %B %Y", "%Y-%m-%d")
_CELEX = re.compile(r"3(\d{4})R(\d{4})")
_LABELLED = re.compile(r"(.+?)(?<!\s)\s*+\(([^()]*+)\)\)?$")
_NATIVE = re.compile(r"[^\u0000-\u024f\u2010-\u201f]")


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the consolidated acts, and for the amending acts that ``options.amendments`` names (CELEX numbers)."""
    for act in CONSOLIDATED:
        yield Request(f"{BASE}/consolidated/{act}.csv")
    named = cursor.options.get("amendments", ())
    for act in named if isinstance(named, list | tuple) else ():
        yield Request(f"{BASE}/amendments/{act}.csv")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return what is in force: a row of an amending act replaces that of the same act, annex and number (name where none is given)."""
    in_force: dict[tuple[str, str, int], ListEntry] = {}
    with Tally() as tally:
        for part in sorted(payload.parts, key=_amends):
            seen: Counter[tuple[str, str]] = Counter()
            for row in rows(decode(part, "utf-8"), part.name, COLUMNS, REQUIRED):
                entry = _entry(row, tally.entry(row.position))
                place = entry.list_code, entry.key
                in_force[*place, seen[place]] = entry  # one number can stand for two measures
                seen[place] += 1
    return with_unique_keys(list(dict.fromkeys(in_force.values())))


def _amends(part: Part) -> bool:
    return b"amendedCelex" in part.body.split(b"\n", 1)[0]


def _entry(row: Row, fields: Fields) -> ListEntry:
    act, annex, name = _act(row), row.text("annex"), row.text("name")
    places = [Place(line, _country(line)) for line in _several(row, "address")]
    nations = [fields.country(_optional(row, field), field) for field in COUNTRIES]
    return fields.listed(
        f"{act} {annex}",
        f"Regulation (EU) {act}, annex {annex}: {row.text('measure')}",
        _optional(row, "recordId") or name,
        name,
        places,
        nations,
        party_kind=fields.kind(row.optional_text("schema"), "schema", KINDS),
        aliases=tuple(_aliases(row)),
        programs=(row.text("programKey"),),
        identifiers=unique((*_numbers(row), born(_optional(row, "birthDate")))),
        citation=_optional(row, "amendmentCelex"),
        effective=_day(row),
        remarks=_optional(row, "reason"),
        url=f"https://eur-lex.europa.eu/eli/reg/{act.partition('/')[2]}/{int(act.partition('/')[0])}",
    )


def _act(row: Row) -> str:
    """Return the number of the regulation, 833/2014 for the CELEX number 32014R0833."""
    field = next((field for field in ACT if _optional(row, field)), ACT[0])
    found = _CELEX.fullmatch(_optional(row, field) or "")
    if found is None:
        raise row.refuse(field, "the CELEX number of a regulation, 3, year, R and four digits")
    return f"{int(found[2])}/{found[1]}"


def _aliases(row: Row) -> Iterator[Alias]:
    for text in _several(row, "alias"):
        yield Alias(text=text, kind="native" if _NATIVE.search(text) else "strong")
    for text in _several(row, "weakAlias"):
        yield Alias(text=text, kind="weak")
    for text in _several(row, "previousName"):
        yield Alias(text=text, kind="former")


def _numbers(row: Row) -> Iterator[Identifier | None]:
    for text in _several(row, "registrationNumber"):
        labelled = _LABELLED.fullmatch(text)
        yield identifier(labelled[2] if labelled else "registration number", labelled[1] if labelled else text)
    for field, label in NUMBERS.items():
        for text in _several(row, field):
            yield identifier(label, text)


def _country(address: str) -> str | None:
    """Return the country an address ends with; many end with a street or a number."""
    last = address.rpartition(",")[2].strip(" .\"'")
    return country_code(last) if last else None


def _several(row: Row, field: str) -> tuple[str, ...]:
    return tuple(text for one in (_optional(row, field) or "").split(";") if (text := clean(one)))


def _optional(row: Row, field: str) -> str | None:
    return row.optional_text(field) if field in row.values else None


def _day(row: Row) -> date | None:
    return strict_day(row.optional_text("startDate"), "startDate", row.position, *DAYS)


SOURCE = Source(
    card=Card(
        source_id="opensanctions_eu",
        title="Annexes of EU sanctions regulations",
        publisher="OpenSanctions, after the Official Journal of the European Union",
        homepage="https://www.opensanctions.org/datasets/eu_journal_sanctions/",
        hosts=(HOST,),
        licence="CC BY-NC 4.0; commercial use needs a licence of OpenSanctions",
        redistribution="derived-only",
        commercial_use="licence-needed",
        attribution="OpenSanctions.org, CC BY-NC 4.0; Official Journal of the European Union",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=30), content_lag=timedelta(days=7), grace=timedelta(days=120)),
        poll_every=timedelta(hours=12),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.EXPCTL"),
        record=ListChange,
        kind="snapshot",
        min_records=1_000,
        max_records=6_000,
        anchors=("833/2014 IV", "833/2014 XLII"),
        notes=(
            "off by default: not for commercial use without a licence; options: amendments, a list of CELEX numbers of amending acts",
            "an amending act may change other acts than 833/2014: its rows stand under the act that they name",
            "annexes XIV, XIX and others number no rows: the name is the key there",
            "days in four shapes, 81 of 1,746 rows without one; they can lie in the future",
        ),
    ),
    requests=requests,
    parse=parse,
)
