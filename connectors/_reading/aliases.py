"""Further names that share a cell: parted by semicolons, commas and "or", with the language before some of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from supplywatch.model.records import Alias

LANGUAGES = {
    **{"russian": "ru", "belarusian": "be", "belarussian": "be", "ukrainian": "uk", "arabic": "ar", "persian": "fa", "farsi": "fa"},
    **{"chinese": "zh", "burmese": "my", "korean": "ko", "georgian": "ka", "hebrew": "he", "spanish": "es", "english": "en"},
    **{"french": "fr", "serbian": "sr", "turkish": "tr", "kazakh": "kk", "romanian": "ro", "dari": "prs", "pashto": "ps", "kurdish": "ku"},
}
_LABEL = re.compile(rf"(?<!\w)(?P<language>{'|'.join(LANGUAGES)})(?: (?:spelling|name|language))? ?: ?", re.IGNORECASE)
_OPEN, _CLOSE = "([\u00ab\u201c\u201e", ")]\u00bb\u201d\u201c"
_LEGAL = re.compile(
    r"(?:(?:co|corp|ltd|llc|llp|inc|plc|jsc|ojsc|cjsc|pjsc|pao|oao|ooo|zao|ao|fsue|sc|s\.? ?a|s\.? ?l|gmbh|ag|kg|kft|zrt|oy|ab|as|a\. ?s|"
    r"s\. ?r\. ?o|pte|pty|bv|b\.v|nv|n\.v|fze|fzco|limited|limited liability company|incorporated|ооо|оао|зао|пао|ао|нао|сао|фгуп|фгбу|гуп|"
    r"некоммерческое партнерство|ltd|co\. ltd)[. ]*)+",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"(?<!\s)\s++\((?:also known as|a\.?k\.?a\.?|formerly known as|f\.?k\.?a\.?|formerly)[:,]?\s++(?P<names>.+)\)\s*+$",
    re.IGNORECASE | re.DOTALL,
)
_JOINED = re.compile(r"(?<=\S)\s++or\s++(?=\S)|(?<!\s)\s++/\s+")


def is_native(text: str) -> bool:
    """Tell whether a name is in another script than the Latin one: most of its letters are. One Latin letter among Cyrillic ones is a slip.

    >>> is_native("AО Восток"), is_native("Vostok АО Ltd"), is_native("123")
    (True, False, False)
    """
    letters = [character for character in text if character.isalpha()]
    return sum(character >= "\u0250" and not "\u1e00" <= character <= "\u1eff" for character in letters) * 2 > len(letters)


def further_names(cell: str, *, person: bool) -> list[Alias]:
    """Return the names of a cell, each with its language where that is said.

    >>> [(a.text, a.language) for a in further_names("A. Fedin, Belarusian: Андрэй Федзін, Russian: Федин or Фёдин", person=True)]
    [('A. Fedin', None), ('Андрэй Федзін', 'be'), ('Федин', 'ru'), ('Фёдин', 'ru')]
    >>> [a.text for a in further_names("Vneshtorgbank; VTB, Ltd., VEB (Bank, Moscow)", person=False)]
    ['Vneshtorgbank', 'VTB, Ltd.', 'VEB (Bank, Moscow)']
    """
    found = []
    for piece, language in _labelled(cell):
        for text in (name for part in _split(piece, person=person) for name in _alternatives(part)):
            native = is_native(text)
            kind = "native" if native else "weak" if person and " " not in text else "strong"
            found.append(Alias(text=text, kind=kind, language=language if native or language in ("en", "fr", "es") else None))
    return list(dict.fromkeys(found))


def with_bracket(name: str) -> tuple[str, list[Alias]]:
    """Return a company's name without the bracket that gives further ones, and those.

    >>> with_bracket("Dux JSC (also known as Duks)")
    ('Dux JSC', [Alias(text='Duks', kind='strong', language=None)])
    """
    found = _SAME.search(name) if name.rstrip().endswith(")") else None
    if found is None:
        return name, []
    names = _split(found["names"], person=False)
    *first, last = names
    if first and " and " in last:
        names = [*first, *last.split(" and ", 1)]
    return name[: found.start()], [Alias(text=text, kind="native" if is_native(text) else "strong") for text in names]


def _labelled(cell: str) -> Iterator[tuple[str, str | None]]:
    """Yield the stretches of a cell with the language that stands before them; it reaches to the next one or to a semicolon."""
    start, language = 0, None
    for found in _LABEL.finditer(cell):
        yield from _reach(cell[start : found.start()], language)
        start, language = found.end(), LANGUAGES[found["language"].lower()]
    yield from _reach(cell[start:], language)


def _reach(text: str, language: str | None) -> Iterator[tuple[str, str | None]]:
    first, *others = text.split(";")
    yield first, language
    yield from ((other, None) for other in others)


def _split(text: str, *, person: bool) -> list[str]:
    """Part a stretch at its commas, but for those in brackets and quotations, and before a legal form."""
    pieces, depth, quoted, start = [], 0, False, 0
    for place, character in enumerate(text):
        quoted ^= character == '"'
        depth = max(0, depth + (character in _OPEN) - (character in _CLOSE and character not in _OPEN))
        if character == "," and not quoted and not depth:
            pieces.append(text[start:place])
            start = place + 1
    pieces.append(text[start:])
    names: list[str] = []
    for piece in (" ".join(piece.split()).strip(" ,;") for piece in pieces):
        if names and not person and _LEGAL.fullmatch(piece):
            names[-1] += f", {piece}"
        elif piece:
            names.append(piece)
    return names


def _alternatives(name: str) -> list[str]:
    """Part a name at "or", at a stroke between blanks, and at "and" between names that are not English."""
    parts = [part for piece in _JOINED.split(name) for part in _native_and(piece)]
    return [part.strip(" ,;(") if part.count("(") > part.count(")") else part.strip(" ,;") for part in parts if part.strip(" ,;()")]


def _native_and(text: str) -> list[str]:
    first, word, rest = text.partition(" and ")
    return [first, *_native_and(rest)] if word and is_native(first) and rest else [text]
