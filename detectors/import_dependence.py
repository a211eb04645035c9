"""An economy depends on imports of a watched commodity.

Three figures, never mixed; the alert names the one it used, in this order of preference for an item:

* ``processing_gap``: ``1 - mine output / refined output`` in metal content. Needs no trade figures; an upper bound, since refined output
  includes scrap.
* ``net_import_reliance``: as published (USGS: net imports over apparent consumption).
* ``import_dependence_ratio``: ``M / (P + M - X)``, only where one publisher gives exactly one import and one export figure in the unit of
  the mine output; its net form stands beside it. Not clipped: above 1 means re-export or stock building.

Bands with hysteresis. Values the publisher marks as inexact (``>95``) or withheld judge nothing. The article's bands are shown, never used.

Reference: Li Yan (2023) for the bands; USGS Mineral Commodity Summaries, appendix on net import reliance.

>>> round(processing_gap(mined=1.83, refined=12.05), 3)  # China, copper, Mt
0.848
>>> from supplywatch.config import rule_params
>>> band("processing_gap", 0.848, None, rule_params("import_dependence", Params)).value
'warning'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from supplywatch.alert import NOTHING, Axes, Axis, Evidence, Finding, Severity, Subject, Text
from supplywatch.records import CommodityBalance, Figure
from supplywatch.rule import Context, Rule, RuleCard, State
from supplywatch.watch import Item, Items, ProcessingGap, StageTotal

BANDS = (Severity.CRITICAL, Severity.WARNING, Severity.WATCH)
TONNES = {"million metric tons": 1e6, "thousand metric tons": 1e3, "metric tons": 1.0, "tonnes": 1.0, "kilograms": 1e-3}
"""How publishers begin the units of metal; what stands behind ("metal content", "iron content") is the item's business."""
NAMES_ZH = {"processing_gap": "加工缺口", "net_import_reliance": "净进口依赖度", "import_dependence_ratio": "对外依存度"}


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    watch_idr: float
    warning_idr: float
    critical_idr: float
    watch_nir: float
    warning_nir: float
    critical_nir: float
    hysteresis: float


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


def band(measure: str, ratio: float, held: Severity | None, params: Params) -> Severity | None:
    """Return the band of a ratio; a band that is held is left only below its line less the hysteresis."""
    nir = measure == "net_import_reliance"
    lines = (
        (params.critical_nir, params.warning_nir, params.watch_nir) if nir else (params.critical_idr, params.warning_idr, params.watch_idr)
    )
    for severity, line in zip(BANDS, lines, strict=True):
        stays = held is not None and held.order >= severity.order
        if ratio >= (line - params.hysteresis if stays else line):
            return severity
    return None


