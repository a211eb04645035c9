"""The words of company names that name nobody by themselves, from ``config/vocabulary*.yaml``.

>>> WORDS.canonical("technologies"), WORDS.canonical("zavod"), WORDS.canonical("hikvision")
('technology', 'plant', 'hikvision')
>>> WORDS.stands("rt", 0, 3), WORDS.stands("rt", 2, 3), WORDS.stands("pt", 0, 3), WORDS.stands("pt", 2, 3)
(False, True, True, False)
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from supplywatch.config import config_dir, read_yaml, validated
from supplywatch.screening.books import EnglishBook
from supplywatch.screening.chinese import PLACES, syllables
from supplywatch.screening.counts import as_written

LEGAL = "~"
"""Stands before the class of a legal form in a key."""
_RUSSIAN_ENDING = re.compile(r"(?:iye|oye|aya|aia|ogo|ykh|ikh|yy|yi|yj|iy|ii|ij|oy|oi|oe|ye|ie|y|i|a|e|o)$")
_STEM_LETTERS = 7
_CORRECTED_LETTERS = 6
_FOREIGN_LETTERS = 9
"""Shorter words of other languages look too much like brands: huagong is chemistry in pinyin, handel is trade, and Handle is neither."""
_REMEMBERED = 200_000
_SHORT_FORM = 2
"""A legal form of so few letters is one only where its market puts it."""
_ALSO_READ = ("aliases.yaml", "given_names.yaml", "word_counts.tsv.gz")
_FRONT_OF_OLD = frozenset("ao oy ou".split())
Words = tuple[str, ...]


class Vocabulary:
    """Phrases, words and places, ready to be looked up."""

    def __init__(self) -> None:
        book, forms = read_yaml("vocabulary.yaml"), read_yaml("vocabulary_forms.yaml")
        validated(EnglishBook, book, "config/vocabulary.yaml")
        self.phrases: dict[Words, Words] = {}
        self._words: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._corrections: dict[str, str] = {}
        self._front, self._end = set(_FRONT_OF_OLD), set[str]()
        self.places = frozenset(book["places"].split())
        self.context = frozenset(_split(book["context"]))
        self.tens = {word: 10 * number for number, word in enumerate(book["tens"].split(), start=2)}
        self.units = {word: number for number, word in enumerate(book["cardinals"].split()[:9], start=1)}
        self.either: dict[str, frozenset[str]] = {row["short"]: frozenset(row["words"].split()) for row in forms["either"]}
        for numbers in (book["ordinals"], book["cardinals"]):
            self._words |= {word: str(number) for number, word in enumerate(numbers.split(), start=1)}
        self._words |= {word: str(number) for word, number in self.tens.items()}
        for word, variants in {**book["exonyms"], **book["words"]}.items():
            self._learn(word, _split(variants))
        self.generic = frozenset(part for word in (*book["words"], *book["phrases"], *self.either) for part in word.split()) - self.places
        for whole, variants in book["phrases"].items():
            for variant in (whole, *_split(variants)):
                self._phrase(variant, tuple(whole.split()))
        self._learn_legal(book, forms)
        for place in PLACES:
            self.phrases.setdefault(syllables(place), tuple(PLACES[place].split()))
        self._longest: dict[str, int] = {}
        for phrase in self.phrases:
            self._longest[phrase[0]] = max(len(phrase), self._longest.get(phrase[0], 0))
        self.places |= {part for word in book["exonyms"] for part in word.split()} | _chinese_places()
        self.known = frozenset(self._words) | self.generic | {w for phrase in self.phrases for w in phrase if len(w) > 3}
        self._learn_spellings(book, forms)

    def _learn_legal(self, book: dict[str, Any], forms: dict[str, Any]) -> None:
        for row in forms["legal"]:
            for variant in _split(row["forms"]):
                self._phrase(variant, (LEGAL + row["class"],))
                letters = variant.replace(" ", "")
                if len(letters) <= _SHORT_FORM:
                    self._front |= {letters} if row["at"] != "end" else set()
                    self._end |= {letters} if row["at"] != "front" else set()
        for legal, variants in book["legal"].items():
            for variant in _split(variants):
                self._phrase(variant, (LEGAL + legal,))
                if len(variant) <= _SHORT_FORM and variant not in self._front:
                    self._end.add(variant)

    def _learn_spellings(self, book: dict[str, Any], forms: dict[str, Any]) -> None:
        legal = (*map(str, book["legal"].values()), *(row["forms"] for row in forms["legal"]))
        whole = " ".join((*book["words"], *book["phrases"], *legal)).replace(",", " ")
        plain = {word for word in whole.split() if len(word) >= _CORRECTED_LETTERS}
        plural = {
            variant
            for variant, word in self._words.items()
            if word + "s" == variant or word[:-1] + "ies" == variant or (word in plain and len(variant) >= _FOREIGN_LETTERS)
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

    def stands(self, word: str, at: int, length: int) -> bool:
        """Tell whether a short abbreviation stands where its market puts it: its place among so many words."""
        if len(word) > _SHORT_FORM:
            return True
        if word in self._front or word in self._end:
            return (at > 0 and word in self._end) or (at <= 1 and word in self._front)
        return at == 0 or at >= length - 2

    def canonical(self, word: str) -> str:
        """Return the one spelling for a word, its abbreviations, plurals and Russian endings."""
        found = self._words.get(word)
        if found is None and len(word) >= _STEM_LETTERS + 1:
            found = self._stems.get(_RUSSIAN_ENDING.sub("", word))
        return found or word

    def corrected(self, word: str) -> str:
        """Return a misspelt word of the vocabulary as it is spelt, any other word as it is.

        >>> WORDS.corrected("technolgoy"), WORDS.corrected("handle")
        ('technology', 'handle')
        """
        return word if word in as_written() else self.nearest(word)

    def nearest(self, word: str) -> str:
        """Return the word of the vocabulary that a word is a slip of, or the word as it is."""
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

    def is_form(self, word: str) -> bool:
        """Tell whether a word as it is written is a legal form or a connecting word."""
        meaning = self.phrases.get((word,))
        return len(word) > 1 and ((meaning is not None and meaning[0].startswith(LEGAL)) or word in self.context)

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


def digest() -> str:
    """Return a digest of every file of the configuration that a normal form depends on."""
    folder, found = config_dir(), hashlib.sha256()
    for path in sorted((*folder.glob("vocabulary*.yaml"), *(folder / name for name in _ALSO_READ))):
        found.update(f"{path.name}\0".encode() + path.read_bytes())
    return found.hexdigest()
