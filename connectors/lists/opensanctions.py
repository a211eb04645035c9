"""OpenSanctions in its own format (FollowTheMoney): one JSON entity a line, the whole data set or what changed since a version.

Entities are merged over time: one that takes up others names their ids (``referents``), and they are gone from then on. A change set
(``delta``) is lines of ``{"op": ADD | MOD | DEL, "entity": …}``; one of 0 bytes means that nothing changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors._reading.parties import born, identifier, listed, unique
from connectors._reading.read import check_names, document, listing, mapping
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Alias, Identifier, ListChange, ListEntry, Relation
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import is_code

HOST = "data.opensanctions.org"
CODE = "OPENSANCTIONS"
FULL = "entities.ftm.json"
REQUIRED = ("id", "schema", "properties")
FIELDS = (*REQUIRED, "caption", "referents", "datasets", "origin", "first_seen", "last_seen", "last_change", "target")
KINDS: Mapping[str, PartyKind] = {
    "Person": "person",
    "Organization": "organisation",
    "Company": "organisation",
    "PublicBody": "organisation",
    "LegalEntity": "unknown",
    "Vessel": "vessel",
    "Airplane": "aircraft",
}
OTHERS = frozenset(
    "Address Airplane Article Asset Associate BankAccount Call CallForTenders Contract ContractAward CourtCase CourtCaseParty CryptoWallet "
    "Debt Directorship Document Email Employment Event Family Folder HyperText Identification Image License Membership Mention Message "
    "Note Occupancy Ownership Package Page Pages Passport Payment PlainText Position Post Project ProjectParticipant RealEstate "
    "Representation Sanction Security Similar Succession Table TaxRoll Thing Trip UnknownLink UserAccount Vehicle Video Workbook "
    "Analyzable Audio EconomicActivity Group Documentation Value Interval".split()
)
"""Schemata of the model that are no party: places, papers, links between parties."""
NUMBERS: Mapping[str, str] = {
    "registrationNumber": "registration number",
    "taxNumber": "tax number",
    "innCode": "INN",
    "ogrnCode": "OGRN",
    "leiCode": "LEI",
    "uscCode": "Unified Social Credit Code",
    "imoNumber": "IMO",
    "dunsCode": "DUNS",
    "swiftBic": "SWIFT/BIC",
    "passportNumber": "passport",
    "idNumber": "identity number",
}
_VERSIONS = re.compile(rb'\s*\{\s*"versions"')
_RESOURCES = re.compile(rb'"resources"\s*:\s*\[')
PLACES = ("country", "jurisdiction", "nationality", "citizenship", "flag")
USED = (
    *NUMBERS,
    *PLACES,
    "name",
    "alias",
    "weakAlias",
    "previousName",
    "abbreviation",
    "birthDate",
    "programId",
    "topics",
    "createdAt",
    "notes",
)
IGNORED = frozenset(
    "address addressEntity agencyClient agentRepresentation alephUrl amount amountEur amountUsd associates associations "
    "authoredAssessments bankAccounts bikCode birthCountry birthPlace buildDate bvdId caemCode cageCode callForTenders callSign "
    "callsMade callsReceived candidateSimilars capital cikCode classification coatoCode contractAuthority contractAwardSupplier "
    "courtCase crsNumber cryptoWallets currency deathDate debtCreditor debtDebtor declaredCustoms delegatedCallForTenders "
    "deregistrationDate description directorshipDirector directorshipOrganization dissolutionDate documentedBy "
    "economicActivityDeclarant economicActivityHolder economicActivityReceiver economicActivitySender education email "
    "emailsReceived emailsSent employees employers ethnicity eventsInvolved eventsOrganized familyPerson familyRelative fatherName "
    "firstName fnsCode fssCode gender grossRegisteredTonnage ibcRuc icaoCode icijId identification images incorporationDate "
    "indexText ipoCode irsCode isinCode jibCode keywords kppCode lastName legalForm mainCountry manufacturer matchSimilars mbsCode "
    "membershipMember membershipOrganization mentionedBy messagesReceived messagesSent middleName mmsi model modifiedAt motherName "
    "nameChangeDate nameSuffix navigationArea noteEntities npiCode okopfCode okpoCode oksmCode okvedCode opencorporatesUrl "
    "operatedVehicles operator ownedVehicles owner ownershipAsset ownershipOwner parent pastFlags pastTypes paymentBeneficiary "
    "paymentPayer permId pfrNumber phone political position positionOccupancies positions posts predecessors program "
    "projectParticipation proof publisher publisherUrl registrationDate registrationPort religion retrievedAt ricCode sanctions "
    "secondName sector securities serialNumber socialSecurityNumber sourceUrl status subsidiaries successors summary taxRolls "
    "taxStatus ticker title tonnage tripsInvolved type uniqueEntityId unknownLinkFrom unknownLinkTo userAccounts vatCode voenCode "
    "website wikidataId wikipediaUrl".split()
)
"""Further properties of parties in the model of June 2024: links told by other entities, papers, circumstances."""
PROPERTIES = frozenset((*USED, *IGNORED))


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the index of the data set that ``options.dataset`` names (``sanctions`` without one)."""
    yield Request(f"https://{HOST}/datasets/latest/{cursor.options.get('dataset', 'sanctions')}/index.json")


