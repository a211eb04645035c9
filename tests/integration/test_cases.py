"""Five events of the past, played through the embedded broker, worker, ledger and alert topic: one episode each, and how late."""

import subprocess
import sys
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest

from supplywatch.alert import AlertEvent
from supplywatch.demo.cases import CASES, Case
from tests.servers.process import ROOT

pytestmark = pytest.mark.integration
ENDS = {
    "hormuz-2026": "worsened",
    "red-sea-2023": "worsened",
    "ever-given-2021": "resolved",
    "soy-2018": "resolved",
    "eu-wood-2022": "opened",
}
LATE = {"hormuz-2026": 10, "red-sea-2023": 51, "ever-given-2021": 7, "soy-2018": 299, "eu-wood-2022": 388}
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
        assert events[-1].transition == ENDS[case.case_id]
        assert events[0].known_at.date() - case.began <= timedelta(days=LATE[case.case_id])
    assert max((events[0].known_at.date() - case.began).days for events in own.values()) == LATE[case.case_id]
