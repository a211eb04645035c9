"""Parties of official lists in one form, whatever their publisher: addresses, identifiers, dates of birth, and the entry itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from supplywatch.errors import SourceChanged
from supplywatch.listing.same_entry import content_key
from supplywatch.model.list_entry import IdentifierKind, RelationKind, identifier_kind
from supplywatch.model.records import Identifier, ListEntry, Relation
from supplywatch.reading.countries import country_code, written_country
from supplywatch.reading.identifiers import checks

_IMO = re.compile(r"(?<!\d)\d{7}(?!\d)")
_POSTAL = re.compile(r"[(\uff08]\u90ae\u7f16[:\uff1a][^)\uff09]*[)\uff09]$")
CHINESE_PLACES = ("日本", "美国", "台湾", "英国", "德国", "法国", "加拿大")
"""How Chinese addresses begin that are not in China."""
_OWNER = re.compile(
    r"(?:(?P<share>\d{1,3}(?:\.\d{1,2})?) ?(?:%|per ?cent) )?(?:(?P<subsidiary>subsidiary of)|owned(?: (?:or|and) controlled)? by,?)"
    r"(?: or act(?:s|ing) (?:or purports to act )?(?:for or )?on behalf of,?)?(?: the)? (?P<name>(?-i:[A-Z0-9]).{2,120}?) ?"
    r"(?:\((?P<key>[A-Z]{2,3}[ie]\.\d{3})\)|(?=, (?!Ltd|Inc|LLC|S\.A|JSC|Limited)| which | who | and is |\.(?: |$)|[;()\[\]]|$))",
    re.IGNORECASE,
)
_COMPACT: tuple[IdentifierKind, ...] = ("swift", "uscc", "lei", "duns")


_BY_THEMSELVES: tuple[IdentifierKind, ...] = ("uscc", "lei")
"""Long enough that their check digits alone tell them."""


def clean(text: str | None) -> str | None:
    """Return a text without outer and repeated blanks, ``None`` when nothing is left."""
    return None if text is None else " ".join(text.split()) or None


def joined(parts: Iterable[str | None], between: str = " ") -> str | None:
    """Return the parts that say something, joined."""
    return between.join(text for part in parts if (text := clean(part))) or None


def unique(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return values in order, each once, ``None`` left out."""
    return tuple(dict.fromkeys(value for value in values if value is not None))


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and its country where known."""

    line: str | None
    country: str | None

    @property
    def written(self) -> str | None:
        """The address in one line, the country's code last."""
        return joined((self.line, self.country), ", ")


def identifier(label: str | None, value: str | None, country: str | None = None) -> Identifier | None:
    """Return a number in the form in which numbers of other lists can be compared with it, ``None`` when there is none.

    The kind comes from the publisher's word; a Chinese social credit code and an LEI are known by their check digits too.

    >>> identifier("Vessel Registration Identification", "IMO 9187629")
    Identifier(kind='imo', value='9187629', country=None, label='Vessel Registration Identification')
    >>> identifier("Company no.", "91110000802100433b", "CN").kind
    'uscc'
    """
    text = clean(value)
    if text is None:
        return None
    label = clean(label)
    compact = re.sub(r"[\s.-]", "", text).upper()
    kind = _kind(label, text, compact)
    if kind == "imo":
        found = _IMO.search(text)
        text = found[0] if found else text
    elif kind in _COMPACT:
        text = compact
    return Identifier(kind=kind, value=text, country=country, label=label)


def _kind(label: str | None, text: str, compact: str) -> IdentifierKind:
    for sure in _BY_THEMSELVES:
        if checks(sure, compact):
            return sure
    # A company has an IMO number too, filed as its registration; what OFAC calls a vessel's registration need not be one.
    if _IMO.search(text) and text.upper().startswith("IMO"):
        return "imo"
    found = identifier_kind(label or "")
    return "registration" if found == "imo" and not _IMO.search(text) else found


def born(text: str | None) -> Identifier | None:
    """Return a date of birth as the number that tells namesakes apart: ISO 8601 where it is exact, else the publisher's words.

    >>> born("10 Dec 1948").value, born("circa 1951").value, born("1948").value
    ('1948-12-10', 'circa 1951', '1948')
    """
    said = clean(text)
    if said is None:
        return None
    found = day(said)
    return Identifier(kind="other", value=found.isoformat() if found else said, label="DOB")


def ownership(words: str | None) -> tuple[Relation, ...]:
    """Return what a text says of owners and parents, in its own words.

    >>> [(r.kind, r.name, r.key, r.share) for r in ownership("Owned by Mohammed Qasim Rahim (TAi.165). A trader.")]
    [('owned_by', 'Mohammed Qasim Rahim', 'TAi.165', None)]
    >>> [(r.kind, r.name, r.share) for r in ownership("It is 51 % owned by Synthetic Holding JSC; a subsidiary of Big Group.")]
    [('owned_by', 'Synthetic Holding JSC', 0.51), ('subsidiary_of', 'Big Group', None)]
    """
    found = []
    for said in _OWNER.finditer(words or ""):
        share = float(said["share"]) / 100 if said["share"] else None
        kind: RelationKind = "subsidiary_of" if said["subsidiary"] else "owned_by"
        whole = share is not None and share > 1
        found.append(Relation(kind=kind, name=said["name"].strip(" ,."), key=said["key"], share=None if whole else share, text=said[0]))
    return tuple(found)


def day(text: str | None, *formats: str) -> date | None:
    """Return a day written in one of the formats (ISO 8601 and ``10 Dec 1948`` where none are given), ``None`` for anything else."""
    for form in formats or ("%Y-%m-%d", "%d %b %Y", "%d %B %Y"):
        try:
            return datetime.strptime(clean(text) or "", form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def strict_day(text: str | None, field: str, position: str, *formats: str) -> date | None:
    """Return a day, ``None`` where nothing is written.

    Raises
    ------
    SourceChanged
        It is written in another way.
    """
    said = clean(text)
    found = day(said, *formats)
    if said is not None and found is None:
        raise SourceChanged(field, said, position, f"a day as {' or '.join(formats or ('%Y-%m-%d',))}, or nothing")
    return found


def address_country(address: str) -> str | None:
    """Return the country of an address: it ends with it in English, and begins with it in Chinese.

    >>> address_country("Voie de Liege 33, Herstal, Belgium(邮编:B-4040)"), address_country("日本东京都中央区")
    ('BE', 'JP')
    """
    plain = _POSTAL.sub("", address)
    last = plain.rpartition(",")[2].strip(" .")
    return country_code(last) or next((written_country(word) for word in CHINESE_PLACES if plain.startswith(word)), None)


def listed(
    list_code: str, list_name: str, key: str, name: str, places: Iterable[Place], nations: Iterable[str | None] = (), **said: Any
) -> ListEntry:
    """Return an entry: its countries are those of its addresses and those it belongs to otherwise.

    Parameters
    ----------
    key
        The publisher's own; empty where it has none.
    nations
        Nationality, citizenship, flag. The content key leaves them out: publishers learn of them later.
    said
        The further fields of :class:`supplywatch.model.records.ListEntry`.
    """
    known = tuple(places)
    at = sorted({place.country for place in known if place.country is not None})
    content = content_key(list_code, name, at)
    return ListEntry(
        list_code=list_code,
        list_name=list_name,
        key=key or content,
        content_key=content,
        name=name,
        countries=tuple(sorted({*at, *(nation for nation in nations if nation is not None)})),
        addresses=unique(place.written for place in known),
        **said,
    )
