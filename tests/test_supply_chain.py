"""What says of which parts of others the product consists fits what pyproject.toml asks for; docs/supply_chain.py writes it anew."""

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(text) for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["embedded"]]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, flags=re.MULTILINE)}
SPELLERS = {"anyascii", "pypinyin", "opencc-python-reimplemented"}
ANEW = "run: python docs/supply_chain.py (it needs the extra 'release')"


@pytest.mark.parametrize("wanted", RUNTIME, ids=lambda wanted: wanted.name)
def test_a_dependency_has_an_upper_bound_and_is_locked_within_it(wanted: Requirement) -> None:
    operators = {part.operator for part in wanted.specifier}
    assert operators & {"<", "==", "<="}, f"{wanted}: has no upper bound"
    assert operators == {"=="} or wanted.name not in SPELLERS, f"{wanted}: stored names depend on it; pin it exactly"
    assert wanted.specifier.contains(LOCKED.get(canonicalize_name(wanted.name), "0")), f"{wanted}: not so in requirements.lock; {ANEW}"


def test_every_file_of_the_lock_has_its_hash_and_none_an_address() -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(LOCKED) > 50
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert not re.search(r"https?:|--(index|extra|find|trusted)", LOCK)


def test_the_bill_of_materials_and_the_notices_are_those_of_the_lock() -> None:
    text = (ROOT / "docs" / "sbom.cdx.json").read_text(encoding="utf-8")
    parts = {canonicalize_name(part["name"]): part["version"] for part in json.loads(text)["components"]}
    assert len(parts) > 50
    assert parts == {name: LOCKED.get(name) for name in parts}, ANEW
    # Of the lock, only what another platform needs may be missing.
    elsewhere = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==\S+ ; ", LOCK, flags=re.MULTILINE)}
    assert set(LOCKED) - set(parts) <= elsewhere, ANEW
    told = dict(re.findall(r"^\| ([\w.-]+) \| (\S+) \|", (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert {canonicalize_name(name): version for name, version in told.items() if name not in ("package", "---")} == parts, ANEW
    assert not re.search(r"https?://(?!cyclonedx\.org)", text)
