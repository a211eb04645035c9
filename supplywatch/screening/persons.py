"""Names of persons: their order, titles, patronymics left out or contradicted, usual spellings of given names.

>>> from supplywatch.model.name_match import score_of
>>> def score(one, other): return round(score_of(compare(one, other)), 2)
>>> score("Mr. Weiguo Li", "LI Weiguo"), score("Jon Ruddock", "John Ruddock")
(1.0, 1.0)
>>> score("Valery Yermolenkov", "Valery Nikolaevich Yermolenkov") > 0.9
True
>>> score("Valery Konstantinovich Yermolenkov", "Valery Nikolaevich Yermolenkov") < 0.75
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz.distance import OSA

from supplywatch.config import read_yaml
from supplywatch.model.name_match import Explanation, Extra, Pair, Penalty
from supplywatch.screening.written import TITLES, plain

_BOOK = read_yaml("given_names.yaml")
_GROUPS = {name: row["names"].split()[0] for row in _BOOK["given"] for name in row["names"].split()}
_PARTICLES = frozenset(_BOOK["particles"]["words"].split())
_ARTICLES = frozenset(("al", "el", "ul", "as", "ash", "ad", "ar", "an", "at", "az", "es"))
_WORD = re.compile(r"[a-z]+")
_APOSTROPHE = re.compile(r"(?<=\w)['’`ʼ´‘](?=\w)")
_PATRONYMIC = re.compile(r"(?:ovich|evich|ovych|evych|ovic|evic|ovna|evna|ivna|yevich|yevna|ichna|oglu|ogly|qizi|kyzy)$")
_SOUNDS = tuple(
    pair.split("=")
    for pair in (
        "shch=s sch=s sh=s tch=c ch=c kh=h gh=g ph=f th=t dh=d ck=k q=k x=ks w=v yu=u ya=a ye=e yo=o ou=u oo=u ee=i y=i j=i z=s e=i o=u"
    ).split()
)
_WEIGHTS = {"particle": 0.05, "initial": 0.2, "patronymic": 0.5, "given": 0.6, "name": 1.0}
_LEFT_OUT = 0.25
_SAME_NAME, _SAME_SOUND, _INITIAL, _FUZZY_LEAST = 0.98, 0.95, 0.85, 0.8
_CONTRADICTED = Penalty("names of the person differ", 0.8)
_ONE_ONLY = Penalty("only one of the person's names agrees", 0.8)
Words = tuple[str, ...]


@dataclass(slots=True)
class _Left:
    ours: list[str]
    theirs: list[str]


@lru_cache(maxsize=100_000)
def words_of(text: str) -> Words:
    """Return the names of a person in one spelling of letters: titles off, the Arabic article joined to its word.

    >>> words_of("Dr. Muhammad Hasan al-Darwishi"), words_of("CARRANZA VILLALPANDO, Jose Luis")
    (('muhammad', 'hasan', 'aldarwishi'), ('carranza', 'villalpando', 'jose', 'luis'))
    """
    folded = _APOSTROPHE.sub("", anyascii(plain(text)).casefold())
    found: list[str] = []
    article = ""
    for word in _WORD.findall(folded):
        if word in _ARTICLES:
            article = word
            continue
        found.append(article + word if article else word)
        article = ""
    if article:
        found.append(article)
    named = tuple(word for word in found if word not in TITLES)
    return named or tuple(found)


@lru_cache(maxsize=100_000)
def kind_of(word: str) -> str:
    """Return what a word does in a person's name: particle, initial, patronymic, given name, or name."""
    if word in _PARTICLES:
        return "particle"
    if len(word) == 1:
        return "initial"
    if word in _GROUPS:
        return "given"
    return "patronymic" if len(word) > 6 and _PATRONYMIC.search(word) else "name"


