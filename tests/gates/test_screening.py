"""Screening on the development queries: bounds at what the half that was not tuned on reaches (aims in bench/README.md)."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from supplywatch.model.name_match import REVIEW, Name, Party
from supplywatch.screening.index import Index
from supplywatch.screening.matcher import Matcher
from supplywatch.screening.tables import read_lists

pytestmark = pytest.mark.gate
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_screening", ROOT / "bench" / "screening.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def recalls(bench: ModuleType, data: Path) -> dict[str, dict[str, float]]:
    """The recall of each kind of query: of the half that was not tuned on, and of all."""
    rows = bench.queries(data)
    answers = bench.answers_of(Matcher(Index.build(read_lists(data / "screening" / "lists_eval.tsv.gz"))), rows)[0]
    return {
        "untouched": bench.recalls([row for row in rows if bench.half(row[0]) == "untouched"], answers),
        "all": bench.recalls(rows, answers),
    }


def test_what_is_left_out_below_the_least_score_changes_nothing_above_it(bench: ModuleType, data: Path) -> None:
    matcher = Matcher(Index.build(read_lists(data / "screening" / "lists_eval.tsv.gz")))
    for row in bench.queries(data)[::4]:
        query = Party(row[0], (Name(row[1]),))
        whole, cut = (matcher.screen(query, limit=100, min_score=least) for least in (0.0, REVIEW))
        assert [match for match in whole if match.score >= REVIEW] == [match for match in cut if match.score >= REVIEW], row


@pytest.mark.parametrize(
    ("group", "least"),
    [("perturb", 0.96), ("alias/variant", 0.73), ("xscript", 0.54), ("xscript/zh_full", 0.72), ("alias/nonlatin", 0.79)],
)
def test_recall_at_ten_false_alerts_of_a_thousand(recalls: dict[str, dict[str, float]], group: str, least: float) -> None:
    assert recalls["untouched"][group] >= least


def test_the_whole_set_reaches_the_aims(recalls: dict[str, dict[str, float]]) -> None:
    found = recalls["all"]
    assert (found["perturb"] >= 0.96, found["alias/variant"] >= 0.76, found["xscript"] >= 0.55) == (True, True, True), found


def test_the_page_says_what_is_measured(bench: ModuleType, data: Path) -> None:
    written = (ROOT / "docs" / "screening.md").read_text(encoding="utf-8")
    assert bench.page(data) == written, "python bench/screening.py DATA --page > docs/screening.md"
