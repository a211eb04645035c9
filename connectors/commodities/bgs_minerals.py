"""BGS World Mineral Statistics: production of minerals and metals by country and year since 1970.

From the OGC API, commodity by commodity and page by page, or from the CSV that the same service exports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from connectors._reading.read import Row, check_names, decode, document, is_json, listing, mapping, rows
from supplywatch.errors import BadSetting, Quarantine, SourceChanged
from supplywatch.model.records import CommodityBalance, Economy, Figure, Provenance, Stage
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import alpha3_of, by_alpha3, former_alpha3

HOST = "ogcapi.bgs.ac.uk"
URL = f"https://{HOST}/collections/world-mineral-statistics/items"
PAGE_ROWS = 500
"""Other clients report that pages of 1,000 rows and more are at times cut off."""
COMMODITIES = (
    "antimony, mine",
    "cobalt, mine",
    "cobalt, refined",
    "copper, mine",
    "copper, refined",
    "copper, smelter",
    "ferro-alloys",
    "gallium, primary",
    "germanium metal",
    "graphite",
    "lithium minerals",
    "manganese ore",
    "nickel, mine",
    "nickel, smelter/refinery",
    "platinum group metals, mine",
    "rare earth minerals",
    "rare earth oxides",
    "tungsten, mine",
)

USED = (
    "bgs_commodity_trans bgs_sub_commodity_trans bgs_statistic_type_trans country_trans country_iso2_code country_iso3_code year quantity "
    "units sdmx_code data_precision_description concat_figure_notes_text"
).split()
IGNORED = (
    "bgs_commodity_code cgi_commodity_url concat_figure_notes_code concat_table_notes_code concat_table_notes_text erml_commodity "
    "erml_group erml_sub_commodity pole_of_inaccessibility_latitude pole_of_inaccessibility_longitude quantity_in_book_style "
    "sdmx_translation yearbook_table_id yearbook_table_trans"
).split()
PROPERTIES = frozenset((*USED, *IGNORED))
COLUMNS = frozenset((*PROPERTIES, "x", "y"))
ENVELOPE = frozenset("type features links timeStamp numberMatched numberReturned bbox crs name".split())
MEMBERS = frozenset("type id geometry properties links bbox".split())

STATISTICS: Mapping[str, Stage | None] = {"Production": None, "Imports": "import", "Exports": "export"}
STAGES: Mapping[str, Stage] = {
    "mine": "mine",
    "smelter": "smelter",
    "refined": "refinery",
    "refinery": "refinery",
    "smelter/refinery": "refinery",  # nickel: refined metal, and the nickel in ferro-nickel and oxide
}
"""Second half of a commodity, as in ``copper, mine``; other second halves (``petroleum, crude``) belong to the name."""
_ORE = re.compile(r"\b(ores?|minerals)\b")
NORMAL, NOT_SIGNIFICANT, MISSING = "A", "N", "O"

OWN_HISTORY = frozenset(["German Federal Republic"])
"""Countries that carry the ISO codes of a later one, and stand beside it in the same years: their histories stay apart."""
CORRECTED: Mapping[tuple[str, str], str] = {("CG", "COD"): "COG"}
"""Wrong pairs that the publisher gives: the Republic of the Congo with the code of its neighbour."""
_YEAR = re.compile(r"((?:18|19|20)[0-9]{2})-01-01([T ]00:00:00(\.0+)?(Z|\+00:00)?)?")


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the production of each commodity; ``commodities`` in the source's options are further ones."""
    further = cursor.options.get("commodities", ())
    if not isinstance(further, Sequence) or isinstance(further, str) or not all(isinstance(name, str) for name in further):
        raise BadSetting("config/sources.yaml: bgs_minerals.options.commodities: must be a list of names, such as 'tin, mine'")
    for name in dict.fromkeys((*COMMODITIES, *further)):
        asked = {"bgs_statistic_type_trans": "Production", "bgs_commodity_trans": str(name)}
        yield Request(URL, {"f": "json", "limit": str(PAGE_ROWS), **asked})


def next_request(part: Part) -> Request | None:
    """Follow the link to the next page, on the same host."""
    if part.request is None:
        return None
    page = _page(part)
    if page.next_url is None:
        return None
    if not page.features:
        raise SourceChanged("links", page.next_url, part.name, "no further page after one without rows")
    try:
        target = urlsplit(urljoin(URL, page.next_url))
    except ValueError as error:
        raise SourceChanged("links", page.next_url, part.name, "an address") from error
    if target.hostname != HOST:
        raise Quarantine("not_allowed", f"{part.name}: the next page is on {target.hostname}, the publisher's are on {HOST}")
    return Request(target._replace(scheme="https", netloc=HOST).geturl())


