"""UN Security Council Consolidated List: one XML file with every individual and entity of every committee."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Literal
from xml.etree.ElementTree import Element

from connectors._reading.fields import Fields, numbered
from connectors._reading.parties import Place, born, clean, identifier, joined, ownership, unique
from connectors._reading.xml import Document, Unit, shape, text, texts
from supplywatch.errors import SourceChanged
from supplywatch.model.records import Alias, Identifier, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

HOST = "scsanctions.un.org"
URL = f"https://{HOST}/resources/xml/en/consolidated.xml"
CODE, NAME = "UNSC", "United Nations Security Council Consolidated List"
_VALUES = {"VALUE": None}
_PLACE = dict.fromkeys(("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY", "NOTE"))
_COMMON = {
    **dict.fromkeys("DATAID VERSIONNUM FIRST_NAME UN_LIST_TYPE REFERENCE_NUMBER LISTED_ON COMMENTS1 NAME_ORIGINAL_SCRIPT".split()),
    **dict.fromkeys(("SORT_KEY", "SORT_KEY_LAST_MOD", "SUBMITTED_BY", "SUBMITTED_ON")),
    "LIST_TYPE": _VALUES,
    "LAST_DAY_UPDATED": _VALUES,
}
INDIVIDUAL = {
    **_COMMON,
    **dict.fromkeys(("SECOND_NAME", "THIRD_NAME", "FOURTH_NAME", "GENDER")),
    **dict.fromkeys(("NATIONALITY", "DESIGNATION", "TITLE"), _VALUES),
    "INDIVIDUAL_ALIAS": dict.fromkeys(("QUALITY", "ALIAS_NAME", "NOTE", "DATE_OF_BIRTH", "CITY_OF_BIRTH", "COUNTRY_OF_BIRTH")),
    "INDIVIDUAL_ADDRESS": _PLACE,
    "INDIVIDUAL_DATE_OF_BIRTH": dict.fromkeys(("TYPE_OF_DATE", "DATE", "YEAR", "FROM_YEAR", "TO_YEAR", "NOTE")),
    "INDIVIDUAL_PLACE_OF_BIRTH": _PLACE,
    "INDIVIDUAL_DOCUMENT": dict.fromkeys(
        "TYPE_OF_DOCUMENT TYPE_OF_DOCUMENT2 NUMBER ISSUING_COUNTRY COUNTRY_OF_ISSUE CITY_OF_ISSUE DATE_OF_ISSUE NOTE".split()
    ),
}
ENTITY = {**_COMMON, "ENTITY_ALIAS": dict.fromkeys(("QUALITY", "ALIAS_NAME", "NOTE")), "ENTITY_ADDRESS": _PLACE}
DOCUMENT = Document(
    "CONSOLIDATED_LIST",
    {"INDIVIDUALS/INDIVIDUAL": shape(INDIVIDUAL), "ENTITIES/ENTITY": shape(ENTITY)},
    frozenset({"dateGenerated"}),
)
REGIMES = frozenset(
    "Al-Qaida CAR DPRK DRC GB Haiti Iran Iraq Lebanon Libya Mali Somalia SouthSudan Sudan Taliban Yemen".split()  # GB is Guinea-Bissau
)
_QUALITY: Mapping[str, Literal["strong", "weak", "former"]] = {"good": "strong", "a.k.a.": "strong", "low": "weak", "f.k.a.": "former"}


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the whole list."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each individual and entity; a reference number stands once.

    Raises
    ------
    Quarantine
        As :meth:`connectors._reading.xml.Document.read`; a regime, a country or a date is written in a way nobody has looked at.
    """
    return numbered(DOCUMENT, payload, _entry, "REFERENCE_NUMBER")


