"""The UK Sanctions List in its two forms: a table with a row for each name and address, and XML with an element for each designation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, clean, day, joined
from connectors._reading.read import Row, decode, rows
from connectors._reading.xml import Document, shape, text, texts
from supplywatch.errors import SourceChanged
from supplywatch.model.source import Part

COLUMNS = (
    "Last Updated|Unique ID|OFSI Group ID|UN Reference Number|Name 6|Name 1|Name 2|Name 3|Name 4|Name 5|Name type|Alias strength|Title|"
    "Name non-latin script|Non-latin script type|Non-latin script language|Regime Name|Designation Type|Designation source|"
    "Sanctions Imposed|Other Information|UK Statement of Reasons|Address Line 1|Address Line 2|Address Line 3|"
    "Address Line 4|Address Line 5|Address Line 6|"
    "Address Postal Code|Address Country|Phone number|Website|Email address|Date Designated|D.O.B|Nationality(/ies)|"
    "National Identifier number|National Identifier additional information|Passport number|Passport additional information|Position|Gender|"
    "Town of birth|Country of birth|Type of entity|Subsidiaries|Parent company|Business registration number (s)|IMO number|"
    "Current owner/operator (s)|Previous owner/operator (s)|Current believed flag of ship|Previous flags|Type of ship|Tonnage of ship|"
    "Length of ship|Year Built|Hull identification number (HIN)"
).split("|")
_HEADINGS = {heading.lower(): heading for heading in COLUMNS} | {"individual, entity, ship": "Designation Type"}
_REPORT = re.compile(r"\ufeff?\"?Report Date: ?(?P<day>[^\",\r\n]*)[\",]*\r?\n")
_LINES = tuple(f"AddressLine{number}" for number in range(1, 7))
_NAMES = tuple(f"Name{number}" for number in range(1, 7))


def _group(outer: str, inner: str, *leaves: str) -> dict[str, object]:
    return {outer: {inner: dict.fromkeys(leaves) if leaves else None}}


INDICATORS = (
    "AssetFreeze ArmsEmbargo TargetedArmsEmbargo CharteringOfShips ClosureOfRepresentativeOffices CrewServicingOfShipsAndAircraft Deflag "
    "PreventionOfBusinessArrangements ProhibitionOfPortEntry TravelBan PreventionOfCharteringOfShips "
    "PreventionOfCharteringOfShipsAndAircraft TechnicalAssistanceRelatedToAircraft TrustServicesSanctions DirectorDisqualificationSanction"
).split()
DESIGNATION = {
    **dict.fromkeys(
        "LastUpdated DateDesignated UniqueID OFSIGroupID UNReferenceNumber RegimeName IndividualEntityShip DesignationSource".split()
    ),
    **dict.fromkeys(("SanctionsImposed", "OtherInformation", "UKStatementofReasons")),
    **_group("Names", "Name", *_NAMES, "NameType", "AliasStrength"),
    **_group("NonLatinNames", "NonLatinName", "NameNonLatinScript", "NonLatinScriptType", "NonLatinScriptLanguage"),
    **_group("Titles", "Title"),
    **_group("Addresses", "Address", *_LINES, "AddressPostalCode", "AddressCountry"),
    **_group("PhoneNumbers", "PhoneNumber"),
    **_group("EmailAddresses", "EmailAddress"),
    **_group("Websites", "Website"),
    "SanctionsImposedIndicators": dict.fromkeys(INDICATORS),
    "IndividualDetails": {
        "Individual": {
            **_group("DOBs", "DOB"),
            **_group("BirthDetails", "Location", "CountryOfBirth", "TownOfBirth"),
            **_group("Genders", "Gender"),
            **_group("Nationalities", "Nationality"),
            **_group("Positions", "Position"),
            **_group("PassportDetails", "Passport", "PassportNumber", "PassportAdditionalInformation"),
            **_group(
                "NationalIdentifierDetails", "NationalIdentifier", "NationalIdentifierNumber", "NationalIdentifierAdditionalInformation"
            ),
        }
    },
    "EntityDetails": {
        "Entity": {
            **_group("BusinessRegistrationNumbers", "BusinessRegistrationNumber"),
            **_group("TypeOfEntities", "TypeOfEntity"),
            **_group("ParentCompanies", "ParentCompany"),
            **_group("Subsidiaries", "Subsidiary"),
        }
    },
    "ShipDetails": {
        "Ship": {
            **_group("IMONumbers", "IMONumber"),
            **_group("CurrentOwnerOperators", "CurrentOwnerOperator"),
            **_group("PreviousOwnerOperators", "PreviousOwnerOperator"),
            **_group("CurrentBelievedFlagOfShips", "CurrentBelievedFlagOfShip"),
            **_group("PreviousFlags", "PreviousFlag"),
            **_group("TypeOfShipDetails", "TypeOfShip"),
            **_group("TonnageOfShipDetails", "TonnageOfShip"),
            **_group("LengthOfShipDetails", "LengthOfShip"),
            **_group("YearsBuilt", "YearBuilt"),
            **_group("HullIdentificationNumbers", "HullIdentificationNumber"),
        }
    },
}
DOCUMENT = Document("Designations", {"DateGenerated": shape(None), "Designation": shape(DESIGNATION)})
_PATHS = {
    "National Identifier number": "IndividualDetails/Individual/NationalIdentifierDetails/NationalIdentifier/NationalIdentifierNumber",
    "Passport number": "IndividualDetails/Individual/PassportDetails/Passport/PassportNumber",
    "Business registration number (s)": "EntityDetails/Entity/BusinessRegistrationNumbers/BusinessRegistrationNumber",
    "Subsidiaries": "EntityDetails/Entity/Subsidiaries/Subsidiary",
    "Parent company": "EntityDetails/Entity/ParentCompanies/ParentCompany",
    "IMO number": "ShipDetails/Ship/IMONumbers/IMONumber",
    "Hull identification number (HIN)": "ShipDetails/Ship/HullIdentificationNumbers/HullIdentificationNumber",
    "Current owner/operator (s)": "ShipDetails/Ship/CurrentOwnerOperators/CurrentOwnerOperator",
    "Current believed flag of ship": "ShipDetails/Ship/CurrentBelievedFlagOfShips/CurrentBelievedFlagOfShip",
    "Nationality(/ies)": "IndividualDetails/Individual/Nationalities/Nationality",
    "D.O.B": "IndividualDetails/Individual/DOBs/DOB",
    "Position": "IndividualDetails/Individual/Positions/Position",
    "Type of entity": "EntityDetails/Entity/TypeOfEntities/TypeOfEntity",
    "Unique ID": "UniqueID",
    "UN Reference Number": "UNReferenceNumber",
    "Regime Name": "RegimeName",
    "Designation Type": "IndividualEntityShip",
    "Sanctions Imposed": "SanctionsImposed",
    "Other Information": "OtherInformation",
    "UK Statement of Reasons": "UKStatementofReasons",
    "Date Designated": "DateDesignated",
}
"""Where XML has what a column of the table has."""


@dataclass
class Designation:
    """One designation, from either form.

    Parameters
    ----------
    said
        Texts by column, each once, in order.
    names
        Name, its type and its strength.
    natives
        Name in another script, and its language.
    """

    fields: Fields
    said: dict[str, dict[str, None]] = field(default_factory=dict)
    names: dict[tuple[str, str, str | None], None] = field(default_factory=dict)
    natives: dict[tuple[str, str | None], None] = field(default_factory=dict)
    places: dict[Place, None] = field(default_factory=dict)

    @property
    def position(self) -> str:
        """Where it stands in the payload."""
        return self.fields.position

    def add(self, column: str, values: Iterable[str | None]) -> None:
        """Take texts, each once."""
        for value in values:
            if value is not None:
                self.said.setdefault(column, {})[value] = None

    def all(self, column: str) -> tuple[str, ...]:
        """Return the texts of a column."""
        return tuple(self.said.get(column, ()))

    def one(self, column: str) -> str | None:
        """Return the only text of a column.

        Raises
        ------
        SourceChanged
            There are several: the rows of one designation contradict each other.
        """
        found = self.all(column)
        if len(found) > 1:
            raise SourceChanged(column, "; ".join(found), self.position, "one value in all rows of a designation")
        return found[0] if found else None


def read_xml(part: Part, tally: Tally) -> Iterator[Designation]:
    """Yield the designations of an XML file."""
    for unit in DOCUMENT.read(part, tally.odd):
        if unit.path != "Designation":
            continue
        found = Designation(tally.unit(unit))
        for column, path in _PATHS.items():
            found.add(column, texts(unit.element, path))
        for name in unit.element.iterfind("Names/Name"):
            if written := joined(text(name, part) for part in _NAMES):
                found.names[written, text(name, "NameType") or "", text(name, "AliasStrength")] = None
        for name in unit.element.iterfind("NonLatinNames/NonLatinName"):
            if written := text(name, "NameNonLatinScript"):
                found.natives[written, text(name, "NonLatinScriptLanguage")] = None
        for address in unit.element.iterfind("Addresses/Address"):
            _add_place(found, [text(address, line) for line in (*_LINES, "AddressPostalCode")], _country(address))
        yield found


def read_table(part: Part, tally: Tally) -> Iterator[Designation]:
    """Yield the designations of a table; the line before the header says the day of the report.

    Raises
    ------
    SourceChanged
        The rows of a designation do not stand together by its number, or the day of the report is none.
    """
    whole = decode(part, "utf-8-sig")
    report = _REPORT.match(whole)
    if report is not None:
        said = clean(report["day"])
        if day(said, "%d-%b-%Y", "%d/%m/%Y") is None:
            raise SourceChanged("Report Date", said, f"{part.name} row 1", "a day as 21-Sep-2026 or 21/09/2026")
        whole = "\n" + whole[report.end() :]
    found: dict[str, Designation] = {}
    for row in rows(whole, part.name, COLUMNS, COLUMNS, lambda heading: _HEADINGS.get(heading.lower(), heading)):
        _add_row(found.setdefault(row.text("Unique ID"), Designation(tally.entry(row.position))), row)
    yield from found.values()


def _add_row(found: Designation, row: Row) -> None:
    for column in _PATHS:
        found.add(column, (clean(row.optional_text(column)),))
    if written := joined(row.optional_text(f"Name {number}") for number in range(1, 7)):
        found.names[written, row.optional_text("Name type") or "", row.optional_text("Alias strength")] = None
    if native := clean(row.optional_text("Name non-latin script")):
        found.natives[native, row.optional_text("Non-latin script language")] = None
    lines = [row.optional_text(f"Address Line {number}") for number in range(1, 7)]
    _add_place(found, [*lines, row.optional_text("Address Postal Code")], row.optional_text("Address Country"))


def _country(address: Element) -> str | None:
    return text(address, "AddressCountry")


def _add_place(found: Designation, lines: list[str | None], country: str | None) -> None:
    place = found.fields.place(lines, country, "Address Country")
    if place.written:
        found.places[place] = None
