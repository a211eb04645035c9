"""The normal forms of many names, made by several processes; what a million names cost is here."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import islice

from supplywatch.errors import Retry
from supplywatch.ledger.watchlist_imports import Staged
from supplywatch.model.counterparty import Counterparty, counterparty_id, stored_keys
from supplywatch.model.name_match import Party
from supplywatch.screening.watched import keys_of, keys_text

Batch = Sequence[Counterparty]
_ALONE = 8_000
"""So many names are done before other processes would have started."""
_BATCH = 2_000
_WORKERS = os.cpu_count() or 1
_AHEAD = 2 * _WORKERS


def staged(watchlist: str, counterparties: Batch) -> list[Staged]:
    """Return counterparties as they are stored."""
    return _rows(watchlist, counterparties, _keys([one.every_name for one in counterparties]))


def staged_in_order(watchlist: str, batches: Iterable[Batch]) -> Iterator[list[Staged]]:
    """Yield batches as they are stored, in their order; many of them are spread over the processors."""
    waiting: deque[tuple[Batch, Future[list[str]]]] = deque()
    with _Forms() as forms:
        for batch in batches:
            waiting.append((batch, forms.asked([one.every_name for one in batch])))
            while len(waiting) > _AHEAD:
                done, keys = waiting.popleft()
                yield _rows(watchlist, done, keys.result())
        for done, keys in waiting:
            yield _rows(watchlist, done, keys.result())


def keyed(parties: Iterable[Party]) -> Iterator[Party]:
    """Yield parties with the forms of their names, those that had none whenever they are ready."""
    waiting: deque[tuple[Sequence[Party], Future[list[str]]]] = deque()
    rest = iter(parties)
    with _Forms() as forms:
        while batch := list(islice(rest, _BATCH)):
            lacking = [party for party in batch if not party.keys]
            if not lacking:
                yield from batch
                continue
            yield from (party for party in batch if party.keys)
            waiting.append((lacking, forms.asked([tuple(name.text for name in party.names) for party in lacking])))
            while len(waiting) > _AHEAD:
                yield from _with_keys(*waiting.popleft())
        for found in waiting:
            yield from _with_keys(*found)


class _Forms:
    """Makes the forms of names: here while they are few, in other processes from then on."""

    def __init__(self) -> None:
        self._made = 0
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Forms:
        return self

    def __exit__(self, _type: object, error: object, _trace: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise Retry("a process that makes the forms of names was ended from outside (is memory short?); do it again") from error

    def asked(self, names: Sequence[tuple[str, ...]]) -> Future[list[str]]:
        """Return what will be the forms of each, as they are stored."""
        self._made += len(names)
        if self._pool is None and self._made > _ALONE:
            self._pool = ProcessPoolExecutor(_WORKERS, multiprocessing.get_context("spawn"), _begin)
        if self._pool is not None:
            return self._pool.submit(_keys, names)
        done: Future[list[str]] = Future()
        done.set_result(_keys(names))
        return done


def _rows(watchlist: str, batch: Batch, keys: Iterable[str]) -> list[Staged]:
    return [Staged(counterparty_id(watchlist, one.reference), one.digest, one.text, key) for one, key in zip(batch, keys, strict=True)]


def _with_keys(parties: Sequence[Party], keys: Future[list[str]]) -> Iterator[Party]:
    return (replace(party, keys=stored_keys(text)) for party, text in zip(parties, keys.result(), strict=True))


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