@lru_cache(maxsize=200_000)
def _sound(word: str) -> str:
    word = word.removeprefix("al") if len(word) > 5 else word
    for written, sound in _SOUNDS:
        word = word.replace(written, sound)
    return "".join(letter for at, letter in enumerate(word) if at == 0 or letter != word[at - 1])


@lru_cache(maxsize=200_000)
def alike(one: str, other: str) -> float:
    """Return how much two names are the same, 0 when they are not."""
    if one == other:
        return 1.0
    if min(len(one), len(other)) == 1:
        return _INITIAL if one[0] == other[0] else 0.0
    if one in _GROUPS and other in _GROUPS:
        return _SAME_NAME if _GROUPS[one] == _GROUPS[other] else 0.0
    if min(len(one), len(other)) >= 4 and _sound(one) == _sound(other):
        return _SAME_SOUND
    if {"patronymic"} == {kind_of(one), kind_of(other)} and one[:3] != other[:3]:
        return 0.0
    plain_similarity = OSA.normalized_similarity(one, other) * (1.0 if one[0] == other[0] else 0.9)
    return plain_similarity if plain_similarity >= _FUZZY_LEAST and min(len(one), len(other)) >= 4 else 0.0


def compare(asked: str, listed: str) -> Explanation:
    """Return how two names of persons agree."""
    ours, theirs = words_of(asked), words_of(listed)
    left = _Left(list(ours), list(theirs))
    pairs = _paired(left) + _joined(left.ours, left.theirs, False) + _joined(left.theirs, left.ours, True)
    telling = [pair for pair in pairs if kind_of(pair.ours) not in ("particle", "initial")]
    mine = [word for word in left.ours if kind_of(word) != "particle"]
    other = [word for word in left.theirs if kind_of(word) != "particle"]
    contradicted = bool(mine and other)
    share = 1.0 if contradicted or len(telling) < 2 else _LEFT_OUT
    extras = [
        *(Extra(word, "ours", round(_WEIGHTS[kind_of(word)] * share, 4)) for word in left.ours),
        *(Extra(word, "theirs", round(_WEIGHTS[kind_of(word)] * share, 4)) for word in left.theirs),
    ]
    penalties = [_CONTRADICTED] if contradicted else []
    if len(telling) == 1 and len(ours) != len(theirs) and not contradicted:
        penalties.append(_ONE_ONLY)
    return Explanation(" ".join(ours), " ".join(theirs), tuple(pairs), tuple(extras), tuple(penalties))


def _paired(left: _Left) -> list[Pair]:
    options = [(alike(one, other), one, other) for one in set(left.ours) for other in set(left.theirs)]
    found = []
    for value, one, other in sorted((option for option in options if option[0]), key=lambda option: (-option[0], option[1], option[2])):
        while one in left.ours and other in left.theirs:
            left.ours.remove(one)
            left.theirs.remove(other)
            found.append(Pair(one, other, min(_WEIGHTS[kind_of(one)], _WEIGHTS[kind_of(other)]), value))
    return found


def _joined(many: list[str], one: list[str], swapped: bool) -> list[Pair]:
    """Pair two names in a row with the one word they make: Jin Ping is Jinping."""
    found = []
    for whole in list(one):
        for first, second in [(a, b) for a in many for b in many if a != b]:
            if first + second == whole and first in many and second in many:
                many.remove(first)
                many.remove(second)
                one.remove(whole)
                parts = f"{first} {second}"
                found.append(Pair(whole, parts, 1.0, _SAME_NAME) if swapped else Pair(parts, whole, 1.0, _SAME_NAME))
                break
    return found


def is_common(key: str) -> bool:
    """Tell whether a person's name is too short or too common to mean one person.

    >>> is_common("mohamed ali"), is_common("valery yermolenkov")
    (True, False)
    """
    telling = [word for word in key.split() if kind_of(word) not in ("particle", "initial")]
    return len(telling) < 2 or all(kind_of(word) == "given" for word in telling) or sum(map(len, telling)) <= 7
