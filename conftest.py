"""Registers the fixtures that start real servers (tests/servers), and the warnings of others that are not ours to mend."""

import pytest

pytest_plugins = ["tests.servers.fixtures"]
collect_ignore_glob = ["supplywatch/ledger/migrations/*"]  # run by alembic, not imported


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what kafka-python 3.0.12 does: it reads schemas by an old call, and forgets sockets when a broker is away."""
    config.addinivalue_line("filterwarnings", "ignore:(read|open)_text is deprecated:DeprecationWarning")
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")
