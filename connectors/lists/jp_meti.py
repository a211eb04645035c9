"""Japan's End User List as the Ministry of Economy, Trade and Industry publishes it: one workbook for each edition.

A row is a party, its country, its further names, and the weapons of concern. Editions number their rows anew, so the number is no key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from connectors._reading.aliases import is_native
from connectors._reading.fields import Fields, Tally
from connectors._reading.parties import Place, unique
from connectors._reading.read import Row, check_names, decode, table
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.records import Alias, ListChange, ListEntry
from supplywatch.model.source import Calendar, Card, Part, Payload, Source
from supplywatch.reading.workbooks import Line, is_workbook, sheet

HOST = "www.meti.go.jp"
HOMEPAGE = f"https://{HOST}/policy/anpo/law05.html"
CODE = "JP-EUL"
"""That of the transcript in ``export_registry``: it is the same list."""
NAME = "外国ユーザーリスト (Foreign End-User List)"
NUMBER, COUNTRY, PARTY, ALIASES, WMD, ARMS = COLUMNS = (
    "No.",
    "Country or Region",
    "Company or Organization",
    "Also Known As",
    "Type of WMD",
    "Conventional Weapons",
)
CONCERNS: Mapping[str, str] = {
    **dict.fromkeys(("生物", "b"), "biological weapons"),
    **dict.fromkeys(("化学", "c"), "chemical weapons"),
    **dict.fromkeys(("ミサイル", "m"), "missiles"),
    **dict.fromkeys(("核", "n"), "nuclear weapons"),
    **dict.fromkeys(("通常兵器", "cw"), "conventional weapons"),
}
_CONCERN = re.compile(r"[A-Za-z]+|[^\W\dA-Za-z_]+")
"""Japanese words and letters stand side by side, mostly on lines of their own: 生物、核 above B,N; once ミサイルM."""
_BRACKET = re.compile(r"(?P<name>.+?)(?<!\s)\s*+[(（](?P<inner>[^()（）]++)[)）]")
_ABBREVIATION = re.compile(r"[A-Z0-9&-]{2,10}")


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return one entry for each row of the workbook, or of the same table saved as CSV.

    Raises
    ------
    Quarantine
        ``truncated`` where the numbers of the rows have a gap.
    """
    with Tally() as tally:
        found = [_entry(row, tally.entry(row.position)) for part in payload.parts for row in _rows(part)]
    return with_unique_keys(found)


def _rows(part: Part) -> Iterator[Row]:
    lines: Iterator[Line] = sheet(part, None) if is_workbook(part) else table(decode(part, "utf-8-sig"), part.name)
    number, cells = next(lines, (0, ()))
    # The heading is Japanese above English; the English one is told apart by a program that knows no other.
    headings = [cell.strip().split("\n")[-1].strip() for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    check_names(headings, COLUMNS, COLUMNS, f"{part.name} row {number}")
    count = 0
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(headings) :]):
            raise SourceChanged("number of columns", len(cells), f"{part.name} row {number}", f"{len(headings)} as in the heading")
        row = Row(dict.fromkeys(headings, "") | dict(zip(headings, cells, strict=False)), f"row {number}", texts=True)
        count += 1
        if row.text(NUMBER) != str(count):
            raise Quarantine("truncated", f"{part.name} row {number}: number {row.text(NUMBER)} where {count} is due; a row is missing")
        yield row
    if not count:
        raise Quarantine("empty_list", f"{part.name}: no row below the heading")


def _entry(row: Row, fields: Fields) -> ListEntry:
    name = " ".join(row.text(PARTY).split())
    country = row.text(COUNTRY).split("\n")[-1].strip()
    concerns = [_concerns(row, fields, column) for column in (WMD, ARMS)]
    return fields.listed(
        CODE,
        NAME,
        "",
        name,
        [Place(country, fields.country(country, COUNTRY))],
        party_kind="organisation",
        aliases=unique((*_bracketed(name), *_further(row.optional_text(ALIASES) or ""))),
        programs=unique(concern for found in concerns for concern in found),
        url=HOMEPAGE,
    )


def _concerns(row: Row, fields: Fields, column: str) -> list[str | None]:
    """Return the weapons a cell names, in words or letters."""
    said = unicodedata.normalize("NFKC", row.optional_text(column) or "")
    return [fields.choice(word, column, CONCERNS, None) for word in _CONCERN.findall(said)]


def _bracketed(name: str) -> Iterator[Alias]:
    """Yield what a bracket behind a name adds, and the name without it; "(Pyongyang branch)" is part of the name.

    >>> [one.text for one in _bracketed("Example Works (例示工場)")], list(_bracketed("Example Ltd. (Pyongyang branch)"))
    (['Example Works', '例示工場'], [])
    """
    found = _BRACKET.fullmatch(name)
    if found is None:
        return
    native = is_native(found["inner"])
    if native or _ABBREVIATION.fullmatch(found["inner"]):
        yield Alias(text=found["name"])
        yield Alias(text=found["inner"].strip(), kind="native" if native else "abbreviation")


def _further(cell: str) -> Iterator[Alias]:
    """Yield the names of a cell: one for each bullet, and for a line in another script; any other line goes on with the one above.

    >>> [one.text for one in _further("・Example Works of the\\nNorth\\n(例示工場)\\n ・EW")]
    ['Example Works of the North', '例示工場', 'EW']
    """
    names: list[str] = []
    for line in (" ".join(line.split()) for line in cell.split("\n")):
        bare = line.lstrip("・ ")
        if not bare:
            continue
        if line.startswith("・") or is_native(bare) or not names or is_native(names[-1]):
            names.append(bare)
        else:
            names[-1] += f" {bare}"
    for text in names:
        inner = text[1:-1] if text[0] in "(（" and text[-1] in ")）" else text
        yield Alias(text=inner, kind="native") if is_native(inner) else Alias(text=text)


SOURCE = Source(
    card=Card(
        source_id="jp_meti",
        title="Foreign End User List, the ministry's own workbook",
        publisher="Ministry of Economy, Trade and Industry of Japan",
        homepage=HOMEPAGE,
        hosts=(HOST,),
        licence="Government of Japan Standard Terms of Use",
        redistribution="yes",
        commercial_use="yes",
        attribution="Ministry of Economy, Trade and Industry of Japan, End User List",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=366), content_lag=timedelta(days=1), grace=timedelta(days=120)),
        poll_every=timedelta(days=1),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.EXPCTL"),
        record=ListChange,
        kind="snapshot",
        min_records=500,
        max_records=3_000,
        anchors=(CODE,),
        by_hand=True,
        confirmed="the workbook of the edition of 2025-09-29, whole: 835 parties; its address was not seen",
        notes=(
            "its address changes with each edition: download the workbook by hand and read it with --from; the PDF is not read",
            "the same list as JP-EUL of 'export_registry', with the same code: a party of both is told once; it says no day of effect",
            "an edition that drops more than one entry of a hundred waits for a person: --accept shrunken",
            "no party has a number of its own (rows are numbered anew): the key is made of name and country",
        ),
    ),
    requests=lambda _cursor: (),
    parse=parse,
)
