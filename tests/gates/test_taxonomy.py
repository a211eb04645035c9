"""The taxonomy is complete and its quotes are the article's words."""

import runpy
import shutil
from collections import Counter
from pathlib import Path

import pytest

from supplywatch.model.taxonomy import load_taxonomy
from tests.conftest import ROOT

pytestmark = pytest.mark.gate


def test_gate_1_counts() -> None:
    counts = Counter(
        node.section for node in load_taxonomy().nodes.values() if not (node.section == "restructuring_trends" and node.parent)
    )
    assert counts == {
        "risk_sources": 14,
        "hidden_dangers": 5,
        "items": 34,
        "resilience_factors": 7,
        "restructuring_trends": 4,
        "recommendations": 9,
        "indicators": 44,
    }


def test_gate_1_the_validator_finds_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = data.parent
    script = tmp_path / "validate_taxonomy.py"
    shutil.copy(shared / "validate_taxonomy.py", script)
    (tmp_path / "article.txt").symlink_to(shared / "article.txt")
    (tmp_path / "data").symlink_to(data)
    monkeypatch.setattr("sys.argv", [str(script), str(ROOT / "config" / "taxonomy.yaml")])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")
    assert ended.value.code in (0, None), capsys.readouterr().out
    assert "92" in capsys.readouterr().out
