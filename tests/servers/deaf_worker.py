"""``python -m tests.servers.deaf_worker``: a worker that creates no topics and does not hear of those that come while it runs."""

from typing import Any
from unittest.mock import patch

from streams import app, worker
from supplywatch.runtime.broker import BrokerAddress
from supplywatch.settings import Settings
from tests.servers.toy_worker import make_engine

NEVER_MS = 3_600_000


def build_deaf(settings: Settings, address: BrokerAddress, group: str) -> Any:
    made = app.build_app(settings, address, group)
    made.conf.consumer_metadata_max_age_ms = NEVER_MS
    return made


if __name__ == "__main__":
    with patch.object(worker, "build_app", build_deaf), patch.object(worker, "ensure_topics"):
        worker.main(worker.judging(make_engine))
