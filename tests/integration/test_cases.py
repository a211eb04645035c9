"""Seven events of the past, played through broker, worker, ledger and alert topic: one episode each, and how late.

Once as the visitor's command plays them, and but for typed controls once release by release in their publishers' own shapes, through
connector and runner.
"""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.logistics import portwatch_chokepoints
from connectors.trade import comtrade
from supplywatch.demo.cases import CASES, Case
from supplywatch.intake.assemble import make_runner
from supplywatch.ledger import schema
from supplywatch.model.alert import AlertEvent, Transition
from supplywatch.model.records import Record, TradeSlice, TransitCount
from supplywatch.model.source import Part, Payload, Source
from supplywatch.runtime.broker import Producer, record_topic
from tests import genuine
from tests.servers.cluster import Cluster
from tests.servers.process import ROOT

pytestmark = pytest.mark.integration
ENDS = {
    "hormuz-2026": ("opened",),  # closed from its first release on: it opens critical, nothing is worse
    "red-sea-2023": ("worsened",),
    "ever-given-2021": ("resolved",),
    "soy-2018": ("resolved",),
    "eu-wood-2022": ("opened",),
    "chips-2022": ("opened",),
    "rare-earths-2025": ("opened", "worsened"),
}
LATE = {
    **{"hormuz-2026": 10, "red-sea-2023": 51, "ever-given-2021": 7, "soy-2018": 299, "eu-wood-2022": 388},
    **{"chips-2022": 175, "rare-earths-2025": 188},  # of the last clause: each is told on its day
}
"""Days from the beginning of the event, in its citation, to the day its publisher let us open; the detector's own delay is in it."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_an_event_of_the_past_is_one_episode(case: Case, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "supplywatch", "demo", "--case", case.case_id, "--folder", str(tmp_path / "demo"), "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=True)
    own: dict[str, list[AlertEvent]] = defaultdict(list)
    for line in ran.stdout.splitlines():
        event = AlertEvent.model_validate_json(line)
        if event.rule == case.rule:
            own[event.subject.id].append(event)
    assert set(own) == set(case.subjects)
    for events in own.values():
        assert len({event.alert_id for event in events}) == 1
        assert events[0].transition == "opened"
        assert not events[0].standing
        assert events[-1].transition in ENDS[case.case_id]
        assert events[0].known_at.date() - case.began <= timedelta(days=LATE[case.case_id])
    assert max((events[0].known_at.date() - case.began).days for events in own.values()) == LATE[case.case_id]


def releases(case: Case) -> Iterator[tuple[datetime, bytes]]:
    """Yield what the publisher served at each release: everything so far, in its own shape."""
    known: list[Record] = []
    for fetched, news in groupby(case.records(), key=lambda record: record.fetched):
        known += news
        yield fetched, _transits(known) if isinstance(known[0], TransitCount) else _imports(known)


def _transits(records: Sequence[Record]) -> bytes:
    days = [record for record in records if isinstance(record, TransitCount)]
    counts = [(r.chokepoint_id, r.observed, {kind: getattr(r, f"transits_{kind}") for kind in genuine.TYPES}) for r in days]
    return genuine.arcgis(genuine.transit_row(place, date.fromisoformat(day), count) for place, day, count in counts)


def _imports(records: Sequence[Record]) -> bytes:
    rows: list[dict[str, Any]] = []
    codes: dict[str, int] = {"World": 0}
    for record in records:
        assert isinstance(record, TradeSlice)
        known = {
            "reporterCode": int(record.reporter.code),
            "reporterISO": record.reporter.iso3 or "EUR",
            "reporterDesc": record.reporter.name,
        }
        known |= {"refYear": record.observed, "cmdCode": record.commodity, "cmdDesc": record.commodity_name or record.commodity}
        for flow in (*record.partners.flows(), *((record.world,) if record.world is not None else ())):
            name = flow.partner.name
            code = codes.setdefault(name, 1000 + len(codes))
            who = {"partnerCode": code, "partnerDesc": name, "partnerISO": "W00" if code == 0 else None, "aggrLevel": len(record.commodity)}
            rows.append({**known, **who, "primaryValue": flow.value_usd})
    return genuine.comtrade(rows)


def source_of(case: Case) -> Source:
    """Return the case's source, for payloads that hold its own series alone."""
    found = portwatch_chokepoints.SOURCE if case.rule == "chokepoint_disruption" else comtrade.SOURCE
    return replace(found, card=replace(found.card, min_records=1, anchors=()))


def play(case: Case, cluster: Cluster) -> None:
    """Take release after release in, each judged before the next comes."""
    source, offered = source_of(case), 0
    with Producer(cluster.address, 60) as producer:
        runner = make_runner(cluster.settings, cluster.ledger, producer, partial(record_topic, prefix=cluster.settings.topic_prefix), {})
        for fetched, body in releases(case):
            payload = Payload(source.card.source_id, (Part(body, f"{case.case_id}.json"),), fetched)
            result = runner.load(source, payload, lambda _warning: None)
            assert result.outcome == "accepted", result
            offered += result.records
            cluster.wait_judged(offered, 30)


@pytest.mark.parametrize("case", [case for case in CASES if not case.controls], ids=lambda case: case.case_id)
def test_an_event_through_connector_broker_worker_and_ledger(case: Case, cluster: Cluster) -> None:
    cluster.relay()
    cluster.real_worker()
    play(case, cluster)
    cluster.wait_published(60)
    own: dict[str, list[AlertEvent]] = defaultdict(list)
    with cluster.ledger.read() as connection:
        for body in connection.execute(select(schema.alert_event.c.body).order_by(schema.alert_event.c.seq)).scalars():
            event = AlertEvent.model_validate_json(body)
            if event.rule == case.rule:
                own[event.subject.id.replace("EUR/", "97/")].append(event)
    assert set(own) == set(case.subjects)
    for events in own.values():
        assert [event.transition for event in events].count(Transition.OPENED) == 1
        assert not events[0].standing
        assert events[-1].transition in ENDS[case.case_id]
    assert max((events[0].known_at.date() - case.began).days for events in own.values()) == LATE[case.case_id]
    assert {event.event_id for events in own.values() for event in events} <= set(cluster.published())
