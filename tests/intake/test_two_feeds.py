"""One addition to the Entity List, seen in the regulation and in the CSL by the real runner: one alert, held by both."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from supplywatch import registry
from supplywatch.ledger import schema
from supplywatch.model.alert import AlertEvent
from supplywatch.model.records import ListChange
from tests.faults.monitor import Watch
from tests.faults.server import Publisher, send

pytestmark = pytest.mark.loopback

ROW = (
    'aa99,Entity List (EL) - Bureau of Industry and Security,,,,Synthetic Photonics Company Limited,,"9 Example Street, Moscow, RU",'
    "91 FR 60020,2026-11-16,,,For all items subject to the EAR.,Policy of denial.,,,,,,,,,,,,,,,\n"
)


@pytest.mark.parametrize("first", ["csl", "bis_entity_list"])
def test_one_addition_is_one_alert_whichever_feed_shows_it_first(first: str, server: Publisher, watch: Watch, fixtures: Path) -> None:
    csl = (fixtures / "csl" / "good.csv").read_bytes()
    law, changed = ((fixtures / "bis_entity_list" / name).read_bytes() for name in ("good.xml", "good_changed.xml"))
    # The last version is the first one again: an older copy until it has stayed so for three days.
    versions = {"csl": (csl, csl + ROW.encode(), csl + b"\n"), "bis_entity_list": (law, changed, law + b"\n")}
    office = watch(registry.source("csl"))
    sources = {"csl": office.source, "bis_entity_list": watch(registry.source("bis_entity_list")).source}

    def poll(source_id: str, version: int) -> None:
        server.answer = send(versions[source_id][version])
        office.source = replace(sources[source_id])
        if version == 2:
            assert office.poll().reason == "rollback"
            office.now += timedelta(days=3)
        assert office.poll().outcome == "accepted"

    def alerts() -> list[str]:
        e = schema.alert_event.c
        with office.ledger.read() as connection:
            bodies = connection.execute(select(e.body).where(e.rule == "list_entry").order_by(e.seq)).scalars()
            return [AlertEvent.model_validate_json(body).transition.value for body in bodies]

    second = ({*versions} - {first}).pop()
    poll("csl", 0)
    poll("bis_entity_list", 0)
    assert alerts() == []
    poll(first, 1)
    poll(second, 1)
    assert alerts() == ["opened"]
    seen = [r for r in office.book() if isinstance(r, ListChange) and "Photonics" in r.entry.name]
    assert [(r.provenance.source, r.change.value) for r in seen] == [(first, "addition"), (second, "duplicate_of_other_list")]
    assert seen[1].same_as is not None
    assert seen[1].same_as.source == first
    poll(first, 2)
    assert alerts() == ["opened"], "the other list still holds it"
    poll(second, 2)
    assert alerts() == ["opened", "resolved"]
