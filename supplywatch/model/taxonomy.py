"""The risk taxonomy of ``config/taxonomy.yaml``: risk sources, hidden dangers, items, indicators, with their words in the article."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ConfigDict

from supplywatch.config import read_yaml, validated
from supplywatch.errors import BadRequest, BadSetting
from supplywatch.model.records import Frozen

SECTIONS = (
    "risk_sources",
    "hidden_dangers",
    "items",
    "resilience_factors",
    "restructuring_trends",
    "recommendations",
    "indicators",
)


class Node(Frozen):
    """One node; fields beyond these stay in :attr:`model_extra`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    zh: str
    en: str
    section: str
    parent: str | None = None
    danger: str | None = None
    quote_zh: str | None = None
    indicators: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    risk_sources: tuple[str, ...] = ()


class Taxonomy:
    """All nodes by id, each reference of one to another checked.

    Raises
    ------
    BadSetting
        An id stands twice, or a reference leads nowhere.
    """

    def __init__(self, raw: Any) -> None:
        self.nodes: dict[str, Node] = {}
        for section in SECTIONS:
            for entry in _entries(raw, section):
                node = validated(Node, entry | {"section": section}, f"config/taxonomy.yaml: {section}", extra="allow")
                if node.id in self.nodes:
                    raise BadSetting(f"config/taxonomy.yaml: {node.id} stands twice; give one of them another id")
                self.nodes[node.id] = node
        for node in self.nodes.values():
            for other in (node.parent, node.danger, *node.indicators, *node.items, *node.risk_sources):
                if other is not None and other not in self.nodes:
                    raise BadSetting(f"config/taxonomy.yaml: {node.id} refers to {other}, which does not exist")

    def node(self, node_id: str) -> Node:
        """Return one node.

        Raises
        ------
        BadRequest
            There is none of that id.
        """
        if node_id not in self.nodes:
            raise BadRequest(f"no taxonomy node {node_id!r}; 'supplywatch taxonomy' lists them")
        return self.nodes[node_id]

    def of_section(self, section: str) -> list[Node]:
        """Return the nodes of one section, in the order of the file."""
        return [node for node in self.nodes.values() if node.section == section]


def _entries(raw: Any, section: str) -> Iterator[dict[str, Any]]:
    entries = raw.get(section) if isinstance(raw, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadSetting(f"config/taxonomy.yaml: {section}: must be a list of nodes; restore the file from the repository")
    for entry in entries:
        yield entry
        yield from ({"parent": entry.get("id"), **child} for child in entry.get("instruments", ()))


@cache
def load_taxonomy() -> Taxonomy:
    """Read ``config/taxonomy.yaml``."""
    return Taxonomy(read_yaml("taxonomy.yaml"))
