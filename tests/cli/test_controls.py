"""``supplywatch controls`` on the typed notices."""

import json

import pytest
from typer.testing import CliRunner

from supplywatch.cli import app


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["controls", *words])
    return result.exit_code, result.output + str(result.exception or "")


def test_a_day_before_any_control_finds_none_and_says_so() -> None:
    code, said = run("list", "--as-of", "2019-01-01")
    assert (code, "no control that fits was announced by 2019-01-01" in said) == (1, True)


def test_the_standing_says_what_a_suspension_does_and_that_it_ran_out() -> None:
    assert "suspended, in force again 2026-11-11" in run("show", "cn-mofcom-2025-58", "--as-of", "2026-01-15")[1]
    assert "suspension ran out 2026-11-10, no newer notice typed" in run("show", "cn-mofcom-2025-58", "--as-of", "2026-11-11")[1]


def test_what_touches_a_product_and_whom() -> None:
    found = json.loads(run("list", "--item", "850511", "--as-of", "2025-05-01", "--json")[1].removesuffix("None"))
    assert [(one["id"], one["standing"]) for one in found] == [("cn-mofcom-2025-18", "in_force")]
    code, said = run("list", "--against", "chn", "--as-of", "2023-08-01")
    assert code == 0
    assert "us-bis-2022-10-13" in said
    assert "cn-mofcom" not in said, "a control is not meant against its own controller"


def test_the_calendar_warns_before_a_suspension_ends() -> None:
    rows = json.loads(run("calendar", "--as-of", "2026-07-01", "--json")[1].removesuffix("None"))
    told = [(row["day"], row["what"]) for row in rows]
    assert [day for day, _ in told] == ["2026-08-13", "2026-10-12", "2026-11-11"]
    assert {len(row["measures"]) for row in rows} == {9}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "cn-nothing"], "no measure 'cn-nothing'"),
        (["list", "--as-of", "2025-13-01"], "is no day"),
        (["list", "--item", "moonstone"], "is no HS code of six digits, item, material or control number"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_why(words: list[str], said: str) -> None:
    code, text = run(*words)
    assert (code != 0, said in text) == (True, True), text
