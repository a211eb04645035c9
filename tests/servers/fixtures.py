"""Real servers as session fixtures. One that cannot be had: the test is skipped with the reason, and fails when CI is set."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from streams.embedded import EmbeddedBroker
from supplywatch.errors import Refuse
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.servers.process import Unavailable

S = TypeVar("S")


def lacking(reason: str) -> NoReturn:
    """Skip a test for what this machine lacks; in CI, which must have it, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"CI needs this: {reason}")
    pytest.skip(reason)


def obtain(make: Callable[[], S]) -> S:
    """Make a server, or skip (on a user's machine) or fail (in CI) with the reason."""
    try:
        return make()
    except (Unavailable, Refuse) as error:
        lacking(str(error))


def _postgres(version: str) -> Iterator[Postgres]:
    # Not below pytest's folder: that is private to its user, and PostgreSQL may have to run as another one.
    with tempfile.TemporaryDirectory(prefix="supplywatch-pg-") as folder:
        server = obtain(lambda: Postgres(version, Path(folder)))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """Apache Kafka 4.1.1."""
    server = obtain(lambda: Kafka(tmp_path_factory.mktemp("kafka")))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres15() -> Iterator[Postgres]:
    """PostgreSQL 15."""
    yield from _postgres("15")


@pytest.fixture(scope="session")
def postgres18() -> Iterator[Postgres]:
    """PostgreSQL 18."""
    yield from _postgres("18")


@pytest.fixture(scope="session", params=["15", "18"])
def postgres(request: pytest.FixtureRequest) -> Postgres:
    """Both versions of PostgreSQL, one after the other."""
    server: Postgres = request.getfixturevalue(f"postgres{request.param}")
    return server


@pytest.fixture(scope="session")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """The embedded default broker (memory only)."""
    broker = obtain(lambda: EmbeddedBroker(tmp_path_factory.mktemp("embedded")))
    broker.start()
    yield broker
    broker.stop()
