"""``supplywatch exposure``: controls and trade figures of one line, and what is unknown without them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from supplywatch.cli import app
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import Items
from tests.detectors.test_geodep import slice_of

DAY = "2025-06-01"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["exposure", *words])
    return result.exit_code, result.output + str(result.exception or "")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_a_ledger_the_typed_controls_answer_and_figures_are_unknown() -> None:
    code, said = run("850511", "--reporter", "JPN", "--as-of", DAY)
    assert code == 0
    assert "in force   CHN  cn-mofcom-2025-18" in said
    assert "the HS line is broader than the control" in said
    assert "imports of JPN: unknown" in said
    assert "exports of the world: unknown" in said


def test_nothing_known_is_an_answer_of_its_own() -> None:
    code, said = run("010121", "--as-of", DAY)
    assert (code, "nothing is known of 010121" in said) == (1, True)
    assert run("moonstone")[0] == 1
    assert "did you mean gallium" in run("galium")[1]


def test_a_material_and_a_control_number_mean_the_lines_of_the_clauses_that_name_them() -> None:
    code, said = run("Gallium", "--reporter", "JPN", "--as-of", DAY, "--json")
    lines = {line["hs6"]: [one["id"] for one in line["measures"]] for line in json.loads(said)["lines"]}
    assert (code, "cn-mofcom-2023-23" in lines["811292"]) == (0, True)
    assert "us-bis-2022-10-13" in run("3B090", "--as-of", DAY)[1]
    assert "does not exist" in run("850511", "--ledger", "sqlite:///none.db")[1], "a ledger that is named must be there"


def test_the_controller_itself_is_not_hit() -> None:
    assert run("850511", "--reporter", "CHN", "--as-of", DAY)[0] == 1


def test_those_who_apply_a_control_count_as_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    book = Ledger.open(url)
    own = slice_of("CHN", "import", 2022, {"USA": 30.0, "JPN": 30.0, "NLD": 20.0, "DEU": 20.0}, code="848620")
    Engine(book, {}, Items(reporter="CHN", items=())).judge([own])
    book.close()
    before, after = (
        json.loads(run("848620", "--as-of", day, "--json", "--ledger", url)[1].removesuffix("None"))["lines"][0]
        for day in ("2023-07-22", "2023-07-23")
    )
    assert (before["controllers"], after["controllers"]) == (["USA"], ["JPN", "USA"])
    assert (before["own_imports"]["from_controllers"], after["own_imports"]["from_controllers"]) == pytest.approx((0.3, 0.6))
    assert before["own_imports"]["hhi_controllers_as_one"] == before["own_imports"]["hhi"] == pytest.approx(0.26)
    assert after["own_imports"]["hhi_controllers_as_one"] == pytest.approx(0.44)
    assert after["world_exports"] is None
    assert after["headroom"] is None
