"""The relay on a real ledger, with a producer in memory that can fail: order, headers, lease, and what a death leaves."""

import json
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from streams import relay as relay_module
from streams.relay import Relay, keep_publishing
from streams.topics import COUNTERPARTIES
from supplywatch.desk import actions as desk
from supplywatch.errors import BrokerAway
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.queries import Filter, alerts
from supplywatch.ledger.watchlist_imports import Origin
from supplywatch.model.counterparty import digest_of
from supplywatch.model.items import Items
from supplywatch.runtime.broker import Headers, Sent
from supplywatch.runtime.health import Health
from supplywatch.watchlist.importing import Reading, Wish, import_file
from supplywatch.watchlist.rows import Validator
from tests import toy


class Broker:
    """Keeps what is sent; the sends of a failing flush may or may not have arrived."""

    def __init__(self) -> None:
        self.log: list[tuple[str, bytes | None, bytes, dict[str, bytes]]] = []
        self.failures = 0

    def send(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Sent:
        self.log.append((topic, key, value, dict(headers)))
        return Sent(topic, None)

    def flush_checked(self, sends: Iterable[Sent]) -> None:
        assert list(sends)
        if self.failures:
            self.failures -= 1
            raise BrokerAway("topic alerts.v1: not delivered")

    def on(self, topic: str) -> list[tuple[str, str]]:
        return [(key.decode(), headers["ce_id"].decode()) for t, key, _, headers in self.log if t == topic and key is not None]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield ledger
    ledger.close()


@pytest.fixture
def event_ids(ledger: Ledger) -> list[str]:
    engine = Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()})
    counts = [20, 9, 4, 9, 20, 3]
    events = engine.judge([toy.transit(i, c, chokepoint=point) for point in ("c1", "c2") for i, c in enumerate(counts)]).events
    return [event.event_id for event in events]


def _relay(ledger: Ledger, broker: Any, holder: str = "a") -> Relay:
    return Relay(ledger, broker, "", holder)


def test_every_event_goes_out_once_in_order_and_leaves_the_outbox(ledger: Ledger, event_ids: list[str]) -> None:
    broker = Broker()
    assert _relay(ledger, broker).step() == len(event_ids) == 10
    assert [event_id for _, event_id in broker.on("alerts.v1")] == event_ids
    assert ledger.outbox_size() == 0
    assert _relay(ledger, broker).step() == 0


def test_the_state_topic_gets_the_last_event_of_each_alert(ledger: Ledger, event_ids: list[str]) -> None:
    broker = Broker()
    _relay(ledger, broker).step()
    log, state = broker.on("alerts.v1"), broker.on("alert-state.v1")
    assert len(state) == len({alert for alert, _ in log}) == 4
    assert dict(state) == dict(log)


def test_cloud_events_in_binary_mode(ledger: Ledger, event_ids: list[str]) -> None:
    broker = Broker()
    _relay(ledger, broker).step()
    _, key, value, headers = broker.log[0]
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"].decode() == event_ids[0]
    assert headers["ce_type"] == b"dev.supplywatch.alert.opened.v1"
    assert headers["ce_source"] == b"/supplywatch"
    assert headers["ce_subject"] == key
    assert datetime.fromisoformat(headers["ce_time"].decode()).tzinfo is not None
    assert headers["content-type"] == b"application/json"
    assert event_ids[0].encode() in value


def test_a_failed_send_marks_nothing_and_repeats_carry_the_same_id(ledger: Ledger, event_ids: list[str]) -> None:
    broker = Broker()
    broker.failures = 1
    relay = _relay(ledger, broker)
    with pytest.raises(BrokerAway):
        relay.step()
    assert ledger.outbox_size() == len(event_ids)
    assert relay.step() == len(event_ids)
    sent = [event_id for _, event_id in broker.on("alerts.v1")]
    assert sent == event_ids * 2


def test_one_relay_at_a_time_and_the_next_takes_over(ledger: Ledger, event_ids: list[str]) -> None:
    broker = Broker()
    first, second = _relay(ledger, broker, "a"), _relay(ledger, broker, "b")
    assert first.step() == len(event_ids)
    assert second.step() is None
    first.release()
    assert second.step() == 0
    assert first.step() is None


def test_it_goes_on_by_itself_after_an_outage(ledger: Ledger, event_ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "IDLE_PAUSE_S", 0.001)
    broker, stop, health = Broker(), threading.Event(), Health("relay", ["broker", "ledger"])
    broker.failures = 3
    with capture_logs() as logs:
        thread = threading.Thread(target=keep_publishing, args=(_relay(ledger, broker), health, stop))
        thread.start()
        for _ in range(500):
            if ledger.outbox_size() == 0:
                break
            stop.wait(0.01)
        stop.set()
        thread.join()
    assert {event_id for _, event_id in broker.on("alerts.v1")} == set(event_ids)
    assert ledger.outbox_size() == 0
    assert health.problems() == {}
    assert [line["detail"] for line in logs] == ["topic alerts.v1: not delivered"] * 3


