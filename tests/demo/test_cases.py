"""The bundled events, folded in process: what `supplywatch demo --case` must end as."""

import pytest

from supplywatch import registry
from supplywatch.demo.cases import CASES, Case, case
from supplywatch.errors import BadRequest
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import load_items


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.case_id)
def test_an_event_is_one_episode_on_each_subject(one: Case) -> None:
    ledger = Ledger.open("sqlite://")
    engine = Engine(ledger, registry.rules(), load_items())
    records = list(one.records())
    events = [event for at in range(0, len(records), 50) for event in engine.judge(records[at : at + 50]).events]
    ledger.close()
    opened = [event.subject.id for event in events if event.rule == one.rule and event.transition == "opened"]
    assert sorted(opened) == sorted(one.subjects)
    lines = one.told(events)
    assert len(lines) == len(one.subjects)
    assert all("1 episode," in line for line in lines)


def test_an_event_without_alerts_is_told_as_missed() -> None:
    assert case("red-sea-2023").told([]) == ["chokepoint1: missed", "chokepoint4: missed"]


def test_an_unknown_case_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadRequest, match=r"no such case; take one of hormuz-2026, red-sea-2023"):
        case("atlantis")
