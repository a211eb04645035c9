"""Two forms laid side by side, word by word: what is the same, what is over, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from supplywatch.model.name_match import Explanation, Extra, Pair, Penalty, score_from
from supplywatch.screening.background import class_of, weight
from supplywatch.screening.chinese import GLOSSARY, HAN, pinyin
from supplywatch.screening.normal import Form
from supplywatch.screening.vocabulary import LEGAL, WORDS

FUZZY_LEAST = 0.74
OTHER_START, SHORT_WORD = 0.87, 0.87
"""What a slip leaves of two words' similarity when it is their first letter, and when they are short: few type the first letter wrong,
and among words of six letters or less many differ in one."""
_SHORT_LETTERS = 6
_SLIP = 1.4
"""What a letter of a long word costs, in letters: two that differ are another word more often than a slip."""
LISTED_EXTRA, LISTED_EXTRA_AGREED = 0.75, 0.5
OWN_EXTRA = {"brand": 1.0, "place": 0.4, "generic": 0.6, "number": 1.0, "context": 0.5, "legal": 1.0}
"""What a word costs that only the counterparty has, where every distinctive word of the listed name is found."""
HAN_EXTRA_AGREED = 0.5
"""What city and trade cost on either side where two Chinese names agree in the rest, divided by the characters of the brand they share: the
short form of such a name is the one without them."""
BRAND_LEAST = 0.5
FACTORS = {"distinctive words differ": 0.9, "numbers differ": 0.66, "places differ": 0.95, "legal forms differ": 0.965}
_JOIN_WORDS = 4
_EITHER = 0.97
"""An abbreviation of two words beside one of them."""
_SAME_MEANING, _CONTAINED, _TELLING_PART = 0.95, 0.8, 3
_LOOSE_FORMS = frozenset({"~co", "~ltd", "~corp", "~other"})


_RUN_LEAST = 0.85
_OTHER_START_LETTERS = 40
"""In a shorter word, another first letter alone leaves too little for words in a row to be the one they make."""
Agreed = tuple[str, str, float, float]
"""A pair before it is known whether anybody will see it: most candidates come to nothing, and a million objects cost seconds."""


@dataclass(slots=True)
class Side:
    """The words of one form that are still to be paired."""

    words: tuple[str, ...]
    legal: frozenset[str]
    free: list[int]

    @classmethod
    def of(cls, form: Form) -> Side:
        """Return a form with nothing paired yet."""
        words, legal = _divided(form)
        return cls(words, legal, list(range(len(words))))


@lru_cache(maxsize=100_000)
def _divided(form: Form) -> tuple[tuple[str, ...], frozenset[str]]:
    words = tuple(word for word in form.words if not word.startswith(LEGAL))
    legal = frozenset(word for word in form.words if word.startswith(LEGAL))
    return (words, legal) if words else (tuple(sorted(legal)), frozenset())


def compare(ours: Form, theirs: Form, least: float = 0.0) -> list[Explanation]:
    """Return how a counterparty's form (ours) and a listed form (theirs) agree; nothing where the score is below the least wanted."""
    if ours.words == theirs.words:
        return [Explanation(ours.key, theirs.key, tuple(Pair(w, w, weight(w), 1.0) for w in ours.words))]
    a, b = Side.of(ours), Side.of(theirs)
    pairs = [*_exact(a, b), *_joined(a, b, False), *_joined(b, a, True), *_fuzzy(a, b)]
    return _summed(ours, theirs, a, b, pairs, least)


def _exact(a: Side, b: Side) -> list[Agreed]:
    found = []
    for i, word in enumerate(a.words):
        j = next((j for j in b.free if b.words[j] == word), None) if word in b.words else None
        if j is not None:
            a.free.remove(i)
            b.free.remove(j)
            found.append((word, word, weight(word), 1.0))
    return found