@dataclass
class _Chain:
    """The pages of one answer: how many rows they have brought, of how many."""

    rows: int = 0
    ids: set[str] = field(default_factory=set)
    open: bool = False


@dataclass(frozen=True)
class _Page:
    features: list[Any]
    matched: int | None
    next_url: str | None


def parse(payload: Payload) -> Iterable[CommodityBalance]:
    """Return one record for each country, commodity and year; the stages of a metal are figures of one record."""
    found: dict[tuple[str, str, str], dict[tuple[str, str, str], tuple[Economy, Figure]]] = {}
    chain = _Chain()
    for number, part in enumerate(payload.parts):
        prefix = f"page {number + 1} " if len(payload.parts) > 1 else ""
        for row in _rows(part, chain):
            economy, commodity, year, figure = _read(row, f"{prefix}{row.position}")
            figures = found.setdefault((economy.iso3 or economy.name, commodity, year), {})
            known = figures.setdefault((figure.statistic, figure.stage, figure.unit), (economy, figure))[1]
            if known.model_copy(update={"position": figure.position}) != figure:
                raise row.refuse("quantity", f"one value for each figure; {known.position} says {known.value} of the same")
    if chain.open:
        raise Quarantine("truncated", f"{payload.parts[-1].name}: the service has further pages (links: next); get all of them")
    return [_record(key, figures, payload) for key, figures in found.items()]


def _record(key: tuple[str, str, str], found: Mapping[tuple[str, str, str], tuple[Economy, Figure]], payload: Payload) -> CommodityBalance:
    economy, first = next(iter(found.values()))
    return CommodityBalance(
        observed=key[2],
        published=payload.published,
        fetched=payload.fetched,
        provenance=Provenance(source="bgs_minerals", vintage=payload.vintage, payload_sha256=payload.sha256, position=first.position),
        economy=economy,
        commodity=key[1],
        figures=tuple(sorted((figure for _, figure in found.values()), key=lambda figure: (figure.statistic, figure.stage, figure.unit))),
    )


def _rows(part: Part, chain: _Chain) -> Iterator[Row]:
    if part.request is None and not (is_json(part) or part.body.lstrip().startswith(b"<")):
        yield from rows(decode(part, "utf-8"), part.name, COLUMNS, sorted(PROPERTIES))
        return
    page = _page(part)
    for index, item in enumerate(page.features):
        position = f"features[{index}]"
        feature = mapping(item, "feature", position)
        check_names(feature.keys(), MEMBERS, ("properties",), position)
        if (number := feature.get("id")) is not None:
            if str(number) in chain.ids:
                raise SourceChanged("id", number, position, "each row once; the pages overlap", "truncated")
            chain.ids.add(str(number))
        properties = mapping(feature["properties"], "properties", position)
        check_names(properties.keys(), COLUMNS, PROPERTIES, position)
        yield Row(properties, position)
    chain.rows += len(page.features)
    chain.open = page.next_url is not None
    if not chain.open:
        if page.matched is not None and page.matched != chain.rows:
            raise Quarantine("truncated", f"{part.name}: numberMatched is {page.matched}, but {chain.rows} rows came")
        chain.rows, chain.ids = 0, set()


def _page(part: Part) -> _Page:
    envelope = mapping(document(part), "the document", part.name)
    if "features" not in envelope and ("code" in envelope or "description" in envelope):
        said = f"{envelope.get('code')}: {envelope.get('description')}"
        raise Quarantine("error_body", f"{part.name}: the service answers with an error: {said[:200]}")
    check_names(envelope.keys(), ENVELOPE, ("type", "features"), part.name)
    features = listing(envelope["features"], "features", part.name)
    counts = Row(envelope, part.name)
    returned, matched = (counts.count(name) if envelope.get(name) is not None else None for name in ("numberReturned", "numberMatched"))
    if returned is not None and returned != len(features):
        raise Quarantine("truncated", f"{part.name}: numberReturned is {returned}, there are {len(features)}")
    if matched == 0 or (matched is None and not features):
        asked = part.request.params.get("bgs_commodity_trans") if part.request is not None else None
        raise Quarantine("empty_list", f"{part.name}: no rows{f' of {asked!r}: has the publisher renamed it?' if asked else ''}")
    return _Page(features, matched, _next_url(listing(envelope.get("links") or [], "links", part.name), part.name))


def _next_url(links: list[Any], position: str) -> str | None:
    for link in links:
        entry = mapping(link, "links", position)
        if entry.get("rel") == "next":
            return Row(entry, position).text("href")
    return None


