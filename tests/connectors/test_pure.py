"""A parse is pure: the same payload, with what it was told to take, gives the same records whatever the configuration is by then."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from supplywatch import config, registry
from supplywatch.errors import Quarantine
from supplywatch.model.items import Items, load_items
from supplywatch.model.source import Part, Payload

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
GIVEN = [path for source in registry.sources() for path in sorted((FIXTURES / source).iterdir()) if path.is_file()]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a configuration folder of somebody who watches other goods and reads other publishers."""
    for path in config.config_dir().iterdir():
        if path.is_dir():
            shutil.copytree(path, tmp_path / path.name)
            continue
        text = path.read_bytes()
        if path.name == "items.yaml":
            text = b"reporter: JPN\nitems: [{id: OTHER, en: tea, zh: \xe8\x8c\xb6, taxonomy: [HD.1], hs: ['0902'], commodities: [tea]}]\n"
        (tmp_path / path.name).write_bytes(b"{}" if path.name == "sources.yaml" else text)
    monkeypatch.setattr(config, "config_dir", lambda: tmp_path)
    return tmp_path


def forget() -> None:
    config.read_yaml.cache_clear()
    load_items.cache_clear()


def reading(path: Path, payload: Payload) -> list[Any] | str:
    source = registry.source(path.parent.name)
    try:
        return [item.model_dump_json() for item in source.parse(payload)]
    except Quarantine as refused:
        return f"{refused.reason}: {refused}"


def test_a_payload_parsed_again_under_another_configuration_gives_the_same(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = config.config_dir
    monkeypatch.undo()
    forget()
    payloads = {
        path: registry.source(path.parent.name).told(Payload(path.parent.name, (Part(path.read_bytes(), path.name),), NOW))
        for path in GIVEN
    }
    before = {path: reading(path, payload) for path, payload in payloads.items()}
    monkeypatch.setattr(config, "config_dir", changed)
    forget()
    assert load_items().reporter == "JPN"
    after = {path: reading(path, payload) for path, payload in payloads.items()}
    monkeypatch.undo()
    forget()
    assert [str(path) for path in GIVEN if before[path] != after[path]] == []


def test_what_baci_takes_is_what_it_was_told() -> None:
    source, path = registry.source("baci"), FIXTURES / "baci" / "good.csv"
    payload = Payload("baci", (Part(path.read_bytes(), path.name),), NOW)
    nothing = Items.model_validate({"reporter": "CHN", "items": []}).model_dump_json()
    told = Payload("baci", payload.parts, NOW, selection=nothing)
    assert list(source.parse(told)) == []
    assert len(list(source.parse(source.told(payload)))) > 0
