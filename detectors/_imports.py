"""What the rules on imports share: one pass over the partners of a slice, and whether they are the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel

from supplywatch.records import PartnerFlow, TradeSlice

GOODS_CHARACTERS = 60


class Completeness(BaseModel):
    """What a slice must have to be judged; see ``config/thresholds.yaml`` for values and sources."""

    min_value_usd: float
    min_coverage: float
    max_world_excess: float


@dataclass(slots=True)
class Sums:
    """One pass over the partners of a period: those that are economies, and what the rest adds up to (US dollars, kg)."""

    values: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    top: PartnerFlow | None = None
    top_usd: float = 0.0
    total_usd: float = 0.0
    weighed_usd: float = 0.0
    elsewhere_usd: float = 0.0
    own_usd: float = 0.0

    @classmethod
    def of(cls, partners: Iterable[PartnerFlow]) -> Sums:
        """Add up."""
        sums = cls()
        for flow in partners:
            value = flow.value_usd
            if not value:
                continue
            if flow.role == "economy":
                sums.values.append(value)
                sums.total_usd += value
                if value > sums.top_usd:
                    sums.top, sums.top_usd = flow, value
                if flow.net_weight_kg:
                    sums.weights.append(flow.net_weight_kg)
                    sums.weighed_usd += value
            elif flow.role == "nowhere":
                sums.elsewhere_usd += value
            else:
                sums.own_usd += value
        return sums


def incomplete(record: TradeSlice, sums: Sums, params: Completeness) -> str | None:
    """Say why the partners of a period are not the whole, ``None`` when they are."""
    total, elsewhere = sums.total_usd, sums.elsewhere_usd
    if total < params.min_value_usd:
        return f"below the materiality floor: {total:,.0f} of {params.min_value_usd:,.0f} US dollars"
    if total < params.min_coverage * (total + elsewhere):
        return f"coverage insufficient: {100 * elsewhere / (total + elsewhere):.0f} % of the value comes from areas that are no economy"
    if record.world is None or not record.world.value_usd:
        return None
    covered = (total + elsewhere + sums.own_usd) / record.world.value_usd
    if covered < params.min_coverage:
        return f"coverage insufficient: {len(sums.values)} partners add up to {100 * covered:.0f} % of the reported World total"
    if covered > 1.0 + params.max_world_excess:
        return f"coverage in doubt: partners add up to {100 * covered:.0f} % of the reported World total"
    return None


def goods(record: TradeSlice) -> str:
    """Return the first words of the goods' official name: some run to hundreds of characters."""
    name = (record.commodity_name or "goods").partition(" (")[0]
    return name if len(name) <= GOODS_CHARACTERS else name[:GOODS_CHARACTERS].rpartition(" ")[0].rstrip(",;") + " …"
