"""China's customs (GACC): trade by partner and code, month by month, from a table downloaded by hand.

The site cannot be asked by a program (a challenge in JavaScript, and a CAPTCHA). Its download is a CSV in GB18030, of which GBK is a part:
numbers with commas, line breaks within quotes, a comma at the end of each row, partners in the customs' own codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from connectors._reading.read import Row, decode, rows
from connectors._reading.slices import Flow, trade_slice
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.records import Economy, PartnerFlow, TradeSlice
from supplywatch.model.source import Calendar, Card, Part, Payload, Source
from supplywatch.reading.countries import alpha3_of, written_country

PERIOD, CODE, NAME, PARTNER, PARTNER_NAME = "数据年月", "商品编码", "商品名称", "贸易伙伴编码", "贸易伙伴名称"
DOLLARS, YUAN = "美元", "人民币"
QUANTITIES = (("第一数量", "第一计量单位"), ("第二数量", "第二计量单位"))
BREAKDOWNS = ("贸易方式编码", "贸易方式名称", "注册地编码", "注册地名称")
"""Customs procedure and place of registration: rows of the same partner, which are added up."""
COLUMNS = (PERIOD, CODE, NAME, PARTNER, PARTNER_NAME, *BREAKDOWNS, *(column for pair in QUANTITIES for column in pair), YUAN, DOLLARS)
REQUIRED = (PERIOD, CODE, PARTNER, PARTNER_NAME)
KG: Mapping[str, float] = {"千克": 1.0, "克": 1e-3, "吨": 1e3}
MOST_ROWS = 10_000
"""What the site gives at once: a table as long is cut."""

CHINA = Economy(code="142", iso3="CHN", name="China")
_NOWHERE = re.compile("不详|国际组织|其他国家|未列名")
_MONTHS = re.compile(r"(\d{4})(0[1-9]|1[0-2])", re.ASCII)
_YEAR = re.compile(r"(\d{4})(?:01-\1(?:12))?", re.ASCII)
_DIGITS = re.compile(r"(?:\d\d){1,5}", re.ASCII)
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
_EXPORT = re.compile("出口|export", re.IGNORECASE)


@dataclass(slots=True)
class Sold:
    """What one partner sells or buys: the rows of its procedures and places added up."""

    partner: Economy
    position: str
    value_usd: float = 0.0
    weight_kg: float | None = 0.0
    parts: set[tuple[str | None, ...]] = field(default_factory=set)


@dataclass(slots=True)
class Table:
    """One commodity in one period."""

    name: str | None
    partners: dict[str, Sold] = field(default_factory=dict)


def parse(payload: Payload) -> Iterable[TradeSlice]:
    """Return one record for each code and period; a table whose name says 出口 or export is one of exports, any other of imports."""
    found: dict[tuple[Flow, str, str], Table] = {}
    for number, part in enumerate(payload.parts):
        flow: Flow = "export" if _EXPORT.search(part.name) else "import"
        for row in _rows(part, f"file {number + 1} " if len(payload.parts) > 1 else ""):
            key = flow, _commodity(row), _period(row)
            _add(row, found.setdefault(key, Table(row.values.get(NAME, "").strip() or None)))
    if not found:
        raise Quarantine("empty_list", "gacc: no rows: nothing was traded under the codes of the query, or the month has not come yet")
    for (flow, commodity, period), table in found.items():
        flows = [_flow(sold) for sold in table.partners.values()]
        yield trade_slice(payload, CHINA, flow, commodity, period, flows, classification="CN customs", commodity_name=table.name)


def _rows(part: Part, prefix: str) -> Iterator[Row]:
    found = list(rows(decode(part, "gb18030"), part.name, COLUMNS, REQUIRED))
    if found and DOLLARS not in found[0].values:
        raise SourceChanged(DOLLARS, "(absent)", f"{part.name} header", "values in US dollars: choose 美元 as the currency of the query")
    if len(found) >= MOST_ROWS:
        raise Quarantine("truncated", f"{part.name}: {len(found)} rows, the most the site gives at once: ask for fewer codes or months")
    for row in found:
        yield Row(row.values, prefix + row.position, texts=True) if prefix else row


def _commodity(row: Row) -> str:
    code = row.text(CODE)
    if not _DIGITS.fullmatch(code):
        raise row.refuse(
            CODE, "a code of 2 to 10 digits, an even number; a spreadsheet takes a leading zero away: use the file as downloaded"
        )
    return code


def _period(row: Row) -> str:
    text = row.text(PERIOD)
    if month := _MONTHS.fullmatch(text):
        return f"{month[1]}-{month[2]}"
    if year := _YEAR.fullmatch(text):
        return year[1]
    raise row.refuse(PERIOD, "a month such as 202602, or a year: choose to show each month (分月展示) in the query")


def _add(row: Row, table: Table) -> None:
    code, name = row.text(PARTNER), row.text(PARTNER_NAME)
    iso3 = alpha3_of(written_country(name))
    sold = table.partners.setdefault(code, Sold(CHINA if code == CHINA.code else Economy(code=code, iso3=iso3, name=name), row.position))
    part = tuple(row.values.get(column) for column in BREAKDOWNS)
    if part in sold.parts:
        raise row.refuse(PARTNER, f"one row for each partner, procedure and place; {sold.position} has said what {name[:40]} is")
    sold.parts.add(part)
    value = _number(row, DOLLARS)
    if value is None:
        raise row.refuse(DOLLARS, "a number")
    weight = _weight(row)
    sold.value_usd += value
    sold.weight_kg = None if weight is None or sold.weight_kg is None else sold.weight_kg + weight


def _weight(row: Row) -> float | None:
    """Return the weight in kg, from the first of the two quantities that is one."""
    for quantity, unit in QUANTITIES:
        factor = KG.get(row.values.get(unit, "").strip())
        if factor is not None and (amount := _number(row, quantity)) is not None:
            return amount * factor
    return None


def _number(row: Row, column: str) -> float | None:
    text = row.optional_text(column)
    if text is None or text == "-":
        return None
    if not _NUMBER.fullmatch(text):
        raise row.refuse(column, "a number, thousands parted by commas")
    return float(text.replace(",", ""))


def _flow(sold: Sold) -> PartnerFlow:
    role: Literal["economy", "self", "nowhere"] = "economy"
    if sold.partner.code == CHINA.code:
        role = "self"
    elif _NOWHERE.search(sold.partner.name):
        role = "nowhere"
    return PartnerFlow(
        partner=sold.partner,
        role=role,
        value_usd=round(sold.value_usd, 2),
        net_weight_kg=round(sold.weight_kg, 3) if sold.weight_kg else None,
        position=sold.position,
    )


SOURCE = Source(
    card=Card(
        source_id="gacc",
        title="China's trade by partner and customs code",
        publisher="General Administration of Customs of the People's Republic of China",
        homepage="https://stats.customs.gov.cn",
        hosts=("stats.customs.gov.cn",),
        licence="terms of the site",
        redistribution="derived-only",
        commercial_use="licence-needed",
        attribution="General Administration of Customs of China, online query of statistics",
        encoding="gb18030",
        calendar=Calendar(cadence=timedelta(days=31), content_lag=timedelta(days=20), grace=timedelta(days=14)),
        poll_every=timedelta(days=30),
        taxonomy=("HD.1", "HD.2", "HD.3"),
        record=TradeSlice,
        kind="series",
        min_records=1,
        max_records=MOST_ROWS * 100,
        by_hand=True,
        notes=(
            "the site cannot be asked by a program: download a table by hand and read it with --from",
            "columns as other readers of such tables name them; no genuine file was at hand",
            "query: each month (分月展示), currency 美元; at most 10,000 rows at once; rows by procedure or place are added up",
            "the table does not say what it is of: one whose file name holds 出口 or export is of exports, any other of imports",
            "partners in the customs' own codes (502 United States); ISO codes for about a hundred, by name",
            "to have its months judged: publishers.monthly in config/items.yaml, CHN: gacc",
        ),
    ),
    requests=lambda _cursor: (),
    parse=parse,
)
