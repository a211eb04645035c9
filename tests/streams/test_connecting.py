"""What is due once a day goes the way of every record: to its topic, once for each day, and is judged there."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.connecting import Daily
from streams.judging import judge_bodies
from streams.worker import default_engine
from supplywatch.desk import typed_measures
from supplywatch.desk.supplier_register import read_register
from supplywatch.errors import BrokerAway
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import load_items

TAKEN = datetime(2026, 3, 1, 9, tzinfo=UTC)
ROWS = "item,name,country,role,verified_on,valid_days,evidence\nMAT.COPPER,Smelter B,CHN,backup,2026-02-01,60,audit\n"


class Broker:
    """What was sent; it may be away."""

    def __init__(self) -> None:
        self.away, self.sent = False, list[tuple[str, bytes]]()

    def send(self, topic: str, _key: bytes | None, value: bytes) -> Any:
        self.sent.append((topic, value))

    def flush_checked(self, sends: Iterable[Any]) -> None:
        list(sends)
        if self.away:
            raise BrokerAway("no Kafka broker answers")


@pytest.fixture
def ledger(tmp_path: Any) -> Ledger:
    path = tmp_path / "register.csv"
    path.write_text(ROWS)
    ledger = Ledger.open("sqlite://")
    default_engine(ledger).judge(read_register(path, load_items(), TAKEN).records)
    return ledger


def test_a_register_is_told_again_each_day_and_judged_as_a_record(ledger: Ledger) -> None:
    broker = Broker()
    daily = Daily(ledger, broker, "eu.")
    later = TAKEN + timedelta(days=90)
    daily(later)
    topics = Counter(topic for topic, _ in broker.sent)
    assert topics["eu.records.register.v1"] == 1
    assert topics["eu.records.control.v1"] == len(typed_measures.due(ledger, load_items(), later)) > 0
    sent = [body for _, body in broker.sent]
    assert judge_bodies(default_engine(ledger), sent).new == len(sent)
    daily(later + timedelta(hours=1))
    assert len(broker.sent) == len(sent), "judged on that day: told once"


def test_a_broker_that_is_away_is_for_the_caller_to_wait_out(ledger: Ledger) -> None:
    broker = Broker()
    broker.away = True
    with pytest.raises(BrokerAway):
        Daily(ledger, broker, "")(TAKEN + timedelta(days=2))