def _joined(many: Side, one: Side, swapped: bool) -> list[Agreed]:
    """Pair two to four words in a row with the one word they make."""
    found: list[Agreed] = []
    if len(many.free) < 2 or not one.free:
        return found
    runs = _runs(many)
    for j in list(one.free):
        whole = one.words[j]
        if len(whole) < 4 and not HAN.match(whole):
            continue
        best = _best_run(runs, whole)
        if best is None:
            continue
        run, similarity = best
        many.free = [i for i in many.free if i not in run]
        runs = _runs(many)
        one.free.remove(j)
        parts = " ".join(many.words[i] for i in run)
        value = max(weight(whole), *(weight(many.words[i]) for i in run))
        found.append((whole, parts, value, similarity) if swapped else (parts, whole, value, similarity))
    return found


def _runs(many: Side) -> list[tuple[str, range]]:
    """Return what words in a row make that are still to be paired."""
    found, free, words = [], set(many.free), many.words
    for start in many.free:
        text = words[start]
        for end in range(start + 1, min(start + _JOIN_WORDS, len(words))):
            if end not in free:
                break
            text += words[end]
            found.append((text, range(start, end + 1)))
    return found


def _best_run(runs: list[tuple[str, range]], whole: str) -> tuple[range, float] | None:
    best: tuple[range, float] | None = None
    shortest, longest = len(whole) - 2, len(whole) + 2
    for text, run in runs:
        if not shortest <= len(text) <= longest:
            continue
        if text[0] != whole[0]:
            if len(whole) < _OTHER_START_LETTERS:
                continue
            similarity = OSA.normalized_similarity(text, whole) * OTHER_START
        else:
            similarity = 1.0 if text == whole else OSA.normalized_similarity(text, whole, score_cutoff=_RUN_LEAST)
        if similarity >= _RUN_LEAST and (best is None or similarity > best[1]):
            best = run, similarity * 0.98
    return best


def _fuzzy(a: Side, b: Side) -> list[Agreed]:
    options = []
    for i in a.free:
        for j in b.free:
            value = similarity(a.words[i], b.words[j])
            if value:
                options.append((-value, i, j))
    found = []
    for value, i, j in sorted(options):
        if i in a.free and j in b.free:
            a.free.remove(i)
            b.free.remove(j)
            ours, theirs = a.words[i], b.words[j]
            found.append((ours, theirs, (weight(ours) + weight(theirs)) / 2, -value))
    return found


@lru_cache(maxsize=500_000)
def similarity(one: str, other: str) -> float:
    """Return how much two words are the same, 0 when they are not.

    >>> similarity("hikvision", "hikvison") > 0.8, similarity("13", "14"), similarity("mashproekt", "mashproject") > 0.7
    (True, 0.0, True)
    """
    if one.isdigit() or other.isdigit():
        return 0.0
    if HAN.match(one) or HAN.match(other):
        return _han_similarity(one, other)
    if other in WORDS.either.get(one, ()) or one in WORDS.either.get(other, ()):
        return _EITHER
    if one in WORDS.generic and other in WORDS.generic:
        return 0.0
    return _written_similarity(one, other)


def _written_similarity(one: str, other: str) -> float:
    if min(len(one), len(other)) >= 4:
        plain = OSA.normalized_similarity(one, other, score_cutoff=FUZZY_LEAST)
        if sounded(one) == sounded(other):
            plain = max(plain, 0.95)
        elif one[0] != other[0] and set(one[:2]) != set(other[:2]):
            plain *= OTHER_START
        if plain >= 0.95:
            return plain
        if plain >= FUZZY_LEAST:
            return plain * SHORT_WORD if max(len(one), len(other)) <= _SHORT_LETTERS else 1.0 - _SLIP * (1.0 - plain)
    return 0.8 if one[0] == other[0] and (_abbreviates(one, other) or _abbreviates(other, one)) else 0.0


def _han_similarity(one: str, other: str) -> float:
    plain = OSA.normalized_similarity(one, other)
    if len(one) == len(other) and pinyin(one) == pinyin(other):
        plain = (1.0 + plain) / 2
    elif one in GLOSSARY and GLOSSARY[one] == GLOSSARY.get(other):
        plain = _SAME_MEANING
    elif min(len(one), len(other)) >= _TELLING_PART and (one in other or other in one):
        plain = max(plain, _CONTAINED)
    return plain if plain >= 0.5 else 0.0


