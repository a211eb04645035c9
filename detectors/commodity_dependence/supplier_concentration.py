"""Too much of an import comes from too few suppliers.

Level bands on the Herfindahl-Hirschman index of import value by partner and on the share of the largest, with hysteresis. The reporter
itself, areas that are no economy and the World row are left out before shares are computed; a period whose partners do not add up to
the reported World, or whose partners or value collapse, is not judged. Shares of weight stand beside those of value where there is weight.

Reference: European Commission, SWD(2021) 352 (criterion CDI1, 0.40); CEPII GeoDep (Vicard & Wibaux 2023). No trend of the index is judged:
trends of it carry no information, trends of single shares do (docs/methods.md).

>>> soya_beans_2018 = [28.84e9, 7.06e9, 0.77e9, 0.62e9, 0.51e9, 0.27e9]  # Brazil, USA, Canada, Argentina, Uruguay, Russia
>>> hhi, share = concentration(soya_beans_2018)
>>> round(hhi, 2), round(share, 2)
(0.61, 0.76)
>>> from supplywatch.config import rule_params
>>> band(hhi, share, None, rule_params("supplier_concentration", Params)).value
'critical'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors._measures.geodep import (
    exports_beside,
    governance_hhi,
    import_export_ratio,
    load_governance,
    sold_by_all,
    structural,
    world_export_hhi,
)
from detectors._measures.imports import WINDOW, Gaps, collapsed, import_line, imports_of, incomplete, period_zh, usual
from detectors._measures.material import Materiality, weighed, weight_of
from detectors._measures.words import economy_words, money
from supplywatch.model.alert import Axes, Axis, Evidence, Finding, Severity, Text
from supplywatch.model.items import Item, Items
from supplywatch.model.records import PartnerFlow, Sums, TradeSlice
from supplywatch.model.rule import Context, Rule, RuleCard, State

Measures = dict[str, int | float | str | bool | None]
BANDS = (Severity.CRITICAL, Severity.WARNING, Severity.WATCH)
PERSISTENCE = 3
"""CEPII GeoDep, criterion 4: over the warning line in at least two of three periods is structure, not an accident."""


class Params(Gaps, Materiality):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    watch_hhi: float
    warning_hhi: float
    critical_hhi: float
    hysteresis_hhi: float
    warning_top_share: float
    critical_top_share: float
    hysteresis_top_share: float
    single_source_share: float
    min_weight_coverage: float
    max_unit_value_jump: float
    max_world_hhi: float
    max_import_export_ratio: float
    min_exporter_coverage: float


def concentration(amounts: Sequence[float]) -> tuple[float, float]:
    """Return the Herfindahl-Hirschman index (0..1) and the largest share of positive amounts.

    >>> concentration([3.0, 1.0])
    (0.625, 0.75)
    """
    total = sum(amounts)
    return sum([amount * amount for amount in amounts]) / (total * total), max(amounts) / total


def band(hhi: float, top_share: float, held: Severity | None, params: Params) -> Severity | None:
    """Return the band of the two measures; a band that is held is left only below its line less the hysteresis."""
    lines = {
        Severity.CRITICAL: (params.critical_hhi, params.critical_top_share),
        Severity.WARNING: (params.warning_hhi, params.warning_top_share),
        Severity.WATCH: (params.watch_hhi, None),
    }
    for severity in BANDS:
        hhi_line, share_line = lines[severity]
        stays = held is not None and held.order >= severity.order
        over = hhi > hhi_line or (share_line is not None and top_share >= share_line)
        near = hhi >= hhi_line - params.hysteresis_hhi or (share_line is not None and top_share >= share_line - params.hysteresis_top_share)
        if over or (stays and near):
            return severity
    return None


@dataclass(frozen=True, slots=True)
class Shares:
    """One period's figures over the partners that are economies."""

    hhi: float
    top_share: float
    top: PartnerFlow
    partners: int
    value: float
    currency: str
    hhi_weight: float | None
    top_share_weight: float | None
    unit_value: float | None
    """In the currency of the value, a kg."""


def _shares(sums: Sums, top: PartnerFlow, params: Params) -> Shares:
    hhi, top_share = concentration(sums.values)
    # Value decides and weight stands beside it: weights go missing (Chinese nickel ore 2016) or are far too low (2023) while values go on.
    weighed = sums.weighed >= params.min_weight_coverage * sums.total and bool(sums.weights)
    by_weight = concentration(sums.weights) if weighed else (None, None)
    return Shares(
        hhi=hhi,
        top_share=top_share,
        top=top,
        partners=len(sums.values),
        value=sums.total,
        currency=sums.currency,
        hhi_weight=by_weight[0],
        top_share_weight=by_weight[1],
        unit_value=sums.weighed / sum(sums.weights) if weighed else None,
    )


