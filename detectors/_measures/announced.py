"""How many parties a notice says it adds to which list, in its own units, and under which destinations.

Read from the notice's summary, sentence by sentence: figures and words, several units side by side ("50 entries", "three addresses"),
parties moved from one list to another. What is removed, revised or corrected is not counted, and nothing is guessed where no number stands.

>>> found = additions("BIS amends the EAR by adding thirty-six entities to the Entity List, under the destinations of China (35) and Japan "
... "(1). This rule also removes two entities under the destination of Oman.", {"EL": "Entity List"})
>>> found.count, found.unit, [(d.country, d.count) for d in found.destinations]
(36, 'entities', [('CN', 35), ('JP', 1)])
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from supplywatch.reading.countries import country_code

UNITS = {
    "entity": "entities",
    "person": "persons",
    "company": "companies",
    "affiliate": "affiliates",
    "party": "parties",
    "address": "addresses",
    "entry": "entries",
}
"""Plural by singular. ``entries`` come last where several stand side by side: a party may have several."""
_RANK = list(UNITS.values())
_UNIT = "|".join(f"{one}|{many}" for one, many in UNITS.items())
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORD = "|".join((*_ONES[1:], *_TENS, "hundred"))
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+|(?:(?:a )?(?:{_WORD}))(?:(?:[ -]| and )(?:{_WORD}))*|an?|another)"
_AMOUNT = re.compile(rf"\b({_NUMBER})(?: \(\d+\))?((?: (?!to\b|from\b|under\b|and\b)[\w'’.-]+){{0,4}}?) ({_UNIT})\b", re.IGNORECASE)
_CHANGE = r"\b(?:remov|delet|revis|modif|correct|conform|clarif|updat)\w*"
_SENTENCE_END = re.compile(r"(?<![.\s(][A-Z])\. +(?=[A-Z\"“])|\. +(?=(?:In|This|These|BIS|The|Lastly|Finally|Some|All|As|Of|It) )")
_UNDER = re.compile(
    rf"(?:\b(?P<n>{_NUMBER})(?: [a-z]+){{0,3}} (?:(?:listed|added) (?:on|to) the [A-Z]\w+ List )?)?\b"
    r"(?:(?P<each>under each of the following destinations:)|under the destinations? of|located in) ",
    re.IGNORECASE,
)
_OWN = {"Crimea Region of Ukraine": "Crimea"}
"""Destinations of the EAR that are no countries, by the word they are shown by."""
_NAME = re.compile(r"(?:the )?[A-ZÀ-Þ][^\s(]*(?: (?:of|the|d[aeo]s?)(?= )| [A-ZÀ-Þ][^\s(]*)*")
_ASIDE = re.compile(r"(?<!\s)\s*+\(([^()]*+)\)")
_SEPARATOR = re.compile(r"(,? and |, |; and |; )")
_MARKUP = re.compile(r"\[(\w+(?:uml|acute|grave|cedil|circ|tilde|slash|ring))\]")
"""How the Register's plain text writes letters that it does not have: ``T[uuml]rkiye``."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A country under which parties are listed: alpha-2 code (``Crimea`` has none), and the number where the notice prints one."""

    country: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Additions:
    """What a notice adds.

    Parameters
    ----------
    counts
        By unit, in the notice's own units; of all lists together.
    by_list
        The number by code of the list, in entities or persons rather than in the entries they stand in; ``None`` where none is given.
    unit
        What is counted; ``parties`` where the lists count in different ones.
    moved
        How many of them come from another list; ``None`` where none does, or no number stands.
    moved_from
        Codes of the lists that they leave.
    """

    counts: Mapping[str, int]
    by_list: Mapping[str, int | None]
    unit: str | None
    destinations: tuple[Destination, ...]
    moved: int | None = None
    moved_from: tuple[str, ...] = ()

    @property
    def count(self) -> int | None:
        """How many there are in all; ``None`` unless it is known of every list."""
        known = [number for number in self.by_list.values() if number is not None]
        return sum(known) if known and len(known) == len(self.by_list) else None


def number_of(text: str) -> int:
    """Return a number written in figures or in English words below a thousand.

    >>> [number_of(text) for text in ("1,204", "an", "forty-five", "one hundred and seven", "a hundred")]
    [1204, 1, 45, 107, 100]
    """
    if text[0].isdigit():
        return int(text.replace(",", ""))
    total = 0
    for word in re.split(r"[ -]+", text.lower()):
        if word == "hundred":
            total = (total or 1) * 100
        elif word in _TENS:
            total += 10 * (_TENS.index(word) + 2)
        elif word in _ONES:
            total += _ONES.index(word)
        elif word in ("a", "an", "another") and text.lower() == word:
            total = 1
    return total


def additions(summary: str, lists: Mapping[str, str]) -> Additions:
    """Return what a summary says is added to the lists, whose names are given as patterns by their codes."""
    clauses: list[_Clause] = []
    destinations: dict[str, Destination] = {}
    for sentence in _sentences(summary):
        found = list(_clauses(sentence, lists))
        clauses += found
        if found:
            # What a sentence says of removals before or behind the addition is not about what is added.
            begun = sentence[found[-1].start :]
            about = begun if found[-1].origin is not None else re.split(_CHANGE, begun, flags=re.IGNORECASE)[0]
        else:
            about = "" if not clauses or re.search(_CHANGE, sentence, re.IGNORECASE) else sentence
        for destination in _destinations(about):
            destinations.setdefault(destination.country, destination)
    counts: dict[str, int] = {}
    by_list: dict[str, int | None] = {clause.code: None for clause in clauses}
    for clause in clauses:
        for unit, number in clause.amounts.items():
            counts[unit] = counts.get(unit, 0) + number
        if clause.leading is not None:
            by_list[clause.code] = (by_list[clause.code] or 0) + clause.amounts[clause.leading]
    units = {clause.leading for clause in clauses if clause.leading is not None}
    moved = [clause.amounts[clause.leading] for clause in clauses if clause.origin is not None and clause.leading is not None]
    return Additions(
        counts=counts,
        by_list=by_list,
        unit=min(units) if len(units) == 1 else "parties" if units else None,
        destinations=_without_totals(tuple(destinations.values()), sum(number or 0 for number in by_list.values())),
        moved=sum(moved) if moved else None,
        moved_from=tuple(dict.fromkeys(clause.origin for clause in clauses if clause.origin is not None)),
    )


