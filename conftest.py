"""Registers the fixtures that start real servers, what keeps tests from the network, and the warnings of others we cannot mend."""

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers.fixtures", "tests.sockets"]
collect_ignore_glob = ["supplywatch/ledger/migrations/*"]  # run by alembic, not imported

# How long a machine with others on it takes says nothing of the code; what is bounded in time has a test that says so.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what kafka-python 3.0.12 does: it reads schemas by an old call, and forgets sockets when a broker is away."""
    config.addinivalue_line("filterwarnings", "ignore:(read|open)_text is deprecated:DeprecationWarning")
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")
