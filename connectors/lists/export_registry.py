"""Export-control lists of China and Japan from a public registry on GitHub that types them from the ministries' notices and PDF.

The ministries publish notices (China) and one PDF a year (Japan); their site cannot be automated, and a PDF is not read here. The registry
gives names in the original and in English, the day a notice took effect, and the notice itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, address_country, strict_day
from connectors._reading.read import Row, check_names, document, listing, mapping
from supplywatch.errors import Quarantine
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.list_entry import PartyKind
from supplywatch.model.records import Alias, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source
from supplywatch.reading.countries import known_country

HOST = "raw.githubusercontent.com"
BASE = f"https://{HOST}/xyna-bpinelab/security-export-control-registry/main/data/entities"
FILES = ("cn", "jp")
FIELDS = "addresses aliases country date_added entity_name entity_type id last_verified list_id reason source_list_name source_url".split()
"""``country`` is that of the list; ``last_verified`` says when the registry looked at its source."""
CODES: Mapping[str, str] = {
    "cn-export-control-watchlist": "CN-ECL",
    "cn-unreliable-entity-list": "CN-UEL",
    "cn-attention-list": "CN-ATT",
    "jp-end-user-list": "JP-EUL",
}
KINDS: Mapping[str, PartyKind] = {"organization": "organisation", "individual": "person", "vessel": "vessel"}
_HAN = re.compile(r"[\u3400-\u9fff]")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for both files."""
    for name in FILES:
        yield Request(f"{BASE}/{name}.json")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each object; two objects of one number are told apart by their order of content."""
    found = []
    with Tally() as tally:
        for part in payload.parts:
            entries = listing(document(part), "document", part.name)
            if not entries:
                raise Quarantine("empty_list", f"{part.name}: holds no entry")
            for number, raw in enumerate(entries):
                position = f"{part.name}[{number}]"
                values = mapping(raw, "entry", position)
                check_names(values, FIELDS, FIELDS, position)
                found.append(_entry(Row(values, position), tally.entry(position)))
    return with_unique_keys(list(dict.fromkeys(found)))


def _entry(row: Row, fields: Fields) -> ListEntry:
    name, addresses = row.optional_text("entity_name"), _texts(row, "addresses")
    if name is None:
        name, addresses = _run_together(row, addresses)
    return fields.listed(
        row.choice("list_id", CODES),
        row.text("source_list_name"),
        row.text("id"),
        name,
        [Place(text, address_country(text)) for text in addresses],
        party_kind=fields.kind(row.optional_text("entity_type"), "entity_type", KINDS),
        aliases=tuple(_alias(text) for text in _texts(row, "aliases")),
        effective=strict_day(row.optional_text("date_added"), "date_added", row.position),
        remarks=row.optional_text("reason"),
        url=row.optional_text("source_url"),
    )


def _run_together(row: Row, addresses: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return name and address of an entry whose name the transcript lost into the address, after the country."""
    for address in addresses:
        words = address.split()
        for number in range(len(words) - 1, 0, -1):
            country = " ".join(words[:number])
            if known_country(country):
                return " ".join(words[number:]), (country,)
    raise row.refuse("entity_name", "a name, here or after the country in the address")


def _texts(row: Row, field: str) -> tuple[str, ...]:
    return tuple(Row({field: text}, row.position).text(field) for text in listing(row.values[field], field, row.position))


def _alias(text: str) -> Alias:
    return Alias(text=text, language="zh") if _HAN.search(text) else Alias(text=text)


SOURCE = Source(
    card=Card(
        source_id="export_registry",
        title="Control lists of China's Ministry of Commerce and Japan's end-user list",
        publisher="security-export-control-registry, after MOFCOM and METI",
        homepage="https://github.com/xyna-bpinelab/security-export-control-registry",
        hosts=(HOST,),
        licence="MIT; notices of Chinese and Japanese ministries are public",
        redistribution="yes",
        commercial_use="yes",
        attribution="security-export-control-registry (MIT), after MOFCOM and METI",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=30), content_lag=timedelta(days=7), grace=timedelta(days=120)),
        poll_every=timedelta(hours=12),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.EXPCTL"),
        record=ListChange,
        kind="snapshot",
        min_records=800,
        max_records=5_000,
        anchors=tuple(CODES.values()),
        notes=(
            "files by hand are given together: --from cn.json+jp.json",
            "the registry gives who stands on a list, not whether measures are suspended: the notice behind `url` does",
            "240 entries of three Chinese lists with 16 effective dates, 835 of Japan's without any (files of July 2026)",
            "37 of 835 names stand after the country in the address; they are taken from there",
            "numbers repeat twice among 240; one party stands on several lists",
        ),
    ),
    requests=requests,
    parse=parse,
)
