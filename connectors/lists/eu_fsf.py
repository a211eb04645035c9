"""EU financial sanctions: the consolidated list of the Commission, XML in format version 1.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Literal
from xml.etree.ElementTree import Element

from connectors._reading.aliases import is_native
from connectors._reading.fields import Fields, numbered
from connectors._reading.parties import Place, born, identifier, joined, ownership, strict_day, unique
from connectors._reading.xml import Document, Unit, attribute, shape, text, texts
from supplywatch.errors import SourceChanged
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Alias, Identifier, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

HOST = "webgate.ec.europa.eu"
URL = f"https://{HOST}/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content"
CODE, NAME = "EU", "European Union consolidated financial sanctions list"
KINDS: Mapping[str, PartyKind] = {"person": "person", "enterprise": "organisation"}
_TRUTH = {"true": True, "false": False}
_TITLES = "regulationType publicationDate publicationUrl numberTitle"


def _attributes(names: str, **children: Any) -> dict[str, Any]:
    return {**dict.fromkeys(f"@{name}" for name in names.split()), **children}


_SUMMARY = _attributes(_TITLES)
_PART: dict[str, Any] = {"remark": None, "additionalInformation": _attributes("key value", **{"#": None}), "regulationSummary": _SUMMARY}
_AREA = "region countryIso2Code countryDescription regulationLanguage logicalId"
ENTITY = _attributes(
    "logicalId euReferenceNumber unitedNationId designationDate designationDetails delistingDate",
    remark=None,
    additionalInformation=_attributes("key value", **{"#": None}),
    regulation=_attributes(
        "regulationType organisationType publicationDate entryIntoForceDate numberTitle programme logicalId",
        publicationUrl=None,
        remark=None,
    ),
    subjectType=_attributes("code classificationCode"),
    nameAlias=_attributes(
        "firstName middleName lastName wholeName function gender title nameLanguage strong regulationLanguage logicalId", **_PART
    ),
    citizenship=_attributes(f"acquisitionDate disenfranchisementDate {_AREA}", **_PART),
    birthdate=_attributes(
        f"circa calendarType city zipCode birthdate dayOfMonth monthOfYear year yearRangeFrom yearRangeTo place {_AREA}", **_PART
    ),
    address=_attributes(
        f"city street poBox zipCode place asAtListingTime {_AREA}", contactInfo=_attributes("key value", **{"#": None}), **_PART
    ),
    identification=_attributes(
        "diplomatic knownExpired knownFalse reportedLost revokedByIssuer issueDate issuedBy latinNumber nameOnDocument number validFrom "
        f"validTo identificationTypeCode identificationTypeDescription {_AREA}",
        **_PART,
    ),
)
DOCUMENT = Document(
    "export",
    {"sanctionEntity": shape(ENTITY)},
    frozenset({"generationDate", "globalFileId"}),
    ("http://eu.europa.ec/fpi/fsd/export",),
)


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the whole list."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each person and enterprise that is not delisted.

    Raises
    ------
    Quarantine
        As :meth:`connectors._reading.xml.Document.read`; a kind, a country or a date is written in a way nobody has looked at.
    """
    return [entry for entry in numbered(DOCUMENT, payload, _entry, "@euReferenceNumber") if entry.ends is None]


def _entry(unit: Unit, fields: Fields) -> ListEntry:
    element, position = unit.element, unit.position
    key = attribute(element, "euReferenceNumber") or attribute(element, "logicalId")
    names = list(_names(element, fields))
    if key is None or not names:
        raise SourceChanged("nameAlias" if key else "@logicalId", None, position, "to be present")
    regulations = [_regulation(one, fields) for one in element.iterfind("regulation")]
    name = min(names, key=_rank)
    designated = strict_day(attribute(element, "designationDate"), "@designationDate", position, "%Y-%m-%d")
    in_force = unique((designated, *(force for _, force, _ in regulations)))
    return fields.listed(
        CODE,
        NAME,
        key,
        name.text,
        [_place(one, fields) for one in element.iterfind("address")],
        [_country(one, fields) for one in element.iterfind("citizenship")],
        party_kind=fields.kind(_kind(element), "subjectType/@code", KINDS),
        aliases=unique(alias for alias in names if alias is not name),
        identifiers=unique((*(_number(one, fields) for one in element.iterfind("identification")), *_births(element))),
        relations=ownership(joined(texts(element, "remark"))),
        programs=unique(attribute(one, "programme") for one in element.iterfind("regulation")),
        citation=joined((attribute(one, "numberTitle") for one in element.iterfind("regulation")), "; "),
        effective=min(in_force, default=None),
        published=min(unique(published for published, _, _ in regulations), default=None),
        ends=strict_day(attribute(element, "delistingDate"), "@delistingDate", position, "%Y-%m-%d"),
        remarks=joined((*texts(element, "remark"), attribute(element, "designationDetails"), *_functions(element)), "; "),
        url=next((url for _, _, url in regulations if url), None),
    )


