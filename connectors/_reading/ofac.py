"""OFAC's tables: three files without a header, joined by number, whose remarks hold numbers, dates and links in a fixed wording."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, born, clean, identifier, joined, unique
from connectors._reading.read import Row, table
from connectors._reading.running import quoted_aliases
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Alias, Identifier, ListEntry, Relation
from supplywatch.model.source import Part, Payload
from supplywatch.reading.countries import country_code

SERVICE = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports"
HOSTS = ("sanctionslistservice.ofac.treas.gov", "wc2h-sls-prod-public-published.s3.us-gov-west-1.amazonaws.com")
NAMES_OF_LISTS = {
    "CAP": "Capta List (CAP) - Treasury Department",
    "CMIC": "Non-SDN Chinese Military-Industrial Complex Companies List (CMIC) - Treasury Department",
    "FSE": "Foreign Sanctions Evaders (FSE) - Treasury Department",
    "NS-MBS": "Non-SDN Menu-Based Sanctions List (NS-MBS List) - Treasury Department",
    "PLC": "Palestinian Legislative Council List (PLC) - Treasury Department",
    "SDN": "Specially Designated Nationals (SDN) - Treasury Department",
    "SSI": "Sectoral Sanctions Identifications List (SSI) - Treasury Department",
}
"""As the Consolidated Screening List names them."""
PARTY = "ent_num name type program title call_sign vessel_type tonnage gross_registered_tonnage vessel_flag vessel_owner remarks".split()
ADDRESS = "ent_num add_num address city country add_remarks".split()
ALT = "ent_num alt_num alt_type alt_name alt_remarks".split()
_BY_WIDTH = {len(columns): columns for columns in (PARTY, ADDRESS, ALT)}
_SUB = b"\x1a"
"""Ctrl-Z: the publisher ends each file with one, after the last line."""
_CUT_AT = 1000
"""Remarks are cut there; what is longer stands in a further file that is not read."""
KINDS: Mapping[str, PartyKind] = {
    "individual": "person",
    "vessel": "vessel",
    "aircraft": "aircraft",
}
_ALIASES: Mapping[str, Literal["strong", "former"]] = {"aka": "strong", "nka": "strong", "fka": "former"}
_LABELS = """
Passport|Diplomatic Passport|Stateless Person Passport|British National Overseas Passport|Travel Document Number|National ID No.|
National Foreign ID Number|Cedula No.|Personal ID Card|Identification Number|Numero de Identidad|D.N.I.|C.U.R.P.|C.U.I.P.|C.U.I.|N.I.E.|
CNP (Personal Numerical Code)|Citizen's Card Number|Kenyan ID No.|Bosnian Personal ID No.|Moroccan Personal ID No.|
Turkish Identification Number|UAE Identification|Tazkira National ID Card|Stateless Person ID Card|Refugee ID Card|SSN|
Driver's License No.|Electoral Registry No.|Credencial electoral|I.F.E.|Residency Number|Immigration No.|
Public Security and Immigration No.|SRE Permit No.|Birth Certificate Number|Cartilla de Servicio Militar Nacional|VisaNumberID|
Seafarer's Identification Document|Military Registration Number|Pilot License Number|Tarjeta Profesional|
NIT #|RUC #|RIF #|RTN|Tax ID No.|V.A.T. Number|US FEIN|C.U.I.T.|C.I.F.|N.I.F.|R.F.C.|Fiscal Code|Italian Fiscal Code|
Numero Unico de Identificacao Tributaria (NUIT)|Paraguayan tax identification number|Romanian Tax Registration|
Registration ID|Registration Number|Business Registration Document #|Business Registration Number|Business Number|Company Number|
UK Company Number|Commercial Registry Number|Public Registration Number|Matricula Mercantil No|Folio Mercantil No.|Trade License No.|
Chamber of Commerce Number|Dubai Chamber of Commerce Membership No.|Istanbul Chamber of Comm. No.|Certificate of Incorporation Number|
Enterprise Number|Organization Code|Chinese Commercial Code|C.R. No.|Romanian C.R.|RSIN|Economic Register Number (CBLS)|
Registered Charity No.|Central Registration System Number|Government Gazette Number|Legal Entity Number|LE Number|
Unified Social Credit Code (USCC)|United Social Credit Code Certificate (USCCC)|MSB Registration Number|License|Permit Number|File Number|
Afghan Money Service Provider License Number|Tourism License No.|Trademark number|SWIFT/BIC|BIK (RU)|D-U-N-S Number|ISIN|Equity Ticker|
Vessel Registration Identification|MMSI|Aircraft Construction Number (also called L/N or S/N or F/N)|Serial No.|
Aircraft Manufacturer's Serial Number (MSN)|Aircraft Mode S Transponder Code|Aircraft Tail Number|Aircraft Serial Identification
"""
_NAMES = sorted((re.escape(label.strip()) for label in _LABELS.split("|")), key=len, reverse=True)
_DAY = r"\d{1,2} [A-Z][a-z]{2} \d{4}|[A-Z][a-z]{2} \d{4}|\d{4}"
_NUMBER = re.compile(
    rf"(?:alt\. )?(?P<label>{'|'.join(_NAMES)}|Digital Currency Address - \w+) (?P<value>\S.*?)"
    rf"(?: \((?P<country>[A-Z][^()]*)\))?(?: issued (?:{_DAY}))?(?: expires (?:{_DAY}))?"
)
_BORN = re.compile(r"(?:alt\. )?DOB (?P<said>.+)")
_NATION = re.compile(r"(?:alt\. )?(?P<field>nationality|citizen|Nationality of Registration) (?P<name>.+)")
_LINK = re.compile(r"\(?(?:alt\. )?Linked To: (?P<name>.+?)\)?")
_OPERATOR = re.compile(r"(?:alt\. )?Aircraft Operator (?P<name>.+)")


@dataclass
class Remarks:
    """What a remark says beyond its words."""

    aliases: list[Alias] = field(default_factory=list)
    identifiers: list[Identifier] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    nations: list[str] = field(default_factory=list)


@dataclass
class Party:
    """One party with all rows that bear its number."""

    row: Row
    addresses: list[Row] = field(default_factory=list)
    alts: list[Row] = field(default_factory=list)

    @property
    def programs(self) -> tuple[str, ...]:
        """The sanctions programmes, each by its code."""
        return unique(clean(program) for program in re.split(r"\] \[|;", self.said("program") or ""))

    def said(self, column: str) -> str | None:
        """Return a cell, ``None`` for the publisher's null."""
        return _said(self.row, column)

    def entry(self, list_code: str, list_name: str, tally: Tally) -> ListEntry:
        """Return the party as an entry of a list."""
        fields = tally.entry(self.row.position)
        remarks = read_remarks(self.said("remarks") or "", fields)
        owner, call_sign = self.said("vessel_owner"), self.said("call_sign")
        owned = [Relation(kind="owned_by", name=owner, text=f"Vessel owner: {owner}")] if owner else []
        return fields.listed(
            list_code,
            list_name,
            self.row.text("ent_num"),
            self.row.text("name"),
            [_place(row, fields) for row in self.addresses],
            (*remarks.nations, fields.country(self.said("vessel_flag"), "vessel_flag")),
            party_kind=fields.kind(self.said("type"), "type", KINDS) if self.said("type") else "organisation",
            aliases=unique((*(_alias(row, fields) for row in self.alts), *remarks.aliases)),
            identifiers=unique((*remarks.identifiers, identifier("Vessel call sign", call_sign))),
            relations=unique((*remarks.relations, *owned)),
            programs=self.programs,
            remarks=self._words(),
            url=f"https://sanctionssearch.ofac.treas.gov/Details.aspx?id={self.row.text('ent_num')}",
        )

    def _words(self) -> str | None:
        ship = (
            ("Vessel type", self.said("vessel_type")),
            ("Tonnage", self.said("tonnage")),
            ("Gross registered tonnage", self.said("gross_registered_tonnage")),
            ("Title", self.said("title")),
        )
        return joined((*(f"{label}: {text}" for label, text in ship if text), self.said("remarks")), "; ")


