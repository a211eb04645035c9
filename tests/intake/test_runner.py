"""The runner end to end on loopback: what is history, news, a revision, an old payload, and what becomes of a lost offer."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.monitor import Monitor
from faults.server import Publisher, publisher, send
from sqlalchemy import select

from supplywatch import registry
from supplywatch.errors import BrokerAway
from supplywatch.ledger import schema
from supplywatch.records import TransitCount

FIXTURE = Path(__file__).resolve().parent.parent / "fixtures" / "portwatch_chokepoints" / "good.json"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Publisher, Monitor]]:
    with publisher() as server:
        monitor = Monitor(registry.source("portwatch_chokepoints"), server, tmp_path, 10_000_000)
        yield server, monitor
        monitor.close()


def edited(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> bytes:
    whole = json.loads(FIXTURE.read_bytes())
    rows = change([feature["attributes"] for feature in whole["features"]])
    return json.dumps(whole | {"features": [{"attributes": row} for row in rows]}).encode()


def more_tankers(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"n_tanker": row["n_tanker"] + 1, "n_total": row["n_total"] + 1}


def book(monitor: Monitor) -> list[TransitCount]:
    with monitor.ledger.read() as connection:
        bodies = connection.execute(select(schema.observation.c.body).order_by(schema.observation.c.seq)).scalars()
        return [TransitCount.model_validate_json(body) for body in bodies if '"kind":"transit_count"' in body]


def test_a_first_load_is_history_but_for_its_newest_day(watched: tuple[Publisher, Monitor]) -> None:
    server, monitor = watched
    server.answer = send(FIXTURE.read_bytes())
    assert monitor.poll().records == 30
    newest = max(record.observed for record in book(monitor))
    assert {record.observed for record in book(monitor) if not record.baseline} == {newest}


def test_a_revised_day_is_a_new_vintage_and_only_that_is_offered(watched: tuple[Publisher, Monitor]) -> None:
    server, monitor = watched
    server.answer = send(FIXTURE.read_bytes())
    monitor.poll()
    server.answer = send(edited(lambda rows: [more_tankers(rows[0]), *rows[1:]]))
    assert monitor.poll().records == 1
    first, *_, revised = book(monitor)
    assert (revised.series, revised.observed) == (first.series, first.observed)
    assert revised.fetched > first.fetched
    assert monitor.operations() == []


def test_a_rewritten_history_is_one_piece_of_news_and_opens_nothing(watched: tuple[Publisher, Monitor]) -> None:
    server, monitor = watched
    server.answer = send(FIXTURE.read_bytes())
    monitor.poll()
    server.answer = send(edited(lambda rows: [more_tankers(row) for row in rows]))
    assert monitor.poll().records == 30
    ((transition, sentence),) = monitor.operations()
    assert transition == "opened"
    assert "30 of 30 common periods" in sentence


def test_an_older_payload_served_again_is_dropped_without_noise(watched: tuple[Publisher, Monitor]) -> None:
    server, monitor = watched
    last_day = max(json.loads(FIXTURE.read_bytes())["features"], key=lambda f: f["attributes"]["date"])["attributes"]["date"]
    server.answer = send(edited(lambda rows: [row for row in rows if row["date"] != last_day]))
    monitor.poll()
    server.answer = send(FIXTURE.read_bytes())
    assert monitor.poll().records == 3
    server.answer = send(edited(lambda rows: [row for row in rows if row["date"] != last_day]))
    assert (monitor.poll().outcome, monitor.operations()) == ("stale", [])
    assert len(book(monitor)) == 30


def test_what_the_broker_lost_is_offered_again(watched: tuple[Publisher, Monitor]) -> None:
    server, monitor = watched
    server.answer = send(FIXTURE.read_bytes())
    producer = monitor.runner._offering._producer
    swallow = type("Swallow", (), {"send": lambda *_: None, "flush_checked": lambda *_: None})()
    monitor.runner._offering._producer = swallow
    assert monitor.poll().records == 30
    assert monitor.judged() == 0, "confirmed by a broker that forgot"
    monitor.runner._offering._producer = producer
    assert monitor.runner.reoffer(monitor.source) == 30
    assert monitor.judged() == 30
    assert monitor.runner.reoffer(monitor.source) == 0


def test_a_broker_that_is_away_loses_nothing(watched: tuple[Publisher, Monitor]) -> None:
    server, monitor = watched
    server.answer = send(FIXTURE.read_bytes())

    def away(*_: object) -> None:
        raise BrokerAway("nobody answers")

    producer = monitor.runner._offering._producer
    monitor.runner._offering._producer = type("Away", (), {"send": lambda *_: None, "flush_checked": away})()
    with pytest.raises(BrokerAway):
        monitor.poll()
    monitor.runner._offering._producer = producer
    assert monitor.poll().outcome == "unchanged"
    assert monitor.judged() == 30
