"""Criteria 2 to 4 of CEPII GeoDep and the governance-weighted index, for the concentration rule; each is unknown where figures are missing.

Reference: Vicard & Wibaux (2023), CEPII Policy Brief 41; Blengini et al. (2017), EU methodology for critical raw materials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import Field

from supplywatch.config import read_yaml, validated
from supplywatch.model.items import Items
from supplywatch.model.records import FIRST_PUBLISHER, Frozen, Partners, Record, TradeSlice, trade_series
from supplywatch.model.rule import Context

WORLD = "0"
WORLD_YEARS_BACK = 3
NO_EXPORTS = 9999.0
"""M/X of a reporter that says it exports nothing, as GeoDep writes it."""


class Weight(Frozen):
    """What an economy's share counts for."""

    score: float = Field(ge=0.0, le=1.0)
    trade: float = Field(default=1.0, gt=0.0)


class Governance(Frozen):
    """``config/governance.yaml``."""

    edition: str | None
    scores: dict[str, Weight]


@cache
def load_governance() -> Governance:
    """Read ``config/governance.yaml``."""
    return validated(Governance, read_yaml("governance.yaml"), "config/governance.yaml")


def exports_beside(record: TradeSlice, items: Items) -> list[tuple[str, str]]:
    """Return what tells the exports of the reporter and its suppliers, for watched lines of years."""
    if record.frequency != "annual" or not items.of_hs(record.commodity):
        return []
    partners = record.partners
    who = [record.reporter.iso3, *(iso3 for place, iso3 in enumerate(partners.iso3) if place not in partners.role)]
    return [*_worlds(record, items), *(_exports_of(iso3, record) for iso3 in dict.fromkeys(who) if iso3)]


def _worlds(record: TradeSlice, items: Items) -> list[tuple[str, str]]:
    """Return the imports of the World, those of the newest year first: reconciled figures come two years late."""
    series = trade_series(WORLD, "import", "annual", record.commodity, items.publishers.world)
    return [(series, str(int(record.observed) - back)) for back in range(WORLD_YEARS_BACK + 1)]


def _exports_of(iso3: str | None, record: TradeSlice) -> tuple[str, str]:
    return trade_series(iso3 or "", "export", "annual", record.commodity, FIRST_PUBLISHER), record.observed


@dataclass(frozen=True)
class Sold:
    """What each economy sold in one year, in US dollars, whoever bought it."""

    year: str
    by_economy: Mapping[str, float]


def sold_by_all(record: TradeSlice, context: Context, min_coverage: float) -> Sold | None:
    """Return the exports of all economies in the newest year that is at hand, up to three years before the record's.

    A year that does not name the suppliers of ``min_coverage`` of the imports is not taken: its file was a part.
    """
    bought = _keyed(record.partners)
    total = sum([value for _, value in bought])
    for key in _worlds(record, context.items):
        world = context.related.get(key)
        if isinstance(world, TradeSlice):
            sold = dict(_keyed(world.partners)) if world.partners.currency == "USD" else {}
            if sum([value for economy, value in bought if economy in sold]) >= min_coverage * total:
                return Sold(world.observed, sold)
    return None


def _keyed(partners: Partners) -> list[tuple[str, float]]:
    economies = partners.economies
    return [(economies[place].key, value) for place, value in partners.traded()]


def exports_usd(record: Record | None) -> float | None:
    """Return what a slice of exports adds up to: as reported for the World, else over its partners."""
    if not isinstance(record, TradeSlice) or record.flow != "export":
        return None
    if record.world is not None and record.world.value_usd is not None:
        return record.world.value_usd
    return sum([value for _, value in record.partners.traded()]) if record.partners.currency == "USD" else 0.0


def import_export_ratio(record: TradeSlice, imports_usd: float, context: Context, sold: Sold | None) -> float | None:
    """Return M/X of the reporter, ``None`` while its exports of the same year are not at hand."""
    exports = exports_usd(context.related.get(_exports_of(record.reporter.iso3, record)))
    if sold is not None and sold.year == record.observed:
        exports = sold.by_economy.get(record.reporter.key, 0.0)
    if exports is None:
        return None
    return imports_usd / exports if exports else NO_EXPORTS


def world_export_hhi(record: TradeSlice, context: Context, sold: Sold | None, min_coverage: float) -> float | None:
    """Return the index over the exporters other than the reporter, whoever they sell to.

    From what all economies sold. Without that from the exporters' own figures of the year: those that sell the reporter nothing are not
    seen then, which makes it an upper bound, and it is ``None`` while the exporters at hand stand for less than ``min_coverage`` of the
    imports.
    """
    if sold is not None:
        return _index([value for economy, value in sold.by_economy.items() if economy != record.reporter.key])
    values, covered, total = [], 0.0, 0.0
    for place, value in record.partners.traded():
        total += value
        exports = exports_usd(context.related.get(_exports_of(record.partners.iso3[place], record)))
        if exports:
            values.append(exports)
            covered += value
    return _index(values) if covered >= min_coverage * total else None


def _index(values: Sequence[float]) -> float | None:
    return sum([value * value for value in values]) / sum(values) ** 2 if values else None


def governance_hhi(partners: Partners, scores: Mapping[str, Weight], min_coverage: float) -> float | None:
    """Return ``sum s² · score · trade``; ``None`` while too much of the value has no score.

    >>> from supplywatch.model.records import Economy, PartnerFlow
    >>> def flow(iso3, value):
    ...     partner = Economy(code=iso3, iso3=iso3, name=iso3)
    ...     return PartnerFlow(partner=partner, role="economy", value_usd=value, net_weight_kg=None, position="row 1")
    >>> scores = {"AAA": Weight(score=0.2), "BBB": Weight(score=0.8, trade=1.5)}
    >>> round(governance_hhi(Partners.of([flow("AAA", 60.0), flow("BBB", 40.0)]), scores, 0.9), 3)  # 0.36 · 0.2 + 0.16 · 0.8 · 1.5
    0.264
    >>> governance_hhi(Partners.of([flow("AAA", 60.0), flow("CCC", 40.0)]), scores, 0.9) is None
    True
    """
    traded = list(partners.traded())
    total = sum([value for _, value in traded])
    weighted = [(value / total, scores.get(partners.iso3[place] or "")) for place, value in traded]
    scored = [(share, weight) for share, weight in weighted if weight is not None]
    if not scored or sum(share for share, _ in scored) < min_coverage:
        return None
    return sum(share * share * weight.score * weight.trade for share, weight in scored)


def structural(met: Sequence[bool | None], periods: int) -> bool | None:
    """Tell whether the criteria hold in at least two of three periods, ``None`` while that is open.

    >>> structural([True, None, True], 3), structural([True, False, None], 3), structural([False, False], 3)
    (True, None, None)
    """
    if sum(one is True for one in met) >= 2:
        return True
    return False if len(met) == periods and sum(one is False for one in met) >= 2 else None
