"""How much a word says, from how often it stands in ordinary company names.

See :mod:`supplywatch.screening.counts`.

>>> weight("hikvision") > weight("optical") > weight("technology") > weight("~ltd")
True
"""

from __future__ import annotations

import math
from functools import lru_cache

from supplywatch.screening.chinese import GLOSSARY, HAN, PLACES, read
from supplywatch.screening.counts import counted
from supplywatch.screening.vocabulary import WORDS

LEGAL_WEIGHT, CONTEXT_WEIGHT, NUMBER_WEIGHT = 0.03, 0.06, 0.6
_PLACE_FACTOR = 0.6
_CHEAPEST = 0.12


@lru_cache(maxsize=500_000)
def weight(word: str) -> float:
    """Return between 0 and 1 what a word says about who is meant."""
    kind = class_of(word)
    if kind == "legal":
        return LEGAL_WEIGHT
    if kind == "context":
        return CONTEXT_WEIGHT
    if kind == "number":
        return NUMBER_WEIGHT
    if HAN.match(word):
        spoken = [weight(part) for part in _spoken(word)]
        return 1.0 if kind == "brand" else min(1.0, max(spoken))
    if word in WORDS.either:
        return min(map(weight, WORDS.either[word]))
    names, counts = counted()
    rarity = math.log(names / (counts.get(word, 0) + 4)) / math.log(names / 4)
    return max(_CHEAPEST, rarity * (_PLACE_FACTOR if kind == "place" else 1.0) * (0.5 if len(word) == 1 else 1.0))


@lru_cache(maxsize=500_000)
def class_of(word: str) -> str:
    """Return what a word in either script does in a name."""
    if not HAN.match(word):
        return WORDS.class_of(word)
    if not is_glossary(word):
        return "brand"
    return "generic" if {WORDS.class_of(part) for part in _spoken(word)} - {"place"} else "place"


def is_glossary(word: str) -> bool:
    """Tell whether a Chinese word has an English meaning rather than a sound."""
    return word in GLOSSARY or word in PLACES


def _spoken(word: str) -> tuple[str, ...]:
    return read(word)[1] if HAN.match(word) else (word,)
