"""Taiwan's Strategic High-Tech Commodities Entity List: a table without stable numbers, names in several scripts in one cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, clean, identifier, unique
from connectors._reading.read import Row, decode, rows
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.records import Alias, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Cursor, Payload, Request, Source

HOST = "publicinfo.trade.gov.tw"
URL = f"https://{HOST}/icp/Download.action?file=ZgPKOWuRLCD%2B8S4%2FZhAeuw%3D%3D"
CODE, NAME = "SHTC", "Strategic High-Tech Commodities Entity List"
COLUMNS = ("項次item", "名稱name", "別名alias", "國家代碼country code", "地址address", "護照號碼ID Number")
_SCRIPTS = {"繁體中文": "zh-Hant", "簡體中文": "zh-Hans"}
_PREFIX = re.compile(rf"(?P<script>{'|'.join(_SCRIPTS)})[：:]\s*(?P<name>.+)")
_REFERENCE = re.compile(r"[（(]永久參考號[：:]\s*(?P<number>[^）)]+)[）)]")
_SPLIT = re.compile("[;；]")


def requests(_cursor: Cursor) -> Iterator[Request]:
    """Ask for the whole list."""
    yield Request(URL)


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each row that names somebody; running numbers are no keys."""
    entries: list[ListEntry] = []
    with Tally() as tally:
        for part in payload.parts:
            for row in rows(decode(part, "utf-8-sig"), part.name, COLUMNS):
                row.count("項次item")
                if row.optional_text("名稱name") or row.optional_text("別名alias"):
                    entries.append(_entry(row, tally.entry(row.position)))
    return with_unique_keys(entries)


def _entry(row: Row, fields: Fields) -> ListEntry:
    written = row.optional_text("名稱name") or ""
    references = [found["number"].strip() for found in _REFERENCE.finditer(written)]
    names = [*_names(_REFERENCE.sub("", written)), *_names(row.optional_text("別名alias") or "")]
    if not names:
        raise row.refuse("名稱name", "a name")
    codes = [fields.code(code, "國家代碼country code") for code in _pieces(row, "國家代碼country code")]
    home = codes[0] if len(codes) == 1 else None
    return fields.listed(
        CODE,
        NAME,
        "",
        names[0].text,
        [Place(line, home) for line in _pieces(row, "地址address") if len(line) > 2],
        codes,
        party_kind="unknown",
        aliases=unique(alias for alias in names[1:] if alias.text != names[0].text),
        identifiers=unique(
            (
                *(identifier("ID Number", number) for number in _pieces(row, "護照號碼ID Number")),
                *(identifier("Permanent reference number", number) for number in references),
            )
        ),
        url="https://www.trade.gov.tw/english/Pages/List.aspx?nodeid=298",
    )


def _names(cell: str) -> Iterator[Alias]:
    for piece in _SPLIT.split(cell):
        if (text := clean(piece)) is None:
            continue
        found = _PREFIX.fullmatch(text)
        if found is not None:
            yield Alias(text=found["name"], kind="native", language=_SCRIPTS[found["script"]])
        else:
            native = not any(character.isalpha() and character < "\u0250" for character in text)
            yield Alias(text=text, kind="native" if native else "strong")


def _pieces(row: Row, column: str) -> list[str]:
    return [text for piece in _SPLIT.split(row.optional_text(column) or "") if (text := clean(piece))]


SOURCE = Source(
    card=Card(
        source_id="tw_shtc",
        title="Strategic High-Tech Commodities Entity List",
        publisher="Ministry of Economic Affairs, International Trade Administration, Taiwan",
        homepage="https://www.trade.gov.tw/english/Pages/List.aspx?nodeid=298",
        hosts=(HOST,),
        licence="Open Government Data License, version 1.0 (Taiwan); to be confirmed",
        redistribution="derived-only",
        commercial_use="yes",
        attribution="International Trade Administration, Ministry of Economic Affairs, SHTC Entity List",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=90), content_lag=timedelta(days=7), grace=timedelta(days=180)),
        poll_every=timedelta(hours=24),
        taxonomy=("TEC.ENTITY_LIST", "HD.2"),
        record=ListChange,
        kind="snapshot",
        min_records=9_000,
        max_records=16_000,
        anchors=(CODE,),
        max_bytes=64 * 1024 * 1024,
        notes=(
            "off by default: no genuine file was at hand; columns as other readers of the table show them",
            "the address of the table may change with each edition: look at the homepage",
            "no dates and no stable numbers: the key is name and country; kinds of party are not given",
            "takes over much of the UN and US lists: most entries stand on those too",
        ),
    ),
    requests=requests,
    parse=parse,
)
