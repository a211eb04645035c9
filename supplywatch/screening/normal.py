"""One name to its normal forms: the keys that are stored, indexed and compared.

>>> [form.key for form in forms("Hangzhou HIKVISION Digital Technologies Co., Ltd.")]
['hangzhou hikvision digital technology ~co ~ltd']
>>> [form.key for form in forms("China Electronics Technology Group Corporation 13th Research Institute (CETC 13)")][1]
'china electronic technology group corporation 13'
>>> forms("Peking Optics Ltd")[0].words
('beijing', 'optical', '~ltd')
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz.distance import OSA

from supplywatch.screening import chinese
from supplywatch.screening.vocabulary import LEGAL, WORDS
from supplywatch.screening.written import plain

Words = tuple[str, ...]
_ALSO = re.compile(r"(?<![;,(\s])[;,(\s]++(?:[afn]\.\s?k\.\s?a\.|\b[afn]ka\b)[,:]?\s*", re.IGNORECASE)
_BRACKET = re.compile(r"(?<!\s)\s*+[(（]([^()（）]{2,80}+)[)）]\s*+$")
_APOSTROPHE = re.compile(r"(?<=\w)['’`ʼ´](?=\w)")
_WORD = re.compile(r"[a-z]+|\d+")
_DOTTED_END = re.compile(r"(?<=\w)[\s,]+((?:[a-z]\.){2,3}[a-z]?)\.?$")
"""Dotted letters behind a name are a legal form, also where one of them is wrong."""
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|oy|ya|iy|y)\b|(?<=\d)-(?:y|i|ya|ogo|go|yy|letiya)\b")
_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_ROMAN = {numeral: str(value) for value, numeral in enumerate(_NUMERALS.split(), start=1)}
_SINGLE_ROMAN = frozenset("ivx")
_CUT_LENGTHS = (33, 34, 35)
_CUT_LEAST = 24


@dataclass(frozen=True, slots=True)
class Form:
    """One reading of a name: words in one spelling, legal forms as ``~class``."""

    words: Words
    is_han: bool = field(init=False, compare=False)
    """Whether it is in Chinese characters."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_han", any(not word.isascii() and chinese.HAN.match(word) for word in self.words))

    @property
    def key(self) -> str:
        """The form as it is stored."""
        return " ".join(self.words)

    @classmethod
    def from_key(cls, key: str) -> Form:
        """Return a stored form."""
        return cls(tuple(key.split()))


@lru_cache(maxsize=50_000)
def forms(text: str) -> tuple[Form, ...]:
    """Return the forms of a name, the fullest first; never empty for a text with a letter or digit in it."""
    whole = plain(text)
    found: list[Words] = []
    for part in filter(None, (part.strip() for part in _ALSO.split(whole))):
        if chinese.is_chinese(part):
            found.append(tuple(_tidy(chinese.read(part)[0])))
            found += [tuple(_tidy(_meaning(spoken))) for spoken in chinese.readings(part)]
        else:
            found += _with_bracket(part)
    return tuple(Form(words) for words in dict.fromkeys(found) if words) or ((Form((text.casefold(),)),) if text.strip() else ())


def _with_bracket(text: str) -> list[Words]:
    """Return a name without the bracket at its end, and what the bracket holds where that is a name."""
    bracket = _BRACKET.search(text)
    if bracket is None or bracket.start() < 3:
        return [latin(text)]
    inner = latin(bracket[1])
    if {WORDS.class_of(word) for word in inner} <= {"legal", "place", "context", "generic"}:
        return [latin(text)]
    return [latin(text[: bracket.start()]), inner]


def latin(text: str) -> Words:
    """Return the words of a name in any alphabet, in one Latin spelling."""
    plain = text if text.isascii() else anyascii(text)
    plain = _APOSTROPHE.sub("", plain.casefold()).replace("&", " and ").replace("'", "")
    plain = _ORDINAL.sub("", plain)
    words = _letters_joined(_WORD.findall(plain))
    if len(words) > 1 and not {tuple(words[-1:]), tuple(words[-2:])} & WORDS.phrases.keys() and _DOTTED_END.search(plain):
        words[-1] = LEGAL + "other"
    return tuple(_tidy(_meaning(words)))


