"""Retention: what nothing needs goes and is written down; what an event cites, what is compared with and what waits stays."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from supplywatch.errors import BrokerAway
from supplywatch.intake.retention import Policy, plan, prune
from supplywatch.ledger import retention, schema
from tests.faults import straits
from tests.faults.monitor import Monitor
from tests.faults.server import Publisher, publisher, send
from tests.faults.straits import body, month

pytestmark = pytest.mark.loopback

POLICY = Policy(keep_days=10, keep_newest=3)


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as running:
        yield running


@pytest.fixture
def watched(server: Publisher, tmp_path: Path) -> Iterator[Monitor]:
    with capture_logs():
        monitor = Monitor(straits.SOURCE, server, tmp_path / "archive")
        yield monitor
        monitor.close()


def days(watched: Monitor, server: Publisher, answers: list[bytes]) -> None:
    """Poll once a day; files are as old as the poll that wrote them."""
    for answer in answers:
        watched.now += timedelta(hours=23)
        server.answer = send(answer)
        watched.poll()
        age(watched, watched.now)


def age(watched: Monitor, moment: datetime) -> None:
    for path in watched.archive.root.glob("*/??/*.gz"):
        if path.stat().st_mtime > moment.timestamp():
            os.utime(path, (moment.timestamp(), moment.timestamp()))


def kept(watched: Monitor) -> set[str]:
    return {stored.sha256 for stored in watched.archive.stored("straits")}


def body_of(watched: Monitor, number: int) -> str:
    return watched.logged()[number].parts[0].sha256


def test_old_ones_go_and_the_rest_stays(watched: Monitor, server: Publisher) -> None:
    days(watched, server, [body(month(day)) for day in range(1, 6)])
    days(watched, server, [b"<html>down</html>"])
    days(watched, server, [body(month(day)) for day in range(6, 20)])
    everything = kept(watched)
    assert len(everything) == 20
    (planned,) = plan(watched.ledger, watched.archive, POLICY, watched.now)
    assert kept(watched) == everything, "a plan removes nothing"
    (done,) = prune(watched.ledger, watched.archive, POLICY, watched.now, "A. Keeper")
    assert done == planned
    gone = everything - kept(watched)
    assert gone == {removal.sha256 for removal in done.removals} == {body_of(watched, number) for number in (0, 1, 2, 3, 4, 7, 8)}
    assert done.kept.total() == 13
    assert done.kept["cited by an event"] == 2, "the page that opened the alert about the source, and the payload that ended it"


def test_each_removal_is_written_down_for_good(watched: Monitor, server: Publisher) -> None:
    days(watched, server, [body(month(day)) for day in range(1, 16)])
    (done,) = prune(watched.ledger, watched.archive, POLICY, watched.now, "A. Keeper")
    with watched.ledger.read() as connection:
        assert retention.removed(connection) == (len(done.removals), done.freed_bytes)
        row = connection.execute(select(schema.archive_removal)).first()
    assert row is not None
    assert (row.source, row.actor, row.removed_at) == ("straits", "A. Keeper", watched.now)
    assert row.policy == "older than 10 days, not of the newest 3 accepted of its source, cited by no event"
    for change in (update(schema.archive_removal).values(actor="B"), delete(schema.archive_removal)):
        with pytest.raises(DBAPIError, match="append-only"), watched.ledger.engine.begin() as connection:
            connection.execute(change)
    assert prune(watched.ledger, watched.archive, POLICY, watched.now, "A. Keeper")[0].removals == ()


def test_what_waits_to_be_offered_stays_however_old(watched: Monitor, server: Publisher) -> None:
    days(watched, server, [body(month(3))])
    watched.producer.away = True
    server.answer = send(body(month(7)))
    with pytest.raises(BrokerAway):
        watched.poll()
    age(watched, watched.now)
    watched.now += timedelta(days=900)
    (done,) = prune(watched.ledger, watched.archive, Policy(1, 1), watched.now, "A. Keeper")
    assert (done.removals, done.kept.total()) == ((), 2)
    watched.producer.away = False
    assert watched.runner.reoffer(watched.source) > 0
    assert watched.judged() == 14


def test_the_next_poll_goes_on_as_if_nothing_had_gone(watched: Monitor, server: Publisher) -> None:
    days(watched, server, [body(month(day)) for day in range(1, 16)])
    watched.now += timedelta(days=900)
    prune(watched.ledger, watched.archive, Policy(1, 1), watched.now, "A. Keeper")
    assert kept(watched) == {body_of(watched, 13), body_of(watched, 14)}, "the last is crossed out by the next poll"
    assert watched.poll().outcome == "unchanged"
    server.answer = send(body(month(16)))
    assert watched.poll().records == 2
    assert watched.judged() == 32


def test_a_source_that_is_polled_is_left_alone(watched: Monitor, server: Publisher) -> None:
    days(watched, server, [body(month(day)) for day in range(1, 16)])
    with watched.archive.lock("straits"):
        (done,) = prune(watched.ledger, watched.archive, POLICY, watched.now, "A. Keeper")
    assert (done.busy, done.removals, len(kept(watched))) == (True, (), 15)
    with watched.ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.archive_removal)).scalar_one() == 0


def test_a_body_nobody_refers_to_goes_when_it_is_old(watched: Monitor, server: Publisher) -> None:
    days(watched, server, [body(month(2))])
    lost = watched.archive.root / "straits" / "ab" / f"{'ab' * 32}.gz"
    lost.parent.mkdir(exist_ok=True)
    lost.write_bytes(b"cut by a crash before its poll was written down")
    age(watched, watched.now)
    assert plan(watched.ledger, watched.archive, POLICY, watched.now)[0].removals == ()
    (later,) = plan(watched.ledger, watched.archive, POLICY, watched.now + timedelta(days=11))
    assert [removal.sha256 for removal in later.removals] == ["ab" * 32]
