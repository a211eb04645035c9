"""Twelve ways in which a feed lies, on each connector: the last good payload stays, one alert says why, and it recovers by itself."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.monitor import Monitor
from faults.server import Answer, Publisher, bomb, publisher, send, silent, stalled

from supplywatch import metrics, registry

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SOURCES = list(registry.sources())
FIELD = {
    "bgs_minerals": "quantity",
    "comtrade": "primaryValue",
    "csl": "federal_register_notice",
    "federal_register": "document_number",
    "portwatch_chokepoints": "n_total",
    "usgs_mcs": "Statistics_detail",
}
"""A field of each source that a publisher might rename."""
MAX_BYTES = 2_000_000


def good(source_id: str) -> bytes:
    """Return a whole answer, large enough that half of it is a shrunken one."""
    path = next(p for suffix in ("json", "csv") if (p := FIXTURES / source_id / f"good.{suffix}").is_file())
    return ENLARGED.get(source_id, lambda body: body)(path.read_bytes())


def _comtrade(body: bytes) -> bytes:
    whole = json.loads(body)
    rows = [row | {"cmdCode": f"{code:06d}"} for code in range(260101, 260113) for row in whole["data"] if row["cmdCode"] == _first(whole)]
    return json.dumps(whole | {"data": rows, "count": len(rows)}).encode()


def _first(whole: Any) -> str:
    return str(whole["data"][0]["cmdCode"])


def _bgs(body: bytes) -> bytes:
    whole = json.loads(body)
    template = whole["features"][0]
    features = []
    for year in range(1980, 2000):
        feature = copy.deepcopy(template)
        feature["id"] = year
        feature["properties"]["year"] = f"{year}-01-01T00:00:00Z" if "T" in template["properties"]["year"] else f"{year}-01-01 00:00:00"
        features.append(feature)
    return json.dumps({**whole, "features": features, "numberMatched": len(features), "numberReturned": len(features)}).encode()


def _usgs(body: bytes) -> bytes:
    header, *rows = body.decode("cp1252").splitlines()
    first = next(row for row in rows if ",2024," in row)
    return "\r\n".join([header, *(first.replace(",2024,", f",{year},") for year in range(2001, 2025)), ""]).encode("cp1252")


ENLARGED: dict[str, Callable[[bytes], bytes]] = {"comtrade": _comtrade, "bgs_minerals": _bgs, "usgs_mcs": _usgs}


def shrunken(source_id: str) -> bytes:
    """Return a well-formed answer with about half of the rows."""
    body = good(source_id)
    if body.lstrip()[:1] != b"{":
        lines = body.splitlines(keepends=True)
        return b"".join(lines[: 1 + len(lines) // 2])
    whole = json.loads(body)
    name = next(key for key in ("features", "data", "results") if key in whole)
    whole[name] = whole[name][: len(whole[name]) // 2]
    for count in ("count", "numberMatched", "numberReturned"):
        if count in whole and source_id != "federal_register":  # fewer acts than before are nothing odd, fewer than counted are
            whole[count] = len(whole[name])
    return json.dumps(whole).encode()


def other_source(source_id: str) -> bytes:
    return good("csl" if source_id != "csl" else "portwatch_chokepoints")


def renamed(source_id: str) -> bytes:
    body = good(source_id)
    assert FIELD[source_id].encode() in body
    return body.replace(FIELD[source_id].encode(), b"renamed_by_the_publisher")


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as running:
        yield running


@pytest.fixture
def monitor(server: Publisher, tmp_path: Path) -> Iterator[Callable[[str], Monitor]]:
    made: list[Monitor] = []

    def make(source_id: str) -> Monitor:
        made.append(Monitor(registry.source(source_id), server, tmp_path, MAX_BYTES))
        return made[-1]

    yield make
    for one in made:
        one.close()


Make = Callable[[str], Answer]
FAULTS: dict[str, tuple[Make, str]] = {
    "429 with Retry-After": (lambda _s: send(b"slow down", 429, Retry_After="3600"), "unreachable"),
    "500": (lambda _s: send(b"oops", 500), "unreachable"),
    "no answer": (lambda _s: silent, "unreachable"),
    "stalled body": (lambda s: stalled(good(s)), "unreachable"),
    "empty 200": (lambda _s: send(b""), "quarantined"),
    "error body in 200": (lambda _s: send(b'{"error": {"code": 400, "message": "Invalid query parameters."}}'), "quarantined"),
    "web page in 200": (lambda _s: send(b"<html><body>Maintenance</body></html>"), "quarantined"),
    "cut while sending": (lambda s: send(good(s)[: len(good(s)) // 2], length=len(good(s))), "quarantined"),
    "cut at the source": (lambda s: send(good(s)[: len(good(s)) * 2 // 3 + 7]), "quarantined"),
    "wrong file": (lambda s: send(other_source(s)), "quarantined"),
    "shrunken": (lambda s: send(shrunken(s)), "quarantined"),
    "wrong encoding": (lambda s: send(good(s).decode("cp1252" if s == "usgs_mcs" else "utf-8").encode("utf-16")), "quarantined"),
    "renamed field": (lambda s: send(renamed(s)), "quarantined"),
    "oversized": (lambda s: send(good(s) + b" " * (MAX_BYTES + 1)), "quarantined"),
    "compression bomb": (lambda _s: bomb(20_000_000), "quarantined"),
}
each_source = pytest.mark.parametrize("source_id", SOURCES)


def failures(source_id: str) -> float:
    samples = next(iter(metrics.POLL_FAILURES.collect())).samples
    return sum(s.value for s in samples if s.labels["source"] == source_id and s.name.endswith("_total"))


@each_source
@pytest.mark.parametrize("fault", FAULTS)
def test_fault(source_id: str, fault: str, server: Publisher, monitor: Callable[[str], Monitor]) -> None:
    make, expected = FAULTS[fault]
    watched = monitor(source_id)
    server.answer = send(good(source_id))
    assert [watched.poll().outcome for _ in range(2)] == ["accepted", "unchanged"]
    judged, kept, before = watched.judged(), watched.last_good(), watched.state

    server.answer = make(source_id)
    counted = failures(source_id)
    results = [watched.poll(), watched.poll()]

    assert [result.outcome for result in results] == [expected] * 2, results
    assert results[0].detail
    assert source_id in results[0].detail or "row" in results[0].detail or "header" in results[0].detail or ":" in results[0].detail
    assert (watched.judged(), watched.last_good()) == (judged, kept), "nothing of it was believed"
    assert (watched.state.last_good_at, watched.state.content_observed) == (before.last_good_at, before.content_observed)
    assert failures(source_id) == counted + 2
    said = watched.operations()
    assert [transition for transition, _ in said] == ["opened"], "one alert, however many polls fail"

    server.answer = send(good(source_id))
    assert watched.poll().good
    assert [transition for transition, _ in watched.operations()] == ["opened", "resolved"]
    assert watched.state.failures == 0


@each_source
def test_a_publisher_that_asks_to_wait_is_left_alone(source_id: str, server: Publisher, monitor: Callable[[str], Monitor]) -> None:
    watched = monitor(source_id)
    server.answer = send(b"slow down", 429, Retry_After="3600")
    watched.poll()
    assert len(server.asked) == 1, "not asked again before its time"
    assert watched.state.not_before is not None
    assert (watched.state.not_before - watched.now).total_seconds() == 3600


@each_source
def test_the_same_again_is_unchanged_and_costs_nothing(source_id: str, server: Publisher, monitor: Callable[[str], Monitor]) -> None:
    watched = monitor(source_id)
    server.answer = send(good(source_id))
    first, judged = watched.poll(), watched.judged()
    assert first.outcome == "accepted"
    assert watched.poll().outcome == "unchanged"
    assert watched.judged() == judged
    assert watched.operations() == []
