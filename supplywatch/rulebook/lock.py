"""The lock of the rules: no rule changes what it says without a new version.

``config/rules.lock`` is written by ``supplywatch rules lock``; CI compares. A rule's content is its file, every module of the catalogue
and of the core that it reaches, its block of ``config/thresholds.yaml`` and the configuration its card declares. What all rules share
(how findings are judged and graded, the watched items) stands in the lock once, by name, under one version of its own, so that a change
of the lattice is one line and not as many as there are rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from supplywatch import registry
from supplywatch.config import config_dir, read_yaml
from supplywatch.errors import BadSetting
from supplywatch.judging import COMMON_CONFIG, COMMON_MODULES, VERSION
from supplywatch.model.limits import COMMON_BLOCKS
from supplywatch.model.rule import Rule
from supplywatch.rulebook.syntax import content_of, imported, literal_arguments

CATALOGUE = "detectors"
NOUNS = ("supplywatch.config", "supplywatch.errors", "supplywatch.model.", "supplywatch.registry", "supplywatch.settings")
"""Modules of the core that say what things are and decide nothing; a new field of a record is no change of fourteen rules."""


def lock_file() -> Path:
    """Return where the lock stands."""
    return config_dir() / "rules.lock"


@cache
def _path(module: str) -> Path | None:
    """Return the file of a module of the catalogue or the core, ``None`` for any other."""
    if module.partition(".")[0] not in (CATALOGUE, "supplywatch"):
        return None
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # a name inside a module, not a module
        return None
    return None if spec is None or spec.origin is None else Path(spec.origin)


def _noun(module: str) -> bool:
    return module in COMMON_MODULES or module.startswith(NOUNS)


def reached(start: str) -> dict[str, Path]:
    """Return the modules whose text decides what a rule says: its own and those it imports, directly or through one another."""
    found: dict[str, Path] = {}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        path = _path(module)
        if path is None or path.name == "__init__.py" or module in found or _noun(module):
            continue
        found[module] = path
        waiting += imported(path)
    return found


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(sorted(parts)).encode()).hexdigest()


def _configuration(name: str) -> str:
    return json.dumps(read_yaml(name), sort_keys=True, ensure_ascii=False, default=str)


def _undeclared(rule: Rule[Any], modules: Mapping[str, Path]) -> None:
    """Refuse a rule that reads configuration which its card does not name: the lock would not see it change."""
    for module, path in sorted(modules.items()):
        for name in literal_arguments(path, "read_yaml"):
            if name is None:
                raise BadSetting(f"{module}: read_yaml() needs the name of the file as a plain string, so that the lock can find it")
            if name not in (*rule.card.reads, *COMMON_CONFIG):
                raise BadSetting(f"{rule.card.rule_id}: {module} reads config/{name}: name it in RuleCard.reads")


def content_hash(rule: Rule[Any]) -> str:
    """Return the SHA-256 over what a rule is made of.

    Raises
    ------
    BadSetting
        When the rule reads configuration that its card does not declare.
    """
    modules = reached(rule.detect.__module__)
    _undeclared(rule, modules)
    parts = [content_of(path) for path in modules.values()]
    parts += [f"{name}:{_configuration(name)}" for name in rule.card.reads]
    thresholds = read_yaml("thresholds.yaml").get(rule.card.rule_id, {})
    parts.append(f"thresholds:{json.dumps(thresholds, sort_keys=True, ensure_ascii=False)}")
    return _digest(parts)


def common() -> dict[str, Any]:
    """Return version and content hashes of what all rules share."""
    parts = {}
    for module in COMMON_MODULES:
        path = _path(module)
        if path is None:
            raise BadSetting(f"{module}: named in supplywatch.judging.COMMON_MODULES and not there")
        parts[module.rpartition(".")[2]] = _digest([content_of(path)])
    parts |= {f"config/{name}": _digest([_configuration(name)]) for name in COMMON_CONFIG}
    for block in COMMON_BLOCKS:
        parts[f"thresholds {block}"] = _digest([json.dumps(read_yaml("thresholds.yaml")[block], sort_keys=True, ensure_ascii=False)])
    return {"version": VERSION, "parts": parts}


def current() -> dict[str, Any]:
    """Return the lock as the rules are now."""
    rules = {name: {"version": rule.card.version, "sha256": content_hash(rule)} for name, rule in registry.rules().items()}
    return {"common": common(), "rules": rules}


def _changed_parts(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    old, new = before.get("parts", {}), now["parts"]
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def complaints(locked: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each rule, and one for what they share, that is not as the lock says.

    >>> shared = {"version": "1", "parts": {"severity": "s"}}
    >>> old, new = ({"common": shared, "rules": {"a": {"version": "1", "sha256": digest}}} for digest in "xy")
    >>> complaints(old, new)
    ["a: changed without a new version (still 1): raise RuleCard.version, then run 'supplywatch rules lock'"]
    >>> complaints(old, old | {"common": {"version": "1", "parts": {"severity": "t"}}})
    ["all rules: severity changed without a new version (still 1): raise supplywatch.judging.VERSION, then run 'supplywatch rules lock'"]
    """
    said = []
    before, now = locked.get("common", {}), found["common"]
    if parts := _changed_parts(before, now):
        if before.get("version") == now["version"]:
            advice = "raise supplywatch.judging.VERSION, then run 'supplywatch rules lock'"
            said.append(f"all rules: {', '.join(parts)} changed without a new version (still {now['version']}): {advice}")
        else:
            said.append(f"all rules: {before.get('version', 'nothing')} is locked, {now['version']} is here: run 'supplywatch rules lock'")
    elif before["version"] != now["version"]:
        said.append(f"all rules: {before['version']} is locked, {now['version']} is here: run 'supplywatch rules lock'")
    return said + _rule_complaints(locked.get("rules", {}), found["rules"])


def _rule_complaints(locked: Mapping[str, Mapping[str, str]], found: Mapping[str, Mapping[str, str]]) -> list[str]:
    said = []
    for name in sorted({*locked, *found}):
        before, now = locked.get(name), found.get(name)
        if before is None or now is None:
            said.append(f"{name}: {'new' if before is None else 'gone'}: run 'supplywatch rules lock'")
        elif before["sha256"] != now["sha256"] and before["version"] == now["version"]:
            advice = "raise RuleCard.version, then run 'supplywatch rules lock'"
            said.append(f"{name}: changed without a new version (still {now['version']}): {advice}")
        elif dict(before) != dict(now):
            said.append(f"{name}: {before['version']} is locked, {now['version']} is here: run 'supplywatch rules lock'")
    return said
