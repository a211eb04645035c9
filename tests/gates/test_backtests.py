"""The pages of docs/backtests are what the rules do on the genuine histories today, pictures included."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import genuine
import pytest

from conftest import ROOT

pytestmark = pytest.mark.gate


@pytest.fixture(scope="module")
def backtests() -> ModuleType:
    pytest.importorskip("matplotlib", reason="the docs extra draws the pictures; CI installs it")
    spec = importlib.util.spec_from_file_location("backtests", ROOT / "docs" / "backtests.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["backtests"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_as_the_rules_are(backtests: ModuleType, data: Path) -> None:
    found = backtests.pages(genuine.histories(data, backtests.NOW))
    assert backtests.outdated(found) == [], "run docs/backtests.py"
    assert "**missed**" in found["chokepoint_disruption.md"], "misses stand beside hits"
    events = [line.split(" | ") for line in found["partner_shift.md"].splitlines() if " | CHN/annual/" in line]
    assert [cells[3] for cells in events] == ["2014", "2018", "2020", "2021"], "ore bans, soya beans, coal"
