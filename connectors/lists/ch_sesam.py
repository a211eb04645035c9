"""Swiss sanctions list (SESAM): one XML file with every target of every ordinance, delisted ones included."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal
from xml.etree.ElementTree import Element

from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, born, identifier, joined, ownership, strict_day, unique
from connectors._reading.xml import ANYTHING, Document, Unit, attribute, choice, shape, text, texts
from supplywatch.errors import SourceChanged
from supplywatch.model.list_entry import PartyKind, RawValue, identifier_kind
from supplywatch.model.records import Alias, Identifier, ListChange, ListEntry, Relation
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source

HOST = "www.sesam.search.admin.ch"
URL = f"https://{HOST}/sesam-search-web/pages/downloadXmlGesamtliste.xhtml?lang=en&action=downloadXmlGesamtlisteAction"
CODE, NAME = "CH", "Swiss sanctions list (SECO)"
CHANGES = ("listed", "amended", "de-listed")


def _attributes(names: str, **children: Any) -> dict[str, Any]:
    return {**dict.fromkeys(f"@{name}" for name in names.split()), **{name.replace("_", "-"): inner for name, inner in children.items()}}


_WORDS = _attributes("ssid lang", **{"#": None})
_COUNTRY = _attributes("iso-code", **{"#": None})
_AREA = dict.fromkeys(("location", "area", "remarks", "c-o", "address-details", "p-o-box", "zip-code"))
_NAME_PART = _attributes(
    "order name-part-type", value=None, spelling_variant=_attributes("lang script spelling-variant-type", **{"#": None})
)
_NAME = _attributes("ssid name-type quality lang", name_part=_NAME_PART)
_PAPER = _attributes(
    "ssid document-type", number=None, issuer=_attributes("code", **{"#": None}), date_of_issue=None, expiry_date=None, remark=None
)
_IDENTITY = _attributes(
    "ssid main",
    name=_NAME,
    nationality=_attributes("ssid", country=_COUNTRY),
    address={**_attributes("ssid place-id main quality", country=_COUNTRY), **_AREA},
    place_of_birth={**_attributes("ssid place-id quality", country=_COUNTRY), **_AREA},
    day_month_year=_attributes("ssid day month year calendar quality"),
    identification_document=_PAPER,
)
_SUBJECT = _attributes(
    "ssid sex object-type",
    identity=_IDENTITY,
    justification=_WORDS,
    other_information=_WORDS,
    relation=_attributes("ssid target-id relation-type", remark=None, **{"#": None}),
)
_SUBJECTS = {**dict.fromkeys(("individual", "entity", "object"), _SUBJECT), "sanctions-set-id": None, "foreign-identifier": None}
_MODIFICATION = _attributes(
    "modification-type enactment-date publication-date effective-date", remark=None, **dict.fromkeys(("added", "removed"), ANYTHING)
)
"""What a change added or removed is a fragment of any kind, up to a whole target: the target itself says what stands."""
_PLACE = {
    **_attributes("ssid", country=_COUNTRY),
    **_AREA,
    **dict.fromkeys(("location-variant", "area-variant"), _attributes("variant-type lang", **{"#": None})),
}
DOCUMENT = Document(
    "swiss-sanctions-list",
    {
        "sanctions-program": shape(
            _attributes(
                "ssid version-date predecessor-version-date",
                program_key=_WORDS,
                program_name=_WORDS,
                sanctions_set=_WORDS,
                origin=None,
            )
        ),
        "target": shape({**_attributes("ssid sanctions-set-id", modification=_MODIFICATION), **_SUBJECTS}),
        "place": shape(_PLACE),
    },
    frozenset({"list-type", "date"}),
)
KINDS: Mapping[str, PartyKind] = {"individual": "person", "entity": "organisation", "object": "unknown"}
OBJECTS: Mapping[str, PartyKind] = {"vessel": "vessel", "aircraft": "aircraft"}
QUALITIES: Mapping[str, Literal["strong", "weak"]] = {"good": "strong", "low": "weak"}
NAME_TYPES: Mapping[str, Literal["primary", "strong", "former"]] = {
    "primary-name": "primary",
    "alias": "strong",
    "formerly-known-as": "former",
}
_LABELLED = re.compile(r"(?P<label>[^:]{2,60}?) ?: ?(?P<value>\S[^:]{1,60}?)\.?")
_LANGUAGES = {"Hans": "zh-Hans", "Hant": "zh-Hant", "HANS": "zh-Hans", "HANT": "zh-Hant"}


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the whole list."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each target that is not delisted."""
    with Tally() as tally:
        return [entry for part in payload.parts for entry in _File(part, tally).entries()]


