"""The engine in a process of its own: the same answers and errors as here, and an end when either side ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.remote import RemoteEngine
from streams.settling import Stopped, Unusable
from supplywatch.errors import LedgerAway
from supplywatch.ledger.book import Ledger
from supplywatch.settings import Settings
from tests import toy
from tests.conftest import ROOT
from tests.servers.toy_worker import make_engine

pytestmark = pytest.mark.integration

RECORDS = [toy.transit(day, count) for day, count in enumerate([20, 9, 4, 20])]


BODIES = [record.model_dump_json().encode() for record in RECORDS]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TOY_FAULT", str(tmp_path / "fault"))
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url).close()
    return Settings(broker="kafka://127.0.0.1:1", ledger=url)


@pytest.fixture
def engine(settings: Settings) -> Iterator[RemoteEngine]:
    made = RemoteEngine(make_engine, settings)
    yield made
    made._pipe.close()
    made._process.join(10)
    assert made._process.exitcode == 0, "it ends when nobody asks any more"


def test_it_answers_as_an_engine_in_this_process(engine: RemoteEngine) -> None:
    ledger = Ledger.open("sqlite://")
    here = make_engine(ledger).judge(RECORDS)
    there = engine.judge(BODIES)
    assert (there.new, [event.event_id for event in there.events]) == (here.new, [event.event_id for event in here.events])
    assert engine.judge(BODIES).duplicate == len(RECORDS)
    ledger.close()


def test_a_defect_in_a_rule_is_raised_here_and_the_next_batch_judged(engine: RemoteEngine, tmp_path: Path) -> None:
    (tmp_path / "fault").touch()
    with pytest.raises(RuntimeError, match="a defect in the rule") as caught:
        engine.judge([toy.transit(9, toy.BROKEN).model_dump_json().encode()])
    assert "toy.py" in caught.value.__notes__[0]
    assert engine.judge(BODIES).new == len(RECORDS)


def test_what_is_no_record_is_named_and_nothing_is_judged(engine: RemoteEngine) -> None:
    with pytest.raises(Unusable) as caught:
        engine.judge([BODIES[0], b"{}", BODIES[1], b"\xff"])
    assert sorted(caught.value.complaints) == [1, 3]
    assert engine.judge(BODIES).new == len(BODIES)


def test_a_ledger_that_is_away_can_be_waited_out(settings: Settings) -> None:
    away = RemoteEngine(make_engine, settings.model_copy(update={"ledger": "postgresql+psycopg://nobody@127.0.0.1:1/none"}))
    for _ in range(3):
        with pytest.raises(LedgerAway):
            away.judge(BODIES)
    away._pipe.close()
    away._process.join(10)
    assert away._process.exitcode == 0


def test_a_judging_process_that_is_killed_stops_the_worker(settings: Settings) -> None:
    engine = RemoteEngine(make_engine, settings)
    engine.judge(BODIES[:1])
    assert engine._process.pid is not None
    os.kill(engine._process.pid, signal.SIGKILL)
    with pytest.raises(Stopped):
        engine.judge(BODIES)


def test_a_program_that_ends_by_itself_ends_both(settings: Settings) -> None:
    text = (
        "from tests.servers.toy_worker import make_engine\n"
        "from streams.remote import RemoteEngine\n"
        "from supplywatch.settings import Settings\n"
        "if __name__ == '__main__':\n"
        f"    RemoteEngine(make_engine, Settings(broker='kafka://127.0.0.1:1', ledger={settings.ledger!r})).judge([])\n"
    )
    path = str(ROOT)
    done = subprocess.run([sys.executable, "-c", text], env=os.environ | {"PYTHONPATH": path}, timeout=60, check=False)
    assert done.returncode == 0
