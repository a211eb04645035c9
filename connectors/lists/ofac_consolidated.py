"""OFAC's lists beside the SDN list, three tables in all: sectoral, menu-based, military-industrial, correspondent accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from connectors._reading.fields import Tally
from connectors._reading.ofac import HOSTS, NAMES_OF_LISTS, SERVICE, Party, read_parties
from supplywatch.model.records import ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

OF_PROGRAM = {
    "UKRAINE-EO13662": "SSI",
    "NS-PLC": "PLC",
    "CMIC-EO13959": "CMIC",
    "FSE-IR": "FSE",
    "FSE-SY": "FSE",
    "561-Related": "CAP",
    "CAATSA - RUSSIA": "NS-MBS",
    "BURMA-EO14014": "NS-MBS",
    "ILLICIT-DRUGS-EO14059": "NS-MBS",
}
"""The programmes that make a list."""
DIRECTIVE_PROGRAM = "RUSSIA-EO14024"
OF_DIRECTIVE = {"1a": "NS-MBS", "2": "CAP", "3": "NS-MBS"}
"""Executive Order 14024: directive 2 is about correspondent accounts, the others are menu-based."""
_DIRECTIVE = re.compile(r"\(EO 14024 Directive (1a|2|3)\)|Executive Order 14024 Directive Information -? ?Subject to Directive (1a|2|3)\b")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the three files."""
    for name in ("CONS_PRIM.CSV", "CONS_ADD.CSV", "CONS_ALT.CSV"):
        yield Request(f"{SERVICE}/{name}")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each list a party stands on."""
    with Tally() as tally:
        return [party.entry(code, NAMES_OF_LISTS[code], tally) for party in read_parties(payload) for code in lists_of(party)]


def lists_of(party: Party) -> list[str]:
    """Return the codes of the lists a party stands on: the tables give its programmes, and directives in its remarks.

    Raises
    ------
    SourceChanged
        None of its programmes is known to make a list.
    """
    programs = party.programs
    found = {OF_PROGRAM[program] for program in programs if program in OF_PROGRAM}
    if DIRECTIVE_PROGRAM in programs:
        found |= {OF_DIRECTIVE[one or other] for one, other in _DIRECTIVE.findall(party.said("remarks") or "")}
        # Remarks are cut: a party under this order alone whose directive is cut off is menu-based, as all without one are.
        found = found or {"NS-MBS"}
    if not found:
        raise party.row.refuse("program", f"one of {', '.join(sorted({*OF_PROGRAM, DIRECTIVE_PROGRAM}))} at least")
    return sorted(found)


SOURCE = Source(
    card=Card(
        source_id="ofac_consolidated",
        title="Consolidated list of non-SDN sanctions",
        publisher="US Department of the Treasury, Office of Foreign Assets Control",
        homepage="https://sanctionslist.ofac.treas.gov/Home/ConsolidatedList",
        hosts=HOSTS,
        licence="US government work, public domain",
        redistribution="yes",
        commercial_use="yes",
        attribution="Consolidated Sanctions List, US Department of the Treasury, OFAC",
        encoding="latin-1",
        calendar=Calendar(cadence=timedelta(days=30), content_lag=timedelta(days=1), grace=timedelta(days=120)),
        poll_every=timedelta(hours=6),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=350,
        max_records=900,
        anchors=("CMIC", "NS-MBS", "PLC", "SSI"),
        max_bytes=16 * 1024 * 1024,
        notes=(
            "addresses of the service are second-hand; it answers with a redirect to a signed address, which is followed and never kept",
            "the tables do not name the list: it follows from the programme and, under EO 14024, from the directive in the remarks",
            "where the remark is cut at 1,000 characters before its directive, a second list is missed; CONS_ADVANCED.XML names the lists",
            "a party on two lists is two entries with one number, as in the Consolidated Screening List",
        ),
    ),
    requests=requests,
    parse=parse,
)
