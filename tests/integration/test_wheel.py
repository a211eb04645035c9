"""What a user installs is the wheel, not the checkout: built, put into an empty environment by the hashed lock, and run there."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.integration
Run = Callable[..., str]
KEPT = ("PATH", "HOME", "LANG", "PIP_", "SSL_", "REQUESTS_")  # not PYTHONPATH, nor a setting of ours: nothing of the checkout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Build and install the wheel, and return what runs its ``supplywatch`` in an empty folder."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = {name: value for name, value in os.environ.items() if name.startswith(KEPT)} | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([sys.executable, "-m", "venv", folder / "empty"], check=True)
    home, binaries = folder / "home", folder / "empty" / "bin"
    home.mkdir()

    def run(program: str, *words: str | Path) -> str:
        command = [str(word) for word in (binaries / program, *words)]
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
        return done.stdout

    run("pip", "wheel", "-q", "--no-deps", "-w", folder / "dist", ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    run("pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements.lock")
    run("pip", "install", "-q", "--no-deps", "--no-index", wheel)
    run("pip", "check")
    return lambda *words: run("supplywatch", *words)


def test_it_says_its_version(installed: Run) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert installed("--version").strip() == project["version"]


def test_it_has_every_source_and_every_rule(installed: Run) -> None:
    listed = installed("sources")
    assert [path.stem for path in (ROOT / "tests" / "fixtures").iterdir() if any(path.glob("good*")) and path.name not in listed] == []
    rules = {path.stem for path in (ROOT / "detectors").rglob("cases/*.yaml")}
    tested = installed("rules", "test")
    assert {rule for rule in rules if rule not in tested} == set()
    assert not re.search(r"\bfail", tested, flags=re.IGNORECASE)


def test_the_demonstration_opens_alerts(installed: Run) -> None:
    output = installed("demo")
    assert re.search(r"^2026-\d\d-\d\d +open +critical +chokepoint_disruption +Strait of Hormuz", output, flags=re.MULTILINE), output
