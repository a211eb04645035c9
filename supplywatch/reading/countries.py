"""Countries as they are written, to ISO 3166-1: one table for publishers' lists, trade statistics and people's own files.

The core (codes, names, and the names in other languages) is that of ``pycountry``; what it lacks stands in ``countries.yaml`` beside this
file, with a source for each row. Both are part of the code and not of ``config/``: what a payload is parsed to must not depend on a folder.
Kosovo is ``XK``, as all lists use it.
"""

from __future__ import annotations

import gettext
import importlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from supplywatch.reading.chinese import simplified

LANGUAGES = (
    "zh_CN zh_TW zh_HK ja ko de fr it es pt nl pl cs tr ru uk ar fa vi id th sv da nb_NO fi ro hu el bg hr sr sk sl et lv lt he".split()
)
"""Of the lists and of those who trade with China, as pycountry names its catalogues."""
_SPELLINGS = Path(__file__).with_name("countries.yaml")
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"})
_WORDS = {
    **{"rep": "republic", "dem": "democratic", "fed": "federated", "st": "saint", "ste": "saint", "br": "british", "peoples": "people"},
    **dict.fromkeys(("is", "isl", "isds", "isles", "island"), "islands"),
    **dict.fromkeys(("the", "of", "and"), ""),
}
_SINGLE = re.compile(r"\b(\w) (?=\w\b)")
_REMEMBERED = 20_000
"""Rows of one payload repeat few spellings, and folding one costs 20 µs."""
_CODE = re.compile(r"[A-Za-z]{2,3}", re.ASCII)


class Country(NamedTuple):
    """A country with its codes, and the short English name that records carry."""

    alpha2: str
    alpha3: str
    numeric: int
    name: str


