"""One supplier's share of an import rises year after year, or month against the same month.

Mann-Kendall with the correction of Hamed and Rao for autocorrelation, and Sen's slope, on the value shares of each partner that has
at least a tenth of the imports (of the last twelve months, where figures are monthly); the partners of a line are tested together. Monthly
shares are tested season by season, the correction taken from what trend and season leave over, and must hold two months running. A share
of a partner that is absent from a complete slice is 0; a slice that is not complete is no period of the series.

Reference: Hamed & Rao (1998), J. Hydrol. 204:182; Sen (1968), JASA 63:1379. On input-output tables a flag of this kind (p < 0.05, half a
point a year) was followed by a further rise in 40 % of cases against 17 % without it (docs/methods.md).

>>> from supplywatch.config import rule_params
>>> params = rule_params("rising_share", Params)
>>> rising([0.20, 0.24, 0.25, 0.28, 0.31, 0.30, 0.35, 0.38, 0.41], Calendar(range(2016, 2025))).severity(params).value
'warning'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detectors._charts.trend import Calendar, Rise, TrendLines, benjamini_hochberg, rising, sen_slope
from detectors._measures.imports import Completeness, import_line, imports_of, incomplete, period_zh
from detectors._measures.material import Materiality, weighed, weight_of
from detectors._measures.words import name_words
from supplywatch.model.alert import Axes, Axis, Evidence, Finding, Text
from supplywatch.model.items import Items
from supplywatch.model.records import Sums, TradeSlice
from supplywatch.model.rule import Context, Rule, RuleCard, State

KEPT_SHARE = {"annual": 0.005, "monthly": 0.02}
"""A partner with less in a period counts as absent from it: its share was 0."""


class Params(Completeness, TrendLines, Materiality):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    min_share: float
    min_years: int
    max_years: int
    min_months: int
    max_months: int
    hold_months: int


def detect(state: State | None, record: TradeSlice, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one year or month of one import line."""
    before: State = state or {"periods": [], "shares": [], "names": {}, "rising": {}, "pending": {}}
    sums = record.partners.sums
    if sums.top is None or (reason := incomplete(record, sums, params)) is not None:
        return before, Finding(status="unknown", reason="no partner with a value" if sums.top is None else reason)
    monthly = record.frequency == "monthly"
    new = _with_period(before, record, sums, params.max_months if monthly else params.max_years)
    seen, least = len(new["periods"]), params.min_months if monthly else params.min_years
    if seen < least:
        return new, Finding(status="unknown", reason=f"warming up: {seen} of {least} {'months' if monthly else 'years'}")
    found = _rises(new, before["rising"], params, monthly=monthly)
    new["pending"] = {code: before["pending"].get(code, 0) + 1 for code in found if code not in before["rising"]}
    hold = params.hold_months if monthly else 1
    held = {code: rise for code, rise in found.items() if code in before["rising"] or new["pending"][code] >= hold}
    new["rising"] = {code: before["rising"].get(code, record.observed) for code in held}
    finding = _finding(record, new, held, params, context.items)
    return new, weighed(finding, record, weight_of(record, sums, params, context), context.items) if held else finding


def _with_period(before: State, record: TradeSlice, sums: Sums, most: int) -> State:
    least = KEPT_SHARE[record.frequency] * sums.total
    economies = record.partners.economies
    kept = [(economies[place], value) for place, value in record.partners.traded() if value >= least]
    now = {partner.code: round(value / sums.total, 6) for partner, value in kept}
    return {
        "periods": [*before["periods"], record.observed][-most:],
        "shares": [*before["shares"], now][-most:],
        "names": before["names"] | {partner.code: partner.name for partner, _ in kept},
        "rising": {},
        "pending": {},
    }


def recent(shares: Sequence[Mapping[str, float]], periods: int) -> dict[str, float]:
    """Return the mean share of each partner over the last periods."""
    last = shares[-periods:]
    return {code: sum([share.get(code, 0.0) for share in last]) / len(last) for code in sorted({code for share in last for code in share})}