def detect(state: State | None, record: TradeSlice, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one period of one import line."""
    before: State = state or {
        "band": None,
        "since": None,
        "partners": [],
        "value": [],
        "gaps": 0,
        "unit_value": None,
        "hhi": None,
        "over": [],
        "met": [],
    }
    sums = record.partners.sums
    if sums.top is None or (reason := incomplete(record, sums, params)) is not None:
        return before, Finding(status="unknown", reason="no partner with a value" if sums.top is None else reason)
    if (gap := collapsed(before, sums, params)) is not None:
        return before | {"gaps": before["gaps"] + 1}, Finding(status="unknown", reason=gap)
    shares = _shares(sums, record.partners.flow(sums.top), params)
    held = Severity(before["band"]) if before["band"] else None
    severity = band(shares.hhi, shares.top_share, held, params)
    new: State = usual(before, record, sums) | {
        "band": severity.value if severity else None,
        "since": (before["since"] or record.observed) if severity else None,
        "unit_value": shares.unit_value or before["unit_value"],
        "hhi": round(shares.hhi, 6),
        "over": [*before["over"], shares.hhi > params.warning_hhi][-PERSISTENCE:],
    }
    world, ratio, year = _abroad(record, shares, params, context)
    new["met"] = [*before["met"], _criteria(shares.hhi, world, ratio, params)][-PERSISTENCE:]
    if severity is None and held is None and not context.items.of_hs(record.commodity):
        return new, Finding(status="clear")
    finding = _finding(record, shares, severity, before, new, params, context.items)
    more: Measures = {"world_export_hhi": world, "world_exports_of": year, "import_export_ratio": ratio}
    more["structural"] = structural(new["met"], PERSISTENCE)
    scores = load_governance().scores
    if scores:
        more["governance_hhi"] = governance_hhi(record.partners, scores, params.min_coverage)
    finding = finding.model_copy(update={"measures": finding.measures | more})
    return new, weighed(finding, record, weight_of(record, sums, params, context), context.items)


def _abroad(record: TradeSlice, shares: Shares, params: Params, context: Context) -> tuple[float | None, float | None, str | None]:
    """Return the world-export index, M/X, and the year the index is of; each ``None`` while the exports are not at hand."""
    if not context.related:
        return None, None, None
    sold = sold_by_all(record, context, params.min_exporter_coverage)
    world = world_export_hhi(record, context, sold, params.min_exporter_coverage)
    ratio = import_export_ratio(record, shares.value, context, sold) if shares.currency == "US dollars" else None
    year = sold.year if sold is not None else record.observed
    ratio = None if ratio is None else round(ratio, 4)
    return (None, ratio, None) if world is None else (round(world, 6), ratio, year)


def _criteria(hhi: float, world: float | None, ratio: float | None, params: Params) -> bool | None:
    """Tell whether criteria 1 to 3 hold together; one that does not is enough to say no."""
    known = [hhi > params.warning_hhi]
    known += [] if world is None else [world > params.max_world_hhi]
    known += [] if ratio is None else [ratio > params.max_import_export_ratio]
    if not all(known):
        return False
    return True if len(known) == 3 else None


def _finding(
    record: TradeSlice, shares: Shares, severity: Severity | None, before: State, new: State, params: Params, items: Items
) -> Finding:
    watched = items.of_hs(record.commodity)
    line = {Severity.CRITICAL: params.critical_hhi, Severity.WARNING: params.warning_hhi}.get(severity or Severity.WATCH, params.watch_hhi)
    origin, measures = record.provenance.source, _measures(shares, before, params)
    return Finding(
        status="raised" if severity else "clear",
        severity=severity or Severity.INFO,
        onset=new["since"],
        headline=_headline(record, shares, before, measures, items),
        clears_when=f"HHI below {params.watch_hhi - params.hysteresis_hhi:.2f} in a fresh period whose partners are complete",
        evidence=(
            Evidence.of(record, "HHI of primaryValue over partners", round(shares.hhi, 6), "0..1"),
            Evidence.of(record, f"primaryValue, {shares.top.partner.name}", shares.top.value, shares.currency, shares.top.position),
            Evidence.of(record, "primaryValue, all partners that are economies", shares.value, shares.currency),
        ),
        axes=Axes(
            concentration=Axis(
                value=round(shares.hhi, 4),
                cut=line,
                unit="HHI 0..1",
                observed=record.observed,
                source=origin,
                level=severity or Severity.INFO,
            )
        ),
        measures=measures
        | {
            "persistent": sum(new["over"]) >= 2 if len(new["over"]) == PERSISTENCE else None,
            "single_source": shares.top_share >= params.single_source_share,
        },
        taxonomy=tuple(dict.fromkeys(node for item in watched for node in item.taxonomy)),
    )


def _measures(shares: Shares, before: State, params: Params) -> Measures:
    found: Measures = {
        "hhi_value": round(shares.hhi, 6),
        "top_share_value": round(shares.top_share, 6),
        "top_partner": shares.top.partner.name,
        "effective_suppliers": round(1.0 / shares.hhi, 3),
        "partners": float(shares.partners),
        "value_usd" if shares.currency == "US dollars" else "value_eur": shares.value,
        "threshold_source": "default",
    }
    if shares.hhi_weight is None or shares.top_share_weight is None:
        return found | {"weight": "missing for too much of the value; shares of weight are not given"}
    found |= {"hhi_weight": round(shares.hhi_weight, 6), "top_share_weight": round(shares.top_share_weight, 6)}
    usual, now = before["unit_value"], shares.unit_value
    if usual and now and abs(now / usual - 1.0) > params.max_unit_value_jump:
        found["weight"] = f"in doubt: the unit value went from {usual:.3g} to {now:.3g} {shares.currency} a kg"
    return found


def _headline(record: TradeSlice, shares: Shares, before: State, measures: Measures, items: Items) -> Text:
    line, top, amount = imports_of(record, items), economy_words(shares.top.partner), money(shares.value, shares.currency)
    was, was_zh = ("", "") if before["hhi"] is None else (f" (before {before['hhi']:.3f})", f"(上期{before['hhi']:.3f})")
    weight = _by_weight(record, shares, measures)
    return Text(
        en=f"{line.en}, {record.observed}, {amount.en}: by value {top.en} has {100 * shares.top_share:.0f} %, "
        f"HHI {shares.hhi:.3f}{was}, {1 / shares.hhi:.1f} effective suppliers{weight.en}",
        zh=f"{line.zh},{period_zh(record.observed)},{amount.zh}:按金额计,{top.zh}占{100 * shares.top_share:.0f}%,"
        f"HHI {shares.hhi:.3f}{was_zh},有效来源{1 / shares.hhi:.1f}个{weight.zh}",
    )


def _by_weight(record: TradeSlice, shares: Shares, measures: Measures) -> Text:
    """Return what weight says, which may be otherwise than value: cheap ore of one country is most of the tonnes and half of the money."""
    if shares.hhi_weight is None or shares.top_share_weight is None:
        return Text(en="", zh="")
    partners = record.partners
    heaviest = max((place for place, _ in partners.traded()), key=lambda place: partners.net_weight_kg[place] or 0.0)
    top, doubt = economy_words(partners.economies[heaviest]), "weight" in measures
    return Text(
        en=f"; by weight {top.en} has {100 * shares.top_share_weight:.0f} %{' (weights in doubt)' if doubt else ''}",
        zh=f";按重量计,{top.zh}占{100 * shares.top_share_weight:.0f}%{'(重量存疑)' if doubt else ''}",
    )


def axes_of(item: Item, items: Items) -> Sequence[str]:
    """Return the import lines of an item, of the watched reporter."""
    return [f"{items.reporter}/{frequency}/{code}" for code in item.hs for frequency in WINDOW]


RULE = Rule(
    card=RuleCard(
        rule_id="supplier_concentration",
        version="1.7.0",
        title="Supplier concentration",
        title_zh="进口来源集中",
        taxonomy=("RF.6", "IND.HHI"),
        reference="EC SWD(2021) 352, criterion CDI1; CEPII GeoDep, criterion 1; Hirschman (1964), AER 54:761",
        blind_spots=(
            "country of consignment is not always the country of origin: Malaysian crude is mostly trans-shipment",
            "one HS code may hold goods that do not replace each other, or split goods that do",
            "concentration of companies within a country is not seen",
            "without BACI the world-export index misses exporters that sell the reporter nothing; with it the index may be three years old",
            "annual figures come four months to two years after the year",
        ),
        runbook="supplier_concentration.md",
        false_alert_budget=0.1,
        judged_by=(
            "watch_hhi",
            "warning_hhi",
            "critical_hhi",
            "hysteresis_hhi",
            "warning_top_share",
            "critical_top_share",
        ),
        surer_when=(
            "figures of the exporters (mirror data) show the same shares",
            "shares of weight show the same",
            "the country of origin is known, not only that of consignment",
        ),
        not_supported=(
            "dependence: nothing is said of home production",
            "a trend: levels only",
            "concentration of companies or mines within a country",
        ),
        reads=("governance.yaml",),
    ),
    records=(TradeSlice,),
    params=Params,
    subject=import_line,
    detect=detect,
    related=exports_beside,
    axes_of=axes_of,
)
