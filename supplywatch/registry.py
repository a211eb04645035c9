"""Finds the components of the catalogues: every module below ``connectors/`` and ``detectors/`` that is not private."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any

from supplywatch.errors import BadRequest, BadSetting
from supplywatch.model.items import Items, load_items
from supplywatch.model.records import TradeSlice
from supplywatch.model.rule import Rule
from supplywatch.model.source import Source


def _modules(package: str) -> list[ModuleType]:
    """Return the modules of a catalogue in the order of their names, whatever folders they stand in; private ones are shared pieces."""
    found: dict[str, str] = {}
    waiting = [package]
    while waiting:
        folder = importlib.import_module(waiting.pop())
        for info in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
            name = info.name.rpartition(".")[2]
            if name.startswith("_"):
                continue
            if info.ispkg:
                waiting.append(info.name)
            elif name in found:
                raise BadSetting(f"{info.name}: {found[name]} has the same name; one of the two needs another")
            else:
                found[name] = info.name
    return [importlib.import_module(found[name]) for name in sorted(found)]


def _file(module: ModuleType) -> str:
    return module.__name__.replace(".", "/") + ".py"


@cache
def sources() -> dict[str, Source]:
    """Return every connector by its source id."""
    found = {}
    for module in _modules("connectors"):
        source = getattr(module, "SOURCE", None)
        name = module.__name__.rpartition(".")[2]
        if not isinstance(source, Source) or source.card.source_id != name:
            raise BadSetting(f"{_file(module)}: must define SOURCE, a supplywatch.model.source.Source with source_id {name!r}")
        found[name] = source
    return found


@cache
def rules() -> dict[str, Rule[Any]]:
    """Return every detector by its rule id."""
    found = {}
    for module in _modules("detectors"):
        rule = getattr(module, "RULE", None)
        name = module.__name__.rpartition(".")[2]
        if not isinstance(rule, Rule) or rule.card.rule_id != name:
            raise BadSetting(f"{_file(module)}: must define RULE, a supplywatch.model.rule.Rule with rule_id {name!r}")
        found[name] = rule
    return found


def items() -> Items:
    """Return the watched items; a publisher of trade that nobody reads would silence every rule on trade, and is refused."""
    found, known = load_items(), {name for name, source in sources().items() if source.card.record is TradeSlice}
    for name in sorted(found.publishers.named - known):
        raise BadSetting(f"config/items.yaml: publishers: {name!r} is no source of trade; take one of {', '.join(sorted(known))}")
    return found


def source(source_id: str) -> Source:
    """Return one connector, or say which there are."""
    found = sources()
    if source_id not in found:
        raise BadRequest(f"no source {source_id!r}; known: {', '.join(found)} (see 'supplywatch sources')")
    return found[source_id]


def rule(rule_id: str) -> Rule[Any]:
    """Return one detector, or say which there are."""
    found = rules()
    if rule_id not in found:
        raise BadRequest(f"no rule {rule_id!r}; known: {', '.join(found)} (see 'supplywatch rules')")
    return found[rule_id]
