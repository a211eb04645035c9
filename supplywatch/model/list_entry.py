"""One model of a listing, whichever publisher's: names with their kind, identifiers, relations, dates, status.

>>> Identifier.from_text("Passport, 836238000, KP")
Identifier(kind='passport', value='836238000', country='KP', label='Passport')
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator

from supplywatch.model.value import Frozen

PartyKind = Literal["organisation", "person", "vessel", "aircraft", "address", "product_line", "unknown"]
IdentifierKind = Literal["uscc", "lei", "tax", "registration", "imo", "passport", "national_id", "swift", "duns", "other"]
RelationKind = Literal["owned_by", "owns", "subsidiary_of", "parent_of", "linked_to", "group_member", "successor_clause", "ownership_rule"]

_COUNTRY = re.compile(r"[A-Z]{2}")
_IMO = re.compile(r"IMO\s*(\d{7})\b")
_LABELS: dict[IdentifierKind, str] = {
    "uscc": r"unified social credit|\bUSCC\b|统一社会信用代码",
    "imo": r"\bIMO\b|vessel registration identification",
    "lei": r"\bLEI\b|legal entity identifier",
    "swift": r"\bSWIFT\b|\bBIC\b",
    "duns": r"\bD-?U-?N-?S\b",
    "passport": r"passport|pasaporte|passeport",
    "tax": r"\btax\b|\bV\.?A\.?T\b|\bT\.?I\.?N\b|\bFEIN\b|\bNIT\b|\bINN\b|\bRUC\b|\bR\.?F\.?C\b|\bC\.?U\.?I\.?T\b|fiscal|"
    r"taxpayer|tributari|\bRIF\b|\bRTN\b|\bC\.I\.F\b|\bN\.I\.F\b|ИНН",
    "national_id": r"national (foreign )?id|personal id|identity|cedula|D\.N\.I\.|C\.U\.R\.P\.|\bSSN\b|birth certificate|"
    r"identification (number|no|card)|cédula|tazkira|social security|citizen's card|numero de identidad|national number|\bID (card|no)",
    "registration": r"regist|company number|\bC\.?R\.? No|incorporation|legal entity number|\bLE number|\bOGRN\b|commerc|folio|"
    r"mercantil|trade licen[cs]e|(enterprise|business) (number|no)|organi[sz]ation code|gazette number|ОГРН",
}
"""The words by which publishers name their numbers, the most particular first."""
_KINDS = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _LABELS.items())


class Alias(Frozen):
    """A further name of a party."""

    text: str
    kind: Literal["strong", "weak", "former", "native", "abbreviation"] = Field(
        default="strong", description="'native' is in the party's own script"
    )
    language: str | None = Field(default=None, description="BCP 47, where the publisher says it")


class Identifier(Frozen):
    """A number that somebody gave to a party."""

    kind: IdentifierKind
    value: str
    country: str | None = Field(default=None, description="ISO 3166-1 alpha-2, where known")
    label: str | None = Field(default=None, description="the publisher's own word for it")

    @classmethod
    def from_text(cls, text: str) -> Identifier:
        """Return the identifier in "Label, value, COUNTRY, …", the form of the Consolidated Screening List.

        A text without a label is its own value, of kind "other".
        """
        label, comma, rest = text.partition(", ")
        if not comma:
            return cls(kind="other", value=text)
        parts = rest.split(", ")
        country = next((part for part in parts[1:] if _COUNTRY.fullmatch(part)), None)
        kind = identifier_kind(label)
        value = parts[0] if kind != "other" else rest
        if kind in ("imo", "registration") and (found := _IMO.search(value)):
            kind, value = "imo", found[1]
        return cls(kind=kind, value=value, country=country, label=label)


class Relation(Frozen):
    """What a source states about ownership or kinship of a party; never derived from names."""

    kind: RelationKind
    name: str | None = Field(default=None, description="the other party as the source names it")
    key: str | None = Field(default=None, description="its key on the same list, where given")
    share: float | None = Field(default=None, ge=0, le=1)
    text: str = Field(description="the words of the source it rests on")


class RawValue(Frozen):
    """A side field of an entry that could not be read, as the publisher wrote it."""

    field: str
    text: str


class ListEntry(Frozen):
    """One entry of an official list, as its publisher gives it."""

    list_code: str = Field(description="short code of the list, e.g. 'EL' or 'SDN'")
    list_name: str
    key: str = Field(description="the publisher's own key, or the content key where it has none")
    content_key: str = Field(description="list, normalised name and countries: survives a publisher's re-keying")
    party_kind: PartyKind
    name: str
    aliases: tuple[Alias, ...] = ()
    countries: tuple[str, ...] = Field(default=(), description="ISO 3166-1 alpha-2")
    addresses: tuple[str, ...] = Field(default=(), description="one line each, the country code last where known")
    programs: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    relations: tuple[Relation, ...] = ()
    citation: str | None = None
    effective: date | None = None
    ends: date | None = None
    published: date | None = Field(default=None, description="when the publisher says it was published")
    edition: date | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="day of the edition the row belongs to, of a list whose editions repeat what stands",
    )
    status: Literal["listed", "suspended", "announced"] = "listed"
    suspended_until: date | None = None
    licence_requirement: str | None = None
    licence_policy: str | None = None
    remarks: str | None = None
    url: str | None = None
    raw: tuple[RawValue, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="side fields that could not be read, as they are written"
    )

    def has_ended(self, day: date) -> bool:
        """Tell whether the entry is no longer in force on a day: its end is that day or lies before it."""
        return self.ends is not None and self.ends <= day

    @field_validator("aliases", mode="before")
    @classmethod
    def _former_aliases(cls, given: Any) -> Any:
        """Read the texts of the first version of the model."""
        return _upgraded(given, lambda text: Alias(text=text))

    @field_validator("identifiers", mode="before")
    @classmethod
    def _former_identifiers(cls, given: Any) -> Any:
        """Read the texts of the first version of the model."""
        return _upgraded(given, Identifier.from_text)


class Listing(Frozen):
    """One party's standing on one list: enough to find the entry again."""

    source: str
    list_code: str
    key: str
    content_key: str
    name: str
    citation: str | None = None
    effective: date | None = None

    @classmethod
    def of(cls, source: str, entry: ListEntry) -> Listing:
        """Return where an entry stands."""
        return cls(source=source, **entry.model_dump(include=set(cls.model_fields) - {"source"}))

    @property
    def place(self) -> tuple[str, str, str]:
        """Source, list and key: where the entry is found."""
        return self.source, self.list_code, self.key


def identifier_kind(label: str) -> IdentifierKind:
    """Return what kind of number a publisher's label names; "other" for what identifies nobody.

    >>> identifier_kind("Unified Social Credit Code (USCC)"), identifier_kind("Website")
    ('uscc', 'other')
    """
    return next((kind for kind, words in _KINDS if words.search(label)), "other")


def _upgraded(given: Any, read: Callable[[str], Frozen]) -> Any:
    if isinstance(given, list | tuple):
        return tuple(read(item) if isinstance(item, str) else item for item in given)
    return given
