"""Twelve ways in which a feed lies, on each connector: the last good payload stays, one alert says why, and it recovers by itself."""

import gzip
import os
import re
from collections.abc import Callable

import pytest

from supplywatch import metrics
from supplywatch.errors import Quarantine
from supplywatch.intake import guards
from supplywatch.intake.status import source_health
from supplywatch.intake.visit import PollResult
from supplywatch.model.records import SourceStatus
from supplywatch.model.source import Part, Payload
from tests.faults.answers import CASES, PAGED, fields, good, others, pages, re_encoded, renamed, shrunken, with_a_stray_byte
from tests.faults.monitor import FIRST_POLL, Monitor, Watch
from tests.faults.server import Answer, Publisher, bomb, send, silent, stalled

pytestmark = pytest.mark.loopback

MAX_BYTES = 2_000_000
AWAY = ("unreachable",)
ERROR = b'{"error": {"code": 400, "message": "Invalid query parameters."}}'
PAGE = b"<!DOCTYPE html>\n<html><head><title>Down</title></head><body>Maintenance</body></html>"
NOT_THE_FORMAT = ("source_changed", "wrong_file", "error_body")
Make = Callable[[str], Answer]
FAULTS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "429 with Retry-After": (lambda _s: send(b"slow down", 429, Retry_After="3600"), AWAY),
    "500": (lambda _s: send(b"oops", 500), AWAY),
    "no answer": (lambda _s: silent, AWAY),
    "stalled body": (lambda s: stalled(good(s)), AWAY),
    "empty 200": (lambda _s: send(b""), ("empty_body",)),
    "error body in 200": (lambda _s: send(ERROR), ("error_body",)),
    "web page in 200": (lambda _s: send(PAGE, Content_Type="text/html"), ("error_body",)),
    "cut while sending": (lambda s: send(good(s)[: len(good(s)) // 2], length=len(good(s))), ("truncated",)),
    "cut gzip": (lambda s: send(gzip.compress(good(s))[:-20], Content_Encoding="gzip"), ("truncated",)),
    "cut at the source": (lambda s: send(good(s)[: len(good(s)) * 2 // 3 + 7]), ("truncated", "shrunken", "wrong_file", "source_changed")),
    "wrong file": (lambda s: send(next(others(s))), NOT_THE_FORMAT),
    "shrunken": (lambda s: send(shrunken(s)), ("shrunken", "anchor_missing", "truncated")),
    "another encoding": (lambda s: send(re_encoded(s)), ("encoding", "source_changed")),
    "stray byte": (lambda s: send(with_a_stray_byte(s)), ("encoding",)),
    "renamed field": (lambda s: send(renamed(s, fields(s)[-1])), ("source_changed",)),
    "oversized": (lambda s: send(good(s) + b" " * (MAX_BYTES + 1)), ("too_large",)),
    "compression bomb": (lambda _s: bomb(20_000_000), ("too_large",)),
}
SLOW = ("no answer", "stalled body")
ON_THE_WAY = ("429 with Retry-After", "500", *SLOW, "cut while sending", "cut gzip", "oversized", "compression bomb")
"""Found out before a connector sees a byte: on every connector in CI (environment variable ``CI``), else on one of each kind and a toy."""
ONE_OF_EACH_KIND = ("comtrade", "csl", "federal_register", "straits")
POLLED = [(s, f) for f in FAULTS for s in CASES if os.environ.get("CI") or f not in ON_THE_WAY or s in ONE_OF_EACH_KIND]
each_source = pytest.mark.parametrize("source_id", CASES)


def counted(source_id: str, reason: str) -> float:
    return float(metrics.POLL_FAILURES.labels(source_id, reason)._value.get())


def level(watched: Monitor) -> str:
    return source_health(watched.source.card, watched.state, watched.now).level


def check_refused(watched: Monitor, results: list[PollResult], reasons: tuple[str, ...]) -> None:
    """The payload stands in the log once, with a reason and a sentence, and its bytes are kept to be looked at."""
    reason = results[0].reason
    assert reason in reasons, results
    assert [result.reason for result in results] == [reason] * len(results)
    assert [result.outcome for result in results] == ["unreachable" if reasons == AWAY else "quarantined"] * len(results)
    detail = results[0].detail or ""
    assert len(detail) > 20, "a sentence"
    assert "Traceback" not in detail
    assert "Error(" not in detail
    if reasons == AWAY:
        return
    (line,) = [entry for entry in watched.logged() if entry.status == "quarantined"]
    assert (line.reason, line.detail) == (reason, detail)
    assert all(watched.archive.find(line.source, part.sha256) is not None for part in line.parts)


@pytest.mark.parametrize(("source_id", "fault"), POLLED)
def test_fault(source_id: str, fault: str, server: Publisher, watch: Watch) -> None:
    make, reasons = FAULTS[fault]
    watched = watch(CASES[source_id], max_bytes=MAX_BYTES)
    server.answer = send(good(source_id))
    assert watched.poll().outcome == "accepted"
    judged, kept, before, well = watched.judged(), watched.last_good(), watched.state, level(watched)

    server.answer = make(source_id)
    poll = watched.poll_in_a_hurry if fault in SLOW else watched.poll
    results = [poll()]
    failed = counted(source_id, str(results[0].reason))
    results.append(poll())

    check_refused(watched, results, reasons)
    assert (watched.judged(), watched.last_good()) == (judged, kept), "nothing of it was believed"
    assert (watched.state.last_good_at, watched.state.content_observed) == (before.last_good_at, before.content_observed)
    assert counted(source_id, str(results[0].reason)) == failed + 1
    assert [transition for transition, _ in watched.operations()] == ["opened"], "one alert, however many polls fail"
    assert watched.operations()[0][1].startswith(source_id)
    assert len(watched.reports()) == 1
    assert level(watched) == ("warn" if reasons == AWAY else "fail")

    server.answer = send(good(source_id))
    assert watched.poll().good
    assert [transition for transition, _ in watched.operations()] == ["opened", "resolved"]
    assert watched.reports()[-1].status == SourceStatus.ACCEPTED
    assert (watched.state.failures, level(watched)) == (0, well)


@pytest.mark.parametrize("source_id", PAGED)
@pytest.mark.parametrize("fault", ["500", "empty 200", "error body in 200", "cut while sending", "wrong file", "compression bomb"])
def test_fault_on_the_second_page(source_id: str, fault: str, server: Publisher, watch: Watch) -> None:
    make, reasons = FAULTS[fault]
    watched = watch(CASES[source_id], max_bytes=MAX_BYTES)
    first, second = map(send, pages(source_id))
    server.serve(first, make(source_id))
    check_refused(watched, [watched.poll()], reasons)
    assert (watched.judged(), watched.last_good()) == (0, None), "half an answer is none"
    assert [transition for transition, _ in watched.operations()] == ["opened"]

    server.serve(first, second)
    assert watched.poll().outcome == "accepted"
    assert [transition for transition, _ in watched.operations()] == ["opened", "resolved"]
    assert watched.judged() > 0


@each_source
def test_a_publisher_that_asks_to_wait_is_left_alone(source_id: str, server: Publisher, watch: Watch) -> None:
    watched = watch(CASES[source_id])
    server.answer = send(b"slow down", 429, Retry_After="3600")
    assert "asks to wait 3600 s" in str(watched.poll().detail)
    assert len(server.asked) == 1, "not asked again before its time"
    assert watched.state.not_before is not None
    assert (watched.state.not_before - watched.now).total_seconds() == 3600


@each_source
def test_the_same_again_is_unchanged_and_judges_nothing(source_id: str, server: Publisher, watch: Watch) -> None:
    watched = watch(CASES[source_id])
    server.answer = send(good(source_id))
    assert watched.poll().outcome == "accepted"
    judged = watched.judged()
    assert [watched.poll().outcome for _ in range(2)] == ["unchanged"] * 2
    assert (watched.judged(), watched.operations()) == (judged, [])


@each_source
def test_a_fault_on_the_first_poll_ends_with_the_first_good_one(source_id: str, server: Publisher, watch: Watch) -> None:
    watched = watch(CASES[source_id])
    server.answer = send(ERROR)
    assert watched.poll().outcome == "quarantined"
    assert watched.state.last_good_at is None
    server.answer = send(good(source_id))
    assert watched.poll().outcome == "accepted"
    assert [transition for transition, _ in watched.operations()] == ["opened", "resolved"]


@each_source
def test_trouble_of_another_kind_is_the_same_episode(source_id: str, server: Publisher, watch: Watch) -> None:
    watched = watch(CASES[source_id])
    for answer in (send(good(source_id)), send(b""), send(b"oops", 500), send(ERROR), send(good(source_id))):
        server.answer = answer
        watched.poll()
    transitions = [transition for transition, _ in watched.operations()]
    assert (transitions[0], transitions[-1]) == ("opened", "resolved")
    assert transitions.count("opened") == transitions.count("resolved") == 1


def read(source_id: str, body: bytes) -> None:
    payload = Payload(source_id, (Part(body, "payload"),), FIRST_POLL)
    guards.read(CASES[source_id], payload, now=payload.fetched, warn=lambda _message: None)


@each_source
def test_every_field_is_missed(source_id: str) -> None:
    """Each field of a row, renamed by itself, is refused by name."""
    body = good(source_id)
    read(source_id, body)
    for field in fields(source_id):
        with pytest.raises(Quarantine, match=f"{re.escape(field)}|renamed_by_the_publisher") as refused:
            read(source_id, renamed(source_id, field))
        assert refused.value.reason == "source_changed"


@each_source
def test_the_files_of_every_other_source_are_refused(source_id: str) -> None:
    for body in others(source_id):
        with pytest.raises(Quarantine) as refused:
            read(source_id, body)
        assert refused.value.reason in (*NOT_THE_FORMAT, "encoding")
