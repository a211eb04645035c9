"""Chinese military companies (section 1260H) with their groups, as OpenSanctions types them from the department's PDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from connectors._reading.parties import listed, strict_day, unique
from connectors._reading.read import Row, decode, rows
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.records import Alias, ListChange, ListEntry, Relation
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

HOST = "raw.githubusercontent.com"
URL = f"https://{HOST}/opensanctions/opensanctions/main/datasets/us/dod_chinese_milcorps/sanctions.csv"
CODE, NAME = "1260H", "Chinese Military Companies, section 1260H (1260H) - Department of War"
REQUIRED = ("Name", "Clean Name", "Alias", "Previous Name", "Parent Name", "Note", "Start date", "End date", "Source Url")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the whole table."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each row in force: an edition repeats the companies of the former one, and rows with a past end are history."""
    today = payload.fetched.date()
    entries = (_entry(row) for part in payload.parts for row in rows(decode(part, "utf-8"), part.name, REQUIRED, REQUIRED))
    return with_unique_keys([entry for entry in dict.fromkeys(entries) if entry.ends is None or entry.ends > today])


def _entry(row: Row) -> ListEntry:
    written, parent = row.text("Name"), row.optional_text("Parent Name")
    name = row.optional_text("Clean Name") or written
    starts = strict_day(row.text("Start date"), "Start date", row.position, "%Y-%m-%d")
    aliases = [Alias(text=text) for text in _several(row, "Alias")]
    aliases += [Alias(text=text, kind="former") for text in _several(row, "Previous Name")]
    group = () if parent is None or parent == name else (Relation(kind="group_member", name=parent, text=f"listed under {parent}"),)
    return listed(
        CODE,
        NAME,
        f"{name}|{starts}",
        name,
        (),
        ("CN",),
        party_kind="organisation",
        aliases=unique(alias for alias in aliases if alias.text != name),
        relations=group,
        effective=starts,
        edition=starts,
        ends=strict_day(row.optional_text("End date"), "End date", row.position, "%Y-%m-%d"),
        remarks=row.optional_text("Note"),
        url=row.optional_text("Source Url"),
    )


def _several(row: Row, field: str) -> tuple[str, ...]:
    return tuple(text for one in (row.optional_text(field) or "").split(";") if (text := " ".join(one.split())))


SOURCE = Source(
    card=Card(
        source_id="dod_1260h",
        title="Chinese military companies with their groups, section 1260H",
        publisher="OpenSanctions, after the US Department of War",
        homepage="https://www.opensanctions.org/datasets/us_dod_chinese_milcorps/",
        hosts=(HOST,),
        licence="CC BY-NC 4.0; commercial use needs a licence of OpenSanctions",
        redistribution="derived-only",
        commercial_use="licence-needed",
        attribution="OpenSanctions.org, CC BY-NC 4.0; US Department of War",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=365), content_lag=timedelta(days=7), grace=timedelta(days=180)),
        poll_every=timedelta(hours=24),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.TECH"),
        record=ListChange,
        kind="snapshot",
        min_records=150,
        max_records=3_000,
        anchors=(CODE,),
        notes=(
            "off by default: not for commercial use without a licence; `us_transcripts` has the main companies under free terms",
            "an edition repeats a company in a row with its own start date: told as a repeat; whom it leaves out, as taken off",
            "the editions of 2022 and 2024 only added companies, those of 2025 and 2026 restate the list",
            "21 of 397 rows have an end date: history, left out from that day on",
            "the parent is the company under which the edition lists a subsidiary: a link, not a name",
        ),
    ),
    requests=requests,
    parse=parse,
)
