"""Profiles of OFAC's Advanced Sanctions Data Model: a party's names, numbers, places and features."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.etree.ElementTree import Element

from connectors._reading.advanced import References
from connectors._reading.fields import Fields
from connectors._reading.parties import Place, born, identifier, joined, unique
from connectors._reading.xml import Unit, text
from supplywatch.errors import SourceChanged
from supplywatch.model.list_entry import PartyKind, RawValue, RelationKind
from supplywatch.model.records import Alias, Identifier, Relation

KINDS: Mapping[str, PartyKind] = {"entity": "organisation", "individual": "person", "vessel": "vessel", "aircraft": "aircraft"}
_ALIAS_TYPES: Mapping[str, Literal["strong", "former"]] = {"name": "strong", "a.k.a.": "strong", "n.k.a.": "strong", "f.k.a.": "former"}
_LAST = ("Last Name",)
_LANGUAGES = {"Hans": "zh-Hans", "Hant": "zh-Hant", "Jpan": "ja", "Kore": "ko", "Hang": "ko"}
_NATIONS = ("Nationality Country", "Citizenship Country", "Nationality of Registration", "Registration Country", "Vessel Flag")
_LINKS: Mapping[str, RelationKind] = {"Vessel Owner": "owned_by", "Aircraft Operator": "linked_to"}
_NUMBERS = (
    "SWIFT/BIC|D-U-N-S Number|BIK (RU)|ISIN|Equity Ticker|MICEX Code|UN/LOCODE|MMSI|Vessel Call Sign|Other Vessel Call Sign|"
    "Aircraft Construction Number (also called L/N or S/N or F/N)|Aircraft Manufacturer's Serial Number (MSN)|"
    "Aircraft Mode S Transponder Code|Aircraft Tail Number|Previous Aircraft Tail Number"
).split("|")
_CURRENCY = "Digital Currency Address"


@dataclass
class Profile:
    """A party until its lists are known: they stand at the end of the file."""

    fields: Fields
    name: str
    said: dict[str, Any]
    places: list[Place]
    nations: list[str | None]
    relations: list[Relation]
    remarks: list[str]

    @property
    def position(self) -> str:
        """Where it stands in the payload."""
        return self.fields.position


@dataclass
class Profiles:
    """Reads the profiles of one file; places and documents stand before them.

    Parameters
    ----------
    places
        Locations by number.
    numbers
        Documents by the number of the identity they belong to.
    raw
        What of a location, or of an identity's documents, could not be read.
    """

    references: References = field(default_factory=References)
    places: dict[str, Place] = field(default_factory=dict)
    raw: dict[tuple[str, str], list[RawValue]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, list[Identifier]] = field(default_factory=lambda: defaultdict(list))

    def read(self, unit: Unit, profile: Element, fields: Fields) -> Profile:
        """Return a profile, its numbers taken from the documents."""
        name, aliases = self._names(profile, fields)
        numbers = [one for identity in profile.iterfind("Identity") for one in self.numbers.pop(identity.get("ID", ""), ())]
        party = Profile(fields, name, {"party_kind": self._kind(profile, fields)}, [], [], [], [])
        for identity in profile.iterfind("Identity"):
            fields.raw.extend(self.raw.get(("Identity", identity.get("ID", "")), ()))
        for feature in profile.iterfind("Feature"):
            numbers += self._feature(feature, party)
        if comment := text(unit.element, "Comment"):
            party.remarks.append(comment)
        party.said |= {"aliases": unique(aliases), "identifiers": unique(numbers)}
        return party

    def _kind(self, profile: Element, fields: Fields) -> PartyKind:
        said = self.references.text("PartySubType", profile, fields.position).lower()
        if said not in KINDS:
            group = self.references.further.get(("PartySubType", profile.get("PartySubTypeID", ""), "PartyTypeID"), "")
            said = self.references.texts.get(("PartyType", group), said).lower()
        return fields.kind(said, "@PartySubTypeID", KINDS)

    def _names(self, profile: Element, fields: Fields) -> tuple[str, list[Alias]]:
        primary, aliases, position = None, [], fields.position
        kinds = {
            group.get("ID", ""): self.references.text("NamePartType", group, position)
            for group in profile.iterfind("Identity/NamePartGroups/MasterNamePartGroup/NamePartGroup")
        }
        for alias in profile.iterfind("Identity/Alias"):
            said = self.references.text("AliasType", alias, position)
            kind = fields.choice(said, "@AliasTypeID", _ALIAS_TYPES, "strong")
            quality = "weak" if alias.get("LowQuality") == "true" else kind
            for name in alias.iterfind("DocumentedName"):
                found = self._name(name, kinds, quality, position)
                if found is not None and primary is None and alias.get("Primary") == "true" and found.kind != "native":
                    primary = found.text
                elif found is not None:
                    aliases.append(found)
        if primary is None:
            raise SourceChanged("Alias", None, position, "a primary name in Latin letters")
        return primary, aliases

    def _name(self, name: Element, kinds: Mapping[str, str], quality: Any, position: str) -> Alias | None:
        """Return a name, the family name first as in OFAC's other files."""
        parts = [(part, value) for part in name.iterfind("DocumentedNamePart") for value in part.iterfind("NamePartValue") if value.text]
        values = [value for _, value in parts]
        written_parts = [(_whole(part, value), kinds.get(value.get("NamePartGroupID", "")) in _LAST) for part, value in parts]
        last = joined(said for said, is_last in written_parts if is_last)
        rest = joined(said for said, is_last in written_parts if not is_last)
        written = joined((last, rest), ", ")
        if written is None:
            return None
        native = [value for value in values if self.references.text("Script", value, position).lower() != "latin"]
        if native:
            code = self.references.further.get(("Script", native[0].get("ScriptID", ""), "ScriptCode"))
            language = _LANGUAGES.get(code or "", f"und-{code}" if code else None)
            return Alias(text=joined((last, rest)) or written, kind="native", language=language)
        short = all(value.get("Acronym") == "true" for value in values)
        return Alias(text=written, kind="abbreviation" if short else quality)

    def _feature(self, feature: Element, party: Profile) -> Iterator[Identifier]:
        """Read a feature; one that is neither a place, a number nor a link stays words."""
        label = self.references.text("FeatureType", feature, party.position).strip().rstrip(":")
        for version in feature.iterfind("FeatureVersion"):
            place = self._place(version, party)
            said = self._detail(version, party.position)
            if label == "Location" and place:
                party.places.append(place)
            elif label == "Birthdate":
                yield from unique((born(said),))
            elif label in _NATIONS:
                party.nations.append((place.country if place else None) or party.fields.country(said, label))
            elif label in _LINKS and said:
                party.relations.append(Relation(kind=_LINKS[label], name=said, text=f"{label}: {said}"))
            elif label in _NUMBERS or label.startswith(_CURRENCY):
                yield from unique((identifier(label, said),))
            else:
                party.remarks.extend(unique((joined((label, said or (place.written if place else None))),)))

    def _place(self, version: Element, party: Profile) -> Place | None:
        where = version.find("VersionLocation")
        if where is None:
            return None
        if (number := where.get("LocationID", "")) not in self.places:
            raise SourceChanged("@LocationID", number, party.position, "a location of the file")
        party.fields.raw.extend(self.raw.get(("Location", number), ()))
        return self.places[number]

    def _detail(self, version: Element, position: str) -> str | None:
        detail, period = version.find("VersionDetail"), version.find("DatePeriod")
        if detail is not None and detail.get("DetailReferenceID"):
            return self.references.text("DetailReference", detail, position)
        said = text(version, "VersionDetail")
        return _span(period, position) if said is None and period is not None else said


def _whole(part: Element, value: Element) -> str:
    return f"{part.get('LeadingChars', '')}{value.text}{part.get('TrailingChars', '')}"


def _span(period: Element, position: str) -> str | None:
    """Return a period in words: a day, a year where it spans one, else from and to."""
    ends = ("Start/From", "Start/To", "End/From", "End/To")
    days = [day for end in ends if (day := _iso(period.find(end), position))]
    if not days:
        return None
    start = period.find("Start")
    circa = "circa " if start is not None and start.get("Approximate") == "true" else ""
    first, last = days[0], days[-1]
    if first == last:
        return circa + first
    whole = first.endswith("-01-01") and last.endswith("-12-31") and first[:4] == last[:4]
    return circa + (first[:4] if whole else f"{first} to {last}")


def _iso(point: Element | None, position: str) -> str | None:
    """Return a year, a month or a day in ISO 8601."""
    parts = [] if point is None else [part for name in ("Year", "Month", "Day") if (part := text(point, name))]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise SourceChanged("DatePeriod", "-".join(parts), position, "numbers of year, month and day")
    return "-".join(part.zfill(2) for part in parts) or None
