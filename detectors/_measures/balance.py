"""What the rules on dependence share: one of three measures, read from an economy's figures of a commodity; never mixed.

* ``processing_gap``: ``1 - mine output / refined output`` in metal content. Needs no trade figures; an upper bound, since refined output
  includes scrap.
* ``net_import_reliance``: as published (USGS: net imports over apparent consumption).
* ``import_dependence_ratio``: ``M / (P + M - X)``, only where one publisher gives exactly one import and one export figure in the unit of
  the mine output; its net form stands beside it. Not clipped: above 1 means re-export or stock building.

>>> round(processing_gap(mined=1.83, refined=12.05), 3)  # China, copper, Mt
0.848
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from supplywatch.model.alert import Evidence, Subject
from supplywatch.model.items import Item, Items, ProcessingGap, StageTotal
from supplywatch.model.records import CommodityBalance, Figure
from supplywatch.model.rule import Context

TONNES = {"million metric tons": 1e6, "thousand metric tons": 1e3, "metric tons": 1.0, "tonnes": 1.0, "kilograms": 1e-3}
"""How publishers begin the units of metal; what stands behind ("metal content", "iron content") is the item's business."""
NAMES_ZH = {"processing_gap": "加工缺口", "net_import_reliance": "净进口依赖度", "import_dependence_ratio": "对外依存度"}


@dataclass(frozen=True)
class Reading:
    """One measure of one period, with the figures it rests on."""

    measure: str
    ratio: float
    figures: tuple[tuple[CommodityBalance, Figure], ...]
    beside: Mapping[str, float]


def processing_gap(mined: float, refined: float) -> float:
    """Return ``1 - mined / refined``; negative for an economy that mines more than it refines."""
    return 1.0 - mined / refined


def read(record: CommodityBalance, item: Item, context: Context) -> tuple[int, Reading | str | None]:
    """Return the place of a record's source among those of its item, and the measure, or why it cannot be worked out.

    ``None``: the record says nothing of dependence, or is half of a gap whose other half is not there yet.
    """
    rank, gap = _rank(record, item, context.items)
    return rank, _gap_reading(record, gap, context) if gap is not None else _reliance(record) or _ratio(record)


def item_of(record: CommodityBalance, items: Items) -> Item | None:
    """Return the watched item that a record is of."""
    return items.of_gap(record.provenance.source, record.commodity) or items.of_commodity(record.commodity)


def _rank(record: CommodityBalance, item: Item, items: Items) -> tuple[int, ProcessingGap | None]:
    """Return the place of a record's source among the item's, and the gap it is part of; gaps are those of the watched economy."""
    for rank, gap in enumerate(item.processing_gaps):
        ours = gap.source == record.provenance.source and record.economy.iso3 == items.reporter
        if ours and record.commodity in (gap.mined.commodity, gap.refined.commodity):
            return rank, gap
    return len(item.processing_gaps), None


def _gap_reading(record: CommodityBalance, gap: ProcessingGap, context: Context) -> Reading | str | None:
    balances = {record.commodity: record}
    for other in context.related.values():
        if isinstance(other, CommodityBalance):
            balances[other.commodity] = other
    sides = []
    for stage in (gap.mined, gap.refined):
        balance = balances.get(stage.commodity)
        if balance is None:
            return None  # the other half is another record, judged when both are there
        figures = _matching(balance, stage)
        if not figures:
            return None if stage is gap.refined else f"no figure for {stage.stage} output of {stage.commodity}: absent is not zero"
        missing = next((figure for figure in figures if figure.value is None), None)
        if missing is not None:
            return f"{stage.commodity}, {missing.statistic}: {missing.special or 'no value'}"
        unknown = next((figure.unit for figure in figures if _tonnes(figure) is None), None)
        if unknown is not None:
            return f"{stage.commodity}: unit {unknown!r} is not known as a weight of metal"
        sides.append((balance, figures, stage.factor * sum(_tonnes(figure) or 0.0 for figure in figures)))
    (mine, mined, mined_total), (plant, refined, refined_total) = sides
    if refined_total <= 0:
        return None
    return Reading(
        "processing_gap",
        processing_gap(mined_total, refined_total),
        tuple([(mine, figure) for figure in mined] + [(plant, figure) for figure in refined]),
        {"mined_tonnes": mined_total, "refined_tonnes": refined_total},
    )


def _tonnes(figure: Figure) -> float | None:
    unit = figure.unit.lower()
    scale = next((tonnes for words, tonnes in TONNES.items() if unit.startswith(words)), None)
    return None if scale is None or figure.value is None or "gross" in unit else figure.value * scale


def _matching(balance: CommodityBalance, stage: StageTotal) -> list[Figure]:
    wanted = (stage.statistic or "").lower()
    return [figure for figure in balance.figures if figure.stage == stage.stage and wanted in figure.statistic.lower()]


def _reliance(record: CommodityBalance) -> Reading | str | None:
    published = [figure for figure in record.figures if figure.stage == "reliance"]
    if not published:
        return None
    if len(published) > 1:
        return f"{record.commodity}: {len(published)} published figures of net import reliance; none is taken for the whole"
    figure = published[0]
    if figure.value is None:
        return f"net import reliance: {figure.special or 'no value'}"
    return Reading("net_import_reliance", figure.value / 100.0, ((record, figure),), {})


def _ratio(record: CommodityBalance) -> Reading | str | None:
    sides = {stage: [f for f in record.figures if f.stage == stage] for stage in ("mine", "import", "export")}
    if any(len(figures) != 1 for figures in sides.values()):
        return None
    mine, bought, sold = (sides[stage][0] for stage in ("mine", "import", "export"))
    if len({mine.unit, bought.unit, sold.unit}) > 1 or mine.value is None or bought.value is None or sold.value is None:
        return None
    consumption = mine.value + bought.value - sold.value
    if consumption <= 0:
        return "apparent consumption is not positive (entrepot or net exporter): the ratio is not defined"
    net = (bought.value - sold.value) / consumption
    figures = tuple((record, figure) for figure in (mine, bought, sold))
    return Reading("import_dependence_ratio", bought.value / consumption, figures, {"net_import_dependence": net})


def evidence_of(figures: Iterable[tuple[CommodityBalance, Figure]]) -> Iterable[Evidence]:
    """Yield the figures a reading rests on, each with its own unit and position."""
    for balance, figure in figures:
        yield Evidence.of(balance, f"{balance.commodity}: {figure.statistic}", figure.value, figure.unit, figure.position)


def related(record: CommodityBalance, items: Items) -> Sequence[tuple[str, str]]:
    """Return the other half of a processing gap, where it stands under another commodity of the same publisher."""
    item = item_of(record, items)
    gap = _rank(record, item, items)[1] if item is not None else None
    others = [stage.commodity for stage in (gap.mined, gap.refined) if stage.commodity != record.commodity] if gap is not None else []
    stem = record.series.removesuffix(record.commodity)
    return [(stem + commodity, record.observed) for commodity in others]


def subject(record: CommodityBalance, items: Items) -> Subject | None:
    """Return the item in one economy: the watched one, or any whose net import reliance is published."""
    item = item_of(record, items)
    if item is None:
        return None
    published = any(figure.stage == "reliance" for figure in record.figures)
    if record.economy.iso3 != items.reporter and not published:
        return None
    who = record.economy.iso3 or record.economy.name
    return Subject(kind="commodity", id=f"{who}/{item.id}", name=f"{record.economy.name}: {item.en}")
