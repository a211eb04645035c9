"""OFAC's Advanced Sanctions Data Model: what its elements may hold, and the reference values its numbers stand for.

Reference: OFAC, "Explanatory Documentation for the Advanced Sanctions Data Model format", and its schema (sdn_advanced.xsd).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from connectors._reading.fields import Fields
from connectors._reading.xml import Document, Unit, attribute, shape
from supplywatch.errors import SourceChanged
from supplywatch.reading.countries import is_code

NAMESPACES = (
    "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML",
    "http://www.un.org/sanctions/1.0",
)


def _attributes(names: str, **children: Any) -> dict[str, Any]:
    return {**dict.fromkeys(f"@{name}" for name in names.split()), **children}


_POINT: dict[str, Any] = dict.fromkeys(("Year", "Month", "Day"))
_DATE = {"@CalendarTypeID": None, **_POINT}
_BOUND = _attributes("Approximate YearFixed MonthFixed DayFixed", From=_POINT, To=_POINT)
_LENGTH = _attributes("Approximate", Years=None, Months=None, Days=None)
_PERIOD = _attributes(
    "CalendarTypeID YearFixed MonthFixed DayFixed", Comment=None, Start=_BOUND, End=_BOUND, DurationMinimum=_LENGTH, DurationMaximum=_LENGTH
)
_PAPER = {"IDRegDocumentReference": _attributes("IDRegDocumentID")}
_LOCATION = _attributes(
    "ID",
    Comment=None,
    LocationAreaCode=_attributes("AreaCodeID"),
    LocationCountry=_attributes("CountryID CountryRelevanceID"),
    LocationPart=_attributes(
        "LocPartTypeID", LocationPartValue=_attributes("Primary LocPartValueTypeID LocPartValueStatusID", Comment=None, Value=None)
    ),
    FeatureVersionReference=_attributes("FeatureVersionID"),
    **_PAPER,
)
_DOCUMENT = _attributes(
    "ID IDRegDocTypeID IdentityID IssuedBy-CountryID IssuedIn-LocationID ValidityID",
    Comment=None,
    IDRegistrationNo=None,
    IssuingAuthority=None,
    DocumentDate=_attributes("IDRegDocDateTypeID", DatePeriod=_PERIOD),
    IDRegDocumentMention=_attributes("IDRegDocumentID ReferenceType"),
    FeatureVersionReference=_attributes("FeatureVersionID"),
    DocumentedNameReference=_attributes("DocumentedNameID"),
    ProfileRelationshipReference=_attributes("ProfileRelationshipID"),
)
_ALIAS = _attributes(
    "FixedRef AliasTypeID Primary LowQuality",
    Comment=None,
    DocumentedName=_attributes(
        "ID FixedRef DocNameStatusID",
        Comment=None,
        DocumentedNamePart=_attributes(
            "LeadingChars TrailingChars", NamePartValue=_attributes("NamePartGroupID ScriptID ScriptStatusID Acronym", **{"#": None})
        ),
        DocumentedNameCountry=_attributes("CountryID", Comment=None),
        **_PAPER,
    ),
    DatePeriod=_PERIOD,
    **_PAPER,
)
_IDENTITY = _attributes(
    "ID FixedRef Primary False",
    Comment=None,
    Alias=_ALIAS,
    NamePartGroups={"MasterNamePartGroup": {"NamePartGroup": _attributes("ID NamePartTypeID")}},
    **_PAPER,
)
_FEATURE = _attributes(
    "ID FeatureTypeID",
    FeatureVersion=_attributes(
        "ID ReliabilityID",
        Comment=None,
        DatePeriod=_PERIOD,
        VersionDetail=_attributes("DetailTypeID DetailReferenceID", **{"#": None}),
        VersionLocation=_attributes("LocationID"),
        **_PAPER,
    ),
    IdentityReference=_attributes("IdentityID IdentityFeatureLinkTypeID"),
)
_PARTY = _attributes(
    "FixedRef",
    Comment=None,
    Profile=_attributes(
        "ID PartySubTypeID",
        Comment=None,
        Identity=_IDENTITY,
        Feature=_FEATURE,
        SanctionsEntryReference=_attributes("SanctionsEntryID"),
        ExternalReference=_attributes(
            "ExRefTypeID",
            Comment=None,
            ExRefValue=None,
            DirectURL=None,
            SubLink=_attributes("TargetTypeID", Description=None, DirectURL=None),
        ),
    ),
)
_RELATIONSHIP = _attributes(
    "ID From-ProfileID To-ProfileID RelationTypeID RelationQualityID Former SanctionsEntryID", Comment=None, DatePeriod=_PERIOD, **_PAPER
)
_ENTRY = _attributes(
    "ID ProfileID ListID EntryProfileRef EntryDeltaFlag",
    Comment=None,
    LimitationsToListing=None,
    EntryEvent=_attributes("ID EntryEventTypeID LegalBasisID", Comment=None, Date=_DATE),
    SanctionsMeasure=_attributes("ID SanctionsTypeID", Comment=None, DatePeriod=_PERIOD),
    SupportingInfo=_attributes("ID SupInfoTypeID", Comment=None, Text=None, DirectURL=None),
    ProfileRelationshipReference=_attributes("ProfileRelationshipID"),
)
_LINK = _attributes("ID EntryA-SanctionsEntryID EntryB-SanctionsEntryID EntryLinkTypeID", Comment=None, Date=_DATE)
_VALUES = {
    **dict.fromkeys(
        "AliasType AreaCodeType CalendarType CountryRelevance DetailType DocNameStatus EntryEventType EntryLinkType ExRefType "
        "FeatureTypeGroup IDRegDocDateType IDRegDocType IdentityFeatureLinkType LegalBasisType LocPartType LocPartValueStatus "
        "LocPartValueType NamePartType PartyType RelationQuality Reliability SanctionsType ScriptStatus SupInfoType TargetType "
        "Validity".split(),
        "",
    ),
    "AreaCode": "CountryID Description AreaCodeTypeID",
    "Country": "Comment ISO2 ISO3 IS03166-3Code IS03166_3Code",
    "DecisionMakingBody": "OrganisationID",
    "DetailReference": "DetailCode",
    "FeatureType": "FeatureTypeGroupID",
    "LegalBasis": "LegalBasisShortRef LegalBasisTypeID SanctionsProgramID",
    "List": "Comment",
    "Organisation": "CountryID",
    "PartySubType": "PartyTypeID",
    "RelationType": "Symmetrical",
    "SanctionsProgram": "SubsidiaryBodyID",
    "Script": "ScriptCode",
    "SubsidiaryBody": "DecisionMakingBodyID Notional",
}
"""Each set of reference values with its attributes beside ``ID``."""
DOCUMENT = Document(
    "Sanctions",
    {
        "DateOfIssue": shape(_DATE),
        **{
            f"ReferenceValueSets/{name}Values": shape({name: _attributes(f"ID {further}", **{"#": None})})
            for name, further in _VALUES.items()
        },
        "Locations/Location": shape(_LOCATION),
        "IDRegDocuments/IDRegDocument": shape(_DOCUMENT),
        "DistinctParties/DistinctParty": shape(_PARTY),
        "ProfileRelationships/ProfileRelationship": shape(_RELATIONSHIP),
        "SanctionsEntries/SanctionsEntry": shape(_ENTRY),
        "SanctionsEntryLinks/SanctionsEntryLink": shape(_LINK),
    },
    frozenset({"Version", "DeltaBaseVersion"}),
    NAMESPACES,
)


@dataclass
class References:
    """What the numbers of a file stand for; the sets come before everything that refers to them."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    further: dict[tuple[str, str, str], str] = field(default_factory=dict)
    countries: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, unit: Unit) -> None:
        """Take a set of values."""
        for value in unit.element:
            name, number = value.tag, value.get("ID", "")
            self.texts[name, number] = " ".join((value.text or "").split())
            for attribute_name, said in value.attrib.items():
                self.further[name, number, attribute_name] = said
            if name == "Country":
                code = (value.get("ISO2") or "").upper()
                self.countries[name, number] = code if is_code(code) else self.texts[name, number]
            elif name == "AreaCode":
                self.countries[name, number] = value.get("Description") or ""

    def text(self, name: str, element: Element, position: str, by: str | None = None) -> str:
        """Return what an attribute (``<name>ID`` unless named) stands for.

        Raises
        ------
        SourceChanged
            The attribute is missing, or its number is in no set of the file.
        """
        wanted = by or f"{name}ID"
        found = self.texts.get((name, element.get(wanted, "")))
        if found is None:
            raise SourceChanged(f"@{wanted}", attribute(element, wanted), position, f"the number of one of the file's {name}Values")
        return found

    def country(self, name: str, number: str | None, fields: Fields) -> str | None:
        """Return the code of a country by its number in this file, or by that of an area; ``None`` for none.

        A spelling nobody has looked at is an affair of the entries that use it.

        Raises
        ------
        SourceChanged
            The number is in no set of the file.
        """
        if number is None:
            return None
        if (name, number) not in self.countries:
            raise SourceChanged(f"@{name}ID", number, fields.position, f"the number of one of the file's {name}Values")
        said = self.countries[name, number]
        return said if is_code(said) else fields.country(said, name)
