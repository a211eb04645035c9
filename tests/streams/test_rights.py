"""Rights at the broker: every topic is written and read by those who must, and by nobody else."""

from collections import defaultdict

from typer.testing import CliRunner

from streams.rights import rights
from streams.topics import ALERT_STATE, ALERTS, COUNTERPARTIES, DLQ_JUDGE, RECORDS, TOPICS
from supplywatch.cli import app
from supplywatch.runtime.broker import record_topic


def holders(operation: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in rights("eu."):
        if one.resource == "topic" and operation in one.operations:
            found[one.name.removeprefix("eu.")].add(one.role)
    return found


def test_every_topic_has_its_writers_and_readers_and_no_other() -> None:
    writers, readers = holders("Write"), holders("Read")
    assert set(writers) == {topic.name for topic in TOPICS}
    assert all(writers[name] == {"relay"} for name in (ALERTS, ALERT_STATE, COUNTERPARTIES))
    assert writers[DLQ_JUDGE] == {"worker", "match"}
    assert all("connect" in writers[topic.name] and readers[topic.name] >= {"worker"} for topic in RECORDS)
    assert [name for name, roles in writers.items() if "match" in roles] == [record_topic("match"), DLQ_JUDGE]
    assert {name for name, roles in readers.items() if "subscriber" in roles} == {ALERTS, ALERT_STATE}
    assert not any("subscriber" in roles for roles in writers.values())


def test_one_line_is_what_kafka_s_own_tool_takes() -> None:
    said = CliRunner().invoke(app, ["broker", "rights", "--role", "subscriber", "--user", "acme"]).stdout.splitlines()
    assert said[-1] == "--add --allow-principal User:acme --operation Read --group subscriber. --resource-pattern-type prefixed"
    wrong = CliRunner().invoke(app, ["broker", "rights", "--role", "boss"])
    assert wrong.exit_code != 0