def test_the_header_tells_standing_from_news(ledger: Ledger) -> None:
    engine = Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()})
    engine.judge(
        [toy.transit(0, 4, chokepoint="closed"), *(toy.transit(day, count, chokepoint="open") for day, count in enumerate((20, 4)))]
    )
    broker = Broker()
    _relay(ledger, broker).step()
    said = {(topic, json.loads(value)["subject"]["id"]): headers["ce_standing"] for topic, _, value, headers in broker.log}
    assert said == {
        ("alerts.v1", "closed"): b"true",
        ("alert-state.v1", "closed"): b"true",
        ("alerts.v1", "open"): b"false",
        ("alert-state.v1", "open"): b"false",
    }


def test_a_shelving_that_ran_out_is_taken_back_and_published(ledger: Ledger, event_ids: list[str]) -> None:
    broker = Broker()
    relay = _relay(ledger, broker)
    relay.step()
    (running,) = {row.row["alert_id"] for row in alerts(ledger, Filter(states=("open",), subject="c1"))}
    long_ago = datetime(2026, 2, 1, tzinfo=UTC)
    desk.shelve(ledger, running, actor="Ada", reason="ordered", until=long_ago + timedelta(days=1), now=long_ago)
    assert _relay(ledger, broker, "a").step() == 2, "shelved and unshelved"
    transitions = [json.loads(value)["transition"] for topic, _, value, _ in broker.log if topic == "alerts.v1"]
    assert transitions[-2:] == ["shelved", "unshelved"]
    assert _relay(ledger, broker, "a").step() == 0, "taken back once"


def test_a_relay_in_waiting_takes_nothing_back(ledger: Ledger, event_ids: list[str]) -> None:
    broker = Broker()
    first, second = _relay(ledger, broker, "a"), _relay(ledger, broker, "b")
    first.step()
    (running,) = {row.row["alert_id"] for row in alerts(ledger, Filter(states=("open",), subject="c1"))}
    long_ago = datetime(2026, 2, 1, tzinfo=UTC)
    desk.shelve(ledger, running, actor="Ada", reason="ordered", until=long_ago + timedelta(days=1), now=long_ago)
    assert second.step() is None
    assert [row.transition for row in ledger.outbox_pending(10)] == ["shelved"]


def test_it_looks_for_expired_shelvings_every_few_seconds_only(
    ledger: Ledger, event_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[datetime] = []
    monkeypatch.setattr(desk, "unshelve_expired", lambda _ledger, now: looks.append(now))
    relay = _relay(ledger, Broker())
    for _ in range(5):
        relay.step()
    assert len(looks) == 1
    monkeypatch.setattr(relay_module, "UNSHELVE_EVERY_S", 0.0)
    relay = _relay(ledger, Broker())
    for _ in range(5):
        relay.step()
    assert len(looks) == 6


def test_the_key_of_a_counterparty_does_not_tell_its_name(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "watched.csv"
    path.write_text("name,country\nHarbour Optics Ltd.,CN\n", encoding="utf-8")
    origin = Origin("default", datetime(2026, 3, 1, tzinfo=UTC), "A. Person")
    import_file(ledger, path, origin, Wish(), Reading(Validator(()), lambda _refusal, _lines: None, lambda _progress: None))
    broker = Broker()
    _relay(ledger, broker).step()
    ((key, value),) = [(key, value) for topic, key, value, _ in broker.log if topic == COUNTERPARTIES]
    assert key == digest_of("default/Harbour Optics Ltd.").encode()
    assert json.loads(value)["counterparty_id"] == "default/Harbour Optics Ltd."


def test_a_state_topic_that_lost_what_stands_is_given_it_before_anything_else(ledger: Ledger, event_ids: list[str]) -> None:
    _relay(ledger, Broker()).step()
    standing = {view.row["alert_id"]: view.event.event_id for view in alerts(ledger, Filter(states=("open", "held")))}
    anew: Any = Broker()
    relay = Relay(ledger, anew, "", "b", restore=True)
    ledger.lease("relay", "a", 0.0)
    relay.step()
    assert dict(anew.on("alert-state.v1")) == standing
    assert anew.on("alerts.v1") == []
    relay.step()
    assert len(anew.log) == len(standing), "once"


def test_what_a_subscriber_missed_is_sent_again_in_order_with_the_same_ids(ledger: Ledger, event_ids: list[str]) -> None:
    broker = Broker()
    relay = _relay(ledger, broker)
    assert relay.send_events(datetime(2020, 1, 1, tzinfo=UTC), None) == len(event_ids)
    assert [event_id for _, event_id in broker.on("alerts.v1")] == event_ids
    assert relay.send_events(datetime.now(UTC) + timedelta(days=1), None) == 0
    assert relay.send_events(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)) == 0