def read_parties(payload: Payload) -> list[Party]:
    """Return the parties of a payload: three files, or one in which they follow each other.

    Raises
    ------
    Quarantine
        A file is missing or cut, a number stands twice among the parties, or an address or alias belongs to none.
    """
    parties: dict[str, Party] = {}
    further: dict[int, list[Row]] = defaultdict(list)
    for row in (row for part in payload.parts for row in _rows(part)):
        number = row.text("ent_num")
        if not (number.isascii() and number.isdigit()):
            raise row.refuse("ent_num", "a number")
        if len(row.values) != len(PARTY):
            further[len(row.values)].append(row)
        elif number in parties:
            raise row.refuse("ent_num", f"a number of its own; {parties[number].row.position} has the same")
        else:
            parties[number] = Party(row)
    _check_complete(payload, {len(PARTY): len(parties), **{width: len(rows) for width, rows in further.items()}})
    for row in (*further[len(ADDRESS)], *further[len(ALT)]):
        party = parties.get(row.text("ent_num"))
        if party is None:
            raise row.refuse("ent_num", "the number of a party in the first file")
        (party.addresses if len(row.values) == len(ADDRESS) else party.alts).append(row)
    return list(parties.values())


def read_remarks(text: str, fields: Fields | None = None) -> Remarks:
    """Return what remarks say in the publisher's fixed wording; everything else stays words.

    >>> said = read_remarks("DOB 10 Dec 1948; Passport A123456 (Iran) expires 04 Jul 2027; Linked To: MAHAN AIR.")
    >>> [(i.kind, i.value, i.country) for i in said.identifiers], said.relations[0].name
    ([('other', '1948-12-10', None), ('passport', 'A123456', 'IR')], 'MAHAN AIR')
    """
    said = Remarks()
    pieces = text.split("; ")
    for piece in pieces[:-1] if len(text) >= _CUT_AT else pieces:
        _read_piece(piece.strip().rstrip("."), said, fields or Fields("remarks"))
    return said


