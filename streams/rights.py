"""What each kind of process may do at the broker: derived from the table of topics, so that a new topic is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from streams.deadletter import REPLAY_GROUP
from streams.topics import ALERT_STATE, ALERTS, COUNTERPARTIES, DLQ_JUDGE, RECORDS, judge_group, match_group, match_topics
from supplywatch.model.party_match import MatchDecision, PartyMatch
from supplywatch.runtime.broker import record_topic

READ, WRITE = ("Read", "Describe"), ("Write", "Describe")


@dataclass(frozen=True)
class Right:
    """One line: a role may do some operations on a topic or consumer group; ``prefixed`` names all that begin so."""

    role: str
    operations: tuple[str, ...]
    resource: str
    name: str
    prefixed: bool = False

    def command(self, principal: str) -> str:
        """Return it as arguments of Kafka's own ``kafka-acls.sh``."""
        what = " ".join(f"--operation {operation}" for operation in self.operations)
        pattern = " --resource-pattern-type prefixed" if self.prefixed else ""
        return f"--add --allow-principal User:{principal} {what} --{self.resource} {self.name}{pattern}"


def rights(prefix: str) -> list[Right]:
    """Return the rights of every role, none wider than it needs; roles may share one login, which then has the rights of each."""
    return [*_stages(prefix), *_people(prefix)]


def _stages(prefix: str) -> Iterator[Right]:
    records = [prefix + topic.name for topic in RECORDS]
    letters = prefix + DLQ_JUDGE
    yield from (Right("connect", WRITE, "topic", name) for name in records)
    yield from (Right("worker", READ, "topic", name) for name in records)
    yield Right("worker", ("Read",), "group", judge_group(prefix))
    yield Right("worker", WRITE, "topic", letters)
    yield from (Right("match", READ, "topic", name) for name in match_topics(prefix))
    # Both kinds of record stand on one topic; named by their families, so that a split would show here.
    yield from (Right("match", WRITE, "topic", record_topic(family, prefix)) for family in dict.fromkeys(_matched()))
    yield Right("match", ("Read",), "group", match_group(prefix))
    yield Right("match", WRITE, "topic", letters)
    yield from (Right("relay", WRITE, "topic", prefix + name) for name in (ALERTS, ALERT_STATE, COUNTERPARTIES))


def _matched() -> tuple[str, str]:
    return PartyMatch.family, MatchDecision.family


def _people(prefix: str) -> Iterator[Right]:
    """The operator who sends letters again, and whoever subscribes to alerts; a subscriber names its groups ``subscriber.…``."""
    yield Right("operator", READ, "topic", prefix + DLQ_JUDGE)
    yield Right("operator", ("Read",), "group", prefix + REPLAY_GROUP)
    yield from (Right("operator", WRITE, "topic", prefix + topic.name) for topic in RECORDS)
    yield from (Right("subscriber", READ, "topic", prefix + name) for name in (ALERTS, ALERT_STATE))
    yield Right("subscriber", ("Read",), "group", "subscriber.", prefixed=True)
