"""A name as somebody wrote it, freed of what surrounds it: entities of web forms, branches, care-of lines, titles, ships' prefixes.

>>> plain("Falk &amp; S&ouml;hne, Wien Branch"), plain("M/s Sundar Forgings c/o Hotel Astoria"), plain("Mus?ab Omar")
('Falk & Söhne', 'Sundar Forgings', 'Musab Omar')
>>> ship("M/V GANTRIX STAR"), ship("MV Trading"), imo_of("GANTRIX STAR (IMO 9074729)")
('GANTRIX STAR', 'Trading', '9074729')
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache

from supplywatch.config import read_yaml
from supplywatch.model.name_match import Party
from supplywatch.reading.repairs import repaired

_BOOK = read_yaml("vocabulary_forms.yaml")


def _rows(at: str) -> str:
    words = [word.strip() for row in _BOOK["empty"] if row["at"] == at for word in row["words"].split(",")]
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


_TAIL = re.compile(
    r"(?:[;,]|(?<!\s))\s*+\(?\s*+(?:a\.?\s?k\.?\s?a\.?,?\s*+(?:the following|:).*|including the following.*|"
    r"(?:and\s++)?any successor\b.*|and (?:its|all) subsidiaries.*)$",
    re.IGNORECASE | re.DOTALL,
)
_HOUSE = re.compile(r"[.,;]\s*+(?:and\s++)?(?:no\.?\s*+)?\d++\w?\W", re.IGNORECASE)
_STREET = re.compile(r"\b(?:street|road|avenue|lane|floor|district|building|boulevard|prospekt|ulitsa|ul)\b", re.IGNORECASE)
MOST_CHARACTERS = 500
"""Of a name that are compared; what runs on is an address or hostile."""
_DEPARTMENT = re.compile(
    r"(?<![,;\s-])[,;\s-]++(?:sales|export|import|imp\.?\s?exp\.?|purchas\w++|procurement|marketing|accounts?|accounting|finance|logistics|shipping|trading)"
    r"\s++(?:dept|department|div|division|desk|office|team|section)\.?\s*+$",
    re.IGNORECASE,
)
"""The part of a house that a supplier writes behind its name."""
_FRONT = re.compile(rf"^[\s\"'“”«»„]*(?:{_rows('front')})\.?[\"'“”«»]*\s+(?=\w)", re.IGNORECASE)
_REST = re.compile(rf"(?<=\w)[\s.,;)]+(?:{_rows('rest')})(?=[\s:]).*$", re.IGNORECASE | re.DOTALL)
_UNIT = re.compile(rf"(?<=\w\w)[.)]?\s*+[-–—,;(]\s*+(?:[\w.'’]++\s++){{0,2}}(?:{_rows('unit')})\s*+\)?\s*+$", re.IGNORECASE)
_LOST = re.compile(r"(?<=[^\W\d_])[?\ufffd](?=[^\W\d_])")
"""A letter or apostrophe that an old code page could not hold, printed as a question mark."""
_IMO = re.compile(r"(?<![\s,;(\[/-])[\s,;(\[/-]*+\bIMO\b[\s:#.-]*+(?:(?:no|nr|number)\b[\s:#.]*+)?(\d{7})\b[)\]]?", re.IGNORECASE)
_NATIVE = sorted(((form, row["says"]) for row in _BOOK["native"] for form in row["forms"].split()), key=lambda pair: -len(pair[0]))
_NATIVE_SAYS = dict(_NATIVE)
_NATIVE_FORM = re.compile("|".join(re.escape(form) for form, _ in _NATIVE))
_PREFIXES = " ".join(row["words"] for row in _BOOK["vessel_prefixes"]).split()
_SHIP = re.compile(
    r"^\s*(?:motor\s+(?:vessel|tanker|yacht)|"
    + "|".join(rf"{re.escape(word)}\.?" for word in sorted(_PREFIXES, key=len, reverse=True))
    + r")\s+(?=\w)",
    re.IGNORECASE,
)
TITLES = frozenset(" ".join(row["words"] for row in _BOOK["titles"]).split())


@lru_cache(maxsize=50_000)
def plain(text: str) -> str:
    """Return a name without what surrounds it; never empty where the name was not."""
    if "&" in text or not text.isascii():
        text = repaired(text)
    text = " ".join(unicodedata.normalize("NFKC", " ".join(text.split())[:MOST_CHARACTERS]).split())[:MOST_CHARACTERS]
    if not text.isascii():
        text = _NATIVE_FORM.sub(lambda found: f" {_NATIVE_SAYS[found[0]]} ", text).strip()
    text = _LOST.sub("", text).strip() or text
    text = _TAIL.sub("", text).strip() or text
    text = _without_address(text).strip() or text
    for pattern in (_FRONT, _IMO, _REST, _DEPARTMENT, _UNIT):
        text = pattern.sub("", text).strip() or text
    return text


def _without_address(text: str) -> str:
    """Return a name without the address that some lists run on into."""
    streets = [found.start() for found in _STREET.finditer(text)]
    house = next((found for found in _HOUSE.finditer(text) if streets and found.end() <= streets[-1]), None)
    return text if house is None else text[: house.start()]


@lru_cache(maxsize=50_000)
def ship(text: str) -> str:
    """Return a ship's name without its prefix."""
    return _SHIP.sub("", plain(text)) or text


def imo_of(text: str) -> str | None:
    """Return the IMO number that is written into a name; ``None`` for none, or one whose check digit is wrong."""
    found = _IMO.search(text)
    if found is None:
        return None
    digits = found[1]
    return (
        digits if sum(int(digit) * factor for digit, factor in zip(digits, range(7, 1, -1), strict=False)) % 10 == int(digits[6]) else None
    )


def numbered(party: Party) -> Party:
    """Return a party with the IMO numbers that are written into its names among its identifiers."""
    found = {("imo", number) for name in party.names if "IMO" in name.text.upper() and (number := imo_of(name.text)) is not None}
    return replace(party, identifiers=tuple(sorted({*party.identifiers, *found}))) if found - set(party.identifiers) else party
