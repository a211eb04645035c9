"""Settling batches: what is judged, what is put aside, what is waited for; on the real engine and a real (SQLite) ledger."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from streams import settling
from streams.deadletter import REPLAYED, Incoming
from streams.judging import Judge, Judges, judge_bodies
from streams.settling import Stopped
from supplywatch import metrics
from supplywatch.errors import BrokerAway, LedgerAway, SchemaOutdated
from supplywatch.judging.engine import Engine, Verdict
from supplywatch.ledger import book
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import Items
from supplywatch.model.records import Record
from tests import toy


class Letters:
    """Dead letters in memory; the broker may be away for the first puts."""

    def __init__(self, away: int = 0) -> None:
        self.put_aside: list[tuple[int, str, str]] = []
        self.away = away

    def put(self, message: Incoming, reason: str, detail: str) -> None:
        if self.away:
            self.away -= 1
            raise BrokerAway("no Kafka broker answers")
        self.put_aside.append((message.offset, reason, detail))


class Troubled:
    """The real engine behind a ledger that is away for some calls, or rules that break on some records."""

    def __init__(self, engine: Engine, away: int = 0, breaks_on: Sequence[int] = (), error: Exception | None = None) -> None:
        self.engine, self.away, self.breaks_on, self.error = engine, away, breaks_on, error
        self.calls: list[int] = []

    def judge(self, records: Sequence[Record], bodies: Sequence[str] | None = None) -> Verdict:
        self.calls.append(len(records))
        if self.error:
            raise self.error
        if self.away:
            self.away -= 1
            raise LedgerAway("ledger: connection refused")
        if any(getattr(record, "transits_total", None) in self.breaks_on for record in records):
            raise ZeroDivisionError("division by zero")
        return self.engine.judge(records, bodies)


@pytest.fixture
def engine() -> Iterator[Engine]:
    ledger = Ledger.open("sqlite://")
    yield Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()})
    ledger.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settling, "FIRST_PAUSE_S", 0.001)
    with capture_logs():
        yield


def _messages(counts: Sequence[int | bytes | None]) -> list[Incoming]:
    return [
        Incoming("records.transit.v1", 0, i, 0.0, b"k", toy.transit(i, c).model_dump_json().encode() if isinstance(c, int) else c)
        for i, c in enumerate(counts)
    ]


def _observed(engine: Engine) -> list[str]:
    with engine.ledger.read() as connection:
        return sorted(book.periods(connection, [toy.transit(0, 0).series]))


def _judge(
    engine: Judges, letters: Letters, said: list[tuple[str, str | None]] | None = None, stop: threading.Event | None = None
) -> Judge:
    said = [] if said is None else said
    return Judge(partial(judge_bodies, engine), letters, lambda part, problem: said.append((part, problem)), stop)


def test_good_records_are_judged_in_one_transaction(engine: Engine) -> None:
    troubled, letters = Troubled(engine), Letters()
    _judge(troubled, letters).settle(_messages([20, 9, 20]))
    assert troubled.calls == [3]
    assert _observed(engine) == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert engine.ledger.outbox_size() == 2
    assert letters.put_aside == []


@pytest.mark.parametrize(
    ("poison", "says"),
    [
        (b"", "EOF"),
        (None, "EOF"),
        (b"\xff\xfe", "JSON"),
        (b"not json", "JSON"),
        (b"[]", "object"),
        (b'{"kind": "unheard_of"}', "kind"),
        (b'{"kind": "transit_count", "observed": "2026-13"}', "observed"),
    ],
)
def test_poison_is_put_aside_with_the_reason_and_the_rest_goes_on(engine: Engine, poison: bytes | None, says: str) -> None:
    letters = Letters()
    _judge(engine, letters).settle(_messages([20, poison, 9]))
    assert [(offset, reason) for offset, reason, _ in letters.put_aside] == [(1, "invalid")]
    assert says in letters.put_aside[0][2]
    assert _observed(engine) == ["2026-01-01", "2026-01-03"]


def test_a_batch_of_poison_only_does_not_call_the_engine(engine: Engine) -> None:
    troubled, letters = Troubled(engine), Letters()
    _judge(troubled, letters).settle(_messages([b"x", b"y"]))
    assert troubled.calls == []
    assert [offset for offset, _, _ in letters.put_aside] == [0, 1]


def test_ledger_away_is_waited_out_and_reported(engine: Engine) -> None:
    said: list[tuple[str, str | None]] = []
    troubled, letters = Troubled(engine, away=3), Letters()
    _judge(troubled, letters, said).settle(_messages([20, 9]))
    assert troubled.calls == [2, 2, 2, 2]
    assert said == [("ledger", "ledger: connection refused")] * 3 + [("ledger", None)]
    assert letters.put_aside == []
    assert len(_observed(engine)) == 2


def test_broker_away_keeps_the_poison_in_hand(engine: Engine) -> None:
    said: list[tuple[str, str | None]] = []
    letters = Letters(away=2)
    _judge(engine, letters, said).settle(_messages([b"x"]))
    assert [offset for offset, _, _ in letters.put_aside] == [0]
    assert said == [("broker", "no Kafka broker answers")] * 2 + [("broker", None)]


def test_a_stop_ends_the_waiting_and_nothing_is_settled(engine: Engine) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        _judge(Troubled(engine, away=100), Letters(), stop=stop).settle(_messages([20]))
    assert _observed(engine) == []


def test_the_record_the_engine_breaks_on_is_found_and_the_others_are_judged(engine: Engine) -> None:
    troubled, letters = Troubled(engine, breaks_on=[13, 17]), Letters()
    _judge(troubled, letters).settle(_messages([20, 9, 13, 20, 20, 4, 17, 20]))
    assert [(offset, reason) for offset, reason, _ in letters.put_aside] == [(2, "engine_error"), (6, "engine_error")]
    assert "ZeroDivisionError" in letters.put_aside[0][2]
    assert len(_observed(engine)) == 6


def test_order_is_kept_while_halving(engine: Engine) -> None:
    broken, whole = Troubled(engine, breaks_on=[13]), Ledger.open("sqlite://")
    counts: list[int | bytes | None] = [20, 9, 4, 13, 20, 9, 20]
    _judge(broken, Letters()).settle(_messages(counts))
    other = Engine(whole, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()})
    _judge(other, Letters()).settle([m for m in _messages(counts) if m.offset != 3])
    got, expected = engine.ledger.outbox_pending(100), whole.outbox_pending(100)
    assert [row.event_id for row in got] == [row.event_id for row in expected]
    whole.close()


class Mended:
    """A rule that breaks on every record until somebody is told of it and mends it."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.broken, self.calls = engine, True, 0
        self.told: list[str | None] = []

    def judge(self, records: Sequence[Record], bodies: Sequence[str] | None = None) -> Verdict:
        self.calls += 1
        if self.broken:
            raise KeyError("a table that is not there")
        return self.engine.judge(records, bodies)

    def tell(self, part: str, problem: str | None) -> None:
        assert part == "dead_letters"
        self.told.append(problem)
        self.broken = False


