"""OFAC's Specially Designated Nationals as three tables: parties, addresses and aliases, joined by number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from connectors._reading.fields import Tally
from connectors._reading.ofac import HOSTS, NAMES_OF_LISTS, SERVICE, read_parties
from supplywatch.errors import SourceChanged
from supplywatch.model.records import ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

CODE = "SDN"
OTHER_LISTS = frozenset({"NS-PLC", "CMIC-EO13959", "561-Related"})
"""Programmes that alone put nobody on the SDN list."""


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the three files."""
    for name in ("SDN.CSV", "ADD.CSV", "ALT.CSV"):
        yield Request(f"{SERVICE}/{name}")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each party.

    Raises
    ------
    Quarantine
        The files are those of the lists beside this one, which have the same shape.
    """
    parties = read_parties(payload)
    for party in parties:
        if party.programs and OTHER_LISTS.issuperset(party.programs):
            raise SourceChanged("program", party.said("program"), party.row.position, "a programme of the SDN list", "wrong_file")
    with Tally() as tally:
        return [party.entry(CODE, NAMES_OF_LISTS[CODE], tally) for party in parties]


SOURCE = Source(
    card=Card(
        source_id="ofac_sdn",
        title="Specially Designated Nationals",
        publisher="US Department of the Treasury, Office of Foreign Assets Control",
        homepage="https://sanctionslist.ofac.treas.gov/Home/SdnList",
        hosts=HOSTS,
        licence="US government work, public domain",
        redistribution="yes",
        commercial_use="yes",
        attribution="Specially Designated Nationals and Blocked Persons List, US Department of the Treasury, OFAC",
        encoding="latin-1",
        calendar=Calendar(cadence=timedelta(days=7), content_lag=timedelta(days=1), grace=timedelta(days=21)),
        poll_every=timedelta(hours=2),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=17_000,
        max_records=26_000,
        anchors=(CODE,),
        max_bytes=64 * 1024 * 1024,
        notes=(
            "addresses of the service are second-hand; it answers with a redirect to a signed address, which is followed and never kept",
            "published at any hour of any day; no entry carries a date",
            "the Consolidated Screening List shows the same entries under the same list code (SDN), some hours later",
            "--from takes the three files joined into one (cat sdn.csv add.csv alt.csv); each ends with a Ctrl-Z",
            "remarks are cut at 1,000 characters: a number or link in the last piece of such a remark is not read",
            "names are in Latin letters only; native scripts stand in SDN_ADVANCED.XML (source ofac_advanced)",
        ),
    ),
    requests=requests,
    parse=parse,
)