def _letters_joined(words: list[str]) -> list[str]:
    """Join runs of single letters: i a c is IAC."""
    found: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        if run:
            found.append(run)
            run = ""
        found.append(word)
    if run:
        found.append(run)
    return found


def _meaning(words: list[str] | Words) -> list[str]:
    raw = _counted([word if word.startswith(LEGAL) else WORDS.corrected(word) for word in words])
    for at, word in enumerate(raw[1:], start=1):
        if raw[at - 1] == "joint" and OSA.distance(word, "stock") <= 2:
            raw[at] = "stock"
    plain = [WORDS.canonical(word) for word in raw]
    found: list[str] = []
    at = 0
    while at < len(raw):
        for length in range(min(WORDS.longest(raw[at], plain[at]), len(raw) - at), 0, -1):
            phrase = WORDS.phrases.get(tuple(raw[at : at + length])) or WORDS.phrases.get(tuple(plain[at : at + length]))
            before = at if any(not word.startswith(LEGAL) for word in found) else 0
            if phrase is None or (length == 1 and not WORDS.stands(raw[at], before, len(raw))):
                continue
            said = [WORDS.canonical(word) for word in phrase]
            if found[-len(said) :] != said or len(said) == 1:
                found.extend(said)
            at += length
            break
        else:
            word = plain[at]
            found.append(_ROMAN[word] if word in _ROMAN and (word not in _SINGLE_ROMAN or (at and at == len(raw) - 1)) else word)
            at += 1
    return found


def _counted(words: list[str]) -> list[str]:
    """Return words with tens and units in one number: forty four is 44."""
    if not any(word in WORDS.tens for word in words):
        return words
    found: list[str] = []
    for word in words:
        if word in WORDS.units and found and found[-1] in WORDS.tens:
            found[-1] = str(WORDS.tens[found[-1]] + WORDS.units[word])
        else:
            found.append(word)
    return found


def _tidy(words: list[str] | Words) -> list[str]:
    """Put each legal class once, at the end; drop connecting words unless nothing else is left."""
    legal = list(dict.fromkeys(word for word in words if word.startswith(LEGAL)))
    rest = [word.lstrip("0") or "0" if word.isdigit() else word for word in words if not word.startswith(LEGAL)]
    return (rest + sorted(legal)) if rest else sorted(legal)


@lru_cache(maxsize=200_000)
def letters(text: str) -> str:
    """Return the letters and digits of a name alone: what does not change when words are joined or split.

    >>> letters("Ma Rin E Co., Ltd.") == letters("MARINE CO LTD")
    True
    """
    if text.isascii():
        return _NO_LETTER.sub("", text.lower())
    plain = unicodedata.normalize("NFKC", text)
    plain = chinese.simplified(plain) if chinese.HAN.search(plain) else plain if plain.isascii() else anyascii(plain)
    return "".join(character for character in plain.casefold() if character.isalnum())


def start_of(text: str) -> str | None:
    """Return the first letters of a name long enough to have been cut to a field of 35 characters."""
    start = letters(text)[:_CUT_LEAST] if len(text) >= _CUT_LENGTHS[0] else ""
    return start if len(start) == _CUT_LEAST else None


def is_cut_of(short: str, whole: str) -> bool:
    """Tell whether a name is another one as it fits into a field of 35 characters.

    >>> is_cut_of("Jinan Tongbaolai Oilfield Equipment", "Jinan Tongbaolai Oilfield Equipment Co. Ltd")
    True
    """
    if len(short.strip()) not in _CUT_LENGTHS or len(whole) <= len(short):
        return False
    start = letters(short)
    return len(start) >= _CUT_LEAST and letters(whole).startswith(start)