def _without_totals(found: tuple[Destination, ...], total: int) -> tuple[Destination, ...]:
    """Leave the number of an only destination out where it says the total again ("these seven entities … under the destination of")."""
    return (Destination(found[0].country, None),) if len(found) == 1 and found[0].count == total else found


@dataclass(frozen=True, slots=True)
class _Clause:
    """One statement that something is added: to which list, from which, how many by unit, and where it begins."""

    code: str
    amounts: Mapping[str, int]
    origin: str | None
    start: int

    @property
    def leading(self) -> str | None:
        return min(self.amounts, key=_RANK.index, default=None)


def _clauses(sentence: str, lists: Mapping[str, str]) -> Iterator[_Clause]:
    moving, *adding = _patterns(tuple(lists.items()))
    moves = list(moving.finditer(sentence))
    for match in moves:
        yield _Clause(_code(match["to"], lists), _amounts(match["counted"]), _code(match["origin"], lists), match.start())
    for match in (found for pattern in adding for found in pattern.finditer(sentence)):
        inside = any(move.start() <= match.start() < move.end() for move in moves)
        counted = re.split(_CHANGE, match["counted"], flags=re.IGNORECASE)[0]
        if not inside and re.search(rf"\b(?:{_UNIT})\b", counted, re.IGNORECASE):
            yield _Clause(_code(match["to"], lists), _amounts(counted), None, match.start())


@cache
def _patterns(lists: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of "removing … from one list and adding them to another", and of three ways to say what is added."""
    name = "|".join(rf"{pattern}|{code}\b" for code, pattern in lists)
    more = r"(?:[ -]*\([A-Z]+\))?(?: List)?(?: \([A-Z]+\))?"
    moving = (
        rf"\b(?:remov|mov|transfer)(?:e|es|ed|ing|red|ring|s)? (?P<counted>[^.;:]{{0,120}}?)\bfrom the (?P<origin>{name}){more}"
        rf"(?:,? and add(?:s|ing|ed)? (?:them|these|those|the same)\b[^.;:]{{0,60}}?)? to the (?P<to>{name})"
    )
    to = rf"\badd(?:s|ed|ing)? (?!to the )(?P<counted>[^.;:]{{0,220}}?)\bto the (?P<to>{name})"
    turned = rf"\badd(?:s|ed|ing)? to the (?P<to>{name}){more} (?P<counted>(?!under\b)[^.;:]{{0,160}})"
    also = rf"(?:{name}){more}(?:,? and|,) (?P<counted>(?:{_NUMBER}) [^.;:,]{{0,80}}?)(?:under [^.;:,]{{0,20}})?\bto the (?=(?P<to>{name}))"
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in (moving, to, turned, also))


def _code(name: str, lists: Mapping[str, str]) -> str:
    return next(code for code, pattern in lists.items() if re.fullmatch(rf"{pattern}|{code}", name, re.IGNORECASE))


def _amounts(text: str) -> dict[str, int]:
    """Return the numbers of a clause by unit, in the plural."""
    found: dict[str, int] = {}
    for number, _, unit in _AMOUNT.findall(text):
        found.setdefault(UNITS.get(unit.lower(), unit.lower()), number_of(number))
    return found


def _sentences(text: str) -> list[str]:
    plain = _MARKUP.sub(lambda m: html.unescape(f"&{m[1]};"), text)
    return _SENTENCE_END.split(" ".join(plain.split()))


def _destinations(text: str) -> Iterator[Destination]:
    """Yield the countries that follow "under the destinations of", with the number printed before or behind each."""
    for match in _UNDER.finditer(text):
        tail = re.sub(r"(\(\d+\)) (?=[A-Z])", r"\1, ", text[match.end() :])
        found = list(_countries(tail))
        if match["n"] is not None and (len(found) == 1 or match["each"]):
            found = [Destination(one.country, one.count or number_of(match["n"])) for one in found]
        yield from found


def _countries(text: str) -> Iterator[Destination]:
    """Yield countries until a piece is none; names that hold a comma or "and" are tried whole first."""
    pieces = _SEPARATOR.split(text)
    start = 0
    while start < len(pieces):
        for end in (start + 3, start + 1):
            if (found := _country("".join(pieces[start:end]))) is not None:
                yield found
                break
        else:
            return
        start = end + 1


def _country(text: str) -> Destination | None:
    asides = _ASIDE.findall(text)
    plain = _ASIDE.sub("", text).strip(" .")
    named = _NAME.match(plain) if "," not in plain and " and " not in plain else None
    for written in (plain, "" if named is None else named[0]):
        name = written.removeprefix("the ").strip(" .,")
        code = _OWN.get(name) or country_code(name) or country_code(name.replace(".", ""))
        if code is not None:
            count = next((int(aside) for aside in asides if aside.isdigit()), None)
            return Destination(code, count)
    return None
