"""One supplier's share of an import rises year after year.

Mann-Kendall with the correction of Hamed and Rao for autocorrelation, and Sen's slope, on the yearly value shares of each partner that has
at least a tenth of the imports; the partners of a line are tested together. A share of a partner that is absent from a complete slice is 0;
a slice that is not complete is no year of the series.

Reference: Hamed & Rao (1998), J. Hydrol. 204:182; Sen (1968), JASA 63:1379. On input-output tables a flag of this kind (p < 0.05, half a
point a year) was followed by a further rise in 40 % of cases against 17 % without it (methods.md 4.4).

>>> from supplywatch.config import rule_params
>>> params = rule_params("rising_share", Params)
>>> rising([0.20, 0.24, 0.25, 0.28, 0.31, 0.30, 0.35, 0.38, 0.41]).severity(params).value
'warning'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detectors._imports import Completeness, Sums, goods, incomplete
from detectors._trend import benjamini_hochberg, hamed_rao, sen_slope
from supplywatch.alert import Axes, Axis, Evidence, Finding, Severity, Subject, Text
from supplywatch.records import TradeSlice
from supplywatch.rule import Context, Rule, RuleCard, State
from supplywatch.watch import Items

KEPT_SHARE = 0.005
"""A partner with less in a year counts as absent from it: its share was 0."""


class Params(Completeness):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    max_p: float
    clear_p: float
    watch_points_a_year: float
    warning_points_a_year: float
    min_share: float
    min_years: int
    max_years: int


@dataclass(frozen=True)
class Rise:
    """The trend of one partner's share; ``slope`` in shares a year."""

    slope: float
    p: float

    def severity(self, params: Params) -> Severity:
        """Return the band of the slope."""
        return Severity.WARNING if self.slope >= params.warning_points_a_year else Severity.WATCH

    def goes_on(self, params: Params) -> bool:
        """Tell whether a trend that was found still holds."""
        return self.p < params.clear_p and self.slope >= params.watch_points_a_year / 2


def rising(shares: Sequence[float]) -> Rise:
    """Return the trend of a series of yearly shares."""
    return Rise(sen_slope(shares), hamed_rao(shares).p)


def detect(state: State | None, record: TradeSlice, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one year of one import line."""
    before: State = state or {"years": [], "shares": [], "names": {}, "rising": {}}
    sums = Sums.of(record.partners)
    if sums.top is None or (reason := incomplete(record, sums, params)) is not None:
        return before, Finding(status="unknown", reason="no partner with a value" if sums.top is None else reason)
    new = _with_year(before, record, sums, params)
    years = len(new["years"])
    if years < params.min_years:
        return new, Finding(status="unknown", reason=f"warming up: {years} of {params.min_years} years")
    found = _rises(new["shares"], before["rising"], params)
    new["rising"] = {code: before["rising"].get(code, record.observed) for code in found}
    return new, _finding(record, new, found, params, context.items)


def _with_year(before: State, record: TradeSlice, sums: Sums, params: Params) -> State:
    least = KEPT_SHARE * sums.total_usd
    kept = [flow for flow in record.partners if flow.role == "economy" and flow.value_usd and flow.value_usd >= least]
    now = {flow.partner.code: round((flow.value_usd or 0.0) / sums.total_usd, 6) for flow in kept}
    return {
        "years": [*before["years"], record.observed][-params.max_years :],
        "shares": [*before["shares"], now][-params.max_years :],
        "names": before["names"] | {flow.partner.code: flow.partner.name for flow in kept},
        "rising": {},
    }


def _rises(shares: Sequence[Mapping[str, float]], running: Mapping[str, str], params: Params) -> dict[str, Rise]:
    large = sorted(code for code, share in shares[-1].items() if share >= params.min_share)
    series = {code: [year.get(code, 0.0) for year in shares] for code in large}
    if not running and all(sen_slope(values) < params.watch_points_a_year for values in series.values()):
        return {}
    tested = {code: rising(values) for code, values in series.items()}
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
    share, name, first = new["shares"][-1][code], new["names"][code], new["years"][0]
    watched = items.of_hs(record.commodity)
    goods_zh = f"({watched[0].zh})" if watched else ""
    points, country, line = 100 * rise.slope, record.reporter.name, record.commodity
    evidence = [Evidence.of(record, f"share of primaryValue, {new['names'][c]}", new["shares"][-1][c], "0..1") for c in found] + [
        Evidence.of(record, f"Sen's slope, {new['names'][c]}, {first} to {record.observed}", round(r.slope, 6), "shares a year")
        for c, r in found.items()
    ]
    axis = Axis(
        value=round(share, 4), cut=params.min_share, unit="largest rising share", observed=record.observed, source=record.provenance.source
    )
    return Finding(
        status="raised",
        severity=max((r.severity(params) for r in found.values()), key=lambda severity: severity.order),
        onset=min(new["rising"].values()),
        headline=Text(
            en=f"{country} imports of {goods(record)} (HS {line}): the share of {name} rises by {points:.1f} points a year since {first}, "
            f"{100 * share:.0f} % in {record.observed}",
            zh=f"{country}进口HS {line}{goods_zh}:{name}份额自{first}年以来每年上升{points:.1f}个百分点,"
            f"{record.observed}年为{100 * share:.0f}%",
        ),
        clears_when=f"the trend is no longer significant (p at or above {params.clear_p:g}) or below half of its watch line",
        evidence=tuple(evidence),
        axes=Axes(concentration=axis),
        measures={
            "partner": name,
            "share": share,
            "points_a_year": round(points, 4),
            "p": round(rise.p, 8),
            "years": float(len(new["years"])),
            "rising_partners": ", ".join(new["names"][c] for c in found),
            "threshold_source": "default",
        },
        taxonomy=tuple(dict.fromkeys(node for item in watched for node in item.taxonomy)),
    )


def subject(record: TradeSlice, _items: Items) -> Subject | None:
    """Return the import line of a heading or finer code, of yearly figures: months need a rolling year first."""
    if record.flow != "import" or record.frequency != "annual" or len(record.commodity) < 4 or not record.commodity.isdigit():
        return None
    who = record.reporter.iso3 or record.reporter.code
    name = f"{record.reporter.name}: {goods(record)} (HS {record.commodity})"
    return Subject(kind="import_line", id=f"{who}/{record.frequency}/{record.commodity}", name=name)


RULE = Rule(
    card=RuleCard(
        rule_id="rising_share",
        version="1.3.0",
        title="Rising supplier share",
        title_zh="来源份额持续上升",
        taxonomy=("RF.6", "IND.SHARE_TREND"),
        reference="Hamed & Rao (1998), J. Hydrol. 204:182; Sen (1968), JASA 63:1379; Hirsch et al. (1982)",
        blind_spots=(
            "a jump within a year or two: concentration sees it, a trend does not",
            "a share that rose long ago and stands still",
            "monthly figures are not tested",
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
            "a trend of the concentration index: it carries no information (methods.md 4.4)",
            "a forecast: four in ten such shares went on rising",
            "dependence on imports as a whole",
        ),
    ),
    records=(TradeSlice,),
    params=Params,
    subject=subject,
    detect=detect,
)
