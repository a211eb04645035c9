"""UN Comtrade: imports by partner, from the keyed service, the public preview, or a file downloaded from the site.

Comtrade's own codes are kept: they are not ISO 3166 numeric (France 251, India 699), and several partners are no economies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from connectors._reading.read import Row, check_names, decode, document, is_json, listing, mapping, rows
from supplywatch.errors import BadSetting, Quarantine
from supplywatch.model.items import load_items
from supplywatch.model.records import Economy, PartnerFlow, Partners, Provenance, TradeSlice
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source

HOST = "comtradeapi.un.org"
KEYED_URL = f"https://{HOST}/data/v1/get/C/A/HS"
PREVIEW_URL = f"https://{HOST}/public/v1/preview/C/A/HS"
KEY_HEADER = ("Ocp-Apim-Subscription-Key", "comtrade_key")
PREVIEW_ROWS, KEYED_ROWS = 500, 100_000
CODES_PER_CALL, PERIODS_PER_CALL = 30, 12
YEARS_BACK = 2
FIRST_YEAR = 1962

WORLD = "0"
NOWHERE = frozenset("97 129 221 290 471 472 473 492 527 536 568 577 636 637 697 837 838 839 849 879 899".split())
"""Areas not elsewhere specified, bunkers, free zones, special categories, and groups of economies that are partners too."""
OWN_ISO3 = {"S19": "TWN"}
"""Comtrade's own marks of economies: 490 "Other Asia, nes" is how Taiwan is reported."""

FLOWS: Mapping[str, Literal["import", "export"] | None] = {
    "M": "import",
    "X": "export",
    **dict.fromkeys(["RM", "RX", "FM", "DX", "MIP", "XIP", "MOP", "XOP"]),
}
"""Re-imports, re-exports and processing trade are parts of M and X: known, and left out."""
FREQUENCIES: Mapping[str, Literal["annual", "monthly"]] = {"A": "annual", "M": "monthly"}
TOTALS = {"customsCode": "C00", "mosCode": "0", "motCode": 0, "partner2Code": 0}
"""A row by mode of transport, customs procedure or second partner is a part of the row that has the total of each."""

USED = (
    "typeCode freqCode refYear refMonth period reporterCode reporterISO reporterDesc flowCode partnerCode partnerISO partnerDesc "
    "partner2Code classificationCode cmdCode cmdDesc customsCode mosCode motCode netWgt isNetWgtEstimated primaryValue"
).split()
IGNORED = (
    "refPeriodId flowDesc partner2ISO partner2Desc classificationSearchCode isOriginalClassification aggrLevel isLeaf customsDesc motDesc "
    "qtyUnitCode qtyUnitAbbr qty isQtyEstimated altQtyUnitCode altQtyUnitAbbr altQty isAltQtyEstimated grossWgt isGrossWgtEstimated "
    "cifvalue fobvalue legacyEstimationFlag isReported isAggregate"
).split()
NAMES = (*USED, *IGNORED)
_NAME_SET = frozenset(NAMES)
_BY_PLAIN_NAME = {name.lower(): name for name in NAMES}
ENVELOPE = frozenset(["elapsedTime", "count", "data", "error"])
_COMMODITY = re.compile(r"TOTAL|(?:[0-9]{2}){1,5}|9999AA")
_ISO3 = re.compile(r"[A-Z]{3}")
_UTF8_CHARACTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the watched HS codes, all partners: with a key two years in few calls, without one the last year, code by code."""
    reporter = str(_whole(cursor.options, "reporter", 156))
    codes = _codes(cursor.options, related=cursor.has_secret)
    usual = YEARS_BACK if cursor.has_secret else 1
    years = [str(cursor.now.year - back) for back in range(_whole(cursor.options, "years_back", usual), 0, -1)]
    if not cursor.has_secret:
        for code in codes:
            for year in years:
                yield Request(PREVIEW_URL, _params(reporter, code, year))
        return
    for start in range(0, len(codes), CODES_PER_CALL):
        for first in range(0, len(years), PERIODS_PER_CALL):
            chosen = codes[start : start + CODES_PER_CALL], years[first : first + PERIODS_PER_CALL]
            yield Request(KEYED_URL, _params(reporter, ",".join(chosen[0]), ",".join(chosen[1])), KEY_HEADER)


def _whole(options: Mapping[str, object], name: str, usual: int) -> int:
    text = str(options.get(name, usual))
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) == 0:
        raise BadSetting(f"config/sources.yaml: comtrade.options.{name}: must be a whole number from 1 to 999, got {text!r}")
    return int(text)


def _codes(options: Mapping[str, object], *, related: bool) -> list[str]:
    given = options.get("codes")
    if given is None:
        given = [code for item in load_items().items for code in (*item.hs, *(item.related_hs if related else ()))]
    if not isinstance(given, list | tuple) or not all(isinstance(code, str) and _COMMODITY.fullmatch(code) for code in given) or not given:
        raise BadSetting("config/sources.yaml: comtrade.options.codes: must be a list of HS codes as texts, such as '260400'")
    return sorted(set(given))


def _params(reporter: str, codes: str, periods: str) -> dict[str, str]:
    totals = {"partner2Code": "0", "customsCode": "C00", "motCode": "0"}
    return {"reporterCode": reporter, "period": periods, "cmdCode": codes, "flowCode": "M", **totals, "includeDesc": "true"}


def parse(payload: Payload) -> Iterable[TradeSlice]:
    """Return one record for each reporter, flow, commodity and period, with all its partners."""
    slices: dict[tuple[str, ...], list[Row]] = {}
    for number, part in enumerate(payload.parts):
        prefix = f"answer {number + 1} " if len(payload.parts) > 1 else ""
        for row in _rows(part, prefix):
            if (key := _slice_of(row)) is not None:
                slices.setdefault(key, []).append(row)
    if not slices:
        raise Quarantine(
            "empty_list",
            "comtrade: no rows: the code does not exist in this HS revision, or the reporter has not filed the period yet; "
            f"https://{HOST}/data/v1/getDA/C/A/HS lists what is available",
        )
    return [_record(key, found, payload) for key, found in slices.items()]


def _rows(part: Part, prefix: str) -> Iterator[Row]:
    if is_json(part):
        yield from _json_rows(part, prefix)
        return
    for row in rows(_table_text(part), part.name, NAMES, rename=_camel_case):
        yield replace(row, position=f"{prefix}{row.position}") if prefix else row


def _table_text(part: Part) -> str:
    """Return the text of a table: the service writes UTF-8, the site's own download Latin-1 ("Türkiye" has one byte for its ü)."""
    try:
        part.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Whole characters of UTF-8 beside the byte that is none: a damaged file, which Latin-1 would read as anything.
        if error.reason != "unexpected end of data" and not _UTF8_CHARACTER.search(part.body):
            return decode(part, "cp1252")
    return decode(part, "utf-8-sig")


