"""Documents say what is: generated pages are fresh, samples of released versions stay readable, links lead somewhere, README runs."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from supplywatch.cli import app
from supplywatch.model.alert import AlertEvent
from supplywatch.model.records import RECORD_TYPES
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SAMPLES = sorted((ROOT / "docs" / "schemas" / "samples").glob("*.json"))
SCHEMAS = sorted(path.stem for path in (ROOT / "docs" / "schemas").glob("*.json"))
FORMER = [path for path in SAMPLES if path.stem not in SCHEMAS]
READ: tuple[type[BaseModel], ...] = (AlertEvent, *RECORD_TYPES)
MODELS: dict[str, type[BaseModel]] = {re.sub(r"(?<=[a-z])(?=[A-Z])", "-", model.__name__).lower(): model for model in READ}


def test_generated_documents_are_fresh() -> None:
    done = subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_schema_has_a_sample() -> None:
    assert {name.split(".")[0] for name in SCHEMAS} == set(MODELS)
    assert set(SCHEMAS) <= {path.stem for path in SAMPLES}


@pytest.mark.parametrize("path", FORMER, ids=lambda path: path.stem)
def test_a_sample_of_a_former_version_reads_as_the_one_of_today(path: Path) -> None:
    model = path.name.split(".")[0]
    (today,) = (sample for sample in SAMPLES if sample.stem in SCHEMAS and sample.name.split(".")[0] == model)
    assert MODELS[model].model_validate_json(path.read_bytes()) == MODELS[model].model_validate_json(today.read_bytes())


@pytest.mark.parametrize("path", sorted(set(SAMPLES) - set(FORMER)), ids=lambda path: path.stem)
def test_a_golden_sample_stays_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    read = MODELS[path.name.split(".")[0]].model_validate_json(text)
    again = json.loads(read.model_dump_json())
    assert {key: again[key] for key in json.loads(text)} == json.loads(text), (
        "every field that was written is still there and says the same"
    )


@pytest.mark.parametrize("page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_first_output_within_25_lines() -> None:
    lines = README.splitlines()
    shown = next(number for number, line in enumerate(lines, start=1) if line.startswith("```text"))
    assert shown < 25


def test_the_readme_is_short_and_the_same_in_chinese() -> None:
    chinese = (ROOT / "README.zh.md").read_text(encoding="utf-8")
    assert max(len(README.splitlines()), len(chinese.splitlines())) < 160
    for kind in (r"```.*?```", r"(?m)^#+ ", r"\]\((?!README)[^)]*?(?=\.en\.md|\.zh\.md|\))"):
        assert re.findall(kind, README, flags=re.DOTALL) == re.findall(kind, chinese, flags=re.DOTALL)


def test_every_command_of_the_readme_exists() -> None:
    """Each ``supplywatch …`` of README is a command whose options the command line knows."""
    commands = re.findall(r"^(?:\.venv/bin/)?supplywatch ([a-z].*?)(?: +#.*)?$", README, flags=re.MULTILINE)
    assert len(commands) >= 8
    for line in commands:
        for command in line.split(" & supplywatch "):
            words = command.removesuffix(" &").split()
            found: Any = typer.main.get_command(app)
            while hasattr(found, "commands"):
                # 'screen NAME' and 'screen --from' need no command: there is one only.
                found = next(iter(found.commands.values())) if words[0] not in found.commands else found.commands[words.pop(0)]
            known = {option for parameter in found.params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= known, command


def test_the_subscriber_has_30_lines() -> None:
    assert len((ROOT / "docs" / "subscribe.py").read_text(encoding="utf-8").splitlines()) <= 30


@pytest.mark.integration
@pytest.mark.alone
def test_the_readmes_first_command(tmp_path: Path) -> None:
    """The demonstration, as installed: first alert within 15 s, all within 60 s, the alerts that README shows among them."""
    start = time.monotonic()
    lines: list[str] = []
    first: float | None = None
    command = [sys.executable, "-m", "supplywatch", "demo", "--folder", str(tmp_path / "demo")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            lines.append(line)
            if first is None and re.match(r"\d{4}-\d\d-\d\d  opened", line):
                first = time.monotonic() - start
    assert demo.returncode == 0
    assert first is not None
    assert first < 15
    assert time.monotonic() - start < 60
    output = "".join(lines)
    shown = re.search(r"```text\n(.*?)```", README, flags=re.DOTALL)
    assert shown is not None
    for line in shown[1].splitlines():
        assert line.rstrip() in output, f"README shows {line!r}, the demonstration does not"
    assert "chokepoint_disruption  Strait of Hormuz" in re.sub(r"  +", "  ", output)
