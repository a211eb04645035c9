"""``python -m streams.matching``: counterparties against lists, as a stage between two topics.

List entries and ids of counterparties come in, :class:`PartyMatch` records go out to be judged like any other. What is told is noted
before, and acknowledged after, the broker has it: a process that dies in between tells the same again.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from pydantic import TypeAdapter, ValidationError

from streams.deadletter import Incoming
from streams.settling import PutsAside, Settler, Valid
from streams.topics import COUNTERPARTIES, MATCH, Changed, match_topics
from streams.worker import Report, Stage, main
from supplywatch import metrics
from supplywatch.ledger.book import Ledger
from supplywatch.matching.stage import Matching
from supplywatch.model.records import ListChange, ListRelease, PartyMatch
from supplywatch.runtime.broker import Producer, record_topic
from supplywatch.runtime.logs import get_logger
from supplywatch.settings import Settings
from supplywatch.watchlist.index import WatchIndex

log = get_logger(__name__)

BATCH_MAX = 100
"""Messages matched together at the most: an entry may take 150 ms, and what is in hand when the process dies is done again."""


_LISTING: TypeAdapter[ListChange | ListRelease] = TypeAdapter(ListChange | ListRelease)


class Matcher(Settler[ListChange | Changed]):
    """Settles batches of list entries and counterparties; the other parameters are those of :class:`Settler`."""

    stage, doing = MATCH, "matched"

    def __init__(
        self,
        matching: Matching,
        producer: Producer,
        prefix: str,
        dead_letters: PutsAside,
        report: Callable[[str, str | None], None],
        stop: threading.Event | None = None,
    ) -> None:
        super().__init__(dead_letters, report, stop)
        self._matching, self._producer = matching, producer
        self._counterparties, self._topic = prefix + COUNTERPARTIES, record_topic(PartyMatch.family, prefix)

    def read(self, message: Incoming) -> ListChange | Changed | None:
        """Return a changed entry or counterparty; a release as a whole matches nobody.

        A listing that is no record is left to the workers, who read it too: they put it aside, and a replay brings it to both again.
        """
        if message.topic == self._counterparties:
            return Changed.model_validate_json(message.value or b"")
        try:
            record = _LISTING.validate_json(message.value or b"")
        except ValidationError:
            log.warning("left to the workers", topic=message.topic, partition=message.partition, offset=message.offset)
            return None
        return record if isinstance(record, ListChange) else None

    def work(self, valid: Sequence[Valid[ListChange | Changed]]) -> None:
        """Match, note the pairs, and tell them."""
        entries = [item.content for item in valid if isinstance(item.content, ListChange)]
        ids = [item.content.counterparty_id for item in valid if isinstance(item.content, Changed)]
        found = [("entry", match) for match in self._matching.entries(entries)] if entries else []
        found += [("counterparty", match) for match in self._matching.counterparties(ids)] if ids else []
        matches = [match for _, match in found]
        self._matching.note(matches)
        sends = [self._producer.send(self._topic, match.series.encode(), match.model_dump_json().encode()) for match in matches]
        self._producer.flush_checked(sends)
        for (direction, tier), count in Counter((direction, match.tier) for direction, match in found).items():
            metrics.MATCHES.labels(direction, tier).inc(count)
        metrics.PRODUCED.labels(PartyMatch.family).inc(len(matches))


def make(settings: Settings, ledger: Ledger, producer: Producer, letters: PutsAside, report: Report, stop: threading.Event) -> Matcher:
    """Return what settles the batches of the stage, its index of the watch-list at hand."""
    matching = Matching(ledger, WatchIndex.open(ledger, settings.data_dir / "watch-index"))
    matching.start()
    return Matcher(matching, producer, settings.topic_prefix, letters, report, stop)


STAGE = Stage(MATCH, match_topics, make, lambda settings: min(BATCH_MAX, settings.batch_max))

if __name__ == "__main__":
    main(STAGE)