def _read_piece(piece: str, said: Remarks, fields: Fields) -> None:
    if (found := _LINK.fullmatch(piece)) or (found := _OPERATOR.fullmatch(piece)):
        said.relations.append(Relation(kind="linked_to", name=found["name"], text=piece))
    elif found := _BORN.fullmatch(piece):
        said.identifiers.extend(unique((born(found["said"]),)))
    elif found := _NATION.fullmatch(piece):
        said.nations.extend(unique((fields.country(found["name"], found["field"]),)))
    elif found := _NUMBER.fullmatch(piece):
        said.identifiers.extend(unique((identifier(found["label"], found["value"], country_code(found["country"])),)))
    said.aliases.extend(quoted_aliases(piece))


def _rows(part: Part) -> Iterator[Row]:
    """Yield the rows of a file; one that ends in Ctrl-Z may be followed by the next."""
    text = _text(part)
    if text.lstrip().startswith("<"):
        raise Quarantine("error_body", f"{part.name}: a web page instead of the list: {' '.join(text[:200].split())[:120]}")
    first = 1
    for piece in text.split(_SUB.decode()):
        yield from _numbered(table(piece, part.name), part.name, first)
        first += piece.count("\n")


def _numbered(lines: Iterable[tuple[int, list[str]]], name: str, first: int) -> Iterator[Row]:
    held = list(lines)
    for index, (number, cells) in enumerate(held):
        position = f"{name} row {first - 1 + number}"
        columns = _BY_WIDTH.get(len(cells))
        if columns is None:
            known = ", ".join(map(str, _BY_WIDTH))
            reason = "truncated" if index == len(held) - 1 and len(cells) < len(PARTY) else "source_changed"
            raise SourceChanged("number of columns", len(cells), position, f"one of {known} (parties, addresses, aliases)", reason)
        yield Row(dict(zip(columns, cells, strict=True)), position, texts=True)


def _text(part: Part) -> str:
    """Return the text of a file in Latin-1, in which every byte means something: what is plainly another encoding is refused."""
    body = part.body
    if body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or 0 in body:
        raise Quarantine("encoding", f"{part.name}: byte 0 ({body[:4].hex(' ')}) is not latin-1; the encoding has changed")
    text = body.decode("latin-1")
    if text.isascii():
        return text
    if found := re.search("[\x80-\x9f]", text):
        raise Quarantine("encoding", f"{part.name}: byte {found.start()} ({ord(found[0]):02x}) is a control character in latin-1")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return text
    raise Quarantine("encoding", f"{part.name}: reads as utf-8, the publisher's files are in latin-1; the encoding has changed")


def _check_complete(payload: Payload, counts: Mapping[int, int]) -> None:
    for width, what in ((len(PARTY), "parties"), (len(ADDRESS), "addresses"), (len(ALT), "aliases")):
        if not counts.get(width):
            names = ", ".join(part.name for part in payload.parts)
            raise Quarantine("truncated", f"{names}: not one row of {width} columns; the file with the {what} is missing")


def _said(row: Row, column: str) -> str | None:
    """Return a cell; the null is ``-0-``, of which a cut file may keep less."""
    text = clean(row.optional_text(column))
    return None if text is None or text.strip("- ") == "0" else text


def _place(row: Row, fields: Fields) -> Place:
    _check_number(row, "add_num")
    parts = (_said(row, "address"), _said(row, "city"), _said(row, "add_remarks"))
    return fields.place(parts, _said(row, "country"), "country")


def _alias(row: Row, fields: Fields) -> Alias:
    _check_number(row, "alt_num")
    return Alias(text=row.text("alt_name"), kind=fields.choice(_said(row, "alt_type"), "alt_type", _ALIASES, "strong"))


def _check_number(row: Row, column: str) -> None:
    if not row.text(column).isdigit():
        raise row.refuse(column, "a number")
