"""UK Sanctions List: its address changes with each edition and is read from the landing page; table or XML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Literal
from urllib.parse import urljoin

from connectors._reading.fields import Tally
from connectors._reading.parties import born, day, identifier, joined, ownership, strict_day, unique
from connectors._reading.running import related, several
from connectors._reading.uk import Designation, read_table, read_xml
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Alias, Identifier, ListChange, ListEntry, Relation
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source

LANDING = "https://www.gov.uk/government/publications/the-uk-sanctions-list"
HOSTS = ("www.gov.uk", "assets.publishing.service.gov.uk", "sanctionslist.fcdo.gov.uk")
CODE, NAME = "UK", "UK Sanctions List"
KINDS: Mapping[str, PartyKind] = {"individual": "person", "entity": "organisation", "ship": "vessel"}
NAME_TYPES = {"primary name": True, "primary name variation": False, "alias": False}
COUNTRIES = ("Nationality(/ies)", "Current believed flag of ship")
STRENGTHS: Mapping[str, Literal["strong", "weak"]] = {
    "good quality a.k.a": "strong",
    "good quality a.k.a.": "strong",
    "strong": "strong",
    "low quality a.k.a": "weak",
    "low quality a.k.a.": "weak",
    "weak": "weak",
}
_LINK = re.compile(rb"href=[\"']([^\"']*UK[-_]Sanctions[-_]List\.csv)[\"']", re.IGNORECASE)
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?<(?:!doctype html|html)\b", re.IGNORECASE)


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the landing page."""
    yield Request(LANDING)


def next_request(part: Part) -> Request | None:
    """Return the request for the list that a landing page leads to; a list leads nowhere.

    Raises
    ------
    Quarantine
        ``error_body``: a web page without the link.
    """
    if part.request is None or not _PAGE.match(part.body):
        return None
    found = _LINK.search(part.body) if part.request.url == LANDING else None
    if found is None:
        raise Quarantine("error_body", f"{part.name}: a web page without a link to UK-Sanctions-List.csv; look at {LANDING}")
    return Request(urljoin(LANDING, html.unescape(found[1].decode("ascii", "replace"))))


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each designation; the landing page says nothing more.

    Raises
    ------
    Quarantine
        There is nothing but web pages, or a designation says something nobody has looked at.
    """
    lists = [part for part in payload.parts if not _PAGE.match(part.body)]
    if not lists:
        raise Quarantine("error_body", f"{payload.parts[0].name}: a web page instead of the list")
    found: dict[str, ListEntry] = {}
    with Tally() as tally:
        for part in lists:
            read = read_xml if part.body.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"<") else read_table
            for designation in read(part, tally):
                entry = _entry(designation)
                if entry.key in found:
                    raise SourceChanged("Unique ID", entry.key, designation.position, "a number of its own; another has the same")
                found[entry.key] = entry
    return list(found.values())


def _entry(said: Designation) -> ListEntry:
    key, kind = said.one("Unique ID"), said.one("Designation Type")
    if key is None:
        raise SourceChanged("Unique ID", None, said.position, "a text that is not empty")
    names = list(_names(said))
    if not names:
        raise SourceChanged("Name 6", None, said.position, "a name")
    name = next((text for text, primary, _ in names if primary), names[0][0])
    aliases = [Alias(text=text, kind=strength) for text, _, strength in names if text != name]
    natives = [Alias(text=text, kind="native", language=None) for text, _ in said.natives]
    reasons = joined((*said.all("Other Information"), *said.all("UK Statement of Reasons")), "; ")
    return said.fields.listed(
        CODE,
        NAME,
        key,
        name,
        said.places,
        [
            code
            for column in COUNTRIES
            for text in said.all(column)
            for piece in several(text)
            for code in said.fields.countries(piece, column)
        ],
        party_kind=said.fields.kind(kind, "Designation Type", KINDS),
        aliases=unique((*aliases, *natives)),
        identifiers=unique((*_numbers(said), *(born(_birth(text)) for text in said.all("D.O.B")))),
        relations=unique((*_relations(said), *ownership(reasons))),
        programs=said.all("Regime Name"),
        effective=strict_day(
            min(said.all("Date Designated"), default=None, key=_order), "Date Designated", said.position, "%d/%m/%Y", "%d/%m/%Y %H:%M:%S"
        ),
        remarks=joined((*said.all("Sanctions Imposed"), *said.all("Position"), reasons), "; "),
        url=LANDING,
    )


def _names(said: Designation) -> Iterator[tuple[str, bool, Literal["strong", "weak"]]]:
    """Yield name, whether it is the primary one, and its strength."""
    for text, kind, strength in said.names:
        primary = said.fields.choice(kind, "Name type", NAME_TYPES, otherwise=False)
        yield text, primary, said.fields.choice(strength, "Alias strength", STRENGTHS, "strong")


def _numbers(said: Designation) -> Iterator[Identifier | None]:
    labels = {
        "Passport number": "Passport number",
        "National Identifier number": "National Identifier number",
        "Business registration number (s)": "Business registration number",
        "IMO number": "IMO number",
        "Hull identification number (HIN)": "Hull identification number (HIN)",
    }
    for column, label in labels.items():
        for number in said.all(column):
            yield identifier(label, number)


def _relations(said: Designation) -> Iterator[Relation]:
    for owner in said.all("Current owner/operator (s)"):
        yield from related("owned_by", "Current owner/operator", owner)
    for parent in said.all("Parent company"):
        yield from related("subsidiary_of", "Parent company", parent)
    for child in said.all("Subsidiaries"):
        yield from related("parent_of", "Subsidiaries", child)


def _birth(text: str) -> str:
    """Return a day of birth, or what of it is known: ``dd/mm/1945`` is 1945."""
    found = day(text, "%d/%m/%Y")
    return found.isoformat() if found else re.sub(r"(?i)\b(dd|mm|00)/", "", text)


def _order(text: str) -> str:
    found = day(text, "%d/%m/%Y", "%d/%m/%Y %H:%M:%S")
    return found.isoformat() if found else ""


SOURCE = Source(
    card=Card(
        source_id="uk_sanctions",
        title="UK Sanctions List",
        publisher="Foreign, Commonwealth & Development Office",
        homepage=LANDING,
        hosts=HOSTS,
        licence="Open Government Licence v3",
        redistribution="yes",
        commercial_use="yes",
        attribution="Contains public sector information licensed under the Open Government Licence v3.0 (UK Sanctions List)",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=7), content_lag=timedelta(days=1), grace=timedelta(days=21)),
        poll_every=timedelta(hours=6),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=4_500,
        max_records=9_000,
        anchors=(CODE,),
        max_bytes=128 * 1024 * 1024,
        confirmed="2026-09-02: two designations of the XML; 2026-10-08: header and a ship of the table",
        notes=(
            "off by default: no genuine file was at hand; columns and elements as other readers of the file show them",
            "the address of the list is read from the landing page at each poll; --from takes the table or the XML file",
            "a table has a row for each name and address of a designation; rows are joined by Unique ID",
            "since January 2026 the only UK list: OFSI's own was closed (to be confirmed)",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
