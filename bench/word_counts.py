"""Make ``config/word_counts.tsv.gz``: in how many GLEIF legal names (CC0) each word stands, words in at least a few names.

The words that look like a slip of a vocabulary word and stand in many names as written are found first: they are no slips.

python bench/word_counts.py ../shared/data
"""

from __future__ import annotations

import gzip
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from anyascii import anyascii

from supplywatch.config import config_dir
from supplywatch.screening import vocabulary
from supplywatch.screening.normal import forms
from supplywatch.screening.vocabulary import LEGAL, WORDS

LEAST, AS_WRITTEN_LEAST = 4, 15
WORD = re.compile(r"[a-z]{6,}")


def gleif_names(data: Path) -> Iterator[str]:
    """Yield the GLEIF part of the watch-list."""
    with gzip.open(data / "screening" / "watchlist_1m.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            _, kind, _, name = line.rstrip("\n").split("\t")
            if kind == "gleif":
                yield name


def no_slips(data: Path) -> list[tuple[str, int]]:
    """Return the words that are written like a slip so often that they are none."""
    written: Counter[str] = Counter()
    for name in gleif_names(data):
        written.update(set(WORD.findall(anyascii(name).casefold())))
    return sorted((word, count) for word, count in written.items() if count >= AS_WRITTEN_LEAST and WORDS.nearest(word) != word)


def main() -> None:
    """Count and write."""
    data, counts, names = Path(sys.argv[1]), Counter[str](), 0
    kept = no_slips(data)
    vocabulary.as_written = lambda: frozenset(word for word, _ in kept)  # the file being made is not read
    for name in gleif_names(data):
        names += 1
        counts.update({word for form in forms(name) for word in form.words if not word.startswith(LEGAL)})
    rows = [(f"={word}", count) for word, count in kept]
    rows += sorted((word, count) for word, count in counts.items() if count >= LEAST and len(word) > 1)
    head = (
        "# How many of the GLEIF legal names of ../shared/data/screening (CC0 1.0) hold a word, "
        "in its normal spelling; * is the number of names, = marks words that are no slips of others.\n"
    )
    body = head + f"*\t{names}\n" + "".join(f"{word}\t{count}\n" for word, count in rows)
    path = config_dir() / "word_counts.tsv.gz"
    path.write_bytes(gzip.compress(body.encode(), 9, mtime=0))
    print(f"{path.name}: {len(rows)} words of {names} names, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