def next_request(part: Part) -> Request | None:
    """Return the request for the entities that the index of a data set leads to; nothing else leads anywhere.

    Raises
    ------
    SourceChanged
        The index names no such file on the publisher's host.
    """
    if part.request is None or not _RESOURCES.search(part.body):
        return None
    index = mapping(document(part), "index", part.name)
    for raw in listing(index.get("resources"), "resources", part.name):
        resource = mapping(raw, "resources", part.name)
        url = resource.get("url")
        if resource.get("name") == FULL and isinstance(url, str) and urlsplit(url).hostname == HOST and url.startswith("https://"):
            return Request(url)
    raise SourceChanged("resources", "no entities.ftm.json", part.name, f"a resource {FULL} on https://{HOST}")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return the parties of the entities, those of a full file first, then as the change sets given with it leave them, in their order.

    Raises
    ------
    Quarantine
        A line cannot be read, changes something that is not there, or a schema is not known.
    """
    entities: dict[str, tuple[dict[str, Any], str]] = {}
    files = [part for part in payload.parts if not _is_index(part)]
    for part in payload.parts:
        if _VERSIONS.match(part.body):
            _check_chain(part, files)
    full = sum(_read(part, entities) for part in files)
    if not full:
        raise Quarantine(
            "empty_list",
            f"{payload.parts[0].name}: change sets alone: give the full file first, then the change sets in order",
        )
    linked = _links(entities)
    return [_entry(raw, position, linked) for raw, position in entities.values() if raw["schema"] in KINDS]


def _is_index(part: Part) -> bool:
    """Tell an index, of the data set or of its change sets, from entities."""
    return (_VERSIONS.match(part.body) or _RESOURCES.search(part.body)) is not None


def _check_chain(index: Part, files: list[Part]) -> None:
    """Refuse change sets between which a version of the index is missing."""
    versions = list(mapping(mapping(document(index), "index", index.name).get("versions"), "versions", index.name))
    given = [at for part in files for at, version in enumerate(versions) if version in part.name]
    if given and given != list(range(given[0], given[0] + len(given))):
        missing = next(versions[at] for at in range(given[0], len(versions)) if at not in given)
        raise Quarantine("truncated", f"{index.name}: version {missing} is missing or out of order; read the full file again")


def _read(part: Part, entities: dict[str, tuple[dict[str, Any], str]]) -> int:
    """Apply the lines of a part; returns how many whole entities it held."""
    whole = 0
    lines = part.body.rstrip().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        position = f"{part.name} line {number}"
        said = mapping(_document(line, position, last=number == len(lines)), "line", position)
        whole += "op" not in said
        _apply(said, position, entities)
    return whole


def _document(line: bytes, position: str, *, last: bool) -> Any:
    """Return the document of a line; only the last one can be cut."""
    try:
        return document(Part(line, position))
    except Quarantine as error:
        if error.reason == "truncated" and not last:
            raise Quarantine("wrong_file", f"{error}: no JSON document a line") from error
        raise


def _apply(said: dict[str, Any], position: str, entities: dict[str, tuple[dict[str, Any], str]]) -> None:
    op = said.get("op", "ADD")
    entity = mapping(said["entity"], "entity", position) if "op" in said and "entity" in said else said
    if op not in ("ADD", "MOD", "DEL"):
        raise SourceChanged("op", op, position, "ADD, MOD or DEL")
    check_names(entity, FIELDS, ("id",) if op == "DEL" else REQUIRED, position)
    key = entity["id"]
    if not isinstance(key, str) or not key:
        raise SourceChanged("id", key, position, "a text that is not empty")
    if op == "DEL":
        entities.pop(key, None)
        return
    schema = entity.get("schema")
    if schema not in KINDS and schema not in OTHERS:
        raise SourceChanged("schema", schema, position, "a schema of FollowTheMoney that is known; look whether it is a party")
    for former in listing(entity.get("referents", []), "referents", position):
        if former != key:
            entities.pop(former, None)
    entities[key] = entity, position


def _links(entities: Mapping[str, tuple[dict[str, Any], str]]) -> Mapping[str, list[Relation]]:
    """Return what ownership entities say, by the id of what is owned."""
    found: dict[str, list[Relation]] = defaultdict(list)
    for raw, position in entities.values():
        if raw["schema"] != "Ownership":
            continue
        for owner in _texts(raw, "owner", position):
            name = _name(entities[owner][0]) if owner in entities else None
            share = next((_share(text) for text in _texts(raw, "percentage", position)), None)
            for asset in _texts(raw, "asset", position):
                found[asset].append(Relation(kind="owned_by", name=name, key=owner, share=share, text=f"owned by {name or owner}"))
    return found


def _share(text: str) -> float | None:
    try:
        share = float(text.rstrip("% ")) / 100
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _entry(raw: dict[str, Any], position: str, linked: Mapping[str, list[Relation]]) -> ListEntry:
    check_names(mapping(raw["properties"], "properties", position), PROPERTIES, (), position)
    name = _name(raw)
    if name is None:
        raise SourceChanged("caption", raw.get("caption"), position, "a name")
    others = [Alias(text=text) for field in ("name", "alias") for text in _texts(raw, field, position)]
    others += [Alias(text=text, kind="abbreviation") for text in _texts(raw, "abbreviation", position)]
    others += [Alias(text=text, kind="weak") for text in _texts(raw, "weakAlias", position)]
    others += [Alias(text=text, kind="former") for text in _texts(raw, "previousName", position)]
    places = unique(text.upper() for field in PLACES for text in _texts(raw, field, position) if is_code(text.upper()))
    numbers: list[Identifier | None] = [
        identifier(label, text) for field, label in NUMBERS.items() for text in _texts(raw, field, position)
    ]
    numbers += [born(text) for text in _texts(raw, "birthDate", position)]
    return listed(
        CODE,
        "OpenSanctions",
        str(raw["id"]),
        name,
        (),
        places,
        party_kind=KINDS[raw["schema"]],
        aliases=unique(alias for alias in others if alias.text != name),
        identifiers=unique(numbers),
        relations=tuple(linked.get(raw["id"], ())),
        programs=unique((*_texts(raw, "programId", position), *_texts(raw, "topics", position))),
        effective=_first_day(raw, position),
        remarks="; ".join(_texts(raw, "notes", position)) or None,
        url=f"https://www.opensanctions.org/entities/{raw['id']}/",
    )


def _name(raw: Mapping[str, Any]) -> str | None:
    caption = raw.get("caption")
    names = raw.get("properties", {}).get("name", [])
    found = caption if isinstance(caption, str) and caption.strip() else next(iter(names), None)
    return found.strip() if isinstance(found, str) and found.strip() else None


def _texts(raw: Mapping[str, Any], field: str, position: str) -> list[str]:
    properties = mapping(raw.get("properties"), "properties", position)
    values = listing(properties.get(field, []), field, position)
    for value in values:
        if not isinstance(value, str):
            raise SourceChanged(field, value, position, "texts")
    return [" ".join(value.split()) for value in values if value.strip()]


def _first_day(raw: Mapping[str, Any], position: str) -> date | None:
    """Return the earliest day on which a source says it listed the party; a month or year alone tells no day."""
    days = []
    for text in _texts(raw, "createdAt", position):
        try:
            days.append(date.fromisoformat(text[:10]))
        except ValueError:
            continue
    return min(days, default=None)


SOURCE = Source(
    card=Card(
        source_id="opensanctions",
        title="OpenSanctions: sanctioned parties of all lists, merged",
        publisher="OpenSanctions",
        homepage="https://www.opensanctions.org/datasets/sanctions/",
        hosts=(HOST,),
        licence="CC BY-NC 4.0; commercial use needs a licence of OpenSanctions",
        redistribution="derived-only",
        commercial_use="licence-needed",
        attribution="OpenSanctions.org, CC BY-NC 4.0",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=1), content_lag=timedelta(days=1), grace=timedelta(days=3)),
        poll_every=timedelta(hours=12),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.TECH"),
        record=ListChange,
        kind="snapshot",
        min_records=5,
        max_records=400_000,
        anchors=(CODE,),
        max_bytes=1024 * 1024 * 1024,
        notes=(
            "off by default: not for commercial use without a licence; options: dataset (sanctions without one)",
            "a poll reads the whole data set; change sets are read from files in the order of their versions: --from FULL+DELTA+DELTA",
            "with the index of versions (delta.json) among the files, a missing version is refused: read the full file again",
            "a removed entity is named by its id only; one that was merged into another is gone with it (referents)",
            "several releases a day; ids of merged parties change, which reads as a renumbering",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
