"""The guides for each role, run as they are printed: every command works, and what they show comes out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from streams.broker_process import free_port
from supplywatch.config import config_dir
from tests.conftest import ROOT

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.en.md"))
BLOCK = re.compile(r"```(sh|text)\n(.*?)```", re.DOTALL)


def squeezed(text: str) -> str:
    return re.sub(r"[^\S\n]+", " ", text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder where the guide's paths exist, with a configuration that polls no publisher."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    shutil.copytree(config_dir(), tmp_path / "config")
    quiet = {name: {"enabled": False} for name in yaml.safe_load((config_dir() / "sources.yaml").read_text(encoding="utf-8"))}
    (tmp_path / "config" / "sources.yaml").write_text(yaml.safe_dump(quiet), encoding="utf-8")
    return tmp_path


@pytest.mark.integration
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name.partition(".")[0])
def test_a_guide_leads_where_it_says(guide: Path, folder: Path) -> None:
    blocks = BLOCK.findall(guide.read_text(encoding="utf-8"))
    script = "set -euo pipefail\n" + "".join(f"echo @@{n}\n{text}" for n, (kind, text) in enumerate(blocks) if kind == "sh")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # Another program may hold the port that the guide names.
    port = free_port()
    env = {**os.environ, "PATH": path, "SUPPLYWATCH_CONFIG_DIR": str(folder / "config"), "SUPPLYWATCH_METRICS_PORT": str(port)}
    done = subprocess.run(
        ["bash", "-c", script.replace("9464", str(port))], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    log = folder / "up.log"
    assert done.returncode == 0, done.stdout + done.stderr + (log.read_text(encoding="utf-8") if log.exists() else "")
    said = dict(re.findall(r"@@(\d+)\n(.*?)(?=@@\d+\n|\Z)", done.stdout, re.DOTALL))
    for n, (kind, text) in enumerate(blocks):
        if kind == "text":
            before = squeezed(said[str(max(m for m in range(n) if blocks[m][0] == "sh"))])
            for line in text.strip().splitlines():
                words = re.compile(".*".join(map(re.escape, squeezed(line).split(" "))))
                assert words.search(before), f"{guide.name} shows {line!r}, which does not come out:\n{before}"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name.partition(".")[0])
def test_a_guide_is_the_same_in_chinese(guide: Path) -> None:
    chinese = guide.with_name(guide.name.replace(".en.", ".zh."))
    one, other = (path.read_text(encoding="utf-8") for path in (guide, chinese))
    assert BLOCK.findall(one) == BLOCK.findall(other)
    assert len(re.findall(r"(?m)^#+ ", one)) == len(re.findall(r"(?m)^#+ ", other))


def test_there_is_a_guide_for_each_role() -> None:
    assert [path.name.partition(".")[0] for path in GUIDES] == ["auditor", "compliance", "operator", "subscriber"]