@dataclass
class _Draft:
    """A target until its places are known: they stand at the end of the file."""

    fields: Fields
    said: dict[str, Any]
    places: list[tuple[str | None, Place]]
    nations: list[str | None]


@dataclass
class _File:
    """One pass over a file."""

    part: Part
    tally: Tally
    programs: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[Place, list[RawValue]]] = field(default_factory=dict)
    drafts: dict[str, _Draft] = field(default_factory=dict)

    def entries(self) -> Iterator[ListEntry]:
        for unit in DOCUMENT.read(self.part, self.tally.odd):
            if unit.path == "target":
                self._target(unit)
            elif unit.path == "sanctions-program":
                key = next(iter(texts(unit.element, "program-key[@lang='eng']") or texts(unit.element, "program-key")), "")
                self.programs.update((one.get("ssid", ""), key) for one in unit.element.iterfind("sanctions-set"))
            elif unit.path == "place":
                fields = self.tally.unit(unit)
                self.places[unit.element.get("ssid", "")] = _place(unit.element, fields), fields.raw
            elif (said := attribute(unit.element, "list-type")) != "whole-list":
                raise SourceChanged("@list-type", said, self.part.name, "'whole-list': changes are computed here", "wrong_file")
        for key, draft in self.drafts.items():
            places = [self._whole(number, place, draft.fields) for number, place in draft.places]
            yield draft.fields.listed(CODE, NAME, key, places=places, nations=draft.nations, **draft.said)

    def _whole(self, number: str | None, place: Place, fields: Fields) -> Place:
        if number is None:
            return place
        if number not in self.places:
            raise SourceChanged("@place-id", number, fields.position, "a place of the file", "truncated")
        at, raw = self.places[number]
        fields.raw.extend(raw)
        return Place(joined((place.line, at.line), ", "), place.country or at.country)

    def _target(self, unit: Unit) -> None:
        element, position = unit.element, unit.position
        key, fields = attribute(element, "ssid"), self.tally.unit(unit)
        if key is None or key in self.drafts:
            raise SourceChanged("@ssid", key, position, "a number of its own")
        effective, published, in_force = _history(element, fields)
        subject = next((child for child in element if child.tag in KINDS), None)
        if subject is None:
            raise SourceChanged("target", None, position, f"one of {', '.join(KINDS)}")
        if not in_force:
            return
        names = list(_names(subject, fields))
        primary = next((alias for alias, first in names if first), None)
        if primary is None:
            raise SourceChanged("name", None, position, "a primary name")
        words = [*texts(subject, "justification"), *texts(subject, "other-information")]
        sets = unique((attribute(element, "sanctions-set-id"), *texts(element, "sanctions-set-id")))
        said = {
            "name": primary.text,
            "party_kind": fields.kind(attribute(subject, "object-type"), "@object-type", OBJECTS)
            if subject.tag == "object"
            else KINDS[subject.tag],
            "aliases": unique(alias for alias, _ in names if alias is not primary),
            "identifiers": unique((*_papers(subject, fields), *_labelled(subject), *_births(subject))),
            "relations": unique((*_relations(subject), *ownership(joined(words, "; ")))),
            "programs": unique(self._program(one, position) for one in sets),
            "effective": effective,
            "published": published,
            "remarks": joined(words, "; "),
            "url": f"https://{HOST}/sesam-search-web/pages/search.xhtml",
        }
        nations = [_country(one, fields) for one in subject.iterfind("identity/nationality")]
        at = [(attribute(one, "place-id"), _place(one, fields)) for one in subject.iterfind("identity/address")]
        self.drafts[key] = _Draft(fields, said, at, nations)

    def _program(self, number: str, position: str) -> str:
        if number not in self.programs:
            raise SourceChanged("sanctions-set-id", number, position, "a sanctions set of the file", "truncated")
        return self.programs[number]


def _history(element: Element, fields: Fields) -> tuple[date | None, date | None, bool]:
    """Return since when a target is listed, when that was published, and whether it is listed still."""
    effective: list[date] = []
    published: list[date] = []
    last = (date.min, True)
    for change in element.iterfind("modification"):
        kind = choice(change, "@modification-type", {name: name for name in CHANGES}, fields.position)
        days = {
            "effective": strict_day(attribute(change, "effective-date"), "@effective-date", fields.position, "%Y-%m-%d"),
            "publication": fields.day(attribute(change, "publication-date"), "@publication-date"),
        }
        when = days["effective"] or days["publication"] or date.min
        if kind == "listed":
            effective.extend(unique((days["effective"],)))
            published.extend(unique((days["publication"],)))
        if kind != "amended" and when >= last[0]:
            last = (when, kind == "listed")
    return min(effective, default=None), min(published, default=None), last[1]


