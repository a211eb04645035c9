"""A record that no topic takes is told by name, and keeps nothing else waiting: neither its file, nor the files after it."""

import json
from pathlib import Path

import pytest

from supplywatch import registry
from supplywatch.intake.oversize import MAX_RECORD_BYTES
from supplywatch.intake.status import source_health
from supplywatch.model.records import ListChange, Record
from tests.faults import straits
from tests.faults.monitor import Monitor, Watch
from tests.faults.server import Publisher, send

pytestmark = pytest.mark.loopback

CSL = registry.source("csl")
GOOD = json.loads((Path(__file__).parents[1] / "fixtures" / "csl" / "good.json").read_text())


def answer(number: int, remark: str | None) -> bytes:
    """Return the list with another remark on one of its entries."""
    changed = [entry | ({"remarks": remark} if place == number else {}) for place, entry in enumerate(GOOD["results"])]
    return json.dumps(GOOD | {"results": changed}).encode()


def changes(records: list[Record]) -> dict[str, list[str]]:
    """Return what was told of each entry, but for the release."""
    found: dict[str, list[str]] = {}
    for record in records:
        if isinstance(record, ListChange):
            found.setdefault(record.entry.name, []).append(record.change.value)
    return found


@pytest.fixture
def monitor(watch: Watch) -> Monitor:
    return watch(CSL, max_bytes=40_000_000)


def test_an_entry_too_large_is_listed_in_short_and_the_rest_as_ever(server: Publisher, monitor: Monitor) -> None:
    server.answer = send(answer(1, "\u00e9" * 6_000_000))
    result = monitor.poll()
    assert result.outcome == "accepted"
    (said,) = result.put_aside
    name = GOOD["results"][1]["name"]
    assert said.startswith("csl: ")
    assert name in said
    assert "measures 12" in said
    assert str(MAX_RECORD_BYTES) in said
    assert len(changes(monitor.book())) == len({entry["name"] for entry in GOOD["results"]})
    assert max(len(record.model_dump_json()) for record in monitor.producer.sent) < 100_000
    health = source_health(monitor.source.card, monitor.state, monitor.now)
    assert health.level == "warn"
    assert said in health.sentence


def test_good_files_afterwards_are_judged_and_nothing_is_left_over(server: Publisher, monitor: Monitor) -> None:
    server.answer = send(answer(0, "x" * 9_300_000))
    monitor.poll()
    first = len(monitor.book())
    server.answer = send(answer(0, "a remark as they are"))
    result = monitor.poll()
    assert (result.outcome, result.put_aside) == ("accepted", ())
    later = changes(monitor.book()[first:])
    assert later == {GOOD["results"][0]["name"]: ["amendment"]}, "neither removed nor added: it was listed all the time"
    monitor.poll()
    assert monitor.state.outstanding == ()
    assert source_health(monitor.source.card, monitor.state, monitor.now).level == "ok"


def test_an_entry_that_grows_too_large_is_not_called_removed(server: Publisher, monitor: Monitor) -> None:
    server.answer = send(answer(2, None))
    monitor.poll()
    first = len(monitor.book())
    server.answer = send(answer(2, "y" * 8_400_000))
    assert len(monitor.poll().put_aside) == 1
    assert changes(monitor.book()[first:]) in ({}, {GOOD["results"][2]["name"]: ["amendment"]})


def test_a_figure_too_large_is_left_out_and_counted(server: Publisher, watch: Watch) -> None:
    monitor = watch(straits.SOURCE, max_bytes=40_000_000)
    days = straits.month(4)
    body = json.loads(straits.body(days))
    body["days"][3]["strait"] = "s" * 4_500_000  # its name stands in two fields
    server.answer = send(json.dumps(body).encode())
    result = monitor.poll()
    assert (result.outcome, len(result.put_aside)) == ("accepted", 1)
    assert len(monitor.book()) == len(days) - 1
