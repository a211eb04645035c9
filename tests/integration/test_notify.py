"""A real Alertmanager hears of every open alert, of nothing else, and of an end only when the ledger has it, whoever is killed."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from streams.alertmanager import Alertmanager, alerts_of
from streams.notify import Notifier
from supplywatch.desk import actions as desk
from supplywatch.errors import ReceiverAway
from supplywatch.judging.engine import Engine
from supplywatch.ledger.announcing import Announced, running
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.queries import Filter, alerts
from supplywatch.model.items import Items
from tests import toy
from tests.deploy.test_deploy import DEPLOY
from tests.servers.fixtures import obtain
from tests.servers.process import Child, wait_until
from tests.servers.prometheus import Alertmanager as Server

pytestmark = pytest.mark.integration
Made = Callable[[str], Notifier]


class Pager:
    """What Alertmanager sends to people: a webhook that keeps every notification."""

    def __init__(self) -> None:
        kept: list[dict[str, Any]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.notifications = kept
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def groups(self, status: str) -> set[str]:
        return {one["groupLabels"]["alert_id"] for one in self.notifications if one["status"] == status}

    def steps(self, alert_id: str) -> set[str]:
        told = (one for note in self.notifications if note["groupLabels"]["alert_id"] == alert_id for one in note["alerts"])
        return {one["labels"]["step"] for one in told}


@pytest.fixture
def pager() -> Iterator[Pager]:
    pager = Pager()
    yield pager
    pager.close()


@pytest.fixture
def server(tmp_path: Path, pager: Pager) -> Iterator[Server]:
    """Alertmanager on the deployed configuration, quicker, with our pager behind the supply receiver."""
    config = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yml").read_text())
    supply = next(one for one in config["route"]["routes"] if one["receiver"] == "supply")
    supply |= {"group_wait": "100ms", "group_interval": "1s"}
    next(one for one in config["receivers"] if one["name"] == "supply")["webhook_configs"] = [{"url": pager.url, "send_resolved": True}]
    server = obtain(lambda: Server(tmp_path, yaml.safe_dump(config)))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()})
    ledger.close()


def straits(count: int, day: int, transits: int) -> list[Any]:
    return [toy.transit(day, transits, chokepoint=f"c{number}") for number in range(count)]


@pytest.fixture
def notifier(engine: Engine, server: Server) -> Iterator[Made]:
    with httpx.Client() as client:
        yield lambda holder: Notifier(engine.ledger, [Alertmanager(server.url, client)], holder, "http://runbooks.example/")


def test_every_alert_is_one_and_ends_when_the_ledger_says_so(engine: Engine, server: Server, pager: Pager, notifier: Made) -> None:
    engine.judge([*straits(3, 0, 20), *straits(2, 1, 8)])
    one = notifier("a")
    assert one.step(datetime.now(UTC)) == 2
    opened = {view.row["subject_id"]: view.row["alert_id"] for view in alerts(engine.ledger, Filter())}
    wait_until(lambda: pager.groups("firing") == set(opened.values()), 20, "both are told")
    there = {alert["labels"]["subject"]: alert for alert in httpx.get(f"{server.url}/api/v2/alerts").json()}
    assert there["c0"]["labels"] | {"alert_id": ""} == {
        **{"alertname": "Toy", "alert_id": "", "rule": "toy", "subject": "c0", "danger": "HD.1", "category": "domain"},
        **{"standing": "false", "step": "0", "severity": "warning"},
    }
    assert there["c0"]["annotations"]["runbook_url"] == "http://runbooks.example/toy.md"
    assert there["c0"]["annotations"]["headline_zh"] == "8艘"

    engine.judge(straits(1, 2, 3))  # worse: critical
    one.step(datetime.now(UTC))
    wait_until(lambda: pager.steps(opened["c0"]) == {"0", "1"}, 20, "the worsening is told")
    assert pager.groups("resolved") == set()

    engine.judge(straits(1, 3, 20))
    one.step(datetime.now(UTC))
    wait_until(lambda: pager.groups("resolved") == {opened["c0"]}, 20, "the end is told")
    assert opened["c1"] not in pager.groups("resolved")


def test_what_somebody_has_seen_is_silent_until_it_gets_worse(engine: Engine, server: Server, pager: Pager, notifier: Made) -> None:
    engine.judge([*straits(2, 0, 20), *straits(2, 1, 8)])
    now = datetime.now(UTC)
    first, second = (view.row["alert_id"] for view in sorted(alerts(engine.ledger, Filter()), key=lambda view: view.row["subject_id"]))
    desk.acknowledge(engine.ledger, first, actor="An Operator", reason="seen", now=now)
    desk.shelve(engine.ledger, second, actor="An Operator", reason="known works", until=now + timedelta(days=2), now=now)
    one = notifier("a")
    one.step(now)
    silences = {s["comment"]: s for s in httpx.get(f"{server.url}/api/v2/silences").json()}
    assert {comment: s["createdBy"] for comment, s in silences.items()} == dict.fromkeys(
        ("supplywatch: seen", "supplywatch: known works"), "An Operator"
    )
    time.sleep(2)
    assert pager.notifications == []
    engine.judge([toy.transit(2, 3, chokepoint="c0"), toy.transit(2, 3, chokepoint="c1")])
    one.step(datetime.now(UTC))
    wait_until(lambda: first in pager.groups("firing"), 20, "a worsening alarms again")
    time.sleep(2)
    assert second not in pager.groups("firing"), "shelved is shelved, whatever comes"
    one.step(datetime.now(UTC) + timedelta(minutes=2))
    active = [s for s in httpx.get(f"{server.url}/api/v2/silences").json() if s["status"]["state"] == "active"]
    assert [s["comment"] for s in active] == ["supplywatch: known works"], "told again and again, one silence"


def test_a_shelving_that_is_over_and_a_clock_that_runs_ahead_stop_nothing(engine: Engine, server: Server, notifier: Made) -> None:
    engine.judge([*straits(1, 0, 20), *straits(1, 1, 8)])
    opened = alerts(engine.ledger, Filter())[0].row["alert_id"]
    now = datetime.now(UTC)
    desk.shelve(engine.ledger, opened, actor="An Operator", reason="works", until=now + timedelta(hours=1), now=now)
    later = now + timedelta(hours=2)
    assert notifier("a").step(later) == 1
    assert httpx.get(f"{server.url}/api/v2/silences").json() == []
    ahead = alerts_of(replace(running_one(engine), steps=(("warning", now + timedelta(days=3)),)), now, None)
    assert ahead[0]["startsAt"] == ahead[0]["endsAt"]


def running_one(engine: Engine) -> Announced:
    with engine.ledger.read() as connection:
        (one,) = running(connection)
    return one


def test_nobody_hears_of_an_end_that_was_none(engine: Engine, server: Server, pager: Pager, tmp_path: Path) -> None:
    """Fifty open; the notifier is killed -9 and started again, then Alertmanager loses all it knew."""
    engine.judge([*straits(50, 0, 20), *straits(50, 1, 8)])
    environment = {"SUPPLYWATCH_LEDGER": engine.ledger.url, "SUPPLYWATCH_ALERTMANAGER": server.url, "SUPPLYWATCH_METRICS_PORT": "0"}
    process = Child([sys.executable, "-m", "streams.notify"], tmp_path / "notify.log", os.environ | environment)
    opened = {view.row["alert_id"] for view in alerts(engine.ledger, Filter())}
    process.start()
    try:
        wait_until(lambda: pager.groups("firing") == opened, 60, "all fifty are told")
        process.end(signal.SIGKILL)
        engine.judge(straits(5, 2, 20))  # five end while nobody tells
        process.start()
        ended = {view.row["alert_id"] for view in alerts(engine.ledger, Filter(states=("resolved",)))}
        wait_until(lambda: pager.groups("resolved") == ended, 90, "the five that ended, and no other")
        server.stop()
        server.start()
        engine.judge([toy.transit(3, 3, chokepoint="c9")])
        worse = next(view.row["alert_id"] for view in alerts(engine.ledger, Filter(subject="c9")))
        wait_until(lambda: "1" in pager.steps(worse), 90, "the notifier goes on when Alertmanager is back")
    finally:
        process.end()
    assert len(ended) == 5
    assert pager.groups("resolved") == ended


def test_five_thousand_are_told_in_one_request_chain(engine: Engine, server: Server, notifier: Made) -> None:
    engine.judge([*straits(5000, 0, 20), *straits(5000, 1, 8)])
    assert notifier("a").step(datetime.now(UTC)) == 5000
    assert len(httpx.get(f"{server.url}/api/v2/alerts", timeout=30).json()) == 5000


def test_of_two_processes_one_tells(engine: Engine, server: Server, notifier: Made) -> None:
    engine.judge([*straits(1, 0, 20), *straits(1, 1, 8)])
    assert notifier("a").step(datetime.now(UTC)) == 1
    assert notifier("b").step(datetime.now(UTC)) is None


def test_one_alertmanager_that_is_away_keeps_the_other_from_nothing(engine: Engine, server: Server) -> None:
    engine.judge([*straits(1, 0, 20), *straits(1, 1, 8)])
    with httpx.Client() as client:
        both = [Alertmanager("http://127.0.0.1:9", client), Alertmanager(server.url, client)]
        with pytest.raises(ReceiverAway, match=r"Alertmanager 127\.0\.0\.1: cannot be reached"):
            Notifier(engine.ledger, both, "a").step(datetime.now(UTC))
    assert len(httpx.get(f"{server.url}/api/v2/alerts").json()) == 1


def test_doctor_holds_alertmanager_against_the_ledger(engine: Engine, server: Server, notifier: Made) -> None:
    engine.judge([*straits(3, 0, 20), *straits(3, 1, 8)])
    environment = {
        "SUPPLYWATCH_LEDGER": engine.ledger.url,
        "SUPPLYWATCH_ALERTMANAGER": server.url,
        "SUPPLYWATCH_BROKER": "kafka://127.0.0.1:9",
    }

    def told() -> tuple[str, str]:
        command = [sys.executable, "-m", "supplywatch", "doctor", "--json"]
        done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False)
        return next((one["status"], one["detail"]) for one in json.loads(done.stdout) if one["part"] == "alertmanager")

    assert told()[0] == "fail"
    assert "3 open alerts do not stand there" in told()[1]
    notifier("a").step(datetime.now(UTC))
    wait_until(lambda: told() == ("ok", "3 open alerts, all of them stand there and no other"), 60, "all stand there")
