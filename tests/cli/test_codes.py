"""``supplywatch codes``: a code of goods followed over the years, out of the ledger."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from supplywatch.cli import main
from supplywatch.settings import load_settings
from tests.conftest import ROOT

GOOD = ROOT / "tests" / "fixtures" / "eu_cn_concordance" / "good.csv"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    def call(*words: str, expect: int = 0) -> str:
        monkeypatch.setenv("SUPPLYWATCH_LEDGER", f"sqlite:///{tmp_path}/book.db")
        monkeypatch.setattr("sys.argv", ["supplywatch", *words])
        load_settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main()
        load_settings.cache_clear()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == expect, printed
        return printed.err if expect else printed.out

    return call


def test_a_code_is_followed_either_way(run: Callable[..., str], tmp_path: Path) -> None:
    ledger = f"sqlite:///{tmp_path}/book.db"
    run("backtest", "--source", "eu_cn_concordance", "--from", f"{GOOD}@2026-11-30T10:00Z", "--ledger", ledger)
    assert run("codes", "1111 00 10", "--from", "2001", "--to", "2006").split() == ["11110030", "22220000", "33330010"]
    answer = json.loads(run("codes", "33330010", "--from", "2006", "--to", "2001", "--json"))
    assert answer == {"code": "33330010", "from": 2006, "to": 2001, "codes": ["11110010", "44440000"]}
    assert "reaches from 2001 to 2006" in run("codes", "33330010", "--from", "2006", "--to", "1999", expect=2)
    assert "give eight digits" in run("codes", "854231", "--from", "2006", "--to", "2001", expect=2)


def test_without_the_concordance_it_says_how_to_get_it(run: Callable[..., str], tmp_path: Path) -> None:
    run("backtest", "--source", "gscpi", "--from", str(ROOT / "tests/fixtures/gscpi/good.csv"), "--ledger", f"sqlite:///{tmp_path}/book.db")
    assert "pull eu_cn_concordance --from FILE" in run("codes", "11110010", "--from", "2001", "--to", "2006", expect=2)
