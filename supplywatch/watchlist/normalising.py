"""The normal forms of many names, made by several processes; what a million names cost is here."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain

from supplywatch.ledger.watchlist_imports import Staged
from supplywatch.screening.watched import keys_of, keys_text
from supplywatch.watchlist.counterparty import Counterparty, counterparty_id

Batch = Sequence[Counterparty]
_ALONE = 8_000
"""So many names are done before other processes would have started."""


def staged(watchlist: str, counterparties: Batch) -> list[Staged]:
    """Return counterparties as they are stored."""
    return _rows(watchlist, counterparties, _keys([one.names for one in counterparties]))


def staged_in_order(watchlist: str, batches: Iterable[Batch]) -> Iterator[list[Staged]]:
    """Yield batches as they are stored, in their order; many of them are spread over the processors."""
    rest = iter(batches)
    done = 0
    for batch in rest:
        yield staged(watchlist, batch)
        done += len(batch)
        if done >= _ALONE:
            break
    following = next(rest, None)
    if following is None:
        return
    workers = len(os.sched_getaffinity(0))
    waiting: deque[tuple[Batch, Future[list[str]]]] = deque()
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin) as pool:
        for batch in chain((following,), rest):
            waiting.append((batch, pool.submit(_keys, [one.names for one in batch])))
            if len(waiting) > 2 * workers:
                yield _taken(watchlist, waiting)
        while waiting:
            yield _taken(watchlist, waiting)


def _taken(watchlist: str, waiting: deque[tuple[Batch, Future[list[str]]]]) -> list[Staged]:
    batch, keys = waiting.popleft()
    return _rows(watchlist, batch, keys.result())


def _rows(watchlist: str, batch: Batch, keys: Iterable[str]) -> list[Staged]:
    return [Staged(counterparty_id(watchlist, one.reference), one.digest, one.text, key) for one, key in zip(batch, keys, strict=True)]


def _keys(names: Sequence[tuple[str, ...]]) -> list[str]:
    return [keys_text(keys_of(each)) for each in names]


def _begin() -> None:
    """Make a worker end with the process that started it, however that ends, and leave interrupts to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