def _names(subject: Element, fields: Fields) -> Iterator[tuple[Alias, bool]]:
    """Yield each name, and its spellings in further scripts, with whether it is the primary one."""
    for name in subject.iterfind("identity/name"):
        kind = fields.chosen(name, "@name-type", NAME_TYPES, "strong")
        quality = fields.chosen(name, "@quality", QUALITIES, "strong")
        parts = sorted(
            (part for part in name.iterfind("name-part") if part.get("name-part-type") != "title"), key=lambda p: _order(p, fields.position)
        )
        written = joined(text(part, "value") for part in parts)
        if written is None:
            continue
        own: Literal["strong", "weak", "former"] = "former" if kind == "former" else quality
        yield Alias(text=written, kind=own), kind == "primary"
        for script in unique(variant.get("script") for part in parts for variant in part.iterfind("spelling-variant")):
            spelt = joined(_spelt(part, script) for part in parts)
            latin = script.upper() == "LATN"
            language = None if latin else _LANGUAGES.get(script, f"und-{script.title()}")
            yield Alias(text=spelt or written, kind=own if latin else "native", language=language), False


def _order(part: Element, position: str) -> int:
    said = attribute(part, "order") or "0"
    if not (said.isascii() and said.isdigit() and len(said) < 6):
        raise SourceChanged("@order", said, position, "a number")
    return int(said)


def _spelt(part: Element, script: str) -> str | None:
    variants = (one.text for one in part.iterfind("spelling-variant") if one.get("script") == script and one.text)
    return next(variants, None) or text(part, "value")


def _country(element: Element, fields: Fields) -> str | None:
    country = element.find("country")
    if country is None:
        return None
    code = attribute(country, "iso-code")
    return fields.code(code, "country/@iso-code") if code else fields.country(country.text, "country")


def _place(element: Element, fields: Fields) -> Place:
    box = text(element, "p-o-box")
    parts = [text(element, name) for name in ("c-o", "address-details", "zip-code", "location", "area")]
    return Place(joined((f"P.O. Box {box}" if box else None, *parts), ", "), _country(element, fields))


def _papers(subject: Element, fields: Fields) -> Iterator[Identifier | None]:
    for paper in subject.iterfind("identity/identification-document"):
        issuer = paper.find("issuer")
        country = None if issuer is None else fields.code(attribute(issuer, "code"), "issuer/@code")
        yield identifier((attribute(paper, "document-type") or "").replace("-", " "), text(paper, "number"), country)


def _labelled(subject: Element) -> Iterator[Identifier | None]:
    """Yield numbers that stand in words: "Tax identification number: 7700000001"."""
    for words in texts(subject, "other-information"):
        found = _LABELLED.fullmatch(words)
        if found is not None and identifier_kind(found["label"]) != "other":
            yield identifier(found["label"], found["value"])


def _births(subject: Element) -> Iterator[Identifier | None]:
    for birth in subject.iterfind("identity/day-month-year"):
        parts = [attribute(birth, name) for name in ("year", "month", "day")]
        yield born("-".join(part.zfill(2) for part in parts if part) or None)


def _relations(subject: Element) -> Iterator[Relation]:
    for relation in subject.iterfind("relation"):
        said = attribute(relation, "relation-type") or "related"
        owned = said.lower().replace("-", " ") in ("owned by", "is owned by", "controlled by")
        words = joined((said, text(relation, "remark"))) or said
        yield Relation(kind="owned_by" if owned else "linked_to", key=attribute(relation, "target-id"), text=words)


SOURCE = Source(
    card=Card(
        source_id="ch_sesam",
        title="Swiss sanctions list",
        publisher="Swiss State Secretariat for Economic Affairs (SECO)",
        homepage="https://www.seco.admin.ch/seco/en/home/Aussenwirtschaftspolitik_Wirtschaftliche_Zusammenarbeit/Wirtschaftsbeziehungen.html",
        hosts=(HOST,),
        licence="Swiss federal open government data, attribution",
        redistribution="yes",
        commercial_use="yes",
        attribution="State Secretariat for Economic Affairs SECO, SESAM",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=14), content_lag=timedelta(days=2), grace=timedelta(days=45)),
        poll_every=timedelta(hours=12),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=4_500,
        max_records=12_000,
        anchors=(CODE,),
        max_bytes=192 * 1024 * 1024,
        confirmed="2026-08-27: three targets of the whole list; 2024-01-17: a list of changes (which is refused)",
        notes=(
            "what a change added or removed may be any part of a target, and is not read: the target says what stands",
            "targets whose last change is a delisting are left out; a file of changes only is refused",
            "kinds of relation are kept in the publisher's words; only plain ownership is taken as such",
        ),
    ),
    requests=requests,
    parse=parse,
)
