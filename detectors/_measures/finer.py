"""A figure as narrow as a control where its lines of trade are wider: the controller's share of the world's output of the material."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detectors._measures.control_words import country_words
from supplywatch.model.alert import Evidence, Text
from supplywatch.model.control_standing import ControlStanding
from supplywatch.model.items import Items, StageTotal, WorldOutput
from supplywatch.model.records import CommodityBalance
from supplywatch.model.rule import BEFORE_NEWEST, NEWEST, Context

_TOTAL = "World total"
"""The name under which a publisher gives the sum of all countries; one that gives none says no share."""


@dataclass(frozen=True)
class Finer:
    """The share of the world's output, 0 to 1, of the stage at which the controller has most."""

    share: float
    said: Text
    evidence: tuple[Evidence, ...]


def output_figures(record: ControlStanding, items: Items) -> list[tuple[str, str]]:
    """Return what a rule must ask for to know the controller's share of the output of a control's materials."""
    return [key for _, source, stage in _stages(record, items) for key in _keys(record.controller, source, stage)]


def finer_of(record: ControlStanding, context: Context) -> Finer | None:
    """Return the largest share that is known of the control's materials, ``None`` where none is."""
    found = (_share(record, output, source, stage, context) for output, source, stage in _stages(record, context.items))
    return max((one for one in found if one is not None), key=lambda one: one.share, default=None)


def _stages(record: ControlStanding, items: Items) -> Iterator[tuple[WorldOutput, str, StageTotal]]:
    wanted = {material.replace(" ", "_") for material in record.materials}
    for output in items.world_outputs:
        if output.id.partition("/")[0] in wanted:
            yield from ((output, source, stage) for source, stage in output.sources.items())


def _keys(controller: str, source: str, stage: StageTotal) -> list[tuple[str, str]]:
    return [(f"mineral/{source}/{who}/{stage.commodity}", when) for when in (NEWEST, BEFORE_NEWEST) for who in (controller, _TOTAL)]


def _share(record: ControlStanding, output: WorldOutput, source: str, stage: StageTotal, context: Context) -> Finer | None:
    found = [context.related.get(key) for key in _keys(record.controller, source, stage)]
    balances = [one for one in found if isinstance(one, CommodityBalance)]
    years = sorted({one.observed for one in balances}, reverse=True)
    for year in years:
        own, total = (
            next((one for one in balances if one.observed == year and _is_total(one) is sought), None) for sought in (False, True)
        )
        mine, world = _amount(own, stage), _amount(total, stage)
        if own is not None and total is not None and mine and world:
            return _said(record, output, own, total, mine / world)
    return None


def _is_total(one: CommodityBalance) -> bool:
    return one.economy.name.startswith(_TOTAL)


def _amount(one: CommodityBalance | None, stage: StageTotal) -> float | None:
    if one is None:
        return None
    wanted = (stage.statistic or "").lower()
    figures = [figure for figure in one.figures if figure.stage == stage.stage and wanted in figure.statistic.lower()]
    known = [figure.value for figure in figures if figure.value is not None]
    return sum(known) if known and len({figure.unit for figure in figures}) == 1 else None


def _said(record: ControlStanding, output: WorldOutput, own: CommodityBalance, total: CommodityBalance, share: float) -> Finer:
    who = country_words(record.controller)
    # A total that is rounded can be less than its part: China's 900 t of gallium are all of a world total of 900 t.
    share = min(share, 1.0)
    return Finer(
        share=share,
        said=Text(
            en=f"{who.en} makes {100 * share:.0f} % of the world's {output.en} ({own.observed}, by weight)",
            zh=f"{who.zh}占世界{output.zh}产量{100 * share:.0f}%({own.observed}年,按重量计)",
        ),
        evidence=(
            Evidence.of(own, f"share of the world's {output.en}", round(share, 6), "0..1"),
            Evidence.of(total, f"world total, {output.en}", total.observed, "year"),
        ),
    )