_SOUNDS = tuple(
    tuple(pair.split("="))
    for pair in (
        "shch=s sch=s tch=c kh=h ts=c tz=c ph=f ck=k ks=x yu=u iu=u ya=a ia=a ye=e yo=o ij=i j=i y=i w=v q=k c=k z=s ii=i ou=u ee=i oo=u"
    ).split()
)


@lru_cache(maxsize=200_000)
def sounded(word: str) -> str:
    """Return a word as it roughly sounds, whichever transliteration wrote it.

    >>> sounded("donskaya") == sounded("donskaia"), sounded("mosakhar") == sounded("mosahar")
    (True, True)
    """
    for written, sound in _SOUNDS:
        word = word.replace(written, sound)
    return "".join(letter for at, letter in enumerate(word) if at == 0 or letter != word[at - 1])


def _abbreviates(short: str, word: str) -> bool:
    """Tell whether a word is cut short or has lost its vowels: trdg for trading."""
    if not 3 <= len(short) < len(word) or short[0] != word[0] or class_of(word) not in ("generic", "place"):
        return False
    if word.startswith(short):
        return True
    rest = iter(word)
    return len(short) <= 5 and all(letter in rest for letter in short)


def _summed(ours: Form, theirs: Form, a: Side, b: Side, pairs: list[Agreed], least: float) -> list[Explanation]:
    if a.legal and b.legal:
        pairs += [(w, w, weight(w), 1.0) for w in sorted(a.legal & b.legal)]
    left = [a.words[i] for i in a.free]
    right = [b.words[j] for j in b.free]
    our_brands = any(map(is_telling, left))
    their_brands = any(map(is_telling, right))
    shared = [word for word in (pair[0].partition(" ")[0] for pair in pairs) if is_telling(word)]
    agreed = bool(shared) and not their_brands
    if agreed and not our_brands and ours.is_han and theirs.is_han:
        factor = HAN_EXTRA_AGREED / max(map(len, shared))
        mine = [_cost(w, 1.0 if w.isdigit() else factor) for w in left]
        other = [_cost(w, 1.0 if w.isdigit() else factor) for w in right]
    else:
        mine = [_cost(w, OWN_EXTRA[class_of(w)] if agreed else 1.0) for w in left]
        other = [_cost(w, LISTED_EXTRA_AGREED if agreed else LISTED_EXTRA) for w in right]
    reasons = _differences(a, b, left, right, our_brands and their_brands)
    if least and score_from(((pair[2], pair[3]) for pair in pairs), (*mine, *other), (FACTORS[reason] for reason in reasons)) < least:
        return []
    extras = (
        *(Extra(word, "ours", cost) for word, cost in zip(left, mine, strict=True)),
        *(Extra(word, "theirs", cost) for word, cost in zip(right, other, strict=True)),
    )
    penalties = tuple(Penalty(reason, FACTORS[reason]) for reason in reasons)
    return [Explanation(ours.key, theirs.key, tuple(Pair(*pair) for pair in pairs), extras, penalties)]


@lru_cache(maxsize=200_000)
def _cost(word: str, factor: float) -> float:
    return round(weight(word) * factor, 4)


def _differences(a: Side, b: Side, left: list[str], right: list[str], brands: bool) -> list[str]:
    found = ["distinctive words differ"] if brands else []
    if left and right:
        left_kinds, right_kinds = set(map(class_of, left)), set(map(class_of, right))
        if "number" in left_kinds and "number" in right_kinds:
            found.append("numbers differ")
        if "place" in left_kinds and "place" in right_kinds:
            found.append("places differ")
    if forms_differ(a.legal, b.legal):
        found.append("legal forms differ")
    return found


def forms_differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two names have legal forms that no company has at once."""
    return bool(one and other and not one & other and not (one <= _LOOSE_FORMS and other <= _LOOSE_FORMS))


@lru_cache(maxsize=500_000)
def is_telling(word: str) -> bool:
    """Tell whether a word could name a party."""
    return class_of(word) == "brand" and weight(word) >= BRAND_LEAST
