"""Where batches begin and end makes no difference."""

import random
from collections.abc import Sequence

import pytest

from supplywatch.judging.engine import Engine
from supplywatch.judging.pieces import pieces
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import Items
from supplywatch.model.records import Record
from tests import toy

ITEMS = Items(reporter="CHN", items=())


def cut(records: Sequence[Record], acts: Sequence[int] = ()) -> list[tuple[int, int]]:
    return [(piece.start, piece.stop) for piece in pieces(records, [index in acts for index in range(len(records))])]


def test_a_stream_in_its_order_is_one_piece() -> None:
    records = [toy.transit(day, 40, chokepoint=name) for day in range(5) for name in ("c1", "c2")]
    assert cut(records) == [(0, 10)]
    assert cut([]) == []


def test_a_period_that_is_revised_within_a_batch_begins_a_piece() -> None:
    first = [toy.transit(day, 40) for day in range(3)]
    revised = [toy.transit(day, 41, fetched_day=9) for day in range(3)]
    assert cut([*first, *revised]) == [(0, 3), (3, 6)]
    assert cut([*first, *first]) == [(0, 6)], "the same again says nothing anew"


def test_an_older_period_of_a_later_payload_begins_a_piece() -> None:
    assert cut([toy.transit(5, 40), toy.transit(2, 40, fetched_day=8)]) == [(0, 1), (1, 2)]
    assert cut([toy.transit(5, 40, fetched_day=8), toy.transit(2, 40, fetched_day=8)]) == [(0, 2)], "one payload, in any order"


def test_what_comes_after_an_act_sees_its_alert() -> None:
    records = [toy.transit(day, 40, fetched_day=day // 2) for day in range(6)]
    assert cut(records, acts=[1]) == [(0, 2), (2, 6)]
    assert cut(records, acts=[2]) == [(0, 4), (4, 6)]


@pytest.mark.parametrize("seed", range(4))
def test_any_borders_give_the_same_alerts(seed: int) -> None:
    rng = random.Random(seed)
    counts = [rng.choice((60, 62, 58)) for _ in range(30)] + [5] * 12 + [60] * 20
    days = [toy.transit(day, count) for day, count in enumerate(counts)]
    revisions = [toy.transit(day, count + 1, fetched_day=day + 3.5) for day, count in enumerate(counts) if day % 7 == seed]
    records = sorted([*days, *revisions], key=lambda record: record.fetched)

    def told(size: int) -> list[str]:
        engine = Engine(Ledger.open("sqlite://"), {"toy": toy.RULE}, ITEMS, params={"toy": toy.Params()}, clock=lambda: toy.DAY_0)
        found = [
            e.model_dump_json(exclude={"recorded_at"})
            for at in range(0, len(records), size)
            for e in engine.judge(records[at : at + size]).events
        ]
        assert rebuild(engine).identical
        engine.ledger.close()
        return found

    alone = told(1)
    assert alone
    assert told(9) == told(len(records)) == alone
