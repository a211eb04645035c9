"""Files in the shape of SDN_ADVANCED.XML: as many synthetic parties as asked for, some 6 kB each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from xml.etree.ElementTree import Element, indent, tostring

NAMESPACE = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML"
SETS = {
    "AliasType": {1400: "A.K.A.", 1401: "F.K.A.", 1402: "N.K.A.", 1403: "Name"},
    "Country": {11082: "Iran", 11167: "Russia", 11049: "China", 11142: "Panama"},
    "CalendarType": {1: "Gregorian"},
    "DetailReference": {91526: "Male"},
    "DetailType": {1430: "DATE", 1431: "LOOKUP", 1432: "TEXT", 1433: "LOCATION"},
    "DocNameStatus": {1: "Primary Latin", 2: "Non-Primary Latin"},
    "EntryEventType": {1: "Created"},
    "FeatureType": {
        3: "Vessel Flag",
        8: "Birthdate",
        10: "Nationality Country",
        13: "SWIFT/BIC",
        14: "Website",
        25: "Location",
        504: "Vessel Owner",
        224: "Gender",
        504344: "Digital Currency Address - XBT",
    },
    "IDRegDocType": {1571: "Passport", 1591: "Tax ID No.", 1596: "Registration ID", 1626: "Vessel Registration Identification"},
    "LegalBasis": {1828: "Executive Order 13599 (Iran)"},
    "List": {1550: "SDN List", 91507: "Sectoral Sanctions Identifications List"},
    "LocPartType": {1: "Unknown", 1451: "ADDRESS1", 1454: "CITY", 1456: "POSTAL CODE"},
    "NamePartType": {1520: "Last Name", 1521: "First Name", 1522: "Middle Name", 1525: "Entity Name", 1526: "Vessel Name"},
    "PartyType": {1: "Individual", 2: "Entity"},
    "PartySubType": {1: "Vessel", 2: "Aircraft", 3: "Unknown", 4: "Unknown"},
    "RelationType": {1555: "Associate Of", 15003: "Owned or Controlled By"},
    "Reliability": {1560: "Unknown"},
    "SanctionsType": {1: "Program", 1705: "Block"},
    "Script": {215: "Latin", 220: "Cyrillic", 501: "Chinese Simplified", 160: "Arabic"},
    "ScriptStatus": {1: "Unknown"},
}
FURTHER: dict[tuple[str, int], dict[str, str]] = {
    **{("PartySubType", n): {"PartyTypeID": "1" if n == 4 else "2"} for n in (1, 2, 3, 4)},
    **{("Script", n): {"ScriptCode": code} for n, code in ((215, "Latn"), (220, "Cyrl"), (501, "Hans"), (160, "Arab"))},
}


def element(tag: str, said: str | None = None, *inner: Element, **attributes: object) -> Element:
    """Return an element; underscores in the names of attributes stand for hyphens."""
    made = Element(tag, {name.replace("_", "-"): str(value) for name, value in attributes.items()})
    made.text = said
    made.extend(inner)
    return made


def document(parties: int) -> Iterator[str]:
    """Yield a document piece by piece."""
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<Sanctions xmlns="{NAMESPACE}" Version="1">\n'
    yield _written(_date("DateOfIssue", 2026, 11, 20), 1)
    yield "  <ReferenceValueSets>\n"
    for name, values in SETS.items():
        lines = (element(name, text, ID=n, **FURTHER.get((name, n), {})) for n, text in values.items())
        yield _written(element(f"{name}Values", None, *lines), 2)
    yield "  </ReferenceValueSets>\n"
    sections = {
        "Locations": (_location(n) for n in range(parties)),
        "IDRegDocuments": (_paper(n, kind) for n in range(parties) for kind in (1591, 1596)),
        "DistinctParties": (_party(n) for n in range(parties)),
        "ProfileRelationships": (_relationship(n) for n in range(1, parties, 2)),
        "SanctionsEntries": (_entry(n) for n in range(parties)),
    }
    for section, elements in sections.items():
        yield f"  <{section}>\n"
        yield from (_written(one, 2) for one in elements)
        yield f"  </{section}>\n"
    yield "  <SanctionsEntryLinks />\n</Sanctions>\n"


def _written(made: Element, level: int) -> str:
    indent(made, level=level)
    return "  " * level + tostring(made, encoding="unicode").rstrip() + "\n"


def _date(tag: str, year: int, month: int, day: int) -> Element:
    return element(tag, None, element("Year", str(year)), element("Month", str(month)), element("Day", str(day)), CalendarTypeID=1)


def _location(n: int) -> Element:
    parts = (
        element(
            "LocationPart",
            None,
            element("LocationPartValue", None, element("Comment"), element("Value", said), Primary="true", LocPartValueTypeID=1),
            LocPartTypeID=kind,
        )
        for kind, said in ((1451, f"{n} Synthetic Street"), (1454, "Tehran"), (1456, f"{n:06d}"))
    )
    return element("Location", None, element("LocationCountry", CountryID=11082, CountryRelevanceID=1413), *parts, ID=n)


def _paper(n: int, kind: int) -> Element:
    inner = (element("Comment"), element("IDRegistrationNo", f"{kind}{n:06d}"), element("IssuingAuthority"))
    said = {"ID": f"{n}{kind}", "IDRegDocTypeID": kind, "IdentityID": n, "IssuedBy_CountryID": 11167, "ValidityID": 1}
    return element("IDRegDocument", None, *inner, element("DocumentedNameReference", DocumentedNameID=n), **said)


def _name(n: int, text: str, script: int, status: int) -> Element:
    value = element("NamePartValue", text, NamePartGroupID=n, ScriptID=script, ScriptStatusID=1, Acronym="false")
    return element("DocumentedName", None, element("DocumentedNamePart", None, value), ID=n, FixedRef=50_000 + n, DocNameStatusID=status)


def _alias(n: int, kind: int, *names: Element, primary: bool = False, low: bool = False) -> Element:
    said = {"FixedRef": 50_000 + n, "AliasTypeID": kind, "Primary": str(primary).lower(), "LowQuality": str(low).lower()}
    return element("Alias", None, *names, **said)


def _identity(n: int) -> Element:
    groups = element("MasterNamePartGroup", None, element("NamePartGroup", ID=n, NamePartTypeID=1525))
    aliases = (
        _alias(n, 1403, _name(n, f"SYNTHETIC COMPANY {n} LLC", 215, 1), _name(n, f"СИНТЕТИЧЕСКАЯ КОМПАНИЯ {n}", 220, 2), primary=True),
        _alias(n, 1400, _name(n, f"SYNCO TRADING {n}", 215, 2)),
        _alias(n, 1400, _name(n, f"SYNCO {n}", 215, 2), low=True),
        _alias(n, 1401, _name(n, f"OLD SYNTHETIC {n}", 215, 2)),
        _alias(n, 1400, _name(n, f"合成公司{n}", 501, 2)),
    )
    said = {"ID": n, "FixedRef": 50_000 + n, "Primary": "true", "False": "false"}
    return element("Identity", None, *aliases, element("NamePartGroups", None, groups), **said)


def _feature(n: int, kind: int, *said: Element) -> Element:
    version = element("FeatureVersion", None, element("Comment"), *said, ID=f"{n}{kind}", ReliabilityID=1560)
    link = element("IdentityReference", IdentityID=n, IdentityFeatureLinkTypeID=1)
    return element("Feature", None, version, link, ID=f"{n}{kind}", FeatureTypeID=kind)


def _party(n: int) -> Element:
    features = (
        _feature(n, 25, element("VersionDetail", DetailTypeID=1433), element("VersionLocation", LocationID=n)),
        _feature(n, 10, element("VersionDetail", DetailTypeID=1433), element("VersionLocation", LocationID=n)),
        _feature(n, 13, element("VersionDetail", f"SYNT{n:04d}", DetailTypeID=1432)),
        _feature(n, 14, element("VersionDetail", f"www.synthetic{n}.example", DetailTypeID=1432)),
    )
    profile = element("Profile", None, _identity(n), *features, ID=50_000 + n, PartySubTypeID=3)
    return element("DistinctParty", None, element("Comment"), profile, FixedRef=50_000 + n)


def _relationship(n: int) -> Element:
    said = {"ID": n, "From_ProfileID": 50_000 + n, "To_ProfileID": 49_999 + n, "RelationTypeID": 15003, "RelationQualityID": 1}
    return element("ProfileRelationship", None, element("Comment"), Former="false", SanctionsEntryID=50_000 + n, **said)


def _entry(n: int) -> Element:
    event = element("EntryEvent", None, element("Comment"), _date("Date", 2024, n % 12 + 1, 5), ID=n, EntryEventTypeID=1, LegalBasisID=1828)
    measure = element("SanctionsMeasure", None, element("Comment", "SYNTH"), ID=n, SanctionsTypeID=1)
    return element("SanctionsEntry", None, event, measure, ID=50_000 + n, ProfileID=50_000 + n, ListID=1550)


if __name__ == "__main__":
    for piece in document(int(sys.argv[1]) if len(sys.argv) > 1 else 19_000):
        sys.stdout.write(piece)
