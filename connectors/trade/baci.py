"""CEPII BACI: world trade by exporter, importer and HS6 code, both sides' declarations reconciled, once a year.

From the archive as it is published, or from its yearly files (``--from BACI_HS22_Y2023_V202501.csv+BACI_HS22_Y2024_V202501.csv``). Of the
11 million rows of a year those of the watched HS codes are read: as imports of the watched economy, and as imports of the World, which say
what each economy exports.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from connectors._reading.read import Row, check_names, decode, table
from connectors._reading.slices import trade_slice
from supplywatch.errors import BadSetting, Quarantine, SourceChanged
from supplywatch.model.items import Items, load_items
from supplywatch.model.records import Economy, PartnerFlow, TradeSlice
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import by_alpha3

HOST = "www.cepii.fr"
URL = f"https://{HOST}/DATA_DOWNLOAD/baci/data/BACI_{{edition}}.zip"
COLUMNS = ("t", "i", "j", "k", "v", "q")
WORLD = Economy(code="0", name="World")
MISSING = "NA"
OWN_CODES: Mapping[str, str] = {"251": "FRA", "381": "ITA", "490": "TWN", "579": "NOR", "699": "IND", "757": "CHE", "842": "USA"}
"""Where Comtrade's code, without leading zeros, is not the ISO numeric one; 490, "Other Asia, nes", is how Taiwan is reported."""
KG_PER_TONNE, USD_PER_THOUSAND = 1000.0, 1000.0
MEMBER = re.compile(r"(?:.*/)?BACI_HS\d{2}_Y\d{4}_V\d{6}[a-z]?\.csv")
MEMBER_BYTES = 1024 * 1024 * 1024
_EDITION = re.compile(r"HS\d{2}_V\d{6}[a-z]?")
_CODE = re.compile(r"\d{1,6}", re.ASCII)


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the archive of this year's edition, in the HS revision of the watched items; ``edition`` in the options is another one."""
    edition = str(cursor.options.get("edition", f"HS22_V{cursor.now.year}01"))
    if not _EDITION.fullmatch(edition):
        raise BadSetting(f"config/sources.yaml: baci.options.edition: must be such as HS22_V202601, got {edition!r}")
    yield Request(URL.format(edition=edition))


@dataclass(slots=True)
class Total:
    """What one exporter sells: the value in US dollars, and the weight in kg where every flow has one."""

    value_usd: float = 0.0
    weight_kg: float | None = 0.0
    position: str = ""

    def add(self, flow: PartnerFlow) -> None:
        """Add a flow; one without weight makes the weight of the whole unknown."""
        self.value_usd += flow.value_usd or 0.0
        known = self.weight_kg is not None and flow.net_weight_kg is not None
        self.weight_kg = (self.weight_kg or 0.0) + (flow.net_weight_kg or 0.0) if known else None
        self.position = self.position or flow.position


@dataclass(slots=True)
class Line:
    """One commodity in one year."""

    exporters: dict[str, Total] = field(default_factory=dict)
    importers: dict[str, list[PartnerFlow]] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)


def parse(payload: Payload) -> Iterable[TradeSlice]:
    """Return for each watched commodity and year the imports of the World and of the economies that are judged by this source."""
    if payload.selection is None:
        raise ValueError("a payload of BACI is parsed with what it was told to take: see Source.told")
    items = Items.model_validate_json(payload.selection)
    lines: dict[tuple[str, str], Line] = {}
    for number, part in enumerate(payload.parts):
        prefix = f"file {number + 1} " if len(payload.parts) > 1 else ""
        for row in _watched(part, prefix, items):
            _take(row, lines, items)
    for (year, code), line in lines.items():
        partners = [
            PartnerFlow(
                partner=_economy(exporter),
                role="economy",
                value_usd=round(total.value_usd, 3),
                net_weight_kg=None if total.weight_kg is None else round(total.weight_kg, 3),
                position=total.position,
            )
            for exporter, total in sorted(line.exporters.items(), key=lambda pair: int(pair[0]))
        ]
        yield trade_slice(payload, WORLD, "import", code, year, partners, classification="HS")
        for importer, flows in line.importers.items():
            yield trade_slice(payload, _economy(importer), "import", code, year, flows, classification="HS")


def _watched(part: Part, prefix: str, items: Items) -> Iterator[Row]:
    watched = cache(lambda code: bool(items.of_hs(code)))
    for label, lines in _files(part, prefix):
        first = next(lines, None)
        if first is None:
            raise Quarantine("empty_body", f"{part.name}: no header line")
        columns = [cell.strip() for cell in first[1]]
        if columns and columns[0].startswith("<"):
            raise Quarantine("error_body", f"{part.name}: a web page instead of a table")
        check_names(columns, COLUMNS, COLUMNS, f"{part.name} header")
        if tuple(columns) != COLUMNS:
            raise SourceChanged("columns", ",".join(columns)[:80], f"{part.name} header", ",".join(COLUMNS))
        for number, cells in lines:
            if len(cells) != len(COLUMNS):
                reason = "truncated" if len(cells) < len(COLUMNS) and next(lines, None) is None else "source_changed"
                raise SourceChanged("number of columns", len(cells), f"{label}row {number}", str(len(COLUMNS)), reason)
            if not _CODE.fullmatch(cells[3]):
                raise SourceChanged("k", cells[3][:40], f"{label}row {number}", "an HS6 code")
            cells[3] = cells[3].zfill(6)  # written as a number, it has lost its leading zero
            if watched(cells[3]):
                yield Row(dict(zip(COLUMNS, cells, strict=True)), f"{label}row {number}", texts=True)