def _camel_case(column: str) -> str:
    """Return the service's name of a column; tables are also written with underscores."""
    return _BY_PLAIN_NAME.get(column.replace("_", "").lower(), column)


def _json_rows(part: Part, prefix: str) -> Iterator[Row]:
    envelope = mapping(document(part), "the document", part.name)
    said = envelope.get("error") or envelope.get("message")
    if said or "statusCode" in envelope:
        raise Quarantine("error_body", f"{part.name}: the service answers with an error: {str(said or envelope)[:200]}")
    check_names(envelope.keys(), ENVELOPE, ("count", "data"), part.name)
    data = listing(envelope["data"], "data", part.name)
    if envelope["count"] != len(data):
        raise Quarantine("truncated", f"{part.name}: count says {str(envelope['count'])[:20]} rows, there are {len(data)}")
    cap = PREVIEW_ROWS if part.request is not None and part.request.url == PREVIEW_URL else KEYED_ROWS
    if part.request is not None and len(data) >= cap:
        raise Quarantine("truncated", f"{part.name}: {len(data)} rows, the most the service gives at once: ask for fewer codes or periods")
    for index, item in enumerate(data):
        position = f"{prefix}data[{index}]"
        values = mapping(item, "row", position)
        if values.keys() != _NAME_SET:
            check_names(values.keys(), _NAME_SET, NAMES, position)
        yield Row(values, position)


def _slice_of(row: Row) -> tuple[str, ...] | None:
    """Return reporter, flow, commodity and period of a row; ``None`` for what is a part of another row."""
    row.choice("typeCode", {"C": "commodities"})
    flow = row.choice("flowCode", FLOWS)
    for name, total in TOTALS.items():
        found = row.text(name) if isinstance(total, str) else row.count(name)
        if found != total:
            return None
    if flow is None:
        return None
    commodity = _commodity(row)
    return (str(row.count("reporterCode")), flow, row.choice("freqCode", FREQUENCIES), commodity, _period(row))


def _commodity(row: Row) -> str:
    """Return the code; a table that a spreadsheet has saved lost a leading zero where aggrLevel counts one digit more."""
    code = row.text("cmdCode")
    if row.texts and code.isdigit() and len(code) % 2 and row.optional_text("aggrLevel") == str(len(code) + 1):
        code = f"0{code}"
    if not _COMMODITY.fullmatch(code):
        raise row.refuse("cmdCode", "an HS code as text with 2, 4, 6, 8 or 10 digits, or TOTAL; a spreadsheet takes a leading zero away")
    return code


