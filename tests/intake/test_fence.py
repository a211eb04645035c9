"""Whatever a publisher does to the process that reads it, the poll ends within its limits, the last good state stands, and others go on."""

import gzip
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from supplywatch import registry
from supplywatch.errors import Ended
from supplywatch.intake.archive import Archive
from supplywatch.intake.fence import Fence, FencedFetcher
from supplywatch.intake.fetch import Limits
from supplywatch.intake.runner import Runner
from supplywatch.intake.status import source_health
from supplywatch.intake.visit import PollResult
from supplywatch.judging.engine import Engine
from supplywatch.model.items import load_items
from tests.faults import hostile
from tests.faults.monitor import Judged, fresh_ledger, record_topic
from tests.faults.server import Publisher, send
from tests.faults.straits import body, month

pytestmark = pytest.mark.loopback

LIMITS = Limits(poll_s=2.5, attempts=1)


@pytest.fixture(scope="module")
def fence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fence]:
    """One forkserver for all tests: starting it takes longer than a test."""
    folder = tmp_path_factory.mktemp("fenced")
    os.environ["SUPPLYWATCH_COMTRADE_KEY"] = "canary-7731"
    made = Fence(folder / "spool", folder / "archive", "tests.faults.hostile:sources")
    yield made
    made.close()
    del os.environ["SUPPLYWATCH_COMTRADE_KEY"]


class Watcher:
    """Polls the toy publishers behind a fence, as the connector does."""

    def __init__(self, fence: Fence, server: Publisher, folder: Path) -> None:
        self.server, self.ledger = server, fresh_ledger()
        self.producer = Judged(Engine(self.ledger, registry.rules(), load_items()))
        fetcher = FencedFetcher(fence, lambda _name: None, LIMITS)
        options = {name: {"url": f"{server.url}/{name}"} for name in hostile.sources()}
        self.runner = Runner(self.ledger, Archive(folder), fetcher, self.producer, record_topic, options=options)
        self.sources = {name: fence.around(source) for name, source in hostile.sources().items()}

    def poll(self, name: str = "straits") -> PollResult:
        return self.runner.poll(self.sources[name])


@pytest.fixture
def watcher(fence: Fence, server: Publisher, tmp_path: Path) -> Watcher:
    return Watcher(fence, server, tmp_path)


def told(word: str, last_day: int = 4) -> bytes:
    return word.encode() + b"\n" + body(month(last_day))


def test_a_poll_behind_the_fence_is_as_any(watcher: Watcher, server: Publisher) -> None:
    server.answer = send(told("good"))
    assert (watcher.poll().outcome, len(watcher.producer.sent)) == ("accepted", 8)
    assert watcher.poll().outcome == "unchanged"
    server.answer = send(b"good\n<html>")
    assert watcher.poll().outcome == "quarantined"
    assert len(watcher.producer.sent) == 9, "and one report"


@pytest.mark.parametrize(
    ("word", "why"),
    [("hang", "ended after 3 s, its limit of time"), ("grow", "ended at 215 MiB, its limit of memory"), ("die", "ended from outside")],
)
def test_what_is_ended_is_told_with_its_limit_and_offers_nothing(watcher: Watcher, server: Publisher, word: str, why: str) -> None:
    server.answer = send(told("good"))
    watcher.poll()
    server.answer = send(told(word, last_day=6))
    result = watcher.poll()
    assert (result.outcome, result.reason) == ("quarantined", "over_limit")
    assert why in str(result.detail)
    state = watcher.runner.state(watcher.sources["straits"])
    assert (state.failures, state.content_observed) == (1, "2026-09-04")
    health = source_health(watcher.sources["straits"].card, state, watcher.runner._clock())
    assert health.level == "fail"
    assert why in health.sentence
    assert len([record for record in watcher.producer.sent if record.family == "transit"]) == 8, "no half of what it had read"
    server.answer = send(told("good", last_day=6))
    assert (watcher.poll().outcome, len({r.record_id for r in watcher.producer.sent if r.family == "transit"})) == ("accepted", 12)


def trickled_headers(handler: BaseHTTPRequestHandler) -> None:
    """Send a header now and then, never silent for long and never done."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(60):
        handler.wfile.write(b"X-%d: a\r\n" % number)
        handler.wfile.flush()
        time.sleep(0.3)


def test_trickled_headers_count_against_the_whole_poll(watcher: Watcher, server: Publisher) -> None:
    server.answer = trickled_headers
    started = time.monotonic()
    result = watcher.poll()
    assert (result.outcome, result.reason) == ("quarantined", "over_limit")
    assert "fetching was ended after 2.5 s" in str(result.detail)
    assert time.monotonic() - started < 15


def test_empty_members_and_a_bomb_end_at_once(watcher: Watcher, server: Publisher) -> None:
    member = gzip.compress(b"", mtime=0)
    server.answer = send(member * (3 * 1024 * 1024 // len(member)))
    assert watcher.poll().reason == "empty_body"
    server.answer = send(gzip.compress(b"b" * 50_000_000), Content_Encoding="gzip")
    assert watcher.poll().reason == "too_large"


def test_another_source_is_polled_beside_one_that_hangs(watcher: Watcher, server: Publisher) -> None:
    """Wait for the second to be done while the first is still in hand."""
    server.answer = send(told("sleep"))
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(watcher.poll)
        while not server.asked:
            time.sleep(0.01)
        time.sleep(0.3)
        server.answer = send(told("good"))
        assert watcher.poll("other").outcome == "accepted"
        assert not slow.done(), "the other has not waited for it"
        assert slow.result(30).reason == "over_limit"


def test_the_reading_process_knows_no_secret(watcher: Watcher, server: Publisher) -> None:
    server.answer = send(told("environment"))
    detail = str(watcher.poll().detail)
    assert "PATH" in detail
    assert "SUPPLYWATCH_COMTRADE_KEY" not in detail


def test_a_forkserver_that_is_killed_is_started_again(watcher: Watcher, fence: Fence, server: Publisher) -> None:
    server.answer = send(told("good"))
    assert watcher.poll().outcome == "accepted"
    assert fence._server is not None
    os.kill(fence._server.pid, signal.SIGKILL)
    fence._server.wait()
    server.answer = send(told("good", last_day=5))
    assert watcher.poll().outcome == "accepted"


def test_jobs_in_hand_end_with_the_fence_and_are_no_trouble_of_the_source(server: Publisher, tmp_path: Path) -> None:
    fence = Fence(tmp_path / "spool", tmp_path / "archive", "tests.faults.hostile:sources")
    watcher = Watcher(fence, server, tmp_path)
    server.answer = send(told("sleep"))
    threading.Timer(1.5, fence.close).start()
    with pytest.raises(Exception, match="the process ends") as caught:
        watcher.poll()
    assert not isinstance(caught.value, Ended)
    assert watcher.runner.state(watcher.sources["straits"]).failures == 0


def test_limits_are_on_every_card_and_larger_ones_say_why() -> None:
    usual = hostile.sources()["other"].card.need
    assert usual != replace(usual, memory_mb=1)
    for source in registry.sources().values():
        need = source.card.need
        assert need.why or need == type(need)(), source.card.source_id
