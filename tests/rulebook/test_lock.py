"""The lock locks: what changes a rule's words is seen, what does not is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from supplywatch import registry
from supplywatch.rulebook import lock
from supplywatch.rulebook.syntax import content_of

ROOT = Path(__file__).resolve().parents[2]
QUIET = f"{len(registry.rules())} rules, all as locked"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the lock looks at, bytecode included: each check is a process of its own, which would compile it all."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("supplywatch", "detectors", "connectors", "streams", "config"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture
def checkout(copied: Path) -> Iterator[Path]:
    """A checkout that is as it was when the test is over."""
    yield copied
    for kept in copied.rglob("*.kept"):
        kept.replace(kept.with_suffix(""))


def edit(checkout: Path, name: str, old: str, new: str) -> None:
    path = checkout / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} holds no {old!r}: the test is out of date"
    path.rename(path.with_name(f"{path.name}.kept"))
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check(checkout: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "supplywatch", "rules", "lock", "--check"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stderr + done.stdout).strip().splitlines()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("config/controls.yaml", "full authority", "partial authority", ["control_rule: changed"]),
        ("supplywatch/judging/severity.py", "AGREEING = 2", "AGREEING = 3", ["all rules: severity changed"]),
        ("supplywatch/judging/episode.py", "status: str | None = None", 'status: str | None = "clear"', ["all rules: episode changed"]),
        (
            "detectors/_measures/imports.py",
            "GOODS_CHARACTERS = 60",
            "GOODS_CHARACTERS = 61",
            ["control_exposure", "partner_shift", "rising_share", "single_point", "supplier_concentration"],
        ),
        ("config/thresholds.yaml", "{value: 0.70,", "{value: 0.71,", ["import_dependence: changed"]),
        ("config/ownership_rules.yaml", "50", "51", ["party_match: changed"]),
    ],
)
def test_a_change_of_words_is_seen(checkout: Path, name: str, old: str, new: str, said: list[str]) -> None:
    edit(checkout, name, old, new)
    lines = check(checkout)[:-1]
    assert len(lines) == len(said)
    assert all(line.startswith(start) and "without a new version" in line for line, start in zip(lines, said, strict=True)), lines


def test_how_a_file_is_written_is_no_change(checkout: Path) -> None:
    edit(
        checkout,
        "detectors/_measures/imports.py",
        "from __future__ import annotations",
        "from __future__ import annotations\n\nimport os  # noqa",
    )
    edit(checkout, "supplywatch/judging/severity.py", '"""Severity:', '"""How bad:')
    edit(checkout, "config/controls.yaml", "\n", "\n# a remark\n")
    assert check(checkout)[-1] == QUIET


def test_a_rule_that_reads_what_its_card_does_not_name_is_refused(checkout: Path) -> None:
    edit(checkout, "detectors/decoupling/control_rule.py", '        reads=("controls.yaml",),\n', "")
    assert check(checkout) == [
        "supplywatch: control_rule: detectors.decoupling.control_rule reads config/controls.yaml: name it in RuleCard.reads"
    ]


def test_prose_imports_and_format_are_left_out(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text('"""A."""\nfrom a import b\n\ndef f(x):\n    """Add."""\n    return (x + 1)\n')
    other.write_text("from c import b  # moved\ndef f(\n  x,\n): return x + 1\n")
    assert content_of(one) == content_of(other)


def test_every_rule_reaches_its_own_file() -> None:
    for name, rule in registry.rules().items():
        assert any(path.stem == name for path in lock.reached(rule.detect.__module__).values())
