"""Two names letter by letter, where their words do not say it: cut to a field, in another order, with slips wherever they fall.

>>> from supplywatch.model.name_match import score_of
>>> [round(score_of(each), 2) for each in by_letters("OPWER ANCHOR LIMITED", "Power Anchor Ltd")]
[0.84]
>>> by_letters("Tongwei Solar", "Tonghua Solar")
[]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from anyascii import anyascii
from rapidfuzz.distance import OSA, Levenshtein

from supplywatch.model.name_match import Explanation, Pair, Penalty
from supplywatch.screening.background import weight
from supplywatch.screening.chinese import HAN
from supplywatch.screening.counts import counted
from supplywatch.screening.normal import is_cut_of, letters
from supplywatch.screening.vocabulary import WORDS
from supplywatch.screening.written import plain

_CUT = Penalty("cut at 35 characters", 0.94)
_SAME_LETTERS = 0.98
_OTHER_ORDER = 0.95
_ALLOWED = ((6, 1), (12, 2), (20, 3))
"""How many slips are looked for in a name of at least so many letters."""
_SLIP, _SLIP_IN_SHORT, _SHORT_LETTERS = 1.4, 2.1, 6
_FIRST_LETTER = 1.5
"""What a slip costs, in letters of the word it falls into: few type the first letter wrong, and many short words differ in one."""
_WORD = re.compile(r"[a-z]+|\d+")
_APOSTROPHE = re.compile(r"(?<=\w)['’`ʼ´](?=\w)")


@dataclass(frozen=True, slots=True)
class Spelt:
    """The words of a name as they are written, without its legal form."""

    words: tuple[str, ...]
    text: str

    @property
    def ends(self) -> tuple[int, ...]:
        """Where in the text each word ends."""
        return tuple(accumulate(map(len, self.words)))

    @property
    def weights(self) -> tuple[float, ...]:
        """What each word says."""
        return tuple(weight(WORDS.canonical(word)) for word in self.words)

    @property
    def total(self) -> float:
        """What all words say together."""
        return sum(self.weights)

    def number(self, at: int) -> int:
        """Return which word a letter belongs to."""
        return next((number for number, end in enumerate(self.ends) if at < end), len(self.words) - 1)

    def cost(self, at: int) -> float:
        """Return what a slip at a letter costs."""
        number = self.number(at)
        length = len(self.words[number])
        first = at == self.ends[number] - length
        each = _SLIP if length > _SHORT_LETTERS else _SLIP_IN_SHORT
        return self.weights[number] / length * each * (_FIRST_LETTER if first else 1.0)


@lru_cache(maxsize=100_000)
def spelt(text: str) -> Spelt | None:
    """Return a name as it is spelt; ``None`` for one in Chinese or Japanese characters, and one without words."""
    words = written_words(text)
    core = tuple(word for word in words if not _is_form(word)) or words
    return Spelt(core, "".join(core)) if core else None


@lru_cache(maxsize=200_000)
def _is_form(word: str) -> bool:
    return WORDS.is_form(WORDS.corrected(word))


@lru_cache(maxsize=100_000)
def written_words(text: str) -> tuple[str, ...]:
    """Return the words of a name as they are written, in Latin letters; none for one in Chinese or Japanese characters."""
    text = plain(text)
    if not text.isascii():
        if HAN.search(text):
            return ()
        text = anyascii(text)
    return tuple(_WORD.findall(_APOSTROPHE.sub("", text.casefold())))


def by_letters(asked: str, indexed: str) -> list[Explanation]:
    """Return how two names agree letter by letter."""
    mine, other = letters(asked), letters(indexed)
    if mine == other:
        return [Explanation(mine, other, (Pair(mine, other, 1.0, _SAME_LETTERS),))]
    if is_cut_of(asked, indexed) or is_cut_of(indexed, asked):
        return [Explanation(mine, other, (Pair(mine, other, 1.0, 1.0),), penalties=(_CUT,))]
    ours, theirs = spelt(asked), spelt(indexed)
    if ours is None or theirs is None or ours.words == theirs.words:
        return []
    if sorted(ours.words) == sorted(theirs.words):
        return [_explained(ours, theirs, _OTHER_ORDER)]
    return _slips(ours, theirs)


def _slips(ours: Spelt, theirs: Spelt) -> list[Explanation]:
    length = min(len(ours.text), len(theirs.text))
    allowed = max((slips for least, slips in _ALLOWED if length >= least), default=0)
    if not allowed or abs(len(ours.text) - len(theirs.text)) > allowed:
        return []
    distance = OSA.distance(ours.text, theirs.text, score_cutoff=allowed)
    if distance > allowed:
        return []
    steps = Levenshtein.editops(ours.text, theirs.text)
    if any(ours.text[s.src_pos : s.src_pos + 1].isdigit() or theirs.text[s.dest_pos : s.dest_pos + 1].isdigit() for s in steps):
        return []
    if any(_other_word(ours, theirs, step.src_pos, step.dest_pos) for step in steps):
        return []
    share = distance / len(steps) if len(steps) else 0.0
    mine = 1.0 - share * sum(ours.cost(min(s.src_pos, len(ours.text) - 1)) for s in steps) / ours.total
    other = 1.0 - share * sum(theirs.cost(min(s.dest_pos, len(theirs.text) - 1)) for s in steps) / theirs.total
    agreed = min(mine, other)
    return [_explained(ours, theirs, agreed)] if agreed > 0 else []


def _other_word(ours: Spelt, theirs: Spelt, src: int, dest: int) -> bool:
    """Tell whether a slip would make another word that is in use: constructors is no slip of construction."""
    one, other = ours.words[ours.number(src)], theirs.words[theirs.number(dest)]
    return one != other and len(one) > _SHORT_LETTERS < len(other) and _in_use(one) and _in_use(other)


def _in_use(word: str) -> bool:
    return word in WORDS.known or word in counted()[1]


def _explained(ours: Spelt, theirs: Spelt, agreed: float) -> Explanation:
    pair = Pair(" ".join(ours.words), " ".join(theirs.words), round(max(ours.total, theirs.total), 4), round(agreed, 4))
    return Explanation(pair.ours, pair.theirs, (pair,))


def plainly_same(asked: str, indexed: str) -> bool:
    """Tell whether two names say the same words as they are written, but for abbreviations, plurals and slips.

    >>> plainly_same("Min. of Defence Ind.", "Ministry of Defense Industries"), plainly_same("The Trade Group", "The Handle Group")
    (True, False)
    """
    ours, theirs = spelt(asked), spelt(indexed)
    if ours is None or theirs is None:
        return False
    left = list(theirs.words)
    for word in ours.words:
        partner = next((other for other in left if _one_word(word, other)), None)
        if partner is None:
            return ours.text == theirs.text
        left.remove(partner)
    return not left


def _one_word(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if one == other or ((same := WORDS.canonical(one)) == WORDS.canonical(other) and same in WORDS.places):
        return True
    if len(short) >= 2 and long.startswith(short) and WORDS.canonical(short) in (WORDS.canonical(long), short):
        return True
    if len(short) >= 5 and OSA.distance(one, other) <= (1 if len(short) < 9 else 2):
        return True
    rest = iter(long)
    return 2 <= len(short) <= 5 and short[0] == long[0] and all(letter in rest for letter in short)