def test_when_record_after_record_fails_the_stage_stops_and_puts_none_aside(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "FIRST_LOOK_S", 0.01)
    letters, mended = Letters(), Mended(engine)
    Judge(partial(judge_bodies, mended), letters, mended.tell).settle(_messages([20] * 100))
    assert letters.put_aside == []
    assert len(_observed(engine)) == 100
    assert mended.told[1:] == [None]
    for words in ("25 messages in a row could not be judged", "records.transit.v1/0/24", "KeyError", "config/dead_letters.yaml"):
        assert words in str(mended.told[0])
    assert mended.calls < 70, "the rest of a batch is not tried once the ceiling is reached"
    assert metrics.STOPPED.labels("judge")._value.get() == 0


def test_a_stage_that_stopped_acknowledges_nothing_when_its_process_ends(engine: Engine) -> None:
    letters, stop, said = Letters(), threading.Event(), list[tuple[str, str | None]]()
    judge = _judge(Troubled(engine, breaks_on=[13]), letters, said, stop)
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(Stopped):
        judge.settle(_messages([13] * 40))
    assert letters.put_aside == []
    assert metrics.STOPPED.labels("judge")._value.get() == 1


def test_what_is_no_record_stops_a_stage_too_and_a_run_goes_over_batches(engine: Engine) -> None:
    letters, stop = Letters(), threading.Event()
    judge = _judge(engine, letters, stop=stop)
    stop.set()
    judge.settle(_messages([20] * 400))
    judge.settle(_messages([b"x"] * 13))
    judge.settle(_messages([20, *[b"x"] * 12]))
    judge.settle(_messages([b"x"] * 12))
    assert len(letters.put_aside) == 37
    with pytest.raises(Stopped):
        judge.settle(_messages([b"x"]))
    assert len(letters.put_aside) == 37


def test_what_a_person_sent_again_may_fail_again(engine: Engine) -> None:
    letters = Letters()
    again = [replace(message, headers=((REPLAYED, b"1"),)) for message in _messages([b"x"] * 60)]
    _judge(engine, letters).settle([*again, *_messages([20])])
    assert len(letters.put_aside) == 60
    assert len(_observed(engine)) == 1


def test_every_eighth_message_is_too_many_and_every_twelfth_is_not(engine: Engine) -> None:
    stop = threading.Event()
    stop.set()
    often, seldom = Letters(), Letters()
    with pytest.raises(Stopped):
        _judge(Troubled(engine, breaks_on=[13]), often, stop=stop).settle(_messages([13 if n % 8 == 0 else 20 for n in range(400)]))
    assert often.put_aside == []
    _judge(Troubled(engine, breaks_on=[13]), seldom, stop=stop).settle(_messages([13 if n % 12 == 0 else 20 for n in range(400)]))
    assert len(seldom.put_aside) == 34


def test_what_a_person_must_mend_is_not_the_records_fault(engine: Engine) -> None:
    letters = Letters()
    with pytest.raises(SchemaOutdated):
        _judge(Troubled(engine, error=SchemaOutdated("upgrade")), letters).settle(_messages([20, 20]))
    assert letters.put_aside == []
