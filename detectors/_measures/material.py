"""Whether an import line matters: how much is bought, in money and of all the reporter buys. Shown beside the band, never mixed into it.

A band says how concentrated an import is, not whether anybody would notice its loss: USD 8 million of wood wool from one country has a
higher index than USD 160 billion of processors. So a line has two grades: the band, and ``small``, ``material`` or ``large``.

* A line that belongs to no watched item is judged and *listed* (``supplywatch lines``), not alarmed.
* A watched line that is small is told, at ``watch`` at most: somebody chose to watch it.

>>> from supplywatch.config import rule_params
>>> from detectors.commodity_dependence.supplier_concentration import Params
>>> params = rule_params("supplier_concentration", Params)
>>> level(7.8e6, 7.8e6 / 2.7e12, params), level(1.6e11, None, params)
('small', 'large')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from detectors._measures.words import money
from supplywatch.model.alert import Finding, Severity
from supplywatch.model.items import Items
from supplywatch.model.records import Sums, TradeSlice, trade_series
from supplywatch.model.rule import Context

Level = Literal["small", "material", "large"]
PERIODS_A_YEAR = {"annual": 1, "monthly": 12}


class Materiality(BaseModel):
    """The lines between small, material and large; see ``config/thresholds.yaml`` for values and sources."""

    material_value: float
    material_share: float
    large_value: float
    large_share: float
    reporter_imports: dict[str, float]


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a line is: value a year, and as a share of all the reporter's imports where those are known."""

    value: float
    currency: str
    share: float | None
    level: Level


def level(value: float, share: float | None, params: Materiality) -> Level:
    """Return the class of a yearly value and of its share in all imports; either is enough, for small economies buy less of everything."""
    if value >= params.large_value or (share is not None and share >= params.large_share):
        return "large"
    return "material" if value >= params.material_value or (share is not None and share >= params.material_share) else "small"


def weight_of(record: TradeSlice, sums: Sums, params: Materiality, context: Context) -> Weight:
    """Return how much a line is; a month counts for a twelfth of a year."""
    value, whole = PERIODS_A_YEAR[record.frequency] * sums.total, _all_imports(record, params, context)
    share = None if whole is None else value / whole
    return Weight(value, sums.currency, share, level(value, share, params))


def total_of(record: TradeSlice) -> tuple[str, str]:
    """Return the slice that holds all imports of the reporter in the same period, as the same publisher has it."""
    series = trade_series(record.reporter.key, "import", record.frequency, "TOTAL", record.provenance.source)
    return series, record.observed


def _all_imports(record: TradeSlice, params: Materiality, context: Context) -> float | None:
    """Return all imports of the reporter a year: of the same period where its slice is at hand, else those of the configuration."""
    whole = context.related.get(total_of(record))
    if isinstance(whole, TradeSlice) and whole.partners.sums.total:
        return PERIODS_A_YEAR[record.frequency] * whole.partners.sums.total
    return params.reporter_imports.get(record.reporter.key)


def is_watched(record: TradeSlice, items: Items) -> bool:
    """Tell whether a line may alarm: it belongs to a watched item, or the configuration asks for all."""
    return items.alarm_lines == "all" or bool(items.of_hs(record.commodity))


def weighed(finding: Finding, record: TradeSlice, weight: Weight, items: Items) -> Finding:
    """Return a finding with its materiality beside its band: listed when nobody watches the line, at most ``watch`` when it is small."""
    shown = finding.measures | {
        "band": finding.severity.value if finding.status == "raised" else None,
        "materiality": weight.level,
        "imports_a_year": round(weight.value, 2),
        "currency": weight.currency,
        "share_of_imports": None if weight.share is None else float(f"{weight.share:.3g}"),
    }
    if finding.status != "raised":
        return finding.model_copy(update={"measures": shown})
    if not is_watched(record, items):
        reason = f"listed, not alarmed: HS {record.commodity} belongs to no watched item; band {finding.severity.value}, {weight.level}"
        return finding.model_copy(update={"status": "clear", "severity": Severity.INFO, "reason": reason, "measures": shown})
    if weight.level == "small" and finding.severity.order > Severity.WATCH.order:
        amount = money(weight.value, weight.currency).en
        reason = f"at most watch: a small import, {amount} a year; by concentration alone it would be {finding.severity.value}"
        return finding.model_copy(update={"severity": Severity.WATCH, "reason": reason, "measures": shown})
    return finding.model_copy(update={"measures": shown})
