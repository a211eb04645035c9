"""A folder of one's own: copied, tried, compared; nothing of another's is overwritten."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from supplywatch import config
from supplywatch.cli import app

RUN = CliRunner()


def test_a_folder_of_ones_own_is_copied_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine"
    assert "copied to" in RUN.invoke(app, ["config", "init", str(folder)]).stdout
    monkeypatch.setenv("SUPPLYWATCH_CONFIG_DIR", str(folder))
    same = RUN.invoke(app, ["config", "diff"])
    assert (same.exit_code, same.stdout.strip()) == (0, f"{folder}: as this release has it")
    items = folder / "items.yaml"
    items.write_text(items.read_text(encoding="utf-8").replace("reporter: CHN", "reporter: DEU", 1), encoding="utf-8")
    (folder / "aliases.yaml").unlink()
    (folder / "notes.txt").write_text("ours")
    (folder / "word_counts.tsv.gz").write_bytes(b"\xff\xfe")
    found = RUN.invoke(app, ["config", "diff"])
    assert found.exit_code == 1
    said = found.stdout.splitlines()
    assert {"-reporter: CHN", "+reporter: DEU", "aliases.yaml: missing; take it from this release"} <= set(said)
    assert {"notes.txt: not of this release", "word_counts.tsv.gz: differs"} <= set(said)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    done = RUN.invoke(app, ["config", "init", str(tmp_path)])
    assert "holds something already" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_the_folder_of_the_release_is_in_force_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPPLYWATCH_CONFIG_DIR", raising=False)
    assert config.config_dir() == config.shipped_dir()
