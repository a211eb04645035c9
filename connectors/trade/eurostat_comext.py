"""Eurostat Comext: imports of the European Union and its members by partner and HS or CN code, in euros, month by month."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Literal

from connectors._reading.read import Row, decode, rows
from connectors._reading.slices import Flow, trade_slice
from supplywatch.errors import BadSetting, Quarantine
from supplywatch.model.items import load_items
from supplywatch.model.records import Economy, PartnerFlow, TradeSlice
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source
from supplywatch.reading.countries import alpha3_of, by_alpha3

HOST = "ec.europa.eu"
URL = (
    f"https://{HOST}/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409/M.{{reporter}}..{{codes}}.1.VALUE_IN_EUROS+QUANTITY_IN_100KG"
)
CODES_PER_CALL = 20
MONTHS_BACK = 14

USED = ("freq", "reporter", "partner", "product", "flow", "indicators", "TIME_PERIOD", "OBS_VALUE")
IGNORED = ("DATAFLOW", "LAST UPDATE", "OBS_FLAG", "CONF_STATUS")
INDICATORS: Mapping[str, Literal["value", "weight"] | None] = {
    "VALUE_IN_EUROS": "value",
    "QUANTITY_IN_100KG": "weight",
    "SUPPLEMENTARY_QUANTITY": None,
    "VALUE_IN_NAC": None,
}
"""``None``: known, and left out: pieces or litres, and the same value in the member's own currency."""
FLOWS: Mapping[str, Flow] = {"1": "import", "2": "export"}
KG_PER_100KG = 100.0