def _entry(unit: Unit, fields: Fields) -> ListEntry:
    element, position = unit.element, unit.position
    person = unit.path.endswith("INDIVIDUAL")
    parts = (text(element, part) for part in ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"))
    name = joined(part for part in parts if part != "na")
    key, regime = text(element, "REFERENCE_NUMBER"), text(element, "UN_LIST_TYPE")
    if name is None or key is None:
        raise SourceChanged("REFERENCE_NUMBER" if name else "FIRST_NAME", None, position, "a text that is not empty")
    if regime not in REGIMES:
        raise SourceChanged("UN_LIST_TYPE", regime, position, f"one of {', '.join(sorted(REGIMES))}")
    return fields.listed(
        CODE,
        NAME,
        key,
        name,
        list(_places(element, fields)),
        [code for nation in texts(element, "NATIONALITY/VALUE") for code in fields.countries(nation, "NATIONALITY")],
        party_kind="person" if person else "organisation",
        aliases=unique(_aliases(element, fields)),
        identifiers=unique((*_documents(element, fields), *_births(element))),
        relations=ownership(text(element, "COMMENTS1")),
        programs=(regime,),
        effective=_listed_on(element, position),
        remarks=joined((*texts(element, "TITLE/VALUE"), *texts(element, "DESIGNATION/VALUE"), text(element, "COMMENTS1")), "; "),
        url="https://main.un.org/securitycouncil/en/content/un-sc-consolidated-list",
    )


def _aliases(element: Element, fields: Fields) -> Iterator[Alias]:
    if native := text(element, "NAME_ORIGINAL_SCRIPT"):
        yield Alias(text=native, kind="strong" if native.isascii() else "native")
    for alias in element:
        if alias.tag in ("INDIVIDUAL_ALIAS", "ENTITY_ALIAS") and (name := text(alias, "ALIAS_NAME")):
            yield Alias(text=name, kind=fields.chosen(alias, "QUALITY", _QUALITY, "strong"))


def _places(element: Element, fields: Fields) -> Iterator[Place]:
    for place in element:
        if place.tag in ("INDIVIDUAL_ADDRESS", "ENTITY_ADDRESS"):
            parts = [text(place, name) for name in ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE")]
            found = fields.place(parts, text(place, "COUNTRY"), "COUNTRY")
            if found.written:
                yield found


def _documents(element: Element, fields: Fields) -> Iterator[Identifier | None]:
    for paper in element.iterfind("INDIVIDUAL_DOCUMENT"):
        country = text(paper, "ISSUING_COUNTRY") or text(paper, "COUNTRY_OF_ISSUE")
        label = text(paper, "TYPE_OF_DOCUMENT") or text(paper, "TYPE_OF_DOCUMENT2")
        yield identifier(label, text(paper, "NUMBER"), fields.country(country, "ISSUING_COUNTRY"))


def _births(element: Element) -> Iterator[Identifier | None]:
    for birth in element.iterfind("INDIVIDUAL_DATE_OF_BIRTH"):
        span = joined((text(birth, "FROM_YEAR"), text(birth, "TO_YEAR")), " to ")
        said = text(birth, "DATE") or text(birth, "YEAR") or span or text(birth, "NOTE")
        circa = "circa " if text(birth, "TYPE_OF_DATE") == "APPROXIMATELY" else ""
        yield born(circa + said) if said else None


def _listed_on(element: Element, position: str) -> date | None:
    """Return the day of listing; a few days carry the zone of New York behind them."""
    said = clean(text(element, "LISTED_ON"))
    if said is None:
        return None
    try:
        if len(said) == len("YYYY-MM-DD") or said[10:11] in "+-Z":
            return date.fromisoformat(said[:10])
    except ValueError:
        pass
    raise SourceChanged("LISTED_ON", said, position, "a day as YYYY-MM-DD, with a zone offset at most")


SOURCE = Source(
    card=Card(
        source_id="un_consolidated",
        title="Security Council Consolidated List",
        publisher="United Nations Security Council",
        homepage="https://main.un.org/securitycouncil/en/content/un-sc-consolidated-list",
        hosts=(HOST,),
        licence="UN terms of use; attribution",
        redistribution="yes",
        commercial_use="yes",
        attribution="United Nations Security Council Consolidated List",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=14), content_lag=timedelta(days=1), grace=timedelta(days=60)),
        poll_every=timedelta(hours=6),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=800,
        max_records=1_300,
        anchors=(CODE,),
        max_bytes=32 * 1024 * 1024,
        confirmed="whole lists of 2017-07-03, 2018-10-29, 2025-04-19 and 2026-02-27; its address was not seen",
        notes=(
            "editions of 2017 to 2018 name who submitted an entry, and write nationalities as adjectives and with remarks, which are kept",
            "UN_LIST_TYPE is a regime, not a country (GB is Guinea-Bissau); an entity's name stands in FIRST_NAME",
            "ten entries give their day of listing with a zone offset: the day is taken as written",
        ),
    ),
    requests=requests,
    parse=parse,
)
