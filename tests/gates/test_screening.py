"""Screening on the development queries: bounds at what the half that was not tuned on reaches (aims in bench/README.md);
Chinese names against their Chinese listing."""

import gzip
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import opencc
import pytest

from supplywatch.screening.chinese import simplified
from supplywatch.screening.index import Index
from supplywatch.screening.matcher import Matcher
from supplywatch.screening.model import Name, Party
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
def untouched(bench: ModuleType, data: Path) -> dict[str, float]:
    matcher = Matcher(Index.build(read_lists(data / "screening" / "lists_eval.tsv.gz")))
    rows = [row for row in bench.queries(data) if bench.half(row[0]) == "untouched"]
    return bench.recalls(rows, bench.answers_of(matcher, rows)[0])


@pytest.mark.parametrize(
    ("group", "least"),
    [("perturb", 0.955), ("alias/variant", 0.70), ("xscript/zh_full", 0.65), ("xscript/zh_trad", 0.65), ("alias/nonlatin", 0.75)],
)
def test_recall_at_ten_false_alerts_of_a_thousand(untouched: dict[str, float], group: str, least: float) -> None:
    assert untouched[group] >= least


def chinese(data: Path) -> list[str]:
    with gzip.open(data / "screening" / "zh_en_generated_pairs.tsv.gz", "rt", encoding="utf-8") as lines:
        return [line.split("\t")[0] for line in lines][::10]


def share(names: list[str], change: Callable[[str], str | None], tiers: tuple[str, ...] = ("strong",)) -> float:
    matcher = Matcher(Index.build(Party(str(at), (Name(name),)) for at, name in enumerate(names)))
    asked = [(at, change(name)) for at, name in enumerate(names)]
    kept = [(at, text) for at, text in asked if text is not None]
    assert len(kept) > 50
    hits = [any(m.party_id == str(at) and m.tier in tiers for m in matcher.screen(Party("q", (Name(text),)))) for at, text in kept]
    return sum(hits) / len(hits)


def bracketed(name: str) -> str | None:
    return name.replace("（", "(").replace("）", ")") if "（" in name else None


def other_form(name: str) -> str | None:
    return name.replace("有限公司", "有限责任公司") if name.endswith("有限公司") and "股份" not in name and "责任" not in name else None


def traditional(name: str) -> str:
    return str(opencc.OpenCC("s2t").convert(name))


@pytest.mark.parametrize("change", [simplified, bracketed, other_form, traditional])
def test_chinese_with_the_chinese_name_on_the_list(data: Path, change: Callable[[str], str | None]) -> None:
    assert share(chinese(data), change) == 1.0
