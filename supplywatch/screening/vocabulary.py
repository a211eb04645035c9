"""The words of company names that name nobody by themselves, from ``config/vocabulary*.yaml``.

>>> WORDS.canonical("technologies"), WORDS.canonical("zavod"), WORDS.canonical("hikvision")
('technology', 'plant', 'hikvision')
"""

from __future__ import annotations

import re

from rapidfuzz import process
from rapidfuzz.distance import OSA

from supplywatch.config import read_yaml
from supplywatch.screening.chinese import PLACES

LEGAL = "~"
"""Stands before the class of a legal form in a key."""
_RUSSIAN_ENDING = re.compile(r"(?:iye|oye|aya|aia|ogo|ykh|ikh|yy|yi|yj|iy|ii|ij|oy|oi|oe|ye|ie|y|i|a|e|o)$")
_STEM_LETTERS = 7
_CORRECTED_LETTERS = 6
_REMEMBERED = 200_000
Words = tuple[str, ...]


class Vocabulary:
    """Phrases, words and places, ready to be looked up."""

    def __init__(self) -> None:
        book = read_yaml("vocabulary.yaml")
        self.phrases: dict[Words, Words] = {}
        self._words: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._corrections: dict[str, str] = {}
        self.places = frozenset(book["places"].split())
        self.context = frozenset(_split(book["context"]))
        for numbers in (book["ordinals"], book["cardinals"]):
            self._words |= {word: str(number) for number, word in enumerate(numbers.split(), start=1)}
        for word, variants in {**book["exonyms"], **book["words"]}.items():
            self._learn(word, _split(variants))
        self.generic = frozenset(part for word in (*book["words"], *book["phrases"]) for part in word.split()) - self.places
        for whole, variants in book["phrases"].items():
            for variant in (whole, *_split(variants)):
                self._phrase(variant, tuple(whole.split()))
        for legal, variants in book["legal"].items():
            for variant in _split(variants):
                self._phrase(variant, (LEGAL + legal,))
        self._longest: dict[str, int] = {}
        for phrase in self.phrases:
            self._longest[phrase[0]] = max(len(phrase), self._longest.get(phrase[0], 0))
        self.places |= {part for word in book["exonyms"] for part in word.split()} | _chinese_places()
        self.known = frozenset(self._words) | self.generic | {w for phrase in self.phrases for w in phrase if len(w) > 3}
        whole = " ".join((*book["words"], *book["phrases"], *map(str, book["legal"].values()))).replace(",", " ")
        plain = {word for word in whole.split() if len(word) >= _CORRECTED_LETTERS}
        plural = {
            variant for variant, word in self._words.items() if word in plain or word + "s" == variant or word[:-1] + "ies" == variant
        }
        self._spelt = sorted(word for word in plain | plural if len(word) >= _CORRECTED_LETTERS)

    def _learn(self, word: str, variants: list[str]) -> None:
        self._words.setdefault(word, word)
        for variant in variants:
            if " " in variant or " " in word:
                self.phrases.setdefault(tuple(variant.split()), tuple(word.split()))
                continue
            self._words.setdefault(variant, word)
            if len(variant) >= _STEM_LETTERS + 1:
                self._stems.setdefault(_RUSSIAN_ENDING.sub("", variant), word)

    def _phrase(self, variant: str, meaning: Words) -> None:
        raw = tuple(variant.split())
        self.phrases.setdefault(raw, meaning)
        self.phrases.setdefault(tuple(self._words.get(word, word) for word in raw), meaning)

    def longest(self, raw: str, plain: str) -> int:
        """Return the words of the longest phrase that begins with a word as written or in its one spelling; 0 for none."""
        return max(self._longest.get(raw, 0), self._longest.get(plain, 0))

    def canonical(self, word: str) -> str:
        """Return the one spelling for a word, its abbreviations, plurals and Russian endings."""
        found = self._words.get(word)
        if found is None and len(word) >= _STEM_LETTERS + 1:
            found = self._stems.get(_RUSSIAN_ENDING.sub("", word))
        return found or word

    def corrected(self, word: str) -> str:
        """Return a misspelt word of the vocabulary as it is spelt, any other word as it is."""
        if len(word) < _CORRECTED_LETTERS or word in self.known or word in self.places or word.isdigit():
            return word
        if (known := self._corrections.get(word)) is not None:
            return known
        allowed = 1 if len(word) < 9 else 2
        found = process.extractOne(word, self._spelt, scorer=OSA.distance, score_cutoff=allowed)
        answer = word if found is None or not _starts_alike(found[0], word) else found[0]
        if len(self._corrections) < _REMEMBERED:
            self._corrections[word] = answer
        return answer

    def class_of(self, word: str) -> str:
        """Return what a word does in a name: legal, number, place, generic, context or brand."""
        if word.startswith(LEGAL):
            return "legal"
        if word.isdigit():
            return "number"
        if word in self.places:
            return "place"
        if word in self.generic:
            return "generic"
        return "context" if word in self.context else "brand"


def _starts_alike(one: str, other: str) -> bool:
    return one[0] == other[0] or set(one[:2]) == set(other[:2])


def _split(text: str | list[str]) -> list[str]:
    parts = text if isinstance(text, list) else str(text).split(",")
    return [part.strip() for part in parts if part.strip()]


def _chinese_places() -> set[str]:
    return {part for place in PLACES.values() for part in place.split()}


WORDS = Vocabulary()