def detect(state: State | None, record: CommodityBalance, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one year of one commodity of one economy."""
    before: State = state or {"band": None, "since": None, "rank": None, "judged": ""}
    item = _item(record, context.items)
    if item is None:
        return before, NOTHING
    rank, gap = _rank(record, item, context.items)
    if before["rank"] is not None and rank > before["rank"] and record.observed <= before["judged"]:
        return before, NOTHING  # a source that comes first in the configuration has judged this year
    reading = _gap_reading(record, gap, context) if gap is not None else _reliance(record) or _ratio(record)
    if isinstance(reading, str):
        return before, Finding(status="unknown", reason=reading)
    if reading is None:
        return before, NOTHING
    held = Severity(before["band"]) if before["band"] else None
    severity = band(reading.measure, reading.ratio, held, params)
    new: State = {
        "band": severity.value if severity else None,
        "since": (before["since"] or record.observed) if severity else None,
        "rank": rank,
        "judged": record.observed,
    }
    claim = item.band_pct if record.economy.iso3 == context.items.reporter else None
    return new, _finding(record, item, reading, severity, new, params, claim)


def _item(record: CommodityBalance, items: Items) -> Item | None:
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


def _finding(
    record: CommodityBalance, item: Item, reading: Reading, severity: Severity | None, new: State, params: Params, claim: float | None
) -> Finding:
    name, pct = reading.measure.replace("_", " "), 100 * reading.ratio
    lowest = params.watch_nir if reading.measure == "net_import_reliance" else params.watch_idr
    article = "" if claim is None else f" (the article says more than {claim:g} %)"
    article_zh = "" if claim is None else f"(文中称{claim:g}%以上)"
    estimated = any(figure.estimated for _, figure in reading.figures)
    axis = Axis(
        value=round(reading.ratio, 4),
        cut=lowest,
        unit=reading.measure,
        observed=record.observed,
        source=record.provenance.source,
        level=severity or Severity.INFO,
    )
    return Finding(
        status="raised" if severity else "clear",
        severity=severity or Severity.INFO,
        onset=new["since"],
        headline=Text(
            en=f"{record.economy.name}, {item.en}, {record.observed}: {name} {pct:.1f} %{article}",
            zh=f"{record.economy.name}{item.zh},{record.observed}年:{NAMES_ZH[reading.measure]}{pct:.1f}%{article_zh}",
        ),
        clears_when=f"{name} below {100 * (lowest - params.hysteresis):.0f} % in a fresh year",
        evidence=tuple(_evidence(reading.figures)),
        axes=Axes(dependence=axis),
        measures={
            "measure": reading.measure,
            "ratio": round(reading.ratio, 6),
            **{key: round(value, 6) for key, value in reading.beside.items()},
            "estimated_by_publisher": estimated,
            "article_band_pct": claim,
            "article_band_conflict": item.band_conflict if claim is not None else None,
        },
        taxonomy=item.taxonomy,
    )


def _evidence(figures: Iterable[tuple[CommodityBalance, Figure]]) -> Iterable[Evidence]:
    for balance, figure in figures:
        yield Evidence.of(balance, f"{balance.commodity}: {figure.statistic}", figure.value, figure.unit, figure.position)


def related(record: CommodityBalance, items: Items) -> Sequence[tuple[str, str]]:
    """Return the other half of a processing gap, where it stands under another commodity of the same publisher."""
    item = _item(record, items)
    gap = _rank(record, item, items)[1] if item is not None else None
    others = [stage.commodity for stage in (gap.mined, gap.refined) if stage.commodity != record.commodity] if gap is not None else []
    stem = record.series.removesuffix(record.commodity)
    return [(stem + commodity, record.observed) for commodity in others]


def subject(record: CommodityBalance, items: Items) -> Subject | None:
    """Return the item in one economy: the watched one, or any whose net import reliance is published."""
    item = _item(record, items)
    if item is None:
        return None
    published = any(figure.stage == "reliance" for figure in record.figures)
    if record.economy.iso3 != items.reporter and not published:
        return None
    who = record.economy.iso3 or record.economy.name
    return Subject(kind="commodity", id=f"{who}/{item.id}", name=f"{record.economy.name}: {item.en}")


def axes_of(item: Item, items: Items) -> Sequence[str]:
    """Return the item in the watched economy."""
    return [f"{items.reporter}/{item.id}"]


RULE = Rule(
    card=RuleCard(
        rule_id="import_dependence",
        version="1.1.1",
        title="Import dependence",
        title_zh="对外依存度高",
        taxonomy=("HD.1", "IND.IDR"),
        reference="Li Yan (2023), bands 70 / 80 / 90 %; USGS Mineral Commodity Summaries, net import reliance",
        blind_spots=(
            "the processing gap counts refined scrap as if it were imported: an upper bound",
            "oil, gas, chromium and lithium: no public series of Chinese output and consumption in these feeds",
            "the last year of the Mineral Commodity Summaries is the publisher's estimate",
            "annual figures come one to fifteen months after the year",
        ),
        runbook="import_dependence.md",
        false_alert_budget=0.1,
        judged_by=(
            "watch_idr",
            "warning_idr",
            "critical_idr",
            "watch_nir",
            "warning_nir",
            "critical_nir",
            "hysteresis",
        ),
        surer_when=(
            "a second publisher's figures of output and consumption agree",
            "changes of stocks are known",
            "scrap is told apart from primary metal",
        ),
        not_supported=(
            "the other two measures: processing gap, net import reliance and import dependence ratio are not the same figure",
            "concentration of the suppliers",
            "other stages of the same commodity",
        ),
    ),
    records=(CommodityBalance,),
    params=Params,
    subject=subject,
    detect=detect,
    related=related,
    axes_of=axes_of,
)
