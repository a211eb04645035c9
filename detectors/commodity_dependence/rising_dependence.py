"""An economy's dependence on imports of a commodity rises year after year.

The trend of the measure that :mod:`detectors.commodity_dependence.import_dependence` holds against its bands: Mann-Kendall with the
correction of Hamed and Rao for autocorrelation, and Sen's slope in points a year. One measure of one source, never a mixture: where a
source that comes first in the configuration appears, its history begins anew. A dependence that is far from its bands can rise towards
them for years; this says so.

Reference: Hamed & Rao (1998), J. Hydrol. 204:182; Sen (1968), JASA 63:1379; Li Yan (2023) for what is watched.

>>> from detectors._charts.trend import Calendar, rising
>>> from supplywatch.config import rule_params
>>> params = rule_params("rising_dependence", Params)
>>> nickel = [0.257, 0.399, 0.667, 0.603, 0.666, 0.760, 0.794, 0.820]  # China, processing gap, 2005 to 2012
>>> rise = rising(nickel, Calendar(range(2005, 2013)))
>>> round(100 * rise.slope, 1), rise.p < params.max_p, rise.severity(params).value
(7.4, True, 'warning')
"""

from __future__ import annotations

from detectors._charts.trend import Calendar, Rise, TrendLines, rising
from detectors._measures.balance import NAMES_ZH, Reading, evidence_of, item_of, read, related, subject
from supplywatch.model.alert import NOTHING, Evidence, Finding, Text
from supplywatch.model.items import Item
from supplywatch.model.records import CommodityBalance
from supplywatch.model.rule import Context, Rule, RuleCard, State


class Params(TrendLines):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    min_ratio: float
    min_years: int
    max_years: int


def detect(state: State | None, record: CommodityBalance, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one year of one commodity of one economy."""
    before: State = state or {"rank": None, "measure": "", "source": "", "periods": [], "ratios": [], "since": None}
    item = item_of(record, context.items)
    if item is None:
        return before, NOTHING
    rank, reading = read(record, item, context)
    if reading is None or (before["rank"] is not None and rank > before["rank"]):
        return before, NOTHING  # half of a gap, or a source whose history is not the one that is followed
    if isinstance(reading, str):
        return before, Finding(status="unknown", reason=reading)
    new = _with_year(before, record, reading, rank, params)
    seen = len(new["periods"])
    if seen < params.min_years:
        return new, Finding(status="unknown", reason=f"warming up: {seen} of {params.min_years} years of {reading.measure}")
    rise = rising(new["ratios"], Calendar.of(new["periods"], monthly=False))
    told = rise.p < params.max_p and rise.slope >= params.watch_points_a_year and reading.ratio >= params.min_ratio
    if not told and not (new["since"] and rise.goes_on(params)):
        return new | {"since": None}, Finding(status="clear")
    new["since"] = new["since"] or record.observed
    return new, _finding(record, item, reading, rise, new, params)


def _with_year(before: State, record: CommodityBalance, reading: Reading, rank: int, params: Params) -> State:
    """Return the state with one more year; a year told again, as when the other half of a gap comes, takes the place of the first."""
    origin = {"rank": rank, "measure": reading.measure, "source": record.provenance.source}
    same = all(before[key] == value for key, value in origin.items())
    periods, ratios = (before["periods"], before["ratios"]) if same else ([], [])
    kept = [(period, ratio) for period, ratio in zip(periods, ratios, strict=True) if period != record.observed]
    kept = [*kept, (record.observed, round(reading.ratio, 6))][-params.max_years :]
    return {
        **origin,
        "periods": [period for period, _ in kept],
        "ratios": [ratio for _, ratio in kept],
        "since": before["since"] if same else None,
    }


def _finding(record: CommodityBalance, item: Item, reading: Reading, rise: Rise, new: State, params: Params) -> Finding:
    name, points, first = reading.measure.replace("_", " "), 100 * rise.slope, new["periods"][0]
    pct, country = 100 * reading.ratio, record.economy.name
    slope = Evidence.of(record, f"Sen's slope of {name}, {first} to {record.observed}", round(rise.slope, 6), "shares a year")
    return Finding(
        status="raised",
        severity=rise.severity(params),
        onset=new["since"],
        headline=Text(
            en=f"{country}, {item.en}: {name} rises by {points:.1f} points a year since {first}, {pct:.0f} % in {record.observed}",
            zh=f"{country}{item.zh}:{NAMES_ZH[reading.measure]}自{first}年以来每年上升{points:.1f}个百分点,{record.observed}年为{pct:.0f}%",
        ),
        clears_when=f"the trend is no longer significant (p at or above {params.clear_p:g}) or below half of its watch line in a new year",
        evidence=(slope, *evidence_of(reading.figures)),
        measures={
            "measure": reading.measure,
            "ratio": round(reading.ratio, 6),
            "points_a_year": round(points, 4),
            "p": round(rise.p, 8),
            "periods": float(len(new["periods"])),
        },
        taxonomy=item.taxonomy,
    )


RULE = Rule(
    card=RuleCard(
        rule_id="rising_dependence",
        version="1.0.2",
        title="Rising import dependence",
        title_zh="对外依存度上升",
        taxonomy=("HD.1", "IND.IDR", "IND.SHARE_TREND"),
        reference="Hamed & Rao (1998), J. Hydrol. 204:182; Sen (1968), JASA 63:1379; Li Yan (2023)",
        blind_spots=(
            "commodities without eight years of figures from one source: the Mineral Commodity Summaries give five at a time",
            "a jump within a year or two: the bands see it, a trend does not",
            "a dependence that rose long ago and stands still",
            "the processing gap counts refined scrap as if it were imported",
        ),
        runbook="rising_dependence.md",
        false_alert_budget=0.1,
        judged_by=("max_p", "watch_points_a_year", "warning_points_a_year", "min_ratio"),
        surer_when=("a second publisher's figures rise as much", "the imports themselves rise, not only what is refined at home"),
        not_supported=("a forecast", "the other two measures of dependence", "who the suppliers are"),
    ),
    records=(CommodityBalance,),
    params=Params,
    subject=subject,
    detect=detect,
    related=related,
)
