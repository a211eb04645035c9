"""Clauses of controls: their standing day by day, whom they reach, and what a wrong file is told."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from supplywatch.config import read_yaml
from supplywatch.errors import BadSetting
from supplywatch.model import control
from supplywatch.model.control import ControlMeasure, load_measures, modified, narrow

PLAIN = {
    "id": "xx-2030-1",
    "en": "widgets",
    "zh": "部件",
    "controller": "CHN",
    "authority": "Ministry",
    "instrument": "Notice 1 of 2030",
    "action": "impose",
    "kind": "export_licensing",
    "direction": "export",
    "target": {"scope": "all"},
    "announced": "2030-01-10",
    "effective": "2030-03-01",
    "history": [{"status": "scheduled", "from": "2030-01-10"}],
    "source": "by hand",
}
CODES = {"system": "hs6", "role": "proxy", "breadth": "broader"}


def measure(**other: object) -> ControlMeasure:
    return ControlMeasure.model_validate(PLAIN | other)


def standing(one: ControlMeasure, *days: str) -> list[str | None]:
    return [one.standing(date.fromisoformat(day)) for day in days]


def test_what_is_scheduled_comes_into_force_on_its_day_without_a_new_line() -> None:
    one = measure()
    assert standing(one, "2030-01-09", "2030-01-10", "2030-02-28", "2030-03-01") == [None, "scheduled", "scheduled", "in_force"]
    assert not one.binds(date(2030, 2, 28))
    assert one.binds(date(2030, 3, 1))


def test_a_suspension_ends_with_its_last_day_unless_it_has_none() -> None:
    steps = [*PLAIN["history"], {"status": "suspended", "from": "2030-04-01", "until": "2031-03-31"}]
    one = measure(history=steps)
    assert standing(one, "2030-03-31", "2030-04-01", "2031-03-31", "2031-04-01") == ["in_force", "suspended", "suspended", "in_force"]
    assert one.resumes(date(2030, 6, 1)) == date(2031, 4, 1)
    assert one.resumes(date(2031, 4, 1)) is None
    prolonged = measure(history=[*steps, {"status": "suspended", "from": "2031-03-01", "until": "2032-03-31"}])
    assert standing(prolonged, "2031-04-01") == ["suspended"]
    endless = measure(history=[*PLAIN["history"], {"status": "suspended", "from": "2030-04-01"}])
    assert standing(endless, "2040-01-01") == ["suspended"]
    assert endless.resumes(date(2030, 6, 1)) is None


def test_suspended_before_it_ever_was_in_force() -> None:
    early = {"status": "suspended", "from": "2030-02-01", "until": "2030-02-15"}
    one = measure(history=[*PLAIN["history"], early])
    assert standing(one, "2030-02-01", "2030-02-16", "2030-03-01") == ["suspended", "scheduled", "in_force"]
    assert one.resumes(date(2030, 2, 10)) == date(2030, 3, 1)


def test_whom_a_clause_reaches() -> None:
    everybody, named = measure(), measure(target={"scope": "economies", "economies": ["RUS", "BLR"]})
    assert [everybody.reaches(economy) for economy in ("CHN", "JPN", "USA")] == [False, True, True]
    assert [named.reaches(economy) for economy in ("CHN", "JPN", "RUS")] == [False, False, True]


def test_a_clause_that_lifts_a_control_binds_nobody() -> None:
    assert not measure(action="repeal").binds(date(2030, 6, 1))


def test_a_line_that_a_whole_code_reaches_is_not_too_wide() -> None:
    part = {"system": "cn10", "role": "reference", "breadth": "part_of_line", "codes": ["8112929010", "3818009001"]}
    whole = {"system": "hs8", "role": "reference", "breadth": "whole_line", "codes": ["38180090"]}
    assert narrow([measure(products=[part])]) == {"811292", "381800"}
    assert narrow([measure(products=[part]), measure(id="b", products=[whole])]) == {"811292"}


def test_what_is_typed_holds_together() -> None:
    every = load_measures()
    assert len({one.instrument for one in every}) >= 13
    suspending = next(one for one in every if one.id == "cn-mofcom-2025-70")
    touched = modified(suspending, every)
    assert {one.instrument[-4:-1].strip("第年") for one in touched} == {"55", "56", "57", "58", "61", "62"}
    for one in touched:
        assert one.standing(suspending.effective) == "suspended", one.id
        assert one.standing(suspending.effective - timedelta(days=1)) in ("in_force", "scheduled"), one.id
        assert one.standing(date(2026, 11, 11)) == "in_force", one.id
    assert next(one for one in every if one.id == "cn-mofcom-2025-18").standing(suspending.effective) == "in_force"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"products": [{"system": "hs6", "role": "proxy", "breadth": "broader", "codes": ["85051"]}]},
            "85051: no code of hs6, which has 6 digits",
        ),
        ({"announced": None}, "announced"),
        ({"history": []}, "history"),
        ({"history": [{"status": "in_force", "from": "2030-03-01"}, {"status": "scheduled", "from": "2030-01-10"}]}, "oldest step first"),
        ({"history": [{"status": "suspended", "from": "2030-03-01", "until": "2030-02-01"}]}, "ends before it begins"),
        ({"target": {"scope": "economies"}}, "names none"),
        ({"controller": "China"}, "controller"),
        ({"modifies": ["xx-1999-9"]}, "modifies xx-1999-9, which no file has"),
        ({"modifies": ["xx-2030-1"]}, "modifies itself"),
        ({"colour": "red"}, "unknown key"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], said: str) -> None:
    (tmp_path / "measures").mkdir()
    document = {"schema_version": 1, "measures": [PLAIN | change]}
    (tmp_path / "measures" / "mine.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    monkeypatch.setenv("SUPPLYWATCH_CONFIG_DIR", str(tmp_path))
    for cached in (load_measures, read_yaml):
        cached.cache_clear()
    with pytest.raises(BadSetting) as refused:
        load_measures()
    assert said in str(refused.value)
    assert "xx-2030-1" in str(refused.value)
    monkeypatch.undo()
    for cached in (load_measures, read_yaml):
        cached.cache_clear()


def test_a_name_means_a_notice_and_its_clauses_and_no_other_number() -> None:
    assert control._names("cn-2025-61", "cn-2025-61-1(1)")
    assert not control._names("cn-2025-6", "cn-2025-61")
