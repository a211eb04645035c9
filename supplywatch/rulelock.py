"""The lock of the rules: version and content hash of each, so that none changes what it says without a new version.

``config/rules.lock`` is written by ``supplywatch rules lock``; CI compares. Content is the rule's file, the private modules of the
catalogue it imports, directly or through one another, and its block of ``config/thresholds.yaml``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supplywatch import registry
from supplywatch.config import config_dir, read_yaml
from supplywatch.rule import Rule

_PRIVATE = re.compile(r"^from detectors\.(_\w+) import", re.MULTILINE)


def lock_file() -> Path:
    """Return where the lock stands."""
    return config_dir() / "rules.lock"


def content_hash(rule: Rule[Any]) -> str:
    """Return the SHA-256 over what a rule is made of."""
    path = Path(rule.detect.__code__.co_filename)
    sources = {path.stem: path.read_text(encoding="utf-8")}
    waiting = _PRIVATE.findall(sources[path.stem])
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = (path.parent / f"{name}.py").read_text(encoding="utf-8")
            waiting += _PRIVATE.findall(sources[name])
    parts = [sources[name] for name in sorted(sources)]
    parts.append(json.dumps(read_yaml("thresholds.yaml")[rule.card.rule_id], sort_keys=True, ensure_ascii=False))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def current() -> dict[str, dict[str, str]]:
    """Return version and content hash of every rule as it is."""
    return {name: {"version": rule.card.version, "sha256": content_hash(rule)} for name, rule in registry.rules().items()}


def complaints(locked: Mapping[str, Mapping[str, str]], found: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return one sentence for each rule that is not as the lock says.

    >>> complaints({"a": {"version": "1", "sha256": "x"}}, {"a": {"version": "1", "sha256": "y"}})
    ["a: changed without a new version (still 1): raise RuleCard.version, then run 'supplywatch rules lock'"]
    """
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
