"""How strained supply chains are the world over, as context: it makes another alert surer, and opens none itself.

An index of the whole world says nothing of a product, a supplier or a route, and its history is estimated anew with each edition.
Reference: Benigno, di Giovanni, Groen, Noble (2022), The GSCPI, Federal Reserve Bank of New York Staff Report 1017.

>>> from supplywatch.config import rule_params
>>> band(4.0, rule_params("pressure_index", Params)), band(-0.3, rule_params("pressure_index", Params))
('very high', 'usual')
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from supplywatch.model.alert import Evidence, Finding, Subject
from supplywatch.model.items import Items
from supplywatch.model.records import IndexValue
from supplywatch.model.rule import Context, Rule, RuleCard, State

INDEX_ID = "gscpi"
Band = Literal["usual", "high", "very high"]


class Params(BaseModel):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    high_sigma: float
    very_high_sigma: float


def band(value: float, params: Params) -> Band:
    """Return how high a value of the index is."""
    if value < params.high_sigma:
        return "usual"
    return "very high" if value >= params.very_high_sigma else "high"


def detect(_state: State | None, record: IndexValue, params: Params, _context: Context) -> tuple[State, Finding]:
    """Keep the month's value and its band; there is nothing to open."""
    state: State = {"observed": record.observed, "value": record.value, "edition": record.edition, "band": None}
    if record.value is None:
        return state, Finding(status="unknown", reason="no value for the month")
    state["band"] = band(record.value, params)
    return state, Finding(
        status="clear",
        evidence=(Evidence.of(record, "value", record.value, record.unit),),
        measures={"pressure_sigma": record.value, "pressure_band": state["band"]},
    )


def subject(record: IndexValue, _items: Items) -> Subject | None:
    """Return the index; prices and other indices are none of this rule's."""
    return Subject(kind="index", id=INDEX_ID, name=record.name) if record.index_id == INDEX_ID else None


RULE = Rule(
    card=RuleCard(
        rule_id="pressure_index",
        version="1.0.1",
        title="Pressure on supply chains (context)",
        title_zh="全球供应链压力(背景)",
        taxonomy=("RS.EXT",),
        reference="Benigno et al. (2022), Federal Reserve Bank of New York Staff Report 1017",
        blind_spots=(
            "it says nothing of a product, a supplier, a route or a country",
            "monthly, about a week after the month; each edition estimates the whole history anew",
            "pressure from strong demand looks like pressure from disrupted supply",
        ),
        runbook="pressure_index.md",
        false_alert_budget=None,
        opens=False,
        judged_by=("high_sigma", "very_high_sigma"),
        surer_when=("the next edition says the same of the month",),
        not_supported=("an alert by itself", "the cause of the pressure"),
    ),
    records=(IndexValue,),
    params=Params,
    subject=subject,
    detect=detect,
)
