"""Most of the world's output of a mineral comes from few countries, at the mine or at the refinery.

Whoever buys elsewhere buys from the same few: a stop of exports, a strike or a flood there cannot be bought around. Level bands on the
Herfindahl-Hirschman index of output by country and on the share of the largest, by weight, with hysteresis; each stage of each mineral of
``world_outputs`` in ``config/items.yaml`` is a subject of its own.

Publishers give one record for a country, so a year is judged once it is whole: where the publisher gives a world total, when the countries
add up to it; else when every country with a hundredth of the last year's output has a figure. Output of "other countries" counts in the
total and in no index, which makes the index a lower bound.

Reference: European Commission SWD(2021) 352 for 0.40; Regulation (EU) 2024/1252, article 5, for 65 % from one country; BGS World Mineral
Statistics and USGS Mineral Commodity Summaries for the figures.

>>> from supplywatch.config import rule_params
>>> tungsten = {"China": 67_000.0, "Viet Nam": 3_400.0, "Korea, North": 1_900.0, "Bolivia": 1_700.0}  # USGS, 2024, tonnes
>>> band(*concentration(tungsten.values()), None, rule_params("world_concentration", Params)).value
'critical'
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pydantic import BaseModel

from detectors._measures.words import name_words
from supplywatch.model.alert import NOTHING, Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Items, StageTotal, WorldOutput
from supplywatch.model.records import CommodityBalance, Figure
from supplywatch.model.rule import Context, Rule, RuleCard, State

BANDS = (Severity.CRITICAL, Severity.WARNING, Severity.WATCH)
TOTAL, REST = "World total", "Other countries"
EMPTY: State = {
    "band": None,
    "since": None,
    "source": "",
    "rank": None,
    "year": "",
    "values": {},
    "total": None,
    "totals": False,
    "before": {},
    "unit": "",
    "lacks": None,
}


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    watch_hhi: float
    warning_hhi: float
    critical_hhi: float
    hysteresis_hhi: float
    warning_top_share: float
    critical_top_share: float
    hysteresis_top_share: float
    min_coverage: float
    min_producer_share: float


def concentration(amounts: Collection[float]) -> tuple[float, float]:
    """Return the Herfindahl-Hirschman index (0..1) and the largest share of positive amounts."""
    total = sum(amounts)
    return sum((amount / total) ** 2 for amount in amounts), max(amounts) / total


def band(hhi: float, top_share: float, held: Severity | None, params: Params) -> Severity | None:
    """Return the band of the two measures; a band that is held is left only below its line less the hysteresis."""
    lines = ((params.critical_hhi, params.critical_top_share), (params.warning_hhi, params.warning_top_share), (params.watch_hhi, 1.1))
    for severity, (hhi_line, share_line) in zip(BANDS, lines, strict=True):
        stays = held is not None and held.order >= severity.order
        slack_hhi, slack_share = (params.hysteresis_hhi, params.hysteresis_top_share) if stays else (0.0, 0.0)
        if hhi >= hhi_line - slack_hhi or top_share >= share_line - slack_share:
            return severity
    return None


def detect(state: State | None, record: CommodityBalance, params: Params, context: Context) -> tuple[State, Finding]:
    """Take in one country's year, and judge the world's when it is whole."""
    before: State = state or EMPTY
    output = next((one for one in context.items.world_outputs if context.subject is not None and _id(one) == context.subject.id), None)
    if output is None:
        return before, NOTHING
    rank = list(output.sources).index(record.provenance.source)
    if before["rank"] is not None and rank > before["rank"]:
        return before, NOTHING  # a source that stands before it in the configuration has the series
    new = _with_country(before, record, output.sources[record.provenance.source], rank)
    new["lacks"] = _incomplete(new, params)
    if new["lacks"] is not None:
        # Countries come one by one: that a year lacks some is worth saying once the next year has begun, not at each of them.
        ended = before["lacks"] if before["source"] == new["source"] and before["year"] < new["year"] else None
        return new, NOTHING if ended is None else Finding(status="unknown", reason=ended)
    amounts = [value for name, value in new["values"].items() if value and name != REST]
    hhi, top_share = concentration(amounts)
    severity = band(hhi, top_share, Severity(new["band"]) if new["band"] else None, params)
    new["band"] = severity.value if severity else None
    new["since"] = (new["since"] or record.observed) if severity else None
    return new, _finding(record, output, new, severity, params)


def _with_country(before: State, record: CommodityBalance, stage: StageTotal, rank: int) -> State:
    """Return the state with one country's output; another source begins anew, since each names and counts countries its own way."""
    new = before if before["source"] == record.provenance.source else {**EMPTY, "band": before["band"], "since": before["since"]}
    if record.observed != new["year"]:
        whole = {name: value for name, value in new["values"].items() if value}
        new = {**new, "year": record.observed, "values": {}, "total": None, "before": whole or new["before"], "lacks": None}
    figures = _figures(record, stage)
    known = [figure.value for figure in figures if figure.value is not None]
    amount = sum(known) if known else None
    units = " and ".join(sorted({figure.unit for figure in figures} | ({new["unit"]} if new["unit"] else set())))
    new = {**new, "source": record.provenance.source, "rank": rank, "unit": units}
    if record.economy.name.startswith(TOTAL):
        return {**new, "total": amount, "totals": True}
    return {**new, "values": {**new["values"], record.economy.name: amount}}


