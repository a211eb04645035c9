"""The pages of docs/backtests are what the rules do on the genuine histories today, and their events were chosen by what they are."""

import importlib.util
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from detectors.commodity_dependence.supplier_concentration import concentration
from supplywatch.config import rule_params
from supplywatch.registry import rule
from supplywatch.rulebook.scoring import load_events
from tests import genuine
from tests.conftest import ROOT

pytestmark = pytest.mark.gate
NO_ECONOMY = {"World", "Other Asia, nes", "Areas, nes", "Free Zones", "Special Categories"}


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
    told = {tuple(line.split(" | ")[1:5]) for line in found["partner_shift.md"].splitlines()}
    ore, soy, coal = (f"CHN/annual/{code}" for code in ("260400", "120190", "270112"))
    hits = {(ore, "2014-01-12"): "2014", (soy, "2018-07-06"): "2018", (ore, "2020-01-01"): "2020", (coal, "2020-10-12"): "2021"}
    assert {(*key, "opened", year) for key, year in hits.items()} <= told


@pytest.fixture(scope="module")
def imports(data: Path) -> dict[str, dict[int, dict[str, float]]]:
    """Return by subject and year what came from each economy."""
    found: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
    for row in [*genuine.cipf(data), *genuine.nickel(data), *genuine.eu_wood(data)]:
        if row["partnerDesc"] not in NO_ECONOMY | {row["reporterDesc"]}:
            reporter = "97" if row["reporterCode"] == 97 else row["reporterISO"]
            found[f"{reporter}/annual/{row['cmdCode']}"][int(row["refYear"])][row["partnerDesc"]] += row["primaryValue"] or 0
    return found


def test_acts_against_a_trade_were_chosen_by_what_they_are(imports: dict[str, dict[int, dict[str, float]]]) -> None:
    """Decision 16: a tenth of the imports came from the supplier, and what it leaves says which rules must see it go."""
    concentrated: Any = rule_params("supplier_concentration", rule("supplier_concentration").params)
    single: Any = rule_params("single_point", rule("single_point").params)
    acts = [event for event in load_events().events if event.supplier is not None]
    assert len(acts) >= 25
    for act in acts:
        assert act.last is not None
        assert (act.last.year, act.last.month, act.last.day) == (act.first.year + 1, 12, 31), act.id
        assert act.supplier is not None
        for subject in act.raises["partner_shift"]:
            before = imports[subject][act.first.year - 1]
            rest = [value for name, value in before.items() if name != act.supplier]
            assert before[act.supplier] >= 0.1 * sum(before.values()), (act.id, subject)
            (had, _), (left, top) = concentration(list(before.values()))[:2], concentration(rest)[:2]
            concentrates = left >= concentrated.watch_hhi and left >= had + concentrated.hysteresis_hhi
            assert (subject in act.raises.get("supplier_concentration", ())) == concentrates, (act.id, subject, had, left)
            assert (subject in act.raises.get("single_point", ())) == (top >= single.single_source_share), (act.id, subject, top)
