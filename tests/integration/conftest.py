"""Clusters on both kinds of deployment: Apache Kafka with PostgreSQL, the embedded broker with SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers.cluster import Cluster


@pytest.fixture(params=["production", "embedded"])
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster on each kind of deployment."""
    from tests.servers.cluster import Cluster  # not above: pytest loads this file before the warnings of kafka-python are let pass

    if request.param == "production":
        broker, ledger = request.getfixturevalue("kafka").url, request.getfixturevalue("postgres18").database()
    else:
        broker, ledger = request.getfixturevalue("embedded_broker").url, f"sqlite:///{tmp_path / 'ledger.db'}"
    made = Cluster(broker, ledger, tmp_path)
    yield made
    made.close()
