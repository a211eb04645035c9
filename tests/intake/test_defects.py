"""A connector that fails over what nobody foresaw: the payload is kept aside and the source's alert opens."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from supplywatch.model.records import Provenance
from supplywatch.model.source import Payload
from tests.faults import straits
from tests.faults.monitor import Watch
from tests.faults.server import Publisher, send
from tests.faults.straits import body, month

pytestmark = pytest.mark.loopback


def cuts_short(_payload: Payload) -> list[Any]:
    row: dict[str, Any] = {}
    return [row["a column that is gone"]]


def breaks_a_model(_payload: Payload) -> list[Any]:
    return [Provenance(source="straits", vintage="v", payload_sha256="short", position="row 1")]


@pytest.mark.parametrize(("parse", "words"), [(cuts_short, "KeyError"), (breaks_a_model, "ValidationError")])
def test_it_is_a_changed_source_that_recovers(parse: Callable[[Payload], list[Any]], words: str, server: Publisher, watch: Watch) -> None:
    monitor = watch(straits.SOURCE)
    sound = monitor.source
    server.answer = send(body(month(10)))
    monitor.source = replace(sound, parse=parse)
    result = monitor.poll()
    assert (result.outcome, result.reason) == ("quarantined", "source_changed")
    assert words in (result.detail or "")
    assert [line.status for line in monitor.logged()] == ["quarantined"]
    assert [report.reason for report in monitor.reports()] == ["source_changed"]
    monitor.source = sound
    assert monitor.poll().outcome == "accepted"
    assert [report.status.value for report in monitor.reports()] == ["quarantined", "accepted"]