def folded(text: str) -> str:
    """Return a spelling without what people leave out or add: accents, case, dots, commas, articles, what cannot be seen.

    >>> folded("P.R. China"), folded("Bosnia & Herzegovina"), folded("CÔTE D’IVOIRE "), folded("Korea, Rep. of")
    ('pr china', 'bosnia herzegovina', 'cote divoire', 'korea republic')
    """
    if text.isascii() and text.isalpha():
        word = text.casefold()
        return _WORDS.get(word, word)
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " and ")).translate(_LETTERS)
    kept = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf" and c not in ".'`´’‘")
    words = _SINGLE.sub(r"\1", re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", kept)).strip()).split()
    return " ".join(filter(None, (_WORDS.get(word, word) for word in words)))


@lru_cache(_REMEMBERED)
def country_code(name: str | None) -> str | None:
    """Return the alpha-2 code of a name that a publisher writes; ``None`` for what is none, has none, or is not known.

    >>> country_code("Korea, North"), country_code("TÜRKİYE"), country_code("undetermined"), country_code("DE")
    ('KP', 'TR', None, None)
    """
    return None if name is None else _names().get(folded(name))


@lru_cache(_REMEMBERED)
def known_country(name: str) -> bool:
    """Tell whether somebody has looked at this spelling of a publisher.

    >>> known_country("Region: Crimea"), known_country("Ruritania")
    (True, False)
    """
    return folded(name) in _names()


def says_unknown(text: str) -> bool:
    """Tell a cell that says that nobody knows the country from one that names something.

    >>> says_unknown("N/A"), says_unknown("-"), says_unknown("不详"), says_unknown("Ruritania")
    (True, True, True, False)
    """
    return not any(map(str.isalnum, text)) or text.strip().casefold() in _unknown()


@lru_cache(_REMEMBERED)
def written_country(text: str) -> str | None:
    """Return the alpha-2 code of a country as people write it: a code, or a name in their own language; ``None`` when it is not known.

    >>> [written_country(text) for text in ("cn", "UGA", "中國", "Hong Kong, SAR", "Allemagne", "GB - Great Britain", "Ruritania")]
    ['CN', 'UG', 'CN', 'HK', 'DE', 'GB', None]
    """
    whole = _written(text)
    if whole is not None or not (first := re.split(r"[\s()\[\],/:\-–]+", text.strip().strip("()[]"))):
        return whole
    # Exports of other programs put the code beside the name: both must mean the same.
    for code, rest in ((first[0], text.strip()[len(first[0]) :]), (first[-1], text.strip(" )]")[: -len(first[-1]) or None])):
        if len(first) > 1 and _CODE.fullmatch(code) and code.isupper() and (found := _of_code(code)) and _written(rest) == found:
            return found
    return None


def _written(text: str) -> str | None:
    if (code := _of_code("".join(c for c in text if unicodedata.category(c) != "Cf").strip())) is not None:
        return code
    key = folded(text)
    if known := _names().get(key) or _by_hand().get(key) or _reordered().get(_bag(key)):
        return known
    if key in _names():
        return None
    return _translated().get(key) or _by_hand().get(plain := simplified(key)) or _translated().get(plain)


def _of_code(text: str) -> str | None:
    upper = text.upper()
    if not _CODE.fullmatch(upper):
        return None
    found = countries().get(upper) or by_alpha3().get(upper)
    return found.alpha2 if found else None


def is_code(text: str) -> bool:
    """Tell whether a text is an alpha-2 code as it stands.

    >>> is_code("XK"), is_code("cn"), is_code("UK")
    (True, False, False)
    """
    return text in countries()


def iso3_of_name(name: str) -> str | None:
    """Return the alpha-3 code of an economy of a trade feed, ``None`` for a name that is not in the table.

    >>> iso3_of_name("Congo (Kinshasa)"), iso3_of_name("KOREA, SOUTH"), iso3_of_name("Other countries")
    ('COD', 'KOR', None)
    """
    return alpha3_of(country_code(name))


@cache
def countries() -> Mapping[str, Country]:
    """Return all countries by alpha-2; Kosovo, which ISO does not list, has no other code.

    >>> countries()["BO"]
    Country(alpha2='BO', alpha3='BOL', numeric=68, name='Bolivia')
    """
    short = _book()["short"]
    found = {each.alpha_2: _country(each, short) for each in _iso()}
    return {**found, "XK": Country("XK", "", 0, "Kosovo")}


@cache
def chinese_name(code: str) -> str:
    """Return the short Chinese name of a country by its alpha-2 code; what is no code comes back as it is.

    >>> chinese_name("AE"), chinese_name("RU"), chinese_name("Crimea")
    ('阿联酋', '俄罗斯', 'Crimea')
    """
    package = importlib.import_module("pycountry")
    each = package.countries.get(alpha_2=code)
    if each is None:
        return {"XK": "科索沃"}.get(code, code)
    catalogue = gettext.translation("iso3166-1", package.LOCALES_DIR, ["zh_CN"])
    return catalogue.gettext(getattr(each, "common_name", each.name))


@cache
def by_alpha3() -> Mapping[str, Country]:
    """Return the countries of ISO 3166-1 by alpha-3."""
    return {each.alpha3: each for each in countries().values() if each.alpha3}


def alpha3_of(code: str | None) -> str | None:
    """Return the alpha-3 code of an alpha-2 code, ``None`` for what has none.

    >>> alpha3_of("MT"), alpha3_of("XK"), alpha3_of("EU")
    ('MLT', None, None)
    """
    found = countries().get(code or "")
    return (found.alpha3 or None) if found else None


@cache
def former_alpha3() -> frozenset[str]:
    """Return the alpha-3 codes that ISO has withdrawn (ISO 3166-3); histories of those countries keep them."""
    historic = importlib.import_module("pycountry").historic_countries
    return frozenset(each.alpha_3 for each in historic) - by_alpha3().keys()


def _country(each: Any, short: Mapping[str, str]) -> Country:
    return Country(each.alpha_2, each.alpha_3, int(each.numeric), short.get(each.alpha_2, each.name))


@cache
def _iso() -> tuple[Any, ...]:
    # Its import costs 50 ms (it looks up its own version), which a command that names no country need not pay.
    return tuple(importlib.import_module("pycountry").countries)


@cache
def _book() -> Any:
    return yaml.load(_SPELLINGS.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def _names() -> Mapping[str, str | None]:
    """Return alpha-2 by folded spelling of publishers, ``None`` for what is known to have no code."""
    book = _book()
    found: dict[str, str | None] = {folded(text): each.alpha_2 for each in _iso() for text in _said(each)}
    found |= {folded(each.name): each.alpha2 for each in countries().values()}
    found |= {folded(text): row["code"] for row in book["publishers"] for text in row["names"]}
    return found | {folded(text): None for text in book["without_code"]}


@cache
def _by_hand() -> Mapping[str, str]:
    """Return alpha-2 by folded spelling of people's own files, among them codes that ISO does not know."""
    return {folded(text): row["code"] for row in _book()["files"] for text in row["names"]}


@cache
def _unknown() -> frozenset[str]:
    return frozenset(str(text).casefold() for text in _book()["unknown"])


def _said(each: Any) -> Iterator[str]:
    for field in ("name", "official_name", "common_name"):
        if (text := getattr(each, field, None)) is not None:
            yield text


def _bag(key: str) -> str:
    return " ".join(sorted(key.split()))


@cache
def _reordered() -> Mapping[str, str]:
    """Return the English names with their words in one order: "Korea (Republic of)", "Republic of Korea"."""
    return _sure((_bag(key), code) for key, code in _names().items() if code is not None)


@cache
def _translated() -> Mapping[str, str]:
    """Return the names in other languages; what means different countries in two of them is left out."""
    found = []
    folder = importlib.import_module("pycountry").LOCALES_DIR
    for language in LANGUAGES:
        catalogue = gettext.translation("iso3166-1", folder, [language])
        for each in _iso():
            found += [(folded(word), each.alpha_2) for text in _said(each) if (word := catalogue.gettext(text)) != text]
    return _sure(found)


def _sure(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    doubtful = set()
    for key, code in pairs:
        if found.setdefault(key, code) != code:
            doubtful.add(key)
    return {key: code for key, code in found.items() if key not in doubtful}
