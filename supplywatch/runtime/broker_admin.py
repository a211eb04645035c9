"""Looking at a broker: its topics, how far a consumer group is, what stands in a topic."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import CorruptRecordError, KafkaError, RetriableError, TopicAlreadyExistsError

from supplywatch.errors import BadRequest
from supplywatch.runtime.broker import FETCH_WAIT_MS, BrokerAddress, TopicSpec
from supplywatch.runtime.logs import get_logger

log = get_logger(__name__)

_PATIENCE_S = 10.0


@dataclass(frozen=True)
class GroupState:
    """A consumer group: how many members it has, which partitions they own, how far it is behind on each partition.

    ``owned`` is ``None`` when the broker does not tell: the embedded one names members, but not what they were assigned.
    """

    members: int
    owned: frozenset[tuple[str, int]] | None
    committed: Mapping[tuple[str, int], int]
    lag: Mapping[tuple[str, int], int]

    def lag_by_topic(self) -> dict[str, int]:
        """Return the messages not yet acknowledged, topic by topic."""
        totals: dict[str, int] = {}
        for (topic, _), behind in self.lag.items():
            totals[topic] = totals.get(topic, 0) + behind
        return totals


class Admin:
    """Topics and consumer groups of one broker; use it as a context."""

    def __init__(self, address: BrokerAddress) -> None:
        self.address = address
        try:
            self._client = KafkaAdminClient(**address.client_options())
        except KafkaError as error:
            raise address.away(error) from error
        # Never used here, and the embedded broker sends operations that the client does not know and would stumble over.
        self._client._process_acl_operations = lambda described: described

    def __enter__(self) -> Admin:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self._client.close()

    def topics(self) -> dict[str, int]:
        """Return every topic and its number of partitions."""
        with self._errors():
            return {topic["name"]: len(topic["partitions"]) for topic in self._client.describe_topics()}

    def ensure_topics(self, specs: Iterable[TopicSpec], replication: int) -> list[str]:
        """Create the topics that are missing and wait until the broker knows them.

        Returns
        -------
        list of str
            One sentence for each existing topic that does not fit.
        """
        specs = list(specs)
        present = self.topics()
        missing = [spec for spec in specs if spec.name not in present]
        with self._errors():
            for spec in missing:
                wanted = {"num_partitions": spec.partitions, "replication_factor": replication, "configs": dict(spec.configs)}
                with contextlib.suppress(TopicAlreadyExistsError):
                    self._client.create_topics({spec.name: wanted})
            if missing:
                self._client.wait_for_topics([spec.name for spec in missing])
        return [
            f"topic {spec.name} has {present[spec.name]} partitions, {spec.partitions} are meant: add partitions, or scale out less"
            for spec in specs
            if present.get(spec.name, spec.partitions) < spec.partitions
        ]

    def end_offsets(self, topics: Iterable[str]) -> dict[tuple[str, int], int]:
        """Return the offset after the last message, for each partition of the topics that exist."""
        counts = self.topics()
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(counts.get(topic, 0))]
        with _consumer(self.address) as consumer:
            consumer.assign(partitions)
            return {(at.topic, at.partition): end for at, end in _ends(consumer, partitions, self.address.embedded).items()}

    def group(self, group: str, topics: Iterable[str]) -> GroupState:
        """Return who owns what in a consumer group, and how far it is behind on the topics."""
        ends = self.end_offsets(topics)
        described = self._patiently(lambda: self._client.describe_groups([group]).get(group, {}))
        offsets = self._patiently(lambda: self._client.list_group_offsets([group]).get(group, {}))
        members = described.get("members") or []
        committed = {(tp.topic, tp.partition): found.offset for tp, found in offsets.items() if found.offset >= 0}
        lag = {at: max(0, end - committed.get(at, 0)) for at, end in ends.items()}
        return GroupState(len(members), None if self.address.embedded else _owned(members), committed, lag)

    def _patiently(self, ask: Callable[[], Any]) -> Any:
        # A cluster that has never seen a group first makes its offsets topic and says so meanwhile.
        end = time.monotonic() + _PATIENCE_S
        while True:
            with self._errors():
                try:
                    return ask()
                except RetriableError:
                    if time.monotonic() > end:
                        raise
            time.sleep(0.2)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except KafkaError as error:
            raise self.address.away(error) from error


def _owned(members: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, int]]:
    return frozenset(
        (assigned["topic"], partition)
        for member in members
        for assigned in ((member["member_assignment"] or {}).get("assigned_partitions") or [])
        for partition in assigned["partitions"]
    )


def read_topic(address: BrokerAddress, topic: str, *, start: Mapping[int, int] | None = None, follow: bool = False) -> Iterator[Any]:
    """Read a topic without a group: its messages from the beginning (or from ``start``, per partition) to its present end.

    Yields kafka-python ``ConsumerRecord`` (``topic, partition, offset, timestamp, key, value, headers``).

    Parameters
    ----------
    follow
        Go on with what comes after the present end, until the caller stops.
    """
    with _consumer(address) as consumer:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        if not partitions:
            raise BadRequest(f"no topic {topic!r} at {','.join(address.servers)}; 'supplywatch doctor' lists the topics")
        consumer.assign(partitions)
        ends = _ends(consumer, partitions, address.embedded)
        for partition in partitions:
            if start is not None and partition.partition in start:
                consumer.seek(partition, start[partition.partition])
            else:
                consumer.seek_to_beginning(partition)
        while follow or any(consumer.position(partition) < ends[partition] for partition in partitions):
            try:
                batches = consumer.poll(timeout_ms=200)
            except CorruptRecordError as error:
                _pass_over(consumer, partitions, error)
                continue
            for batch in batches.values():
                yield from batch


def _pass_over(consumer: Any, partitions: Sequence[TopicPartition], error: CorruptRecordError) -> None:
    """Go past a message that the client cannot decode; of several partitions it does not say in which it stands."""
    if len(partitions) > 1:
        raise error
    at = consumer.position(partitions[0])
    log.warning("a message that cannot be decoded is passed over", topic=partitions[0].topic, offset=at, detail=str(error))
    consumer.seek(partitions[0], at + 1)


@contextlib.contextmanager
def _consumer(address: BrokerAddress) -> Iterator[Any]:
    try:
        options = {
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "metrics_enabled": False,
            "fetch_max_wait_ms": FETCH_WAIT_MS,
        }
        with contextlib.closing(KafkaConsumer(**address.client_options(), **options)) as consumer:
            yield consumer
    except KafkaError as error:
        raise address.away(error) from error


def _ends(consumer: Any, partitions: Sequence[TopicPartition], embedded: bool) -> dict[TopicPartition, int]:
    ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
    if not embedded:
        return ends
    # The embedded broker answers with the *first* offset of the last batch plus one; its answers to a fetch tell the true end.
    filled = [partition for partition, end in ends.items() if end > 0]
    for partition in partitions:
        consumer.seek(partition, max(0, ends[partition] - 1))
    deadline = time.monotonic() + _PATIENCE_S
    while any(consumer.highwater(partition) is None for partition in filled) and time.monotonic() < deadline:
        consumer.poll(timeout_ms=50)
    return ends | {partition: consumer.highwater(partition) or ends[partition] for partition in filled}
