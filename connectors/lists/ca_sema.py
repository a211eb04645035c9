"""Canada's consolidated autonomous sanctions list: flat XML records in two languages, without a number of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from connectors._reading.aliases import further_names, with_bracket
from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import born, identifier, joined, strict_day, unique
from connectors._reading.xml import Document, Unit, shape
from supplywatch.errors import SourceChanged
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Alias, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

HOST = "www.international.gc.ca"
URL = f"https://{HOST}/world-monde/assets/office_docs/international_relations-relations_internationales/sanctions/sema-lmes.xml"
CODE, NAME = "CA", "Consolidated Canadian Autonomous Sanctions List"
FIELDS = {
    "Country": "Country-Pays",
    "LastName": "LastName-NomDeFamille",
    "GivenName": "GivenName-Prenom",
    "EntityOrShip": "EntityOrShip-EntiteOuNavire",
    "TitleOrShip": "TitleOrShipType-TitreOuTypeDeNavire",
    "Aliases": "Aliases-Alias",
    "DateOfBirthOrShipBuildDate": "DateOfBirthOrShipBuildDate-DateDeNaissanceOuDateDeConstructionDuNavire",
    "ShipIMONumber": "ShipIMONumber-NumeroOMIDuNavire",
    "Schedule": "Schedule-Annexe",
    "Item": "Item-NumeroDarticle",
    "DateOfListing": "DateOfListing-DateDinscription",
}
"""Each element by its name and by the bilingual name newer files give it."""
_CANONICAL = {spelling: name for name, other in FIELDS.items() for spelling in (name, other)}
DOCUMENT = Document("data-set", {"record": shape(dict.fromkeys(_CANONICAL))})
_EMPTY = ("n/a", "-")
_BOTH = re.compile(r"(?<!\s)\s++/\s+|(?<=[\w).’']{3})/(?=[A-ZÀ-Ý][^/\s]*+\s[^/]*+$)")
"""English and French stand at both sides of a stroke; one within a word (A/S) is part of the name."""


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the whole list."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each record, keyed by regime, schedule and item; several may share those."""
    with Tally() as tally:
        units = (unit for part in payload.parts for unit in DOCUMENT.read(part, tally.odd) if unit.path)
        entries = [_entry(unit, tally.unit(unit)) for unit in units]
    return with_unique_keys(entries)


def _entry(unit: Unit, fields: Fields) -> ListEntry:
    said = _record(unit)
    regime, day = said.get("Country"), said.get("DateOfListing")
    if regime is None:
        raise SourceChanged("Country", None, unit.position, "a text that is not empty")
    person = "EntityOrShip" not in said
    ship = not person and ("ShipIMONumber" in said or "TitleOrShip" in said)
    kind: PartyKind = "person" if person else "vessel" if ship else "organisation"
    name, others, further = _names(said, unit.position)
    born_or_built = said.get("DateOfBirthOrShipBuildDate")
    built = f"Built: {born_or_built}" if born_or_built and not person else None
    title = f"{'Title' if person else 'Ship type'}: {said['TitleOrShip']}" if "TitleOrShip" in said else None
    return fields.listed(
        CODE,
        NAME,
        "/".join((_english(regime), said.get("Schedule", ""), said.get("Item", ""))),
        name,
        (),
        party_kind=kind,
        aliases=unique(
            alias
            for alias in (*(Alias(text=other, language="fr") for other in others), *further, *_aliases(said, person=person))
            if alias.text != name
        ),
        identifiers=unique((identifier("IMO number", said.get("ShipIMONumber")), born(born_or_built) if person else None)),
        programs=(_english(regime),),
        effective=strict_day(day, "DateOfListing", unit.position, "%Y-%m-%d"),
        remarks=joined((f"Schedule {said['Schedule']}" if "Schedule" in said else None, title, built), "; "),
        url=URL,
    )


def _record(unit: Unit) -> dict[str, str]:
    """Return the elements of a record that say something, by their English name."""
    said: dict[str, str] = {}
    for child in unit.element:
        name, value = _CANONICAL[child.tag], " ".join((child.text or "").split())
        if name in said:
            raise SourceChanged(name, value, unit.position, "one element of each name")
        if value and value.lower() not in _EMPTY:
            said[name] = value
    return said


def _names(said: dict[str, str], position: str) -> tuple[str, list[str], list[Alias]]:
    """Return the name (English where an entity's is given in both languages), the French one, and those in a bracket behind it."""
    if "EntityOrShip" in said:
        name, further = with_bracket(said["EntityOrShip"].strip(" ;"))
        english, *french = [part.strip() for part in _BOTH.split(name) if part.strip()]
        return english, french, further
    if (person := joined((said.get("GivenName"), said.get("LastName")))) is None:
        raise SourceChanged("EntityOrShip", None, position, "a name of a person, an entity or a ship")
    return person, [], []


def _aliases(said: dict[str, str], *, person: bool) -> list[Alias]:
    return further_names(said.get("Aliases", ""), person=person)


def _english(text: str) -> str:
    return text.partition("/")[0].strip() or text


SOURCE = Source(
    card=Card(
        source_id="ca_sema",
        title="Canadian autonomous sanctions",
        publisher="Global Affairs Canada",
        homepage=f"https://{HOST}/world-monde/international_relations-relations_internationales/sanctions/consolidated-consolide.aspx",
        hosts=(HOST,),
        licence="Open Government Licence - Canada",
        redistribution="yes",
        commercial_use="yes",
        attribution="Global Affairs Canada, Consolidated Canadian Autonomous Sanctions List",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=30), content_lag=timedelta(days=3), grace=timedelta(days=90)),
        poll_every=timedelta(hours=12),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=3_500,
        max_records=9_000,
        anchors=(CODE,),
        max_bytes=32 * 1024 * 1024,
        confirmed="2025-03-20: the whole file, 4,759 records; 2026-08: 12 records; bilingual element names were not seen",
        notes=(
            "aliases share a cell, parted by semicolons, commas and 'or', with the language before some; element names may be bilingual",
            "Country is the regime, not the party's country: entries have none",
            "no number of its own: the key is regime, schedule and item, which a new schedule may change",
        ),
    ),
    requests=requests,
    parse=parse,
)