WORLD = "WORLD"
PARTS_OF_THE_WORLD = frozenset(("EU27_2020_EXTRA", "EU27_2020_INTRA", "EXT_EU27_2020", "INT_EU27_2020"))
UNION = Economy(code="EU27_2020", name="European Union")
MEMBERS = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
OWN_ISO2: Mapping[str, str] = {"EL": "GR", "UK": "GB", "XI": "GB", "XU": "GB", "XS": "RS"}
"""Comext's own codes: Greece, the United Kingdom whole and in two parts, Serbia."""
WITHOUT_ISO: Mapping[str, str] = {"XK": "Kosovo", "XC": "Ceuta", "XL": "Melilla"}
_NOWHERE = re.compile(r"Q[P-Z]")
"""Stores and provisions, and countries not specified. (QA is Qatar.)"""
_PERIOD = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?", re.ASCII)
_PRODUCT = re.compile(r"TOTAL|\d{2,10}", re.ASCII)
Slice = tuple[str, Flow, str, str]


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the imports of each reporter, twenty codes at a time: a larger cube is refused (HTTP 413)."""
    reporters = _texts(cursor, "reporters", [UNION.code], re.compile(r"[A-Z]{2}|EU27_2020"))
    watched = sorted({code for item in load_items().items for code in item.hs})
    codes = _texts(cursor, "codes", watched, _PRODUCT)
    months = cursor.now.year * 12 + cursor.now.month - 1 - MONTHS_BACK
    params = {"startPeriod": f"{months // 12}-{months % 12 + 1:02d}", "format": "SDMX-CSV"}
    for reporter in reporters:
        for start in range(0, len(codes), CODES_PER_CALL):
            yield Request(URL.format(reporter=reporter, codes="+".join(codes[start : start + CODES_PER_CALL])), params)


def _texts(cursor: Cursor, name: str, usual: list[str], allowed: re.Pattern[str]) -> list[str]:
    given = cursor.options.get(name, usual)
    if not isinstance(given, list | tuple) or not given or not all(isinstance(one, str) and allowed.fullmatch(one) for one in given):
        raise BadSetting(f"config/sources.yaml: eurostat_comext.options.{name}: must be a list of texts such as {usual[0]!r}")
    return list(dict.fromkeys(given))


def parse(payload: Payload) -> Iterable[TradeSlice]:
    """Return one record for each reporter, flow, product and period, with all its partners."""
    found: dict[Slice, dict[str, dict[str, Row]]] = {}
    for number, part in enumerate(payload.parts):
        for row in _rows(part, f"answer {number + 1} " if len(payload.parts) > 1 else ""):
            indicator = row.choice("indicators", INDICATORS)
            if indicator is None:
                continue
            said = found.setdefault(_slice_of(row), {}).setdefault(row.text("partner"), {})
            if (before := said.setdefault(indicator, row)) is not row:
                raise row.refuse("OBS_VALUE", f"one figure of each fact; {before.position} has said this one already")
    if not found:
        raise Quarantine("empty_list", "eurostat_comext: no rows: the codes are retired, or the month has not come yet")
    return [_record(key, partners, payload) for key, partners in found.items()]


def _rows(part: Part, prefix: str) -> Iterator[Row]:
    if not part.body.strip():
        return  # a retired code
    for row in rows(decode(part, "utf-8"), part.name, (*USED, *IGNORED), USED):
        yield Row(row.values, prefix + row.position, texts=True) if prefix else row


def _slice_of(row: Row) -> Slice:
    annual = row.choice("freq", {"A": True, "M": False})
    period, product = row.text("TIME_PERIOD"), row.text("product")
    if not _PERIOD.fullmatch(period) or annual != (len(period) == 4):
        raise row.refuse("TIME_PERIOD", "a month such as 2026-02 (freq M), or a year (freq A)")
    if not _PRODUCT.fullmatch(product):
        raise row.refuse("product", "an HS or CN code as text, or TOTAL")
    return row.text("reporter"), row.choice("flow", FLOWS), product, period


def _record(key: Slice, partners: Mapping[str, Mapping[str, Row]], payload: Payload) -> TradeSlice:
    reporter, flow, product, period = key
    flows = {code: _flow(code, reporter, said) for code, said in partners.items() if code not in PARTS_OF_THE_WORLD}
    world = flows.pop(WORLD, None)
    who = UNION if reporter == UNION.code else _economy(reporter, next(iter(next(iter(partners.values())).values())), "reporter")
    return trade_slice(payload, who, flow, product, period, list(flows.values()), classification="CN", world=world)


def _flow(code: str, reporter: str, said: Mapping[str, Row]) -> PartnerFlow:
    first = next(iter(said.values()))
    value, weight = (_number(said.get(name)) for name in ("value", "weight"))
    role: Literal["economy", "self", "nowhere"] = "economy"
    if code == reporter or (reporter == UNION.code and OWN_ISO2.get(code, code) in MEMBERS):
        role = "self"
    elif _NOWHERE.fullmatch(code):
        role = "nowhere"
    return PartnerFlow(
        partner=_economy(code, first, "partner"),
        role=role,
        value_usd=None,
        value_eur=value,
        net_weight_kg=weight * KG_PER_100KG if weight else None,
        position=first.position,
    )


def _number(row: Row | None) -> float | None:
    value = row.optional_number("OBS_VALUE") if row is not None else None
    if row is not None and value is not None and value < 0:
        raise row.refuse("OBS_VALUE", "no negative figure")
    return value


def _economy(code: str, row: Row, field: str) -> Economy:
    iso3 = alpha3_of(OWN_ISO2.get(code, code))
    if iso3 is None and code != WORLD and code not in WITHOUT_ISO and not _NOWHERE.fullmatch(code):
        raise row.refuse(field, "an ISO 3166 alpha-2 code, or one of Comext's own that connectors/trade/eurostat_comext.py names")
    name = by_alpha3()[iso3].name if iso3 and code not in ("XI", "XU") else WITHOUT_ISO.get(code, code)
    return Economy(code=code, iso3=iso3, name=name)


SOURCE = Source(
    card=Card(
        source_id="eurostat_comext",
        title="Imports of the European Union and its members by partner and code",
        publisher="Eurostat",
        homepage="https://ec.europa.eu/eurostat/web/international-trade-in-goods",
        hosts=(HOST,),
        licence="CC BY 4.0",
        redistribution="yes",
        commercial_use="yes",
        attribution="Eurostat, Comext (DS-045409)",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=31), content_lag=timedelta(days=56), grace=timedelta(days=14)),
        poll_every=timedelta(days=7),
        taxonomy=("HD.1", "HD.2", "HD.3"),
        record=TradeSlice,
        kind="series",
        min_records=10,
        max_records=200_000,
        empty_answers=True,
        confirmed="2025-02-17: DS-045409 as SDMX-CSV with codes, yearly, partner WORLD; single partners were not seen",
        notes=(
            "the variant with labels (Monthly, IMPORT) is refused: names change, codes do not",
            "values are in euros and stay in euros: shares need no dollars, and M/X and world exports are not held against them",
            "of the Union as reporter the members are not partners; EU27_2020_EXTRA and _INTRA are parts of WORLD",
            "options in config/sources.yaml: reporters (ISO 3166 alpha-2, or EU27_2020), codes (HS or CN codes as texts)",
            "whose slices are judged stands in config/items.yaml, publishers",
        ),
    ),
    requests=requests,
    parse=parse,
)
