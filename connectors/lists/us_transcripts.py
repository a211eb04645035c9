"""US lists that are published as a web page, a PDF or the text of a supplement, as one public repository transcribes them to JSON.

The forced-labour list (UFLPA) and the list of section 1260H are in no machine-readable file of their publishers. The Entity List, the
military end-users, denied persons and NS-CMIC lists come from the Consolidated Screening List; their transcripts are read when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, clean, identifier, ownership, strict_day, unique
from connectors._reading.read import Row, check_names, document, listing, mapping
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.records import Alias, Identifier, ListChange, ListEntry, Relation
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source

HOST = "raw.githubusercontent.com"
BASE = f"https://{HOST}/phagehunter/nsfreg/main/data"
LISTS: Mapping[str, tuple[str, str]] = {
    "dhs-uflpa": ("UFLPA", "UFLPA Entity List (UFLPA) - Department of Homeland Security"),
    "dow-1260h": ("1260H", "Chinese Military Companies, section 1260H (1260H) - Department of War"),
    "bis-entity-list": ("EL", "Entity List (EL) - Bureau of Industry and Security"),
    "bis-meu": ("MEU", "Military End User (MEU) List - Bureau of Industry and Security"),
    "bis-dpl": ("DPL", "Denied Persons List (DPL) - Bureau of Industry and Security"),
    "ofac-nscmic": ("CMIC", "Non-SDN Chinese Military-Industrial Complex Companies List (CMIC) - Treasury Department"),
}
FILES = ("dhs_uflpa", "dow_1260h")
HEAD = ("list_id", "source_file", "extracted", "count", "entities")
FIELDS = ("name", "aliases", "country", "address", "status", "effective_date", "federal_register", "notes")
DAYS = ("%Y-%m-%d", "%B %d, %Y")
_LICENCE = ("EL",)
"""Lists whose notes are the licence requirement."""
_EXPIRES = re.compile(r"Expires: (\d{4}-\d\d-\d\d)")
_USCC = re.compile(r"USCC: ([0-9A-Z]{18})")
_PARENT = re.compile(r"Subordinate institution of (?P<name>.+?)\.?$")
_ARTEFACT = re.compile(r"(?:,|(?<!\s))\s*+a\.k\.a\.,? the following (?:one|two|three|four|\w+) alias(?:es)?:.*$", re.IGNORECASE)


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the two lists that stand nowhere else, or for those that ``options.files`` names."""
    named = cursor.options.get("files", FILES)
    for name in named if isinstance(named, list | tuple) else FILES:
        yield Request(f"{BASE}/{name}.json")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each object of each list.

    Raises
    ------
    Quarantine
        ``truncated`` when a list holds fewer entries than it says.
    """
    with Tally() as tally:
        entries = list(dict.fromkeys(entry for part in payload.parts for entry in _entries(part, tally)))
    return with_unique_keys(entries)


def _entries(part: Part, tally: Tally) -> Iterator[ListEntry]:
    head = mapping(document(part), "document", part.name)
    check_names(head, HEAD, HEAD, part.name)
    code, title = Row(head, part.name).choice("list_id", LISTS)
    entities = listing(head["entities"], "entities", part.name)
    said = Row(head, part.name).count("count")
    if said != len(entities):
        raise Quarantine("truncated", f"{part.name}: says it holds {said} entries and holds {len(entities)}")
    for number, raw in enumerate(entities):
        position = f"{part.name} entities[{number}]"
        values = mapping(raw, "entity", position)
        check_names(values, FIELDS, FIELDS, position)
        yield _entry(Row(values, position), code, title, tally.entry(position))


def _entry(row: Row, code: str, title: str, fields: Fields) -> ListEntry:
    name, notes = _ARTEFACT.sub("", row.text("name")), row.optional_text("notes")
    if row.values["status"] is not None:
        raise row.refuse("status", "null: nobody has seen another status yet")
    country = fields.country(row.optional_text("country"), "country")
    address = clean(row.optional_text("address"))
    return fields.listed(
        code,
        title,
        "",
        name,
        [Place(address, country)] if address else (),
        [country],
        party_kind="unknown" if code in ("EL", "DPL") else "organisation",
        aliases=tuple(Alias(text=text) for text in unique(_texts(row, "aliases")) if text != name),
        identifiers=_numbers(notes),
        relations=_relations(notes),
        citation=row.optional_text("federal_register"),
        effective=strict_day(row.optional_text("effective_date"), "effective_date", row.position, *DAYS),
        ends=_expiry(row, notes),
        licence_requirement=notes if code in _LICENCE else None,
        remarks=None if code in _LICENCE else notes,
    )


def _texts(row: Row, field: str) -> Iterator[str]:
    for text in listing(row.values[field], field, row.position):
        yield Row({field: text}, row.position).text(field)


def _numbers(notes: str | None) -> tuple[Identifier, ...]:
    return unique(identifier("USCC", found, "CN") for found in _USCC.findall(notes or ""))


def _relations(notes: str | None) -> tuple[Relation, ...]:
    found = _PARENT.search(notes or "")
    if found is not None:
        return (Relation(kind="subsidiary_of", name=found["name"], text=found[0]),)
    return ownership(notes)


def _expiry(row: Row, notes: str | None) -> date | None:
    found = _EXPIRES.search(notes or "")
    try:
        return None if found is None else date.fromisoformat(found[1])
    except ValueError as error:
        raise SourceChanged("notes", found[1] if found else "", row.position, "a day as YYYY-MM-DD after 'Expires:'") from error


SOURCE = Source(
    card=Card(
        source_id="us_transcripts",
        title="UFLPA and section 1260H lists as transcribed",
        publisher="nsfreg on GitHub, after the Departments of Homeland Security, War and Commerce",
        homepage="https://github.com/phagehunter/nsfreg",
        hosts=(HOST,),
        licence="US government works; the repository shows no licence file",
        redistribution="yes",
        commercial_use="yes",
        attribution="US government, transcribed by nsfreg",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=90), content_lag=timedelta(days=7), grace=timedelta(days=180)),
        poll_every=timedelta(hours=24),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.TECH"),
        record=ListChange,
        kind="snapshot",
        min_records=150,
        max_records=8_000,
        notes=(
            "options: files, of dhs_uflpa, dow_1260h, bis_entity_list, bis_meu, bis_dpl, ofac_nscmic; the last four are in the CSL too",
            "files by hand are given together: --from dhs_uflpa.json+dow_1260h.json",
            "a transcript by others: the legal text is the page or notice of the agency",
            "a list says how many entries it holds; one that holds another number is refused",
        ),
    ),
    requests=requests,
    parse=parse,
)