def _read(row: Row, position: str) -> tuple[Economy, str, str, Figure]:
    """Return the country, the commodity without its stage, the year, and the figure."""
    full = " ".join(row.text("bgs_commodity_trans").lower().split())
    kind = row.text("bgs_statistic_type_trans")
    traded = row.choice("bgs_statistic_type_trans", STATISTICS)
    commodity, stage = (full, traded) if traded is not None else _commodity(full)
    sub = row.optional_text("bgs_sub_commodity_trans")
    value, special = _value(row)
    figure = Figure(
        statistic=f"{'' if traded is None else f'{kind}: '}{full}{f': {sub}' if sub else ''}",
        stage=stage,
        value=value,
        unit=row.text("units"),
        special=special,
        estimated="Estimates." in (row.optional_text("concat_figure_notes_text") or "").split("|"),
        position=position,
    )
    return _economy(row), commodity, _year(row), figure


def _commodity(full: str) -> tuple[str, Stage]:
    """Return commodity and stage.

    >>> _commodity("copper, refined"), _commodity("manganese ore"), _commodity("petroleum, crude")
    (('copper', 'refinery'), ('manganese ore', 'mine'), ('petroleum, crude', 'other'))
    """
    name, _, last = full.rpartition(", ")
    if name and last in STAGES:
        return name, STAGES[last]
    return full, "mine" if _ORE.search(full) else "other"


def _year(row: Row) -> str:
    match = _YEAR.fullmatch(row.text("year"))
    if match is None:
        raise row.refuse("year", "the first day of a year, as in 2023-01-01 00:00:00 or 2023-01-01T00:00:00Z")
    return match.group(1)


def _value(row: Row) -> tuple[float | None, str | None]:
    """Return the quantity, or why there is none; a quantity below half a unit is written 0 and is not zero."""
    quantity, code = row.optional_number("quantity"), row.text("sdmx_code")
    said = (row.optional_text("data_precision_description") or "no figure given").lower()
    if quantity is not None and quantity < 0:
        raise row.refuse("quantity", "no negative figure")
    if code == NORMAL:
        return quantity, None if quantity is not None else said
    if code == MISSING and quantity is None:
        return None, said
    if code == NOT_SIGNIFICANT and not quantity:
        return None, said
    raise row.refuse("sdmx_code", f"A (normal), N (not significant, quantity 0) or O (missing, no quantity); quantity is {quantity}")


def _economy(row: Row) -> Economy:
    """Return the country; areas with codes that ISO does not have (Kosovo: 1A0), or with none (Rhodesia), go by their name."""
    name = row.text("country_trans")
    iso2, iso3 = row.optional_text("country_iso2_code"), row.optional_text("country_iso3_code")
    found = CORRECTED.get((iso2 or "", iso3 or ""), iso3)
    meant = alpha3_of(iso2) or found
    if found != meant and found not in former_alpha3():
        raise row.refuse("country_iso3_code", f"{meant}, as country_iso2_code {iso2} of {name} says")
    known = (found in by_alpha3() or found in former_alpha3()) and name not in OWN_HISTORY
    return Economy(code=iso2 or iso3 or name, iso3=found if known else None, name=name)


SOURCE = Source(
    card=Card(
        source_id="bgs_minerals",
        title="World Mineral Statistics",
        publisher="British Geological Survey",
        homepage="https://www.bgs.ac.uk/mineralsuk/statistics/world-mineral-statistics/",
        hosts=(HOST,),
        licence="Open Government Licence v3",
        redistribution="yes",
        commercial_use="yes",
        attribution="Contains British Geological Survey materials (c) UKRI, World Mineral Statistics, Open Government Licence v3",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=365), content_lag=timedelta(days=450), grace=timedelta(days=120)),
        poll_every=timedelta(days=14),
        taxonomy=("HD.1",),
        record=CommodityBalance,
        kind="series",
        min_records=8_000,
        max_records=150_000,
        anchors=(
            "mineral/bgs_minerals/CHN/copper",
            "mineral/bgs_minerals/CHN/nickel",
            "mineral/bgs_minerals/COD/cobalt",
            "mineral/bgs_minerals/CHN/tungsten",
        ),
        notes=(
            "the CSV export is the sample; envelope, links and filters of the API are to be confirmed against the live service",
            "a poll is some 70 pages of 500 rows; option commodities in config/sources.yaml is a list of further names ('tin, mine')",
            "a quantity 0 of precision N is more than 0 and less than half a unit: no value",
            "the Republic of the Congo carries the code of its neighbour (corrected by its two-letter code)",
            "the German Federal Republic stands beside Germany in 1989-1991 with the same codes: its history is kept under its name",
            "refined output includes secondary metal for some countries, and years may end in March or June: see the publisher's notes",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
