"""Every topic of the product, in one table: created before anything starts, checked where it exists."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from supplywatch.model.records import FAMILIES, ListChange
from supplywatch.model.value import Frozen
from supplywatch.runtime.broker import BrokerAddress, TopicSpec, record_topic
from supplywatch.runtime.broker_admin import Admin
from supplywatch.runtime.logs import get_logger
from supplywatch.runtime.sizes import MAX_MESSAGE_BYTES
from supplywatch.settings import Settings

log = get_logger(__name__)

ALERTS = "alerts.v1"
ALERT_STATE = "alert-state.v1"
DLQ_JUDGE = "dlq.judge.v1"
COUNTERPARTIES = "counterparties.v1"
JUDGE, MATCH = "judge", "match"
"""The stages; also the names of their consumer groups."""
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Topic:
    """One row of the table.

    Parameters
    ----------
    key
        What the Kafka key of its messages is: equal keys keep their order.
    retention_days
        How long the broker keeps messages; ``None`` where the newest message of each key stays for good (compacted).
    """

    name: str
    holds: str
    key: str
    partitions: int
    retention_days: int | None

    def spec(self, prefix: str) -> TopicSpec:
        """Return what the broker must have."""
        configs = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
        if self.retention_days is None:
            configs["cleanup.policy"] = "compact"
        else:
            configs |= {"cleanup.policy": "delete", "retention.ms": str(self.retention_days * _DAY_MS)}
        return TopicSpec(prefix + self.name, self.partitions, configs)


class Changed(Frozen):
    """What stands on the topic of counterparties: who changed; the name and the rest stand in the ledger."""

    counterparty_id: str = Field(min_length=1)
    seq: int


RECORDS: tuple[Topic, ...] = tuple(
    Topic(name, f"records of family '{name.split('.')[1]}', to be judged{note}", "series of the record", partitions=6, retention_days=30)
    for name, note in (*((record_topic(family), "") for family in FAMILIES), ("records.trade.v1", "; written by releases before 0.3"))
)
TOPICS: tuple[Topic, ...] = (
    *RECORDS,
    Topic(ALERTS, "every transition of every alert (CloudEvents 1.0)", "alert id", partitions=3, retention_days=400),
    Topic(ALERT_STATE, "the last transition of each alert", "alert id", partitions=3, retention_days=None),
    Topic(COUNTERPARTIES, "ids of counterparties that changed on a watch-list, to be matched", "digest of the id", 6, retention_days=30),
    Topic(DLQ_JUDGE, "messages no worker could use, as they came, with the reason in headers", "key as it came", 1, retention_days=90),
)


def family_of(topic: str) -> str:
    """Return the family of records that a topic holds.

    >>> family_of(record_topic("trade", "eu."))
    'trade'
    """
    return topic.split(".")[-2]


def record_topics(prefix: str) -> list[str]:
    """Return the names of the topics a worker reads."""
    return [prefix + topic.name for topic in RECORDS]


def replayed_to(prefix: str) -> list[str]:
    """Return the topics that dead letters may be sent back to: those that stages read. What stages say is on the others."""
    return [*record_topics(prefix), prefix + COUNTERPARTIES]


def judge_group(prefix: str) -> str:
    """Return the consumer group of the workers."""
    return prefix + JUDGE


def match_topics(prefix: str) -> list[str]:
    """Return the names of the topics a matching process reads."""
    return [record_topic(ListChange.family, prefix), prefix + COUNTERPARTIES]


def match_group(prefix: str) -> str:
    """Return the consumer group of the matching processes."""
    return prefix + MATCH


def ensure_topics(settings: Settings, address: BrokerAddress) -> list[str]:
    """Create what is missing, and return (and log) one sentence for each existing topic that does not fit.

    Raises
    ------
    BrokerAway
        When the broker cannot be reached.
    """
    with Admin(address) as admin:
        warnings = admin.ensure_topics((topic.spec(settings.topic_prefix) for topic in TOPICS), settings.replication)
    for warning in warnings:
        log.warning("topic does not fit", detail=warning)
    return warnings