def _kind(element: Element) -> str | None:
    subject = element.find("subjectType")
    return None if subject is None else attribute(subject, "code")


def _regulation(regulation: Element, fields: Fields) -> tuple[date | None, date | None, str | None]:
    published = fields.day(attribute(regulation, "publicationDate"), "regulation/@publicationDate")
    force = strict_day(attribute(regulation, "entryIntoForceDate"), "@entryIntoForceDate", fields.position, "%Y-%m-%d")
    return published, force, text(regulation, "publicationUrl")


def _names(element: Element, fields: Fields) -> Iterator[Alias]:
    for name in element.iterfind("nameAlias"):
        parts = (attribute(name, part) for part in ("firstName", "middleName", "lastName"))
        written = attribute(name, "wholeName") or joined(parts)
        if written is None:
            continue
        strong = fields.chosen(name, "@strong", _TRUTH, otherwise=True)
        low = any("low quality" in remark.lower() for remark in texts(name, "remark"))
        language = attribute(name, "nameLanguage")
        for one in (" ".join(piece.split()) for piece in written.split(";")):
            kind: Literal["strong", "weak", "native"] = "native" if is_native(one) else "strong" if strong and not low else "weak"
            if one:
                yield Alias(text=one, kind=kind, language=language.lower() if language else None)


def _rank(name: Alias) -> tuple[int, int, bool]:
    """Order names for the main one: Latin and strong, English or of no language said (24 languages translate them), no abbreviation."""
    language = {"en": 0, None: 1}.get(name.language, 2)
    short = " " not in name.text and name.text.isupper() and len(name.text) <= 6
    return ("strong", "weak", "native").index(name.kind), language, short


def _functions(element: Element) -> Iterator[str | None]:
    yield from unique(attribute(name, part) for name in element.iterfind("nameAlias") for part in ("title", "function"))


def _country(element: Element, fields: Fields) -> str | None:
    return fields.code(attribute(element, "countryIso2Code"), f"{element.tag}/@countryIso2Code")


def _place(address: Element, fields: Fields) -> Place:
    box = attribute(address, "poBox")
    parts = (attribute(address, name) for name in ("street", "place", "zipCode", "city", "region"))
    return Place(joined((f"P.O. Box {box}" if box else None, *parts), ", "), _country(address, fields))


def _number(paper: Element, fields: Fields) -> Identifier | None:
    if fields.chosen(paper, "@knownFalse", _TRUTH, otherwise=False):
        return None
    label = attribute(paper, "identificationTypeDescription") or attribute(paper, "identificationTypeCode")
    told = next((remark for remark in texts(paper, "remark") if len(remark) <= 60), None)
    value = attribute(paper, "latinNumber") or attribute(paper, "number")
    return identifier(told if label and label.lower().startswith("other") and told else label, value, _country(paper, fields))


def _births(element: Element) -> Iterator[Identifier | None]:
    for birth in element.iterfind("birthdate"):
        span = joined((attribute(birth, "yearRangeFrom"), attribute(birth, "yearRangeTo")), " to ")
        said = attribute(birth, "birthdate") or attribute(birth, "year") or span
        yield born(f"circa {said}" if said and attribute(birth, "circa") == "true" else said)


SOURCE = Source(
    card=Card(
        source_id="eu_fsf",
        title="EU financial sanctions file",
        publisher="European Commission, DG FISMA",
        homepage="https://data.europa.eu/data/datasets/consolidated-list-of-persons-groups-and-entities-subject-to-eu-financial-sanctions",
        hosts=(HOST,),
        licence="Commission reuse notice (2011/833/EU), attribution",
        redistribution="yes",
        commercial_use="yes",
        attribution="European Commission, consolidated list of persons, groups and entities subject to EU financial sanctions",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=14), content_lag=timedelta(days=2), grace=timedelta(days=30)),
        poll_every=timedelta(hours=6),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=4_500,
        max_records=9_000,
        anchors=(CODE,),
        max_bytes=128 * 1024 * 1024,
        confirmed="2020-04-15: an excerpt of 6 entries; 2026-02-02: 5,860 entries, encoded again from a copy field by field",
        notes=(
            "names stand in up to 24 languages: the main one is English, else one of which no language is said",
            "asked for without the query parameter 'token', a constant that published links carry: whether it is needed is not confirmed",
            "asset freezes only: export-control annexes of Regulation 833/2014 stand in the Official Journal",
            "effective is the earliest of designation and entry into force; the regulation cited is the last to amend an entry, at times",
            "documents marked as known to be false are left out; delisted entries too",
        ),
    ),
    requests=requests,
    parse=parse,
)
