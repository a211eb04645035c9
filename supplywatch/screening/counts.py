"""Words of ordinary company names and in how many names each stands: ``config/word_counts.tsv.gz``.

The counts are of GLEIF legal names (CC0), made by ``bench/word_counts.py``; they come from no list that is screened.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from supplywatch.config import config_dir
from supplywatch.errors import BadSetting

_FILE = "word_counts.tsv.gz"
AS_WRITTEN = "="
"""Stands before a word that looks like a slip of a vocabulary word and is none: "handle" beside "handel"."""


@lru_cache(maxsize=1)
def _lines() -> tuple[str, ...]:
    path = config_dir() / _FILE
    try:
        return tuple(gzip.decompress(path.read_bytes()).decode().splitlines())
    except OSError as error:
        raise BadSetting(f"{path}: cannot be read ({error}); restore it from the repository") from error


@lru_cache(maxsize=1)
def counted() -> tuple[int, dict[str, int]]:
    """Return the number of names, and in how many of them each word stands in its normal spelling."""
    counts = {word: int(count) for word, count in (line.split("\t") for line in _lines() if line[0] not in "#" + AS_WRITTEN)}
    return counts.pop("*"), counts


@lru_cache(maxsize=1)
def as_written() -> frozenset[str]:
    """Return the words that are never taken for a slip of another."""
    return frozenset(line[1:].partition("\t")[0] for line in _lines() if line.startswith(AS_WRITTEN))
