"""OFAC's lists in the Advanced Sanctions Data Model: names in their own scripts, numbers, features and relationships, streamed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from connectors._reading.advanced import DOCUMENT
from connectors._reading.fields import Fields, Tally
from connectors._reading.ofac import HOSTS, NAMES_OF_LISTS, SERVICE
from connectors._reading.parties import Place, identifier, joined, unique
from connectors._reading.profiles import Profile, Profiles
from connectors._reading.xml import Unit, attribute, text
from supplywatch.errors import SourceChanged
from supplywatch.model.list_entry import RelationKind
from supplywatch.model.records import ListChange, ListEntry, Relation
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import country_code

LISTS = {
    "sdn list": "SDN",
    "sectoral sanctions identifications list": "SSI",
    "non-sdn palestinian legislative council list": "PLC",
    "non-sdn menu-based sanctions list": "NS-MBS",
    "non-sdn chinese military-industrial complex companies list": "CMIC",
    "capta list": "CAP",
    "non-sdn capta list": "CAP",
    "list of foreign financial institutions subject to correspondent account or payable-through account sanctions": "CAP",
    "foreign sanctions evaders list": "FSE",
    "fse list": "FSE",
}
WHOLE = "consolidated list"
"""The name of all lists beside the SDN list together; each party of that file has an entry on it, and one on its own list."""
RELATIONS: Mapping[str, RelationKind] = {
    "owned or controlled by": "owned_by",
    "property in the interest of": "owned_by",
    "owns, controls, or operates": "owns",
    **dict.fromkeys(("associate of", "providing support to", "acting for or on behalf of", "family member of"), "linked_to"),
    **dict.fromkeys(("leader or official of", "playing a significant role in", "principal executive officer"), "linked_to"),
}


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for both files."""
    for name in ("SDN_ADVANCED.XML", "CONS_ADVANCED.XML"):
        yield Request(f"{SERVICE}/{name}")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each list a party stands on; parties of the SDN list stand in both files, each on its list once."""
    with Tally() as tally:
        found: dict[tuple[str, str], ListEntry] = {}
        files = [_File(part, tally) for part in payload.parts]
        read = [list(one.entries()) for one in files]
        for _, entries in sorted(zip(files, read, strict=True), key=lambda pair: pair[0].consolidated):
            for entry in entries:
                found.setdefault((entry.list_code, entry.key), entry)
    return list(found.values())


@dataclass
class _Listing:
    code: str
    programs: tuple[str, ...]
    effective: date | None
    words: list[str]


@dataclass
class _File:
    """One pass over a file."""

    part: Part
    tally: Tally
    consolidated: bool = False
    profiles: Profiles = field(default_factory=Profiles)
    parties: dict[str, Profile] = field(default_factory=dict)
    links: list[tuple[str, str, str, RelationKind, Fields]] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    listings: dict[str, list[_Listing]] = field(default_factory=lambda: defaultdict(list))

    def entries(self) -> Iterator[ListEntry]:
        readers: dict[str, Callable[[Unit], None]] = {
            "Locations/Location": self._location,
            "IDRegDocuments/IDRegDocument": self._document,
            "DistinctParties/DistinctParty": self._party,
            "ProfileRelationships/ProfileRelationship": self._relationship,
            "SanctionsEntries/SanctionsEntry": self._listing,
        }
        for unit in DOCUMENT.read(self.part, self.tally.odd):
            if not unit.path and (base := attribute(unit.element, "DeltaBaseVersion")):
                raise SourceChanged("@DeltaBaseVersion", base, self.part.name, "a full publication, not the changes since another")
            if unit.path.startswith("ReferenceValueSets/"):
                self.profiles.references.add(unit)
            elif unit.path in readers:
                readers[unit.path](unit)
        self._link()
        for number in {*self.listings, *self.whole}:
            if number not in self.parties:
                raise SourceChanged("@ProfileID", number, "SanctionsEntries", "a party of the file", "truncated")
        for number in list(self.parties):
            party = self.parties.pop(number)  # its entries say all that it did, and a list has 19,000 of them
            if number not in self.listings:
                wanted = "an entry on a list of its own" if number in self.whole else "an entry in SanctionsEntries"
                raise SourceChanged("@ProfileID", number, party.position, wanted, "truncated")
            party.fields.raw.extend(self.profiles.raw["Entry", number])
            yield from (_entry(number, party, listing) for listing in self.listings.get(number, ()))

    def _location(self, unit: Unit) -> None:
        fields = self.tally.unit(unit)
        said: dict[str, str] = {}
        country = None
        for child in unit.element:
            if child.tag == "LocationCountry":
                country = self.profiles.references.country("Country", child.get("CountryID"), fields) or country
            elif child.tag == "LocationAreaCode":
                country = country or self.profiles.references.country("AreaCode", child.get("AreaCodeID"), fields)
            elif child.tag == "LocationPart" and (value := text(child, "LocationPartValue/Value")):
                said[self.profiles.references.text("LocPartType", child, unit.position)] = value
        if country is None and (code := country_code(said.get("Unknown"))):
            country, said = code, {name: value for name, value in said.items() if name != "Unknown"}
        number = unit.element.get("ID", "")
        self.profiles.raw["Location", number] = fields.raw
        unread = (raw.text for raw in fields.raw if raw.field in ("Country", "AreaCode"))
        self.profiles.places[number] = Place(joined((*said.values(), *unread), ", "), country)

    def _document(self, unit: Unit) -> None:
        label = self.profiles.references.text("IDRegDocType", unit.element, unit.position)
        fields = self.tally.unit(unit)
        country = self.profiles.references.country("Country", unit.element.get("IssuedBy-CountryID"), fields)
        self.profiles.raw["Identity", unit.element.get("IdentityID", "")] += fields.raw
        if found := identifier(label, text(unit.element, "IDRegistrationNo"), country):
            self.profiles.numbers[unit.element.get("IdentityID", "")].append(found)

    def _party(self, unit: Unit) -> None:
        for profile in unit.element.iterfind("Profile"):
            number = attribute(profile, "ID")
            if number is None or number in self.parties:
                raise SourceChanged("@ID", number, f"{unit.position}/Profile", "a number of its own")
            self.parties[number] = self.profiles.read(unit, profile, self.tally.unit(unit))

    def _relationship(self, unit: Unit) -> None:
        element = unit.element
        said = self.profiles.references.text("RelationType", element, unit.position)
        fields = self.tally.unit(unit)
        kind = fields.choice(said, "@RelationTypeID", RELATIONS, "linked_to")
        former = "formerly " if element.get("Former") == "true" else ""
        self.links.append((element.get("From-ProfileID", ""), element.get("To-ProfileID", ""), former + said, kind, fields))

    def _link(self) -> None:
        """Give each relationship to the party it goes out from, once both are known."""
        for start, end, said, kind, fields in self.links:
            party, other = self.parties.get(start), self.parties.get(end)
            if party is None:
                raise SourceChanged("@From-ProfileID", start, "ProfileRelationships", "a party of the file", "truncated")
            party.fields.raw.extend(fields.raw)
            name = other.name if other else None
            now = kind if not said.startswith("formerly ") else "linked_to"
            party.relations.append(Relation(kind=now, name=name, key=end, text=f"{party.name}: {said} {name or end}"))

    def _listing(self, unit: Unit) -> None:
        said, number = self.profiles.references.text("List", unit.element, unit.position), unit.element.get("ProfileID", "")
        self.profiles.raw["Entry", number] += self.tally.unit(unit).raw
        if said.lower() == WHOLE:
            self.consolidated = True
            self.whole.append(number)
            return
        if said.lower() not in LISTS:
            raise SourceChanged("@ListID", said, unit.position, f"one of {', '.join(LISTS)}"[:300])
        programs: list[str | None] = []
        words: list[str] = []
        days: list[date] = []
        for child in unit.element:
            if child.tag == "EntryEvent":
                words.append(self.profiles.references.text("LegalBasis", child, unit.position))
                days.extend(unique((_day(child.find("Date"), unit.position),)))
            elif child.tag == "SanctionsMeasure":
                kind = self.profiles.references.text("SanctionsType", child, unit.position)
                if kind == "Program":
                    programs.append(text(child, "Comment"))
                else:
                    words.append(kind)
        listing = _Listing(LISTS[said.lower()], unique(programs), min(days, default=None), list(unique(words)))
        self.listings[number].append(listing)


def _entry(number: str, party: Profile, listing: _Listing) -> ListEntry:
    return party.fields.listed(
        listing.code,
        NAMES_OF_LISTS[listing.code],
        number,
        party.name,
        party.places,
        party.nations,
        relations=unique(party.relations),
        programs=listing.programs,
        effective=listing.effective,
        remarks=joined((*listing.words, *party.remarks), "; "),
        url=f"https://sanctionssearch.ofac.treas.gov/Details.aspx?id={number}",
        **party.said,
    )


def _day(written: Element | None, position: str) -> date | None:
    if written is None:
        return None
    parts = [text(written, name) for name in ("Year", "Month", "Day")]
    try:
        return date(*(int(part or "") for part in parts))
    except (ValueError, TypeError) as error:
        raise SourceChanged("Date", "-".join(part or "" for part in parts), position, "a day of the calendar") from error


SOURCE = Source(
    card=Card(
        source_id="ofac_advanced",
        title="OFAC lists with native scripts and relationships",
        publisher="US Department of the Treasury, Office of Foreign Assets Control",
        homepage="https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas",
        hosts=HOSTS,
        licence="US government work, public domain",
        redistribution="yes",
        commercial_use="yes",
        attribution="Specially Designated Nationals and Consolidated Sanctions Lists, US Department of the Treasury, OFAC",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=7), content_lag=timedelta(days=1), grace=timedelta(days=21)),
        poll_every=timedelta(hours=6),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=17_000,
        max_records=27_000,
        anchors=("SDN",),
        max_bytes=256 * 1024 * 1024,
        confirmed="2020-03-17: CONS_ADVANCED.XML, whole, and the schema of 2020; SDN_ADVANCED.XML was not seen",
        notes=(
            "built to the publisher's schema; off by default: ofac_sdn and ofac_consolidated say the same in less",
            "the file of the further lists has each party on a list of all lists too, which is none, and parties of the SDN list once more",
            "some 120 MB, streamed; the entries and list codes of ofac_sdn and ofac_consolidated, with scripts, dates and relationships",
            "the service answers with a redirect to a signed address, which is followed and never kept",
            "features that are no place, number, date of birth, country or owner are kept as words of the remarks",
            "delta files are refused: the full publication is the truth",
        ),
    ),
    requests=requests,
    parse=parse,
)
