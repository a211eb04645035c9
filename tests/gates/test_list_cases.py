"""Cases of ``../shared/cases`` about what a list says, on the command line."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate


@pytest.fixture
def cases(data: Path) -> Path:
    return data.parent / "cases"


def told(*words: str) -> str:
    """Return what a back-test says; warnings about a part of a list are on stderr."""
    done = subprocess.run([sys.executable, "-m", "supplywatch", "backtest", *words], capture_output=True, text=True, check=True)
    return done.stdout


def test_26_separate_entries_of_one_list_that_share_an_alias(cases: Path, tmp_path: Path) -> None:
    case, ledger = cases / "26_same_list_duplicate", f"sqlite:///{tmp_path}/l.db"
    said = told("--source", "csl", "--ledger", ledger, "--from", f"{case}/v1.csv@2025-03-20T12:00Z", f"{case}/v2.csv@2025-03-29T12:00Z")
    lines = said.splitlines()
    for name in ("China Aeronautical Radio Electronics Research Institute", "Shanghai Aviation Electronic Co., Ltd."):
        (opened,) = [n for n, line in enumerate(lines) if "OPENED" in line and name in line]
        assert name in lines[opened + 1], "the sentence names the party of the subject"
    assert "duplicate" not in said