def _figures(record: CommodityBalance, stage: StageTotal) -> list[Figure]:
    wanted = (stage.statistic or "").lower()
    return [figure for figure in record.figures if figure.stage == stage.stage and wanted in figure.statistic.lower()]


def _incomplete(new: State, params: Params) -> str | None:
    """Say why the countries of a year are not the whole, ``None`` when they are."""
    if " and " in new["unit"]:
        return f"units differ: {new['unit']}; nothing is converted"
    year, values = new["year"], new["values"]
    found = {name: value for name, value in values.items() if value}
    if not any(name != REST for name in found):
        return f"no country with output in {year}"
    if new["totals"]:
        if not new["total"]:
            return f"no world total of {year}"
        covered = sum(found.values()) / new["total"]
        return None if covered >= params.min_coverage else f"countries add up to {100 * covered:.0f} % of the world total of {year}"
    if not new["before"]:
        return f"{year} is the first year of a publisher that gives no world total: nothing says whether every country has come"
    least = params.min_producer_share * sum(new["before"].values())
    # "Not available" is not none: a country that has a row without a figure may make most of it.
    large = {name for name, value in new["before"].items() if value >= least}
    blank = {name for name, value in values.items() if value is None and (name in large or name not in new["before"])}
    missing = sorted((large - values.keys()) | blank)
    return f"no figure of {year} for {', '.join(missing)}" if missing else None


def _finding(record: CommodityBalance, output: WorldOutput, new: State, severity: Severity | None, params: Params) -> Finding:
    values = {name: value for name, value in new["values"].items() if value and name != REST}
    hhi, top_share = concentration(values.values())
    top = max(values, key=lambda name: (values[name], name))
    who, year = name_words(top), new["year"]
    unit = new["unit"]
    return Finding(
        status="raised" if severity else "clear",
        severity=severity or Severity.INFO,
        onset=new["since"],
        headline=Text(
            en=f"World output of {output.en}, {year}, by weight: {who.en} has {100 * top_share:.0f} %, HHI {hhi:.3f}, "
            f"{1 / hhi:.1f} effective producers",
            zh=f"世界{output.zh}产量,{year}年,按重量计:{who.zh}占{100 * top_share:.0f}%,HHI {hhi:.3f},有效生产国{1 / hhi:.1f}个",
        ),
        clears_when=f"HHI below {params.watch_hhi - params.hysteresis_hhi:.2f} and no country with "
        f"{100 * (params.warning_top_share - params.hysteresis_top_share):.0f} %, in a whole year",
        evidence=(
            Evidence.of(record, f"HHI of output by country, {output.en}", round(hhi, 6), "0..1"),
            Evidence.of(record, f"output of {top}, {output.en}", values[top], unit),
            Evidence.of(record, f"output of the countries named, {output.en}", sum(values.values()), unit),
        ),
        measures=_measures(top, values, hhi, new["total"]),
        taxonomy=output.taxonomy,
    )


def _measures(top: str, values: Mapping[str, float], hhi: float, total: float | None) -> dict[str, int | float | str | bool | None]:
    return {
        "hhi_weight": round(hhi, 6),
        "top_share_weight": round(values[top] / sum(values.values()), 6),
        "top_producer": top,
        "producers": float(len(values)),
        "coverage": None if not total else round(sum(values.values()) / total, 4),
    }


def _id(output: WorldOutput) -> str:
    return f"world/{output.id}"


def subject(record: CommodityBalance, items: Items) -> Sequence[Subject]:
    """Return the stages of the world's output that a country's record says something of: mine and refinery stand in one record."""
    found = []
    for output in items.world_outputs:
        stage = output.sources.get(record.provenance.source)
        if stage is not None and stage.commodity == record.commodity and _figures(record, stage):
            found.append(Subject(kind="commodity", id=_id(output), name=f"World: {output.en}"))
    return found


RULE = Rule(
    card=RuleCard(
        rule_id="world_concentration",
        version="1.0.0",
        title="World output concentrated",
        title_zh="世界产量集中",
        taxonomy=("RF.6", "IND.WORLD_HHI"),
        reference="European Commission SWD(2021) 352; Regulation (EU) 2024/1252, article 5; Hirschman (1964), AER 54:761",
        blind_spots=(
            "who owns the mines and plants: a country's output may be in foreign hands",
            "reserves, stocks and scrap, and whether another producer could make more",
            "a country that a publisher leaves out altogether, as BGS does China's gallium before 2011: no world total shows it",
            "output nobody reports: rare earths dug without a licence, germanium since USGS withholds it",
            "annual figures come two to fifteen months after the year; the last year of the Mineral Commodity Summaries is an estimate",
        ),
        runbook="world_concentration.md",
        false_alert_budget=0.1,
        judged_by=("watch_hhi", "warning_hhi", "critical_hhi", "hysteresis_hhi", "warning_top_share", "critical_top_share"),
        surer_when=("both publishers' figures show the same shares", "the next year's edition confirms an estimate"),
        not_supported=(
            "that the watched economy depends on it: a producer's own concentration hurts its buyers",
            "a trend: levels only",
            "concentration of companies within a country",
        ),
    ),
    records=(CommodityBalance,),
    params=Params,
    subject=subject,
    detect=detect,
)
