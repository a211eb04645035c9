"""An economy depends on imports of a watched commodity.

Three measures, never mixed (``detectors/_measures/balance.py``); the alert names the one it used: the processing gap where one is
configured for the item, else the published reliance, else the ratio.

Bands with hysteresis. Values the publisher marks as inexact (``>95``) or withheld judge nothing. The article's bands are shown, never used.

Reference: Li Yan (2023) for the bands; USGS Mineral Commodity Summaries, appendix on net import reliance.

>>> from supplywatch.config import rule_params
>>> band("processing_gap", 0.848, None, rule_params("import_dependence", Params)).value
'warning'
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from detectors._measures.balance import Reading, evidence_of, item_of, read, related, subject
from detectors._measures.words import economy_words
from supplywatch.model.alert import NOTHING, Axes, Axis, Finding, Severity, Text
from supplywatch.model.items import Item, Items
from supplywatch.model.records import CommodityBalance
from supplywatch.model.rule import Context, Rule, RuleCard, State

MEASURE_WORDS = {
    "processing_gap": Text(en="mined output falls short of refined output by", zh="矿产量较精炼产量的缺口(加工缺口)为"),
    "net_import_reliance": Text(en="net import reliance, share of consumption,", zh="净进口依赖度(占消费量)"),
    "import_dependence_ratio": Text(en="import dependence ratio", zh="对外依存度"),
}
BANDS = (Severity.CRITICAL, Severity.WARNING, Severity.WATCH)


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    watch_idr: float
    warning_idr: float
    critical_idr: float
    watch_nir: float
    warning_nir: float
    critical_nir: float
    hysteresis: float


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
    item = item_of(record, context.items)
    if item is None:
        return before, NOTHING
    rank, reading = read(record, item, context)
    if before["rank"] is not None and rank > before["rank"] and record.observed <= before["judged"]:
        return before, NOTHING  # a source that comes first in the configuration has judged this year
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


def _finding(
    record: CommodityBalance, item: Item, reading: Reading, severity: Severity | None, new: State, params: Params, claim: float | None
) -> Finding:
    name = reading.measure.replace("_", " ")
    lowest = params.watch_nir if reading.measure == "net_import_reliance" else params.watch_idr
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
        headline=_headline(record, item, reading, claim),
        clears_when=f"{name} below {100 * (lowest - params.hysteresis):.0f} % in a fresh year",
        evidence=tuple(evidence_of(reading.figures)),
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


def _headline(record: CommodityBalance, item: Item, reading: Reading, claim: float | None) -> Text:
    country, what, measure = economy_words(record.economy), _measured(item, reading), MEASURE_WORDS[reading.measure]
    estimated, percent = any(figure.estimated for _, figure in reading.figures), f"{100 * reading.ratio:.1f}"
    estimate, estimate_zh = (", estimate", "(估计值)") if estimated else ("", "")
    article, article_zh = ("", "") if claim is None else (f" (the article says more than {claim:g} %)", f"(文中称{claim:g}%以上)")
    return Text(
        en=f"{country.en}, {what.en}, {record.observed}: {measure.en} {percent} %{estimate}{article}",
        zh=f"{country.zh},{what.zh},{record.observed}年:{measure.zh}{percent}%{estimate_zh}{article_zh}",
    )


def _measured(item: Item, reading: Reading) -> Text:
    """Return what the measure is of: of the American copper it is refined metal, though the watched item is ore."""
    if reading.measure == "net_import_reliance" and item.reliance_of is not None:
        return Text(en=item.reliance_of.en, zh=item.reliance_of.zh)
    return Text(en=item.en, zh=item.zh)


def axes_of(item: Item, items: Items) -> Sequence[str]:
    """Return the item in the watched economy."""
    return [f"{items.reporter}/{item.id}"]


RULE = Rule(
    card=RuleCard(
        rule_id="import_dependence",
        version="1.2.0",
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
