"""What a rule and a feed are made of: which pieces are missing, each in one sentence, and skeletons to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from supplywatch.config import PACKAGE, read_yaml
from supplywatch.errors import BadRequest
from supplywatch.model.rule import Rule
from supplywatch.rulebook.cases import cases

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
RULE_FILES = {
    "rule.py": "detectors/$FOLDER/$ID.py",
    "cases.yaml": "detectors/cases/$ID.yaml",
    "runbook.md": "docs/runbooks/$ID.md",
}
FEED_FILES = {
    "feed.py": "connectors/$FOLDER/$ID.py",
    "good.csv": "tests/fixtures/$ID/good.csv",
    "bad_new_column.csv": "tests/fixtures/$ID/bad_new_column.csv",
    "fixtures.md": "tests/fixtures/$ID/README.md",
}


def checkout() -> Path | None:
    """Return the repository the code runs from, ``None`` where it is installed: there nobody writes rules into it."""
    root = PACKAGE.parent  # not where the configuration is: that may be a folder of the user's own
    return root if (root / "detectors" / "cases").is_dir() and (root / "docs" / "runbooks").is_dir() else None


def missing_of_rule(rule: Rule[Any]) -> Iterator[str]:
    """Yield one sentence for each piece that a rule needs and has not, with the file to write."""
    name, wanted = rule.card.rule_id, list(rule.params.model_fields)
    block = (read_yaml("thresholds.yaml") or {}).get(name)
    if not isinstance(block, dict):
        names = f" with {', '.join(wanted)}, each with value, kind and source" if wanted else " {}"
        yield f"config/thresholds.yaml: no block '{name}:'; add it{names}"
    else:
        for field in sorted({*wanted} ^ {*block}):
            said = "is missing; add it with value, kind and source" if field in wanted else "is no parameter of the rule; take it out"
            yield f"config/thresholds.yaml: {name}.{field} {said}"
    found = {case.fires for case in cases(name)}
    for fires, kind in ((True, "fires"), (False, "is silent")):
        if fires not in found and (rule.card.opens or not fires):
            yield f"detectors/cases/{name}.yaml: no case that {kind}; write one from published figures"
    root = checkout()
    if root is not None and not (root / "docs" / "runbooks" / rule.card.runbook).is_file():
        yield f"docs/runbooks/{rule.card.runbook}: missing; say what an alert means, what to look at first, and when it ends"


def missing_of_feed(source_id: str) -> Iterator[str]:
    """Yield one sentence for each piece that a feed needs and has not, with the file to write."""
    root = checkout()
    folder = f"tests/fixtures/{source_id}"
    for pattern, what in (
        ("good*", "one in the publisher's shape, written by hand"),
        ("bad_*", "one that must be refused, wrong in one point"),
        ("README.md", "one that says what the files are, and that they are synthetic"),
    ):
        if root is not None and not any((root / folder).glob(pattern)):
            yield f"{folder}/{pattern}: missing; write {what}"


def _templates() -> Any:
    return files("supplywatch.rulebook") / "skeletons"


def _write(kinds: dict[str, str], name: str, folder: str, catalogue: str) -> list[Path]:
    root = checkout()
    if root is None:
        raise BadRequest("there is no checkout to write into: clone the repository and install it with 'pip install -e .'")
    if not _ID.fullmatch(name):
        raise BadRequest(f"{name!r} is no id: write words of a to z and digits with _ between them, such as vessel_queues")
    if next((root / catalogue).rglob(f"{name}.py"), None) is not None:
        raise BadRequest(f"{name!r} is taken; see {catalogue}/")
    if not (root / catalogue / folder / "__init__.py").is_file() or folder.startswith("_"):
        there = sorted(path.parent.name for path in (root / catalogue).glob("[a-z]*/__init__.py"))
        raise BadRequest(f"no folder {catalogue}/{folder}; take one of {', '.join(there)}")
    written = []
    for template, target in kinds.items():
        path = root / Template(target).substitute(ID=name, FOLDER=folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(template, name), encoding="utf-8")
        written.append(path)
    return written


def _filled(template: str, name: str) -> str:
    text: str = (_templates() / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(ID=name)


def new_rule(name: str, folder: str) -> list[Path]:
    """Write the skeleton of a rule, which runs as it is, and return its files.

    Raises
    ------
    BadRequest
        There is no checkout, the id is taken or none, or there is no such folder.
    """
    written = _write(RULE_FILES, name, folder, "detectors")
    thresholds = PACKAGE.parent / "config" / "thresholds.yaml"
    thresholds.write_text(thresholds.read_text(encoding="utf-8") + _filled("thresholds.yaml", name), encoding="utf-8")
    return [*written, thresholds]


def new_feed(name: str, folder: str) -> list[Path]:
    """Write the skeleton of a feed, which runs as it is, and return its files; raises as :func:`new_rule`."""
    return _write(FEED_FILES, name, folder, "connectors")
