"""One row of a file to a counterparty, or to what is wrong with it: line, column, value, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from supplywatch.model.counterparty import Counterparty
from supplywatch.model.list_entry import Identifier, IdentifierKind, PartyKind
from supplywatch.reading.countries import known_country, says_unknown, written_country
from supplywatch.reading.identifiers import fault_of, tidy
from supplywatch.reading.repairs import repaired
from supplywatch.reading.workbooks import DateText, FormulaText
from supplywatch.watchlist.columns import Column
from supplywatch.watchlist.files import RawRow

MAX_REFERENCE, MAX_NAME, MAX_CELL, MAX_PARTS, MAX_VALUES = 200, 500, 4_000, 50, 300
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HALF = re.compile("[\ud800-\udfff]")
_PARTS = re.compile(r"[|;；\n\r]+")
_TAG_PARTS = re.compile(r"[|;；,，、\n\r]+")
_HS = re.compile(r"[0-9]{2}(?:[0-9]{2}){0,4}")
_LOST_ZERO = re.compile(r"[1-9](?:[0-9]{2}){0,4}")
_SPREADSHEET_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)")
_KINDS: dict[str, PartyKind] = {kind: kind for kind in get_args(PartyKind)} | {
    "organization": "organisation",
    "company": "organisation",
    "entity": "organisation",
    "org": "organisation",
    "individual": "person",
    "ship": "vessel",
    "企业": "organisation",
    "公司": "organisation",
    "机构": "organisation",
    "单位": "organisation",
    "个人": "person",
    "自然人": "person",
    "船舶": "vessel",
    "飞机": "aircraft",
}


class Refusal(NamedTuple):
    """Why a row was not taken."""

    line: int
    column: str
    value: str
    reason: str


class _Refused(Exception):
    def __init__(self, column: str, value: object, reason: str) -> None:
        super().__init__(reason)
        # What is told must be writable, whatever the file held.
        shown = str(value)[:80].encode("utf-8", "backslashreplace").decode()
        self.column, self.value, self.reason = column, shown, reason


@dataclass
class _Parts:
    """What the columns of a row add up to."""

    reference: str = ""
    name: str = ""
    country: str | None = None
    kind: PartyKind = "unknown"
    aliases: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    identifiers: list[Identifier] = field(default_factory=list)


class Validator:
    """Turns rows into counterparties.

    Parameters
    ----------
    items
        Ids of the watched items that a tag may name.
    """

    def __init__(self, items: Iterable[str]) -> None:
        self._items = {item.casefold(): item for item in items}
        self.doubts: list[Refusal] = []
        """What is said of the last row that was taken."""

    def counterparty(self, row: RawRow) -> Counterparty | Refusal:
        """Return the counterparty of a row, or why there is none; the first thing that is wrong with it counts."""
        self.doubts = []
        if row.fault is not None:
            return Refusal(row.line, "", "", row.fault)
        try:
            return self._read(row)
        except _Refused as refused:
            return Refusal(row.line, refused.column, refused.value, refused.reason)

    def _read(self, row: RawRow) -> Counterparty:
        parts = _Parts()
        if (given := sum(len(value) if isinstance(value, list) else 1 for _, value in row.cells)) > MAX_VALUES:
            raise _too_many(given)
        for column, value in row.cells:
            for text in _texts(column, value):
                self._take(parts, column, self._repaired(row.line, column, text))
        if (given := len(parts.aliases) + len(parts.owners) + len(parts.tags) + len(parts.identifiers)) > MAX_VALUES:
            raise _too_many(given)
        if not parts.name:
            raise _Refused("name", "", "is empty; every counterparty needs a name")
        if not parts.reference and any(column.field == "reference" for column, _ in row.cells):
            raise _Refused("reference", "", "is empty; give every counterparty a reference of its own")
        if len(parts.reference or parts.name) > MAX_REFERENCE:
            raise _Refused("reference", parts.reference or parts.name, f"is longer than {MAX_REFERENCE} characters")
        return Counterparty(
            reference=parts.reference or parts.name,
            name=parts.name,
            aliases=tuple(dict.fromkeys(alias for alias in parts.aliases if alias != parts.name)),
            country=parts.country,
            kind=parts.kind,
            identifiers=tuple(dict.fromkeys(_of_country(identifier, parts.country) for identifier in parts.identifiers)),
            owners=tuple(dict.fromkeys(parts.owners)),
            tags=tuple(dict.fromkeys(parts.tags)),
        )

    def _repaired(self, line: int, column: Column, text: str) -> str:
        told = ""
        if column.field in ("name", "aliases", "owners"):
            fixed, told = repaired(text), "went through a web form or another encoding"
        elif column.detail == "hs" and _LOST_ZERO.fullmatch(text):
            # Codes have an even number of digits, and a spreadsheet takes the zero in front away.
            fixed, told = f"0{text}", "lost its leading zero in a spreadsheet"
        if not told or fixed == text or _CONTROL.search(fixed):
            return text
        self.doubts.append(Refusal(line, column.title, text[:80], f"{told}: is taken as {fixed[:80]!r}"))
        return fixed

    def _take(self, parts: _Parts, column: Column, text: str) -> None:
        match column.field:
            case "reference":
                parts.reference = text
            case "name":
                parts.name = _name(column, text)
            case "aliases":
                parts.aliases.extend(_name(column, name) for name in _split(column, text))
            case "owners":
                parts.owners.extend(_name(column, name) for name in _split(column, text))
            case "country":
                parts.country = _country(column, text)
            case "kind":
                parts.kind = _kind(column, text)
            case "tags":
                parts.tags.extend(self._tag(column, tag) for tag in _split(column, text, _TAG_PARTS))
            case "identifiers":
                parts.identifiers.extend(_identifier(column, number) for number in _split(column, text))

    def _tag(self, column: Column, text: str) -> str:
        tag = f"{column.detail}:{text}" if column.detail else text
        kind, colon, value = tag.partition(":")
        if colon and kind.lower() == "hs":
            digits = re.sub(r"[\s.]", "", value)
            if not _HS.fullmatch(digits):
                raise _Refused(column.title, text, "is no HS code: write 2, 4, 6, 8 or 10 digits, e.g. hs:8542")
            return f"hs:{digits}"
        if colon and kind.lower() == "item":
            item = self._items.get(value.strip().casefold())
            if item is None:
                raise _Refused(column.title, text, f"is no watched item of config/items.yaml: {', '.join(self._items.values())}")
            return f"item:{item}"
        return tag


def _too_many(given: int) -> _Refused:
    return _Refused("", "", f"the row holds {given} values, more than {MAX_VALUES}; keep the names, numbers and tags that are in use")


def reference_of(row: RawRow) -> str | None:
    """Return the reference of a row that was refused, where it has one: its counterparty stays as it is."""
    texts = {column.field: str(value).strip() for column, value in row.cells if column.field in ("reference", "name")}
    return texts.get("reference") or texts.get("name") or None


def _texts(column: Column, value: Any) -> Iterator[str]:
    """Yield the texts of a cell; a JSON value may be a list, and an identifier an object."""
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, FormulaText):
            raise _Refused(column.title, each, "is the result of a formula; paste the values alone")
        if isinstance(each, DateText):
            raise _Refused(column.title, each, "is a date to the spreadsheet; format the column as text and enter it again")
        if isinstance(each, dict) and column.field == "identifiers":
            land = f"/{each['country']}" if each.get("country") else ""
            text = f"{each.get('kind', 'other')}{land}:{each.get('value', '')}"
        elif isinstance(each, str) or (isinstance(each, int) and not isinstance(each, bool)):
            text = str(each)
        else:
            raise _Refused(column.title, each, "is neither a text nor a number nor a list of these")
        if len(text) > MAX_CELL:
            raise _Refused(column.title, text, f"is longer than {MAX_CELL} characters")
        if _HALF.search(text):
            raise _Refused(column.title, text, "holds half of a character (a surrogate); it was cut, write it again")
        if _CONTROL.search(text):
            raise _Refused(column.title, text, "holds a control character; remove what is not a letter, digit or sign")
        if _SPREADSHEET_ERROR.fullmatch(text):
            raise _Refused(column.title, text, "is an error of a spreadsheet; correct the cell")
        if stripped := text.strip():
            yield stripped


def _split(column: Column, text: str, separator: re.Pattern[str] = _PARTS) -> list[str]:
    found = [part.strip() for part in separator.split(text) if part.strip()]
    if len(found) > MAX_PARTS:
        raise _Refused(column.title, text, f"holds more than {MAX_PARTS} values")
    return found


def _name(column: Column, text: str) -> str:
    name = " ".join(text.split())
    if len(name) > MAX_NAME:
        raise _Refused(column.title, text, f"is longer than {MAX_NAME} characters")
    if not any(map(str.isalnum, name)):
        raise _Refused(column.title, text, "holds no letter; write the name of a party")
    if name.startswith("="):
        raise _Refused(column.title, text, "is a formula and no name")
    return name


def _country(column: Column, text: str) -> str | None:
    code = written_country(text)
    if code is None and not says_unknown(text):
        told = "has no code of its own in ISO 3166" if known_country(text) else "is no country"
        raise _Refused(column.title, text, f"{told}; write two letters, e.g. CN, or leave it empty")
    return code


def _kind(column: Column, text: str) -> PartyKind:
    kind = _KINDS.get(text.casefold())
    if kind is None:
        raise _Refused(column.title, text, "is no kind; write organisation, person, vessel, aircraft or leave it empty")
    return kind


def _identifier(column: Column, text: str) -> Identifier:
    if column.detail is not None:
        kind, land, value = column.detail, "", text
    else:
        label, _, value = text.partition(":")
        kind, _, land = label.strip().lower().partition("/")
    known = next((each for each in get_args(IdentifierKind) if each == kind), None)
    if known is None or not value.strip():
        raise _Refused(column.title, text, f"is no identifier; write KIND:VALUE with one of {', '.join(get_args(IdentifierKind))}")
    number = tidy(known, value)
    if (fault := fault_of(known, number)) is not None:
        raise _Refused(column.title, value, fault)
    return Identifier(kind=known, value=number, country=_country(column, land) if land else None)


def _of_country(identifier: Identifier, country: str | None) -> Identifier:
    """Return a number with the country that gives it: a tax or registration number is one of the party's own country unless it says."""
    if identifier.kind in ("tax", "registration") and identifier.country is None and country is not None:
        return identifier.model_copy(update={"country": country})
    return identifier
