"""The table of topics covers every family and says how each topic is kept."""

from streams.topics import ALERT_STATE, RECORDS, TOPICS, record_topics
from supplywatch.model.records import FAMILIES
from supplywatch.runtime.broker import record_topic


def test_every_family_of_records_has_its_topic() -> None:
    assert {record_topic(family) for family in FAMILIES} | {"records.trade.v1"} == {topic.name for topic in RECORDS}
    assert record_topics("x.") == [f"x.{topic.name}" for topic in RECORDS]


def test_names_are_unique_and_carry_a_version() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    assert all(name.endswith((".v1", ".v2")) for name in names)


def test_only_the_state_is_compacted() -> None:
    policies = {topic.name: topic.spec("").configs["cleanup.policy"] for topic in TOPICS}
    assert [name for name, policy in policies.items() if policy == "compact"] == [ALERT_STATE]
    assert all("retention.ms" in topic.spec("").configs for topic in TOPICS if topic.name != ALERT_STATE)
