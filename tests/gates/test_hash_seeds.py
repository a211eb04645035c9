"""Judging is deterministic: neither the hash seed of a process nor where batches begin and end shows in what is judged."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.gate
SEEDS = range(6)


def judged(data: Path, seed: int) -> dict[str, Any]:
    """Judge the history in a process of its own, with another hash seed and other batches."""
    environment = os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests" / "judged.py"), str(data), str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_six_hash_seeds_and_other_batches_give_the_same_to_the_last_bit(data: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, *others = pool.map(lambda seed: judged(data, seed), SEEDS)
    assert first["transitions"] > 30
    assert first["rebuilt"] == first["states"]
    for other in others:
        assert other == first