def _files(part: Part, prefix: str) -> Iterator[tuple[str, Iterator[tuple[int, list[str]]]]]:
    """Yield what stands before a row's number, and the lines, of each yearly file; none is ever held as a text."""
    if not part.body.startswith(b"PK\x03\x04"):
        if not part.body.isascii() or b"\x00" in part.body:
            decode(part, "ascii")
        yield prefix, table(io.TextIOWrapper(io.BytesIO(part.body), "ascii", newline=""), part.name)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(part.body)) as archive:
            for member in _members(archive, part):
                with archive.open(member) as file:
                    label = f"{prefix}{member.filename.rpartition('/')[2]} "
                    yield label, table(io.TextIOWrapper(file, "ascii", newline=""), label.strip())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Quarantine("truncated", f"{part.name}: the archive is cut or damaged ({error}); fetch it again") from error
    except UnicodeDecodeError as error:
        raise Quarantine("encoding", f"{part.name}: a file in it is not ASCII ({error.reason})") from error


def _members(archive: zipfile.ZipFile, part: Part) -> Sequence[zipfile.ZipInfo]:
    found = [member for member in archive.infolist() if MEMBER.fullmatch(member.filename)]
    if len({member.filename for member in found}) < len(found):
        raise Quarantine("wrong_file", f"{part.name}: an archive that names a file twice, which CEPII's never does")
    if not found:
        raise Quarantine("wrong_file", f"{part.name}: an archive without a file such as BACI_HS22_Y2024_V202601.csv")
    if large := next((member for member in found if member.file_size > MEMBER_BYTES), None):
        raise Quarantine("too_large", f"{part.name}: {large.filename[:80]} unpacks to more than {MEMBER_BYTES} bytes")
    return found


def _take(row: Row, lines: dict[tuple[str, str], Line], items: Items) -> None:
    year, exporter, importer = str(row.count("t", 2200)), str(row.count("i", 999)), str(row.count("j", 999))
    if int(year) < 1988:
        raise row.refuse("t", "a year from 1988, when the first revision of the HS came")
    value = row.number("v")
    weight = row.number("q") if row.optional_text("q") not in (None, MISSING) else None
    if value < 0 or (weight is not None and weight < 0):
        raise row.refuse("v" if value < 0 else "q", "no negative figure")
    line = lines.setdefault((year, row.text("k")), Line())
    if (exporter, importer) in line.seen:
        raise row.refuse("j", f"one row for each exporter, importer and code; {exporter} to {importer} was there")
    line.seen.add((exporter, importer))
    flow = PartnerFlow(
        partner=_economy(exporter),
        role="self" if exporter == importer else "economy",
        value_usd=round(value * USD_PER_THOUSAND, 3),
        net_weight_kg=round(weight * KG_PER_TONNE, 3) if weight else None,
        position=row.position,
    )
    line.exporters.setdefault(exporter, Total()).add(flow)
    buyer = _economy(importer).key
    if buyer == items.reporter or items.publishers.of(buyer, "annual") == "baci":
        line.importers.setdefault(importer, []).append(flow)


@cache
def _iso3_by_code() -> Mapping[str, str]:
    return {**{str(country.numeric): iso3 for iso3, country in by_alpha3().items()}, **OWN_CODES}


@cache
def _economy(code: str) -> Economy:
    iso3 = _iso3_by_code().get(code)
    return Economy(code=code, iso3=iso3, name=by_alpha3()[iso3].name if iso3 else code)


def _watched_now() -> str:
    # The whole of the watched items: which codes, and whose imports, both change with them.
    return load_items().model_dump_json()


SOURCE = Source(
    card=Card(
        source_id="baci",
        title="World trade by exporter, importer and HS6 code, reconciled",
        publisher="CEPII",
        homepage="https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
        hosts=(HOST,),
        licence="Etalab 2.0",
        redistribution="yes",
        commercial_use="yes",
        attribution="BACI, CEPII (Gaulier & Zignago 2010), from UN Comtrade",
        encoding="ascii",
        calendar=Calendar(cadence=timedelta(days=366), content_lag=timedelta(days=396), grace=timedelta(days=90)),
        poll_every=timedelta(days=30),
        taxonomy=("HD.1", "HD.2", "HD.3"),
        record=TradeSlice,
        kind="series",
        min_records=50,
        max_records=500_000,
        max_bytes=1024 * 1024 * 1024,
        notes=(
            "address to be confirmed against the live service; the format of the yearly files was read from a genuine one",
            "only rows of the watched HS codes (config/items.yaml) are read; imports of the watched economy, and of the World by exporter",
            "reconciled figures misplace transit trade: chromium ore of South Africa goes to Mozambique in them",
            "the HS revision stands in the name of the file only: take the one of the watched codes (HS22)",
            "a weight that is missing for one flow is missing for the whole; economies that Comtrade has no code of ISO for have none here",
            "option edition in config/sources.yaml: such as HS22_V202601",
        ),
    ),
    requests=requests,
    parse=parse,
    selection=_watched_now,
)
