"""A configuration folder of another release: every key that does not fit is named, in every file, with what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from supplywatch.config import validated
from supplywatch.errors import BadSetting
from supplywatch.model.items import Items
from tests.conftest import ROOT


class Inner(BaseModel):
    id: str
    weight: float


class Outer(BaseModel):
    title: str
    parts: tuple[Inner, ...]
    limits: dict[str, int] = {}


def said(value: Any) -> list[str]:
    with pytest.raises(BadSetting) as caught:
        validated(Outer, value, "config/outer.yaml")
    return str(caught.value).splitlines()


def test_every_key_is_named_with_what_to_do() -> None:
    parts = [{"id": "left", "weight": "heavy"}, {"id": "right", "wieght": 1.0}]
    assert said({"titel": "x", "parts": parts, "limits": {"a": 1.5}, "colour": "red"}) == [
        "config/outer.yaml: title: missing; add it",
        "config/outer.yaml: parts.0 (left).weight: Input should be a valid number, unable to parse string as a number "
        "(got 'heavy'); correct it",
        "config/outer.yaml: parts.1 (right).weight: missing; add it",
        "config/outer.yaml: parts.1 (right).wieght: unknown key; write 'weight' if that is meant, else take it out",
        "config/outer.yaml: limits.a: Input should be a valid integer, got a number with a fractional part (got 1.5); correct it",
        "config/outer.yaml: titel: unknown key; write 'title' if that is meant, else take it out",
        "config/outer.yaml: colour: unknown key; take it out",
    ]


def test_a_file_that_is_no_mapping_is_named() -> None:
    assert said(["a", "b"]) == [
        "config/outer.yaml: value: Input should be a valid dictionary or instance of Outer (got ['a', 'b']); correct it"
    ]


def test_the_version_of_a_file_is_no_unknown_key() -> None:
    assert validated(Outer, {"schema_version": 1, "title": "t", "parts": []}, "config/outer.yaml").title == "t"


def test_a_key_deep_in_the_items_is_found_by_its_item() -> None:
    items = {"reporter": "CHN", "items": [{"id": "X.9", "en": "Nine", "zh": "九", "hs_codes": ["260400"]}]}
    with pytest.raises(BadSetting, match=r"config/items.yaml: items.0 \(X.9\).hs_codes: unknown key; "):
        validated(Items, items, "config/items.yaml")


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"SUPPLYWATCH_CONFIG_DIR": str(folder), "SUPPLYWATCH_DATA_DIR": str(folder / "var")}
    argv = [sys.executable, "-m", "supplywatch", *words]
    return subprocess.run(argv, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def rewrite(path: Path, change: Any) -> None:
    value = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path / "config"


def test_the_folder_of_this_release_fits(folder: Path) -> None:
    done = command(folder, "config", "check")
    assert (done.returncode, done.stdout) == (0, f"{folder}: every file fits this release\n")


def test_an_older_folder_is_told_file_by_file_and_up_does_not_start(folder: Path) -> None:
    def thresholds(value: dict[str, Any]) -> None:
        value["import_dependence"]["former_limit"] = {"value": 3, "kind": "default", "source": "an older release"}
        del value["rising_share"]["min_years"]
        value["port_disruption"]["close_days"] = 7
        value["rule_that_is_gone"] = {}

    def sources(value: dict[str, Any]) -> None:
        value["feed_that_is_gone"] = {"enabled": True}
        value["csl"] = {"enabled": "perhaps", "interval": "PT6H"}

    rewrite(folder / "thresholds.yaml", thresholds)
    rewrite(folder / "sources.yaml", sources)
    rewrite(folder / "items.yaml", lambda value: value.update(reporting="CHN"))
    rewrite(folder / "controls.yaml", lambda value: value["groups"][0].pop("terms"))
    rewrite(folder / "governance.yaml", lambda value: value.pop("edition"))
    (folder / "dead_letters.yaml").unlink()
    done = command(folder, "config", "check")
    assert done.returncode == 1, done.stderr
    for line in (
        "config/items.yaml: reporting: unknown key; write 'reporter' if that is meant, else take it out",
        "config/governance.yaml: edition: missing; add it",
        "config/thresholds.yaml: import_dependence: former_limit: unknown key; take it out",
        "config/thresholds.yaml: rising_share: min_years: missing; add it",
        "config/thresholds.yaml: port_disruption.close_days: needs 'value', 'kind' (calibrated, pooled, published or default) and 'source'",
        "config/thresholds.yaml: rule_that_is_gone: no rule of this release; take it out",
        "config/sources.yaml: csl: interval: unknown key; take it out",
    ):
        assert line in done.stdout.splitlines(), done.stdout
    assert "config/sources.yaml: no source 'feed_that_is_gone'; take it out, known: " in done.stdout
    assert "config/sources.yaml: csl: enabled: " in done.stdout
    assert "config/controls.yaml: groups.0 (" in done.stdout
    gone = f"{folder / 'dead_letters.yaml'}: cannot be read (No such file or directory); take it from the config folder of this release"
    assert gone in done.stdout.splitlines()
    up = command(folder, "up")
    assert up.returncode == 2
    assert up.stderr.startswith("supplywatch: the configuration does not fit this release:\n")
    assert "Traceback" not in up.stderr
    assert not (folder / "var").exists(), "nothing was begun"


def test_a_key_of_a_vocabulary_is_named(folder: Path) -> None:
    rewrite(folder / "vocabulary_zh.yaml", lambda value: value.pop("legal"))
    done = command(folder, "config", "check")
    assert (done.returncode, done.stdout) == (1, "config/vocabulary_zh.yaml: legal: missing; add it\n"), done.stderr
