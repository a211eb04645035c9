"""Bad configuration, one file each (``tests/config/bad``): the exact sentence a person reads, never a traceback.

A case says which file of ``config/`` it spoils: ``set`` (a key with dots, and its value), ``drop``, ``text`` (in place of all), ``absent``.
"""

import functools
import gc
import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from supplywatch.cli.config import complaints
from tests.conftest import ROOT

OURS = ("supplywatch", "detectors", "connectors", "streams")
READ_AT_IMPORT = ("chinese", "vocabulary", "persons", "written")
CASES = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


def forget() -> None:
    """Let everything that was read from the configuration be read again."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and str(found.__module__).startswith(OURS):
            found.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    monkeypatch.setenv("SUPPLYWATCH_CONFIG_DIR", str(tmp_path / "config"))
    package = importlib.import_module("supplywatch.screening")
    for name in READ_AT_IMPORT:
        importlib.import_module(f"supplywatch.screening.{name}")
    for name in READ_AT_IMPORT:
        monkeypatch.delitem(sys.modules, f"supplywatch.screening.{name}")
        monkeypatch.delattr(package, name)
    forget()
    yield tmp_path / "config"
    forget()


def place(book: Any, path: str) -> tuple[Any, Any]:
    """Return what holds a key, and the key: ``groups.0.terms``."""
    *ahead, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    return functools.reduce(lambda holder, step: holder[step], ahead, book), last


def spoil(path: Path, case: dict[str, Any]) -> None:
    if case.get("absent"):
        path.unlink()
        return
    if "text" in case:
        path.write_text(case["text"], encoding="utf-8")
        return
    book = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key, value in case.get("set", {}).items():
        holder, last = place(book, key)
        holder[last] = value
    for key in case.get("drop", ()):
        holder, last = place(book, key)
        del holder[last]
    path.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_sentence_is_exactly_this(path: Path, folder: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    spoil(folder / case["file"], case)
    assert [line.replace(str(folder), "{folder}") for line in complaints()] == case["says"]


def test_every_file_of_the_configuration_is_spoiled_once_at_least() -> None:
    spoiled = {yaml.safe_load(path.read_text(encoding="utf-8"))["file"] for path in CASES}
    assert spoiled == {path.name for path in (ROOT / "config").glob("*.yaml")}
    assert len(CASES) >= 25
