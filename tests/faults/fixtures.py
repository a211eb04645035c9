"""Fixtures of the tests that poll: a publisher on loopback and monitors of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supplywatch.model.source import Source
from tests.faults.monitor import Monitor, Watch
from tests.faults.server import Publisher, publisher


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as running:
        yield running


@pytest.fixture
def watch(server: Publisher, tmp_path: Path) -> Iterator[Watch]:
    made: list[Monitor] = []

    def make(source: Source, **options: Any) -> Monitor:
        made.append(Monitor(source, server, tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
