"""Two Chinese names character by character: one written wrong also changes where the words are cut, so words alone cannot tell.

>>> from supplywatch.model.name_match import score_of
>>> from supplywatch.screening.normal import forms
>>> dji, slip = "深圳市大疆创新科技有限公司", "深圳市大江创新科技有限公司"
>>> score_of(*one_off(forms(slip)[0], forms(dji)[0], (slip, dji)))
0.9682
>>> one_off(forms("南京航空航天大学")[0], forms("北京航空航天大学")[0], ("南京航空航天大学", "北京航空航天大学"))
[]
>>> score_of(*short_of(*(forms(name)[0] for name in ("景嘉微", "长沙景嘉微电子股份有限公司"))))
0.92
"""

from __future__ import annotations

from itertools import dropwhile

from rapidfuzz.distance import OSA

from supplywatch.model.name_match import Explanation, Pair, Penalty
from supplywatch.screening.background import class_of, is_glossary
from supplywatch.screening.chinese import pinyin
from supplywatch.screening.normal import Form
from supplywatch.screening.vocabulary import LEGAL

_LEAST = 4
"""Of fewer characters one is too much of the name."""
_HALF = 0.5
"""What a wrong character costs that sounds like the right one, or stands in a word that names nobody."""

_SHORT_LEAST = 3
_SHORT = Penalty("the beginning of the other name", 0.92)


def one_off(ours: Form, theirs: Form, whole: tuple[str, str]) -> list[Explanation]:
    """Return how two Chinese forms agree but for one character; nothing where they do not, or where both say a known word there.

    ``whole`` are the names as they are written: a wrong character in 深圳市 or in a legal form keeps it from being taken for one.
    """
    mine, listed = _plain(ours), _plain(theirs)
    text, other = "".join(mine), "".join(listed)
    if min(len(text), len(other)) < _LEAST or 1 not in (OSA.distance(text, other, score_cutoff=1), OSA.distance(*whole, score_cutoff=1)):
        return []
    left = [word for word in mine if word not in listed]
    right = [word for word in listed if word not in mine]
    known = all(map(_known, left)), all(map(_known, right))
    if all(known) or any(class_of(word) == "number" for word in (*left, *right)):
        return []
    cost = _HALF if any(known) or pinyin(text) == pinyin(other) else 1.0
    return [Explanation(ours.key, theirs.key, (Pair(text, other, 1.0, 1.0 - cost / max(len(text), len(other))),))]


def short_of(ours: Form, theirs: Form) -> list[Explanation]:
    """Return how one Chinese form is the other's beginning, cities apart, wherever its words were cut; nothing where it names nobody."""
    short, long = sorted((_without_places(ours), _without_places(theirs)), key=lambda words: len("".join(words)))
    text, whole = "".join(short), "".join(long)
    if len(text) < _SHORT_LEAST or text == whole or not whole.startswith(text) or not any(map(_names_one, short)):
        return []
    return [Explanation(ours.key, theirs.key, (Pair(text, text, 1.0, 1.0),), penalties=(_SHORT,))]


def _without_places(form: Form) -> tuple[str, ...]:
    words = _plain(form)
    return tuple(dropwhile(lambda word: class_of(word) == "place", words))


def _names_one(word: str) -> bool:
    return len(word) > 1 and class_of(word) == "brand"


def _plain(form: Form) -> tuple[str, ...]:
    return tuple(word for word in form.words if not word.startswith(LEGAL))


def _known(word: str) -> bool:
    return is_glossary(word) or word.isdigit()
