"""One record on several subjects, and subjects judged again when what they rest on is renewed; with a small rule."""

import pytest

from supplywatch.judging.engine import Engine
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent, Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Items
from supplywatch.model.records import PortCalls, Record, TransitCount
from supplywatch.model.rule import Context, Rule, State
from tests import toy
from tests.toy import transit

ITEMS = Items(reporter="CHN", items=())
PLACES = ("north", "south")


def calls(day: int, total: int, fetched_day: int | None = None) -> PortCalls:
    like = transit(day, total, fetched_day=fetched_day)
    counts = dict.fromkeys((name for name in PortCalls.model_fields if name.startswith("calls_")), total)
    given = {"observed": like.observed, "fetched": like.fetched, "provenance": like.provenance, "port_id": "port1", "port_name": "Port"}
    return PortCalls.model_validate(given | counts)


def subjects(_record: TransitCount, _items: Items) -> list[Subject]:
    return [Subject(kind="chokepoint", id=place, name=place) for place in PLACES]


def related(record: TransitCount, _items: Items) -> list[tuple[str, str]]:
    return [("port/port1", record.observed)]


def detect(_state: State | None, record: TransitCount, _params: toy.Params, context: Context) -> tuple[State, Finding]:
    """Raise while fewer ships than calls are counted; only the north waits for ten more."""
    assert context.subject is not None
    port = next(iter(context.related.values()), None)
    line = port.calls_total + (10 if context.subject.id == "north" else 0) if isinstance(port, PortCalls) else 0
    over = record.transits_total < line
    said = Text(en=f"{record.transits_total} of {line}", zh=f"{record.transits_total}/{line}")
    evidence = (Evidence.of(record, "ships", record.transits_total, "ships"), Evidence.of(record, "line", line, "ships"))
    found = Finding(status="raised" if over else "clear", severity=Severity.WATCH, headline=said, evidence=evidence, standing=False)
    return {"line": line}, found


RULE = Rule(
    card=toy.RULE.card,
    records=(TransitCount,),
    params=toy.Params,
    subject=subjects,
    detect=detect,
    related=related,
    rests_on=(PortCalls,),
)


def make() -> Engine:
    return Engine(Ledger.open("sqlite://"), {"toy": RULE}, ITEMS, params={"toy": toy.Params()})


def said(events: list[AlertEvent]) -> list[tuple[str, str, str]]:
    return [(event.subject.id, event.transition.value, event.headline.en) for event in events]


def test_a_renewed_figure_opens_and_ends_the_alerts_that_rest_on_it() -> None:
    engine = make()
    assert said(engine.judge([transit(0, 20)]).events) == []
    assert said(engine.judge([calls(0, 15, fetched_day=1)]).events) == [("north", "opened", "20 of 25")]
    again = engine.judge([calls(0, 22, fetched_day=2)]).events
    assert said(again) == [("south", "opened", "20 of 22")]
    ended = engine.judge([calls(0, 5, fetched_day=3)]).events
    assert [(event.subject.id, event.transition) for event in ended] == [("north", "resolved"), ("south", "resolved")]
    assert engine.judge([calls(0, 5, fetched_day=3)]).events == []
    assert rebuild(engine).identical


def test_what_nothing_rests_on_is_not_judged_again() -> None:
    engine = make()
    engine.judge([transit(0, 20)])
    assert engine.judge([calls(1, 99, fetched_day=1)]).events == [], "another day is another figure"


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_borders_of_batches_make_no_difference(size: int) -> None:
    records: list[Record] = [transit(0, 20), calls(0, 15, fetched_day=1), transit(2, 20), calls(2, 30, fetched_day=3), transit(4, 5)]
    whole, cut = make(), make()
    ids = [event.event_id for event in whole.judge(records).events]
    parts = [cut.judge(records[start : start + size]).events for start in range(0, len(records), size)]
    assert [event.event_id for part in parts for event in part] == ids
