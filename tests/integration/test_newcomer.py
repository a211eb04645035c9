"""A newcomer's first rule and feed, in a copy of the repository: each missing piece is asked for in one sentence, and then all is green."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.integration

RULE, FEED = "throwaway_rule", "throwaway_feed"
FOLDERS = ("supplywatch", "detectors", "connectors", "streams", "config", "docs", "tests")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository with a rule and a feed from the skeletons."""
    copy = tmp_path_factory.mktemp("house")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "conftest.py", "README.md"):
        shutil.copy(ROOT / name, copy / name)
    assert run(copy, "-m", "supplywatch", "rules", "new", RULE)[0] == 0
    assert run(copy, "-m", "supplywatch", "sources", "new", FEED)[0] == 0
    return copy


def run(copy: Path, *command: str) -> tuple[int, str]:
    env = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run([sys.executable, *command], cwd=copy, env=env, capture_output=True, text=True, check=False)
    said = done.stderr + done.stdout
    assert "Traceback" not in said, said
    return done.returncode, said


def test_skeletons_are_short(house: Path) -> None:
    for path in (house / "supplywatch/rulebook/skeletons").iterdir():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 40, path.name


@pytest.mark.parametrize(
    ("piece", "sentence"),
    [
        (f"detectors/cases/{RULE}.yaml", f"detectors/cases/{RULE}.yaml: no case that fires; write one from published figures"),
        (f"docs/runbooks/{RULE}.md", f"docs/runbooks/{RULE}.md: missing; say what an alert means"),
        (
            "config/thresholds.yaml",
            f"config/thresholds.yaml: no block '{RULE}:'; add it with watch_value, each with value, kind and source",
        ),
    ],
)
def test_what_a_rule_lacks_is_asked_for(house: Path, piece: str, sentence: str) -> None:
    path = house / piece
    kept = path.read_text(encoding="utf-8")
    try:
        if piece.startswith("config"):
            path.write_text(kept[: kept.index(f"\n{RULE}:")], encoding="utf-8")
        else:
            path.unlink()
        for command in (("-m", "supplywatch", "rules", "test", RULE), ("docs/generate.py", "--check")):
            code, said = run(house, *command)
            assert (code, sentence in said) == (1, True), said
    finally:
        path.write_text(kept, encoding="utf-8")


def test_what_a_feed_lacks_is_asked_for(house: Path) -> None:
    path = house / "tests/fixtures" / FEED / "good.csv"
    kept = path.read_text(encoding="utf-8")
    path.unlink()
    try:
        code, said = run(house, "docs/generate.py", "--check")
        assert (code, f"tests/fixtures/{FEED}/good*: missing; write one in the publisher's shape" in said) == (1, True), said
    finally:
        path.write_text(kept, encoding="utf-8")


def test_with_every_piece_all_is_green(house: Path) -> None:
    assert "new: run 'supplywatch rules lock'" in run(house, "-m", "supplywatch", "rules", "lock", "--check")[1]
    for command in (
        ("-m", "supplywatch", "rules", "lock"),
        ("-m", "supplywatch", "rules", "test", RULE),
        ("docs/generate.py",),
        ("docs/generate.py", "--check"),
    ):
        code, said = run(house, *command)
        assert code == 0, said
    chosen = ["tests/detectors/test_contract.py", "tests/connectors/test_contract.py"]
    code, said = run(house, "-m", "pytest", "-p", "no:cacheprovider", *chosen, "-k", f"{RULE} or {FEED} or found", "-n", "0")
    assert code == 0, said[-3000:]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("rules", "new", "list_entry"), "'list_entry' is taken; see detectors/"),
        (("rules", "new", "List-Entry"), "'List-Entry' is no id"),
        (("sources", "new", "fresh_feed", "--in", "weather"), "no folder connectors/weather; take one of commodities"),
    ],
)
def test_what_cannot_be_made_is_said(house: Path, command: tuple[str, ...], sentence: str) -> None:
    code, said = run(house, "-m", "supplywatch", *command)
    assert (code, sentence in said) == (2, True), said
