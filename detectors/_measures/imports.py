"""What the rules on imports share: one pass over the partners of a slice, and whether they are the whole."""

from __future__ import annotations

from statistics import median

from pydantic import BaseModel

from detectors._measures.words import economy_words
from supplywatch.model.alert import Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import Sums, TradeSlice
from supplywatch.model.rule import State

GOODS_CHARACTERS = 60


class Completeness(BaseModel):
    """What a slice must have to be judged; see ``config/thresholds.yaml`` for values and sources."""

    min_value: float
    min_coverage: float
    max_world_excess: float


def incomplete(record: TradeSlice, sums: Sums, params: Completeness) -> str | None:
    """Say why the partners of a period are not the whole, ``None`` when they are."""
    total, elsewhere = sums.total, sums.elsewhere
    if total < params.min_value:
        return f"below the materiality floor: {total:,.0f} of {params.min_value:,.0f} {sums.currency}"
    if total < params.min_coverage * (total + elsewhere):
        return f"coverage insufficient: {100 * elsewhere / (total + elsewhere):.0f} % of the value comes from areas that are no economy"
    if record.world is None or not record.world.value:
        return None
    covered = (total + elsewhere + sums.own) / record.world.value
    if covered < params.min_coverage:
        return f"coverage insufficient: {len(sums.values)} partners add up to {100 * covered:.0f} % of the reported World total"
    if covered > 1.0 + params.max_world_excess:
        return f"coverage in doubt: partners add up to {100 * covered:.0f} % of the reported World total"
    return None


class Gaps(Completeness):
    """What makes a period look like a reporting gap against those before it."""

    min_partner_ratio: float
    min_value_ratio: float
    adopt_after_periods: int


WINDOW = {"annual": 1, "monthly": 12}
"""Periods before, whose median number of partners and value a period is held against."""


def collapsed(before: State, sums: Sums, params: Gaps) -> str | None:
    """Say why a period looks like a reporting gap, until so many in a row look alike that they are the new normal."""
    if not before["partners"] or before["gaps"] + 1 >= params.adopt_after_periods:
        return None
    partners, usual, usual_value = len(sums.values), median(before["partners"]), median(before["value"])
    if partners < params.min_partner_ratio * usual:
        return f"coverage insufficient: {partners} partners after {usual:.0f} before"
    if sums.total < params.min_value_ratio * usual_value:
        return f"coverage insufficient: the value fell to {100 * sums.total / usual_value:.0f} % of the period before"
    return None


def usual(before: State, record: TradeSlice, sums: Sums) -> State:
    """Return what later periods are held against."""
    window = WINDOW[record.frequency]
    return {
        "partners": [*before["partners"], len(sums.values)][-window:],
        "value": [*before["value"], sums.total][-window:],
        "gaps": 0,
    }


def goods(record: TradeSlice) -> str:
    """Return the first words of the goods' official name: some run to hundreds of characters."""
    name = (record.commodity_name or "goods").partition(" (")[0]
    return name if len(name) <= GOODS_CHARACTERS else name[:GOODS_CHARACTERS].rpartition(" ")[0].rstrip(",;") + " …"


def goods_words(record: TradeSlice, items: Items) -> Text:
    """Return the goods with their code: what the line is of, not the watched item it belongs to, which may be a part of it.

    HS 854231 holds every processor and controller, the watched item of that code the logic chips of 14 nm and finer.
    """
    code = record.commodity
    name_zh = items.goods_zh.get(code)
    return Text(en=f"{goods(record)} (HS {code})", zh=f"{name_zh}(HS {code})" if name_zh else f"HS {code}项下商品")


def imports_of(record: TradeSlice, items: Items) -> Text:
    """Return whose imports of what a sentence is about."""
    who, what = economy_words(record.reporter), goods_words(record, items)
    return Text(en=f"{who.en} imports of {what.en}", zh=f"{who.zh}进口{what.zh}")


def period_zh(period: str) -> str:
    """Return a year or a month as Chinese writes it.

    >>> period_zh("2024"), period_zh("2024-03")
    ('2024年', '2024年3月')
    """
    year, _, month = period.partition("-")
    return f"{year}年{int(month)}月" if month else f"{year}年"


def import_line(record: TradeSlice, items: Items) -> Subject | None:
    """Return the import line of a heading or finer code, as its chosen publisher reports it; years and months are lines of their own.

    Chapters and totals mix too much to be judged, and lines such as HS 9999 (not specified according to kind) name no goods at all:
    whoever has most of them says nothing.
    """
    if record.commodity.startswith(tuple(items.no_goods)):
        return None
    if record.flow != "import" or len(record.commodity) < 4 or not record.commodity.isdigit():
        return None
    who = record.reporter.key
    if items.publishers.of(who, record.frequency) != record.provenance.source:
        return None
    name = f"{record.reporter.name}: {goods(record)} (HS {record.commodity})"
    return Subject(kind="import_line", id=f"{who}/{record.frequency}/{record.commodity}", name=name)
