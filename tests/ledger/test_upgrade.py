"""The ledger of an earlier release after the upgrade: lists the same alerts, holds the same states, judges a further record alike.

What is kept of each release, and how it was made: ``tests/fixtures/ledgers/make.py``.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from supplywatch import registry
from supplywatch.cli.common import make_engine
from supplywatch.judging.folding import RECORD
from supplywatch.judging.rebuild import rebuild
from supplywatch.ledger import schema
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.queries import Filter, alerts
from supplywatch.model.records import TradeSlice
from tests.conftest import ROOT

KEPT = ROOT / "tests" / "fixtures" / "ledgers"
RELEASES = sorted(path.name.removesuffix(".json.gz") for path in KEPT.glob("*.json.gz"))
SHOWN = ("alert_id", "rule", "subject_id", "state", "severity", "standing", "acknowledged_by")


def unpacked(name: str) -> bytes:
    return gzip.decompress((KEPT / name).read_bytes())


def on_sqlite(release: str, tmp_path: Path, _request: pytest.FixtureRequest) -> str:
    (tmp_path / "ledger.db").write_bytes(unpacked(f"{release}.db.gz"))
    return f"sqlite:///{tmp_path / 'ledger.db'}"


def on_postgresql(version: str, release: str, _tmp_path: Path, request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"postgres{version}").database()
    dump = unpacked(f"{release}.sql.gz").decode()
    statements = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))  # those are for psql
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statements.encode())
    return url


ON_POSTGRESQL = [pytest.param(partial(on_postgresql, v), marks=pytest.mark.integration, id=f"postgresql{v}") for v in ("15", "18")]


@pytest.fixture(params=[pytest.param(on_sqlite, id="sqlite"), *ON_POSTGRESQL])
def upgraded(request: pytest.FixtureRequest, release: str, tmp_path: Path) -> Iterator[Ledger]:
    """The ledger of a release, its states as they stood noted, and then upgraded."""
    ledger = Ledger(request.param(release, tmp_path, request))
    before = states(ledger)
    ledger.close()
    ledger = Ledger.open(ledger.url)
    assert states(ledger) == before != []
    yield ledger
    ledger.close()


def states(ledger: Ledger) -> list[Any]:
    """Return the states by the columns that the first release had: later ones are new."""
    s = schema.rule_state.c
    first = (s.rule, s.subject, s.source, s.last_observed, s.known_at, s.alert_id, s.body)
    with ledger.read() as connection:
        return [tuple(row) for row in connection.execute(select(*first).order_by(s.rule, s.subject))]


def shown(row: Mapping[str, Any]) -> list[str]:
    return [*(str(row[name]) for name in SHOWN), "shelved" if row["shelved_until"] else ""]


def told(event: Mapping[str, Any]) -> tuple[str, ...]:
    return event["rule"], event["subject"]["id"], event["transition"], event["severity"], event["observed_at"], event["event_id"]


def as_was(rules: dict[str, str]) -> set[str]:
    """Return the rules that say what they said: a rule of another version says so in the changelog."""
    return {rule_id for rule_id, rule in registry.rules().items() if rules.get(rule_id) == rule.card.version}


@pytest.mark.parametrize("release", RELEASES)
def test_an_upgraded_ledger_is_as_it_was(upgraded: Ledger, release: str) -> None:
    said = json.loads(unpacked(f"{release}.json.gz"))
    same = as_was(said["rules"])
    assert sorted(shown(view.row) for view in alerts(upgraded, Filter(), 1000)) == sorted(map(shown, said["alerts"]))
    engine = make_engine(upgraded)
    before = [state for state in states(upgraded) if state[0] in same]
    rebuilt = rebuild(engine)
    assert [state for state in states(upgraded) if state[0] in same] == before, "nothing is judged otherwise than it was"
    assert rebuilt.before["alert"] == rebuilt.after["alert"]
    assert rebuilt.identical or same != set(said["rules"])
    records = [RECORD.validate_python(record) for record in said["further"]]
    events = [event for start in range(0, len(records), 200) for event in engine.judge(records[start : start + 200]).events]
    assert [told(event.model_dump(mode="json")) for event in events if event.rule in same] == [
        told(event) for event in said["events"] if event["rule"] in same
    ]
    assert len({event.rule for event in events}) > 1
    assert engine.judge(records).new == 0


@pytest.mark.parametrize("release", RELEASES)
def test_what_an_earlier_release_stored_is_the_same_in_the_version_of_today(upgraded: Ledger) -> None:
    with upgraded.read() as connection:
        stored = [(row.body, row.digest, row.record_id) for row in connection.execute(select(schema.observation))]
    records = [RECORD.validate_json(body) for body, _, _ in stored]
    assert [(record.digest, record.record_id) for record in records] == [(digest, record_id) for _, digest, record_id in stored]
    bodies = [record.model_dump_json() for record in records if isinstance(record, TradeSlice)]
    assert bodies
    assert all('"schema_version":2' in body for body in bodies)
    newest = {(record.series, record.observed): body for body in bodies for record in [RECORD.validate_json(body)]}
    verdict = make_engine(upgraded).judge([RECORD.validate_json(body) for body in newest.values()], list(newest.values()))
    assert (verdict.new, verdict.revision, verdict.events) == (0, 0, [])
