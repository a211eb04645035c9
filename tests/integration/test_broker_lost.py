"""The embedded broker killed under its supervisor: all start anew on an empty broker, and what is sent again completes the ledger."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from streams.embedded import EmbeddedBroker
from streams.supervisor import ChildSpec, Supervisor
from supplywatch.ledger.queries import Filter, alerts
from supplywatch.settings import Settings
from tests.servers.cluster import Cluster, expected_events, toy_records
from tests.servers.process import ROOT, wait_until

pytestmark = pytest.mark.integration

SPECS = (
    ChildSpec("relay", (sys.executable, "-m", "streams.relay")),
    ChildSpec("worker", (sys.executable, "-m", "tests.servers.toy_worker")),
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Settings, Supervisor, list[str], EmbeddedBroker]]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    settings = Settings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", topic_prefix="t.", data_dir=tmp_path, metrics_port=0)
    urls: list[str] = []
    broker, stop = EmbeddedBroker(tmp_path), threading.Event()
    supervisor = Supervisor(settings, SPECS, tmp_path / "state", broker, urls.append)
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    with capture_logs():
        thread.start()
        yield settings, supervisor, urls, broker
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def said_so_far(cluster: Cluster) -> set[str]:
    """Return the events a broker has confirmed."""
    events = set(cluster.ledger_events())  # before the outbox: an event written in between must not look confirmed
    return events - {row.event_id for row in cluster.ledger.outbox_pending(10_000)}


def test_a_killed_broker_loses_nothing_that_was_judged(
    tree: tuple[Settings, Supervisor, list[str], EmbeddedBroker], tmp_path: Path
) -> None:
    settings, supervisor, urls, broker = tree
    records = toy_records(subjects=20, days=100)
    wait_until(lambda: len(urls) == 1 and not supervisor.problems(), 60, "the tree is ready")
    with Cluster(urls[0], settings.ledger, tmp_path) as cluster:
        cluster.settings = cluster.settings.model_copy(update={"topic_prefix": settings.topic_prefix})
        cluster.produce(records[:1000])
        wait_until(lambda: bool(said_so_far(cluster)), 60, "first events confirmed")
        before, pid = supervisor.pids(), broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(urls) == 2, 60, "the broker is there again")
        said = said_so_far(cluster)
        wait_until(lambda: supervisor.pids().keys() == before.keys() and not supervisor.problems(), 60, "the tree is ready again")
        assert all(supervisor.pids()[name] != old for name, old in before.items()), "all started anew"
    with Cluster(urls[1], settings.ledger, tmp_path) as cluster:
        cluster.settings = cluster.settings.model_copy(update={"topic_prefix": settings.topic_prefix})
        cluster.produce(records)
        cluster.wait_judged(len(records), 90)
        wait_until(lambda: cluster.lag() == 0, 60, "everything acknowledged")
        cluster.wait_published(60)
        assert cluster.judged() == len(records)
        events = cluster.ledger_events()
        assert len(events) == len(set(events))
        assert set(events) == set(expected_events(records))
        # What the first broker had confirmed died with it; all that it had not stands on the second.
        assert set(events) - said <= set(cluster.published()) <= set(events)
        assert said
        assert set(events) - said
        running = {view.row["alert_id"]: view.event.event_id for view in alerts(cluster.ledger, Filter(states=("open", "held")))}
        assert running
        assert running.items() <= cluster.states().items(), "what stands is on the state topic of the new broker, too"
        again = cluster.run("topics", "replay", "--since", "2020-01-01T00:00Z", "--json")
        assert json.loads(again.stdout) == {"sent": len(events), "topic": "t.alerts.v1"}, again.stderr
        assert set(cluster.published()) == set(events), "what died with the first broker stands on the second"
        assert "sent again to t.alert-state.v1" in cluster.run("topics", "replay", "--state").stdout
        assert cluster.run("topics", "replay").returncode == 2
