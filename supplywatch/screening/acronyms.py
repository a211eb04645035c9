"""Names by their first letters: CSCEC is China State Construction Engineering Corporation.

>>> sorted(initials("China State Construction Engineering Corporation Limited"))
['csce', 'cscec', 'cscecl']
>>> short_name("CSCEC Ltd."), short_name("Hikvision"), short_name("China Rail")
('cscec', None, None)
"""

from __future__ import annotations

from functools import lru_cache

from supplywatch.model.name_match import Explanation, Pair, Penalty
from supplywatch.screening.lettering import spelt, written_words
from supplywatch.screening.vocabulary import LEGAL, WORDS

_LEAST, _SURE, _MOST = 3, 4, 7
_CONNECTING = frozenset("of the and for in on at de la el al le les du des del da do das dos y e et fur der die und".split())
_INITIALS = Penalty("first letters of the other name", 0.86)
_FEW_INITIALS = Penalty("three first letters of the other name", 0.77)
"""Three letters are the first ones of too many names."""


@lru_cache(maxsize=100_000)
def initials(text: str) -> frozenset[str]:
    """Return the first letters of the words of a name, with and without the legal form at its ends."""
    words = [word for word in written_words(text) if word not in _CONNECTING and not word.isdigit()]
    found = set()
    while len(words) >= _LEAST:
        if len(words) <= _MOST:
            found.add("".join(word[0] for word in words))
        if WORDS.is_form(words[-1]):
            words.pop()
        elif WORDS.is_form(words[0]):
            words.pop(0)
        else:
            break
    return frozenset(found)


def short_name(text: str) -> str | None:
    """Return the one word of a name that may be made of first letters."""
    core = spelt(text)
    if core is None or len(core.words) != 1 or not _LEAST <= len(core.text) <= _MOST or not core.text.isalpha():
        return None
    return core.text


def short_key(key: str) -> str | None:
    """Return the one word of a stored form that may be made of first letters."""
    word = key.partition(f" {LEGAL}")[0]
    return word if _LEAST <= len(word) <= _MOST and word.isascii() and word.isalpha() else None


def by_initials(ours: str, theirs: str) -> list[Explanation]:
    """Return how a name is made of the first letters of a listed one; of ordinary names too many begin like a listed abbreviation."""
    short = short_name(ours)
    if short is None or short not in initials(theirs):
        return []
    pair = Pair(" ".join(written_words(ours)), " ".join(written_words(theirs)), 1.0, 1.0)
    return [Explanation(pair.ours, pair.theirs, (pair,), penalties=(_INITIALS if len(short) >= _SURE else _FEW_INITIALS,))]
