"""Make ``config/word_counts.tsv.gz``: in how many GLEIF legal names (CC0) each word stands, words in at least a few names.

python bench/word_counts.py ../shared/data
"""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from pathlib import Path

from supplywatch.config import config_dir
from supplywatch.screening.normal import forms
from supplywatch.screening.vocabulary import LEGAL

LEAST = 4


def main() -> None:
    """Count and write."""
    counts: Counter[str] = Counter()
    names = 0
    with gzip.open(Path(sys.argv[1]) / "screening" / "watchlist_1m.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            _, kind, _, name = line.rstrip("\n").split("\t")
            if kind == "gleif":
                names += 1
                counts.update({word for form in forms(name) for word in form.words if not word.startswith(LEGAL)})
    rows = sorted((word, count) for word, count in counts.items() if count >= LEAST and len(word) > 1)
    head = (
        "# How many of the GLEIF legal names of ../shared/data/screening (CC0 1.0) hold a word, "
        "in its normal spelling; * is the number of names.\n"
    )
    body = head + f"*\t{names}\n" + "".join(f"{word}\t{count}\n" for word, count in rows)
    path = config_dir() / "word_counts.tsv.gz"
    path.write_bytes(gzip.compress(body.encode(), 9, mtime=0))
    print(f"{path.name}: {len(rows)} words of {names} names, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
