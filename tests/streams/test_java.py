"""Which Java runs Apache Kafka, and what is said where none can."""

import importlib.util
import sys
from pathlib import Path

import pytest

from streams.apache.java import find_java
from supplywatch.errors import BadSetting


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a Java: no wheel, nothing set, an empty PATH."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def says(folder: Path, words: str, code: int = 0) -> Path:
    """Write an executable that says something, as ``java -version`` does."""
    path = folder / "bin" / "java"
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(f"#!{sys.executable}\nimport sys\nsys.stderr.write({words!r})\nsys.exit({code})\n")
    path.chmod(0o755)
    return path


def test_none() -> None:
    with pytest.raises(BadSetting, match=r"no Java was found.*pip install 'supplywatch\[apache\]'"):
        find_java()


def test_one_on_the_path(bare: Path) -> None:
    path = says(bare, 'openjdk version "21.0.4" 2024-07-16\n')
    found = find_java()
    assert (found.path, found.version, found.origin) == (path, 21, "PATH")


def test_java_home_comes_before_the_path(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says(bare, 'openjdk version "21.0.4"\n')
    home = says(bare / "jdk", 'openjdk version "17" 2021-09-14\n')
    monkeypatch.setenv("JAVA_HOME", str(bare / "jdk"))
    assert find_java().path == home


@pytest.mark.parametrize(
    ("words", "said"), [('java version "1.8.0_402"', "is version 8"), ('version "11.0.2"', "is version 11"), ("?", "not tell")]
)
def test_too_old(bare: Path, words: str, said: str) -> None:
    says(bare, words)
    with pytest.raises(BadSetting, match=rf"{said}.*needs 17 or newer"):
        find_java()


def test_one_that_does_not_run(bare: Path) -> None:
    says(bare, "Error occurred during initialization of VM", 1)
    with pytest.raises(BadSetting, match="does not run"):
        find_java()
