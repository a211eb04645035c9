"""Watches the group of the workers from inside one of them: who owns what, how far it is, and whether this one stands idle for no reason.

A worker that joined before the broker knew a topic lives on and consumes nothing. So one without partitions, while some have no owner,
ends after ``idle_s`` and its supervisor starts it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from streams.topics import JUDGE
from supplywatch import metrics
from supplywatch.errors import BrokerAway
from supplywatch.runtime.broker import BrokerAddress
from supplywatch.runtime.broker_admin import Admin, GroupState

Partition = tuple[str, int]

LOOK_EVERY_S = 3.0
PATIENCE_WITH_PARTITIONS = 3.0
"""How many times longer a worker waits that does own partitions: somebody else is nearer to the trouble."""


@dataclass
class Idleness:
    """How long partitions have stood without an owner, as one worker sees it.

    Examples
    --------
    >>> idle = Idleness(limit_s=60.0)
    >>> idle.exceeded(unowned=6, own=0, now_s=0.0), idle.exceeded(unowned=6, own=0, now_s=61.0)
    (False, True)
    >>> idle.exceeded(unowned=0, own=0, now_s=62.0), idle.exceeded(unowned=6, own=0, now_s=63.0)
    (False, False)
    """

    limit_s: float
    since_s: float | None = None

    def exceeded(self, unowned: int, own: int, now_s: float) -> bool:
        """Tell whether this worker has stood by for too long."""
        if unowned == 0:
            self.since_s = None
            return False
        if self.since_s is None:
            self.since_s = now_s
        return now_s - self.since_s > self.limit_s * (PATIENCE_WITH_PARTITIONS if own else 1.0)

    def forget(self) -> None:
        """Start anew: the broker was away, nobody could own anything."""
        self.since_s = None


class Watchdog:
    """Looks at the group every few seconds.

    Parameters
    ----------
    own
        Returns the partitions this worker owns now.
    report
        Told ``(part, problem)`` for readiness.
    """

    def __init__(
        self,
        address: BrokerAddress,
        group: str,
        topics: Sequence[str],
        *,
        stage: str = JUDGE,
        idle_s: float,
        own: Callable[[], frozenset[Partition]],
        report: Callable[[str, str | None], None],
    ) -> None:
        self._address, self._group, self._topics = address, group, topics
        self._stage, self._own, self._report = stage, own, report
        self._idle = Idleness(idle_s)
        self._committed: Mapping[Partition, int] = {}

    def look(self) -> bool:
        """Look once, and return whether this worker should end."""
        try:
            with Admin(self._address) as admin:
                state, known = admin.group(self._group, self._topics), admin.topics()
        except BrokerAway as error:
            self._report("partitions", str(error))
            self._idle.forget()
            return False
        own = self._own()
        unowned = self._unowned(state, own)
        metrics.UNOWNED.labels(self._stage).set(len(unowned))
        metrics.ASSIGNED.labels(self._stage).set(len(own))
        for topic, behind in state.lag_by_topic().items():
            metrics.LAG.labels(self._stage, topic).set(behind)
        missing = [topic for topic in self._topics if topic not in known]
        if missing:
            self._report("partitions", f"topic {missing[0]} does not exist; a restart of the worker creates it")
        elif unowned:
            self._report("partitions", f"{len(unowned)} of {len(state.lag)} partitions of its topics have no owner")
        else:
            self._report("partitions", None)
        return self._idle.exceeded(len(unowned), len(own), time.monotonic())

    def _unowned(self, state: GroupState, own: frozenset[Partition]) -> frozenset[Partition]:
        if state.owned is not None:
            return frozenset(state.lag) - state.owned
        if state.members <= 1:
            return frozenset(state.lag) - own
        # The broker does not tell what other members own: what is behind and does not move counts as nobody's.
        before, self._committed = self._committed, state.committed
        standing = {at for at, behind in state.lag.items() if behind and state.committed.get(at) == before.get(at)}
        return frozenset(standing) - own
