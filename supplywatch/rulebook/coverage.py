"""Which items and risk sources of the taxonomy are watched, by which feeds and rules, and which are not, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from supplywatch import registry
from supplywatch.config import read_yaml
from supplywatch.model.items import Item, load_items
from supplywatch.model.records import CommodityBalance, ListChange, PolicyAct, TradeSlice, TransitCount
from supplywatch.model.taxonomy import Node, load_taxonomy

SECTIONS = ("items", "risk_sources")
REASONS = {
    "RS.EXT.NAT": "hazard feeds (earthquakes, floods, epidemics) are not connected yet",
    "RS.ENV": "slow changes of the environment: only the trends of import shares bear on them",
}
NOT_JUDGED = {"HD.4": "its imports only: relocation needs exports and tariffs of partners, which are not connected yet"}
"""Dangers no rule judges yet, though rules watch something else of their items."""


@dataclass(frozen=True)
class Coverage:
    """One node with what watches it; ``gap`` says what of it is not watched, and why."""

    node: Node
    feeds: tuple[str, ...]
    rules: tuple[str, ...]
    gap: str | None


def coverage() -> Iterator[Coverage]:
    """Yield every item and risk source of the taxonomy, in its order."""
    items = {item.id: item for item in load_items().items}
    for section in SECTIONS:
        for node in load_taxonomy().of_section(section):
            records = _records_on(items[node.id]) if node.id in items else _records_of_cards(node.id)
            feeds = tuple(name for name, source in registry.sources().items() if source.card.record in records)
            rules = tuple(name for name, rule in registry.rules().items() if records & set(rule.records))
            gap = NOT_JUDGED.get(node.danger or "")
            if not rules:
                gap = next((why for stem, why in REASONS.items() if node.id.startswith(stem)), "no public feed is connected")
            yield Coverage(node, feeds, rules, gap)


def _records_on(item: Item) -> set[type]:
    """Return the kinds of records that can lead to an alert which carries an item."""
    found: set[type] = set()
    if item.hs or item.former_hs:
        found.add(TradeSlice)
    if item.processing_gaps or item.commodities:
        found.add(CommodityBalance)
    if item.chokepoints:
        found.add(TransitCount)
    if any(item.id in group["taxonomy"] for group in read_yaml("controls.yaml")["groups"]):
        found.add(PolicyAct)
    if item.id == "TEC.ENTITY_LIST":
        found.add(ListChange)
    return found


def _records_of_cards(node_id: str) -> set[type]:
    """Return what the rules read whose cards name a node, one below it, or the one it is part of."""
    return {
        record
        for rule in registry.rules().values()
        for named in rule.card.taxonomy
        if named == node_id or named.startswith(f"{node_id}.")
        for record in rule.records
    }