def _period(row: Row) -> str:
    """Return ``2010`` or ``2010-03``: a year carries month 52, a period is a text."""
    year, month, period = row.count("refYear", 2200), row.count("refMonth", 52), row.values["period"]
    if year < FIRST_YEAR:
        raise row.refuse("refYear", f"a year from {FIRST_YEAR}")
    annual = row.text("freqCode") == "A"
    text = str(period).strip()
    if text != (f"{year}" if annual else f"{year}{month:02d}") or (not annual and not 1 <= month <= 12):
        raise row.refuse("period", f"the year or month that refYear {year} and refMonth {month} name")
    return f"{year}" if annual else f"{year}-{month:02d}"


def _record(key: tuple[str, ...], found: Sequence[Row], payload: Payload) -> TradeSlice:
    reporter_code, flow, frequency, commodity, period = key
    first = found[0]
    revision = first.text("classificationCode")
    flows: dict[str, PartnerFlow] = {}
    for row in found:
        if row.text("classificationCode") != revision:
            raise row.refuse("classificationCode", f"{revision[:20]} as in {first.position}: a slice has one HS revision")
        partner = _flow(row, reporter_code)
        before = flows.setdefault(partner.partner.code, partner)
        if before is not partner and before != partner.model_copy(update={"position": before.position}):
            raise row.refuse("partnerCode", f"one row for each partner; {before.position} says something else of the same")
    world = flows.pop(WORLD, None)
    return TradeSlice.model_validate(
        {
            "observed": period,
            "published": payload.published,
            "fetched": payload.fetched,
            "provenance": Provenance(source="comtrade", vintage=payload.vintage, payload_sha256=payload.sha256, position=first.position),
            "reporter": _economy(first, "reporter"),
            "flow": flow,
            "commodity": commodity if commodity != "9999AA" else "999999",
            "commodity_name": first.optional_text("cmdDesc"),
            "classification": revision,
            "frequency": frequency,
            "partners": Partners.of(sorted(flows.values(), key=lambda f: int(f.partner.code))),
            "world": world,
        }
    )


def _flow(row: Row, reporter_code: str) -> PartnerFlow:
    partner = _economy(row, "partner")
    value, weight = row.optional_number("primaryValue"), row.optional_number("netWgt")
    for name, number in (("primaryValue", value), ("netWgt", weight)):
        if number is not None and number < 0:
            raise row.refuse(name, "no negative figure")
    role: Literal["economy", "self", "nowhere"] = "economy"
    if partner.code == reporter_code:
        role = "self"
    elif partner.code in NOWHERE or (partner.iso3 is None and row.optional_text("partnerISO") is not None):
        role = "nowhere"
    return PartnerFlow(
        partner=partner,
        role=role,
        value_usd=value,
        net_weight_kg=weight or None,  # trade without weight does not exist: 0 is how a missing one is written
        weight_estimated=_estimated(row),
        position=row.position,
    )


def _estimated(row: Row) -> bool:
    return row.flag("isNetWgtEstimated") if row.values["isNetWgtEstimated"] not in (None, "") else False


def _economy(row: Row, who: str) -> Economy:
    code = str(row.count(f"{who}Code", 9999))
    iso = (row.optional_text(f"{who}ISO") or "").strip()
    iso3 = OWN_ISO3.get(iso, iso if _ISO3.fullmatch(iso) and code not in NOWHERE else None)
    return Economy(code=code, iso3=iso3, name=row.optional_text(f"{who}Desc") or iso3 or code)


SOURCE = Source(
    card=Card(
        source_id="comtrade",
        title="Imports by partner and HS code",
        publisher="United Nations Statistics Division",
        homepage="https://comtradeplus.un.org",
        hosts=(HOST,),
        licence="UN Comtrade terms: no bulk re-dissemination without an agreement",
        redistribution="derived-only",
        commercial_use="licence-needed",
        attribution="UN Comtrade Database, United Nations Statistics Division",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=366), content_lag=timedelta(days=121), grace=timedelta(days=245)),
        poll_every=timedelta(days=30),
        taxonomy=("HD.1", "HD.2", "HD.3"),
        record=TradeSlice,
        kind="series",
        min_records=1,
        max_records=200_000,
        max_bytes=256 * 1024 * 1024,
        secret_setting="comtrade_key",
        confirmed="2024-11-15: a keyed answer of data/v1/get/C/A/HS, China 2010, 4 rows of 47 fields",
        notes=(
            "budget: at most 500 calls a month; with a key a poll takes 5 calls; without one (public preview, at most 500 rows a call) it "
            "takes a call for each watched code, for the last year only",
            "a table of the site may be Latin-1, and one that a spreadsheet saved lacks leading zeros: both are read, by aggrLevel",
            "annual figures come four months to two years after the year; some reporters fall silent",
            "options in config/sources.yaml: reporter (Comtrade's code, 156 is China), codes (HS codes as texts), years_back",
            "a code that is absent is not zero trade: HS revisions rename codes",
        ),
    ),
    requests=requests,
    parse=parse,
)