def _rises(new: State, running: Mapping[str, str], params: Params, *, monthly: bool) -> dict[str, Rise]:
    shares = new["shares"]
    large = sorted(code for code, share in recent(shares, 12 if monthly else 1).items() if share >= params.min_share)
    series = {code: [period.get(code, 0.0) for period in shares] for code in large}
    calendar = Calendar.of(new["periods"], monthly=monthly)
    slopes = {code: sen_slope(values, calendar.years, calendar.months) for code, values in series.items()}
    if not running and all(slope < params.watch_points_a_year for slope in slopes.values()):
        return {}
    tested = {code: rising(values, calendar, slopes[code]) for code, values in series.items()}
    together = benjamini_hochberg([rise.p for rise in tested.values()], params.max_p)
    return {
        code: rise
        for (code, rise), significant in zip(tested.items(), together, strict=True)
        if (significant and rise.slope >= params.watch_points_a_year) or (code in running and rise.goes_on(params))
    }


def _finding(record: TradeSlice, new: State, found: Mapping[str, Rise], params: Params, items: Items) -> Finding:
    if not found:
        return Finding(status="clear")
    code, rise = max(found.items(), key=lambda pair: pair[1].slope)
    now = recent(new["shares"], 12 if record.frequency == "monthly" else 1)
    share, name, first = round(now[code], 6), new["names"][code], new["periods"][0]
    points = 100 * rise.slope
    axis = Axis(
        value=round(share, 4), cut=params.min_share, unit="largest rising share", observed=record.observed, source=record.provenance.source
    )
    return Finding(
        status="raised",
        severity=max((r.severity(params) for r in found.values()), key=lambda severity: severity.order),
        onset=min(new["rising"].values()),
        headline=_headline(record, name, (points, share), first, items),
        clears_when=f"the trend is no longer significant (p at or above {params.clear_p:g}) or below half of its watch line",
        evidence=_evidence(record, new, found, now),
        axes=Axes(concentration=axis),
        measures={
            "partner": name,
            "share": share,
            "points_a_year": round(points, 4),
            "p": round(rise.p, 8),
            "periods": float(len(new["periods"])),
            "rising_partners": ", ".join(new["names"][c] for c in found),
            "threshold_source": "default",
        },
        taxonomy=tuple(dict.fromkeys(node for item in items.of_hs(record.commodity) for node in item.taxonomy)),
    )


def _headline(record: TradeSlice, name: str, found: tuple[float, float], first: str, items: Items) -> Text:
    line, who, (points, share) = imports_of(record, items), name_words(name), found
    return Text(
        en=f"{line.en}, by value: the share of {who.en} rises by {points:.1f} points a year since {first}, "
        f"{100 * share:.0f} % in {record.observed}",
        zh=f"{line.zh},按金额计:{who.zh}的份额自{period_zh(first)}以来每年上升{points:.1f}个百分点,"
        f"{period_zh(record.observed)}为{100 * share:.0f}%",
    )


def _evidence(record: TradeSlice, new: State, found: Mapping[str, Rise], now: Mapping[str, float]) -> tuple[Evidence, ...]:
    names, span = new["names"], f"{new['periods'][0]} to {record.observed}"
    shares = [Evidence.of(record, f"share of primaryValue, {names[code]}", round(now[code], 6), "0..1") for code in found]
    slopes = [
        Evidence.of(record, f"Sen's slope, {names[code]}, {span}", round(rise.slope, 6), "shares a year") for code, rise in found.items()
    ]
    return (*shares, *slopes)


RULE = Rule(
    card=RuleCard(
        rule_id="rising_share",
        version="1.6.0",
        title="Rising supplier share",
        title_zh="来源份额持续上升",
        taxonomy=("RF.6", "IND.SHARE_TREND"),
        reference="Hamed & Rao (1998), J. Hydrol. 204:182; Sen (1968), JASA 63:1379; Hirsch et al. (1982)",
        blind_spots=(
            "a jump within a year or two: concentration sees it, a trend does not",
            "a share that rose long ago and stands still",
            "monthly shares with a long memory: 5 in 100 such series without a trend pass the test at 24 months (autocorrelation 0.9)",
            "partners of one line are held together, lines are not: each has its own false-alert budget",
            "a rise that only recovers an earlier fall",
        ),
        runbook="rising_share.md",
        false_alert_budget=0.1,
        judged_by=(
            "max_p",
            "watch_points_a_year",
            "warning_points_a_year",
            "min_share",
        ),
        surer_when=(
            "quantities rise as values do",
            "the rise holds in the figures of the exporter",
        ),
        not_supported=(
            "a trend of the concentration index: it carries no information (docs/methods.md)",
            "a forecast: four in ten such shares went on rising",
            "dependence on imports as a whole",
        ),
    ),
    records=(TradeSlice,),
    params=Params,
    subject=import_line,
    detect=detect,
)
