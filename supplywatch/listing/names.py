"""Names, numbers and citations of list entries in the form in which they are compared.

Everything here errs on the side of keeping apart: what is taken for equal hides a difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from supplywatch.model.list_entry import Identifier, ListEntry

LEGAL_FORMS = {
    "company": "co",
    "companies": "co",
    "limited": "ltd",
    "corporation": "corp",
    "incorporated": "inc",
    "aktiengesellschaft": "ag",
    "and": "",
}
"""Words that publishers abbreviate as they please; ``&`` and "and" are both left out."""
GENERIC = frozenset(
    "co ltd corp inc llc llp lp plc gmbh ag sa sarl srl bv nv oy ab as jsc ojsc pjsc ooo oao zao pte pty sdn bhd kk fze fzco dmcc "
    "group holding holdings trading trade general international global technology technologies tech industry industries industrial "
    "enterprise enterprises import export development equipment electronic electronics engineering manufacturing services service "
    "science scientific research institute university center centre bureau ministry department office academy laboratory factory plant "
    "the of for in a de la el al and state national joint stock public limited liability company".split()
)
"""Words that name no party by themselves."""
_WORD = re.compile(r"[^\W_]+")
_TAIL = re.compile(r"(?:[;,]|(?<!\s))\s*+(?:and\s++)?any\s++successor\b.*$", re.IGNORECASE | re.DOTALL)
"""The Entity List ends some names with "and any successor, sub-unit, or subsidiary thereof"."""
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_CITED = re.compile(r"(\d{2,3})\s*F\.?\s*R\.?\s*(\d{1,6})", re.IGNORECASE)
_FIRST_VOLUME_YEAR = 1935
"""Volume 1 of the Federal Register is 1936."""
_DIGITS = re.compile(r"\d{6}")
_PER_COUNTRY = ("tax", "registration", "passport", "national_id")
_WORLDWIDE = ("uscc", "lei", "imo", "duns")


@lru_cache(maxsize=200_000)
def plain(text: str) -> str:
    """Return a text without case, accents, punctuation and repeated blanks; ``?`` in place of an apostrophe goes the same way.

    >>> plain("Xi?an  Research-Institute") == plain("Xi'an research institute")
    True
    """
    folded = text.casefold()
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(folded))


@lru_cache(maxsize=200_000)
def name_key(name: str) -> str:
    """Return a name for matching: :func:`plain`, legal forms abbreviated, without the tail about successors, words in alphabetical order.

    >>> name_key("RIM, Ryong Nam") == name_key("Ryong Nam RIM")
    True
    >>> name_key("Synthetic Optics Company Limited") == name_key("Synthetic Optics Co., Ltd.")
    True
    """
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), _TAIL.sub("", name))
    words = (LEGAL_FORMS.get(word, word) for word in plain(text).split())
    return " ".join(sorted(filter(None, words))) or name.strip().casefold()


def content_key(list_code: str, name: str, countries: Iterable[str]) -> str:
    """Return the identity of an entry that survives a new numbering; several entries of one list may share it."""
    return f"{list_code}|{name_key(name)}|{','.join(sorted(set(countries)))}"


def letters(text: str) -> str:
    """Return the letters and digits of a text, case folded."""
    return plain(text).replace(" ", "")


def name_keys(entry: ListEntry, *, weak: bool = True) -> set[str]:
    """Return the keys of all names of an entry."""
    return {name_key(entry.name), *(name_key(alias.text) for alias in entry.aliases if weak or alias.kind not in ("weak", "abbreviation"))}


def distinctive(key: str) -> set[str]:
    """Return the words of a name key that could name one party.

    >>> sorted(distinctive(name_key("Synthetic Optics Trading Co., Ltd.")))
    ['optics', 'synthetic']
    """
    return {word for word in key.split() if word not in GENERIC and (len(word) > 1 or _CHINESE.search(word) or word.isdigit())}


def is_telling(key: str) -> bool:
    """Tell whether a name is particular enough to mean one party within a country: two words, or one long one."""
    words = distinctive(key)
    return len(words) >= 2 or any(len(_CHINESE.findall(word)) >= 4 or len(word) >= 8 for word in words)


def number_key(identifier: Identifier) -> str | None:
    """Return what makes an identifier equal to another one, ``None`` when it identifies nobody.

    >>> number_key(Identifier(kind="uscc", value="9144 0300-7084616988"))
    'uscc:914403007084616988'
    """
    value = letters(identifier.value)
    if len(value) < 5 or not any(character.isdigit() for character in value):
        return None
    if identifier.kind in _WORLDWIDE:
        return f"{identifier.kind}:{value}"
    if identifier.kind in _PER_COUNTRY and identifier.country:
        return f"{identifier.kind}:{identifier.country}:{value}"
    return None


def numbers(entry: ListEntry) -> set[str]:
    """Return the values of an entry's identifying numbers; regulations, orders and dates, which OFAC files beside them, are none."""
    return {letters(i.value) for i in entry.identifiers if i.kind not in ("other", "swift") or _DIGITS.search(i.value)}


def cited(citation: str | None) -> tuple[tuple[int, int], ...]:
    """Return (volume, page) of every Federal Register citation in a text.

    >>> cited("75 FR 1699 (1/13/2010), 77 FR 24587"), cited("79 FR  55608"), cited(None)
    (((75, 1699), (77, 24587)), ((79, 55608),), ())
    """
    return tuple((int(volume), int(page)) for volume, page in _CITED.findall(citation or ""))


def cited_year_end(citation: str | None) -> date | None:
    """Return the last day of the year of the newest Federal Register volume cited.

    >>> cited_year_end("77 FR 61249 No. 195")
    datetime.date(2012, 12, 31)
    """
    volumes = [volume for volume, _ in cited(citation)]
    return date(_FIRST_VOLUME_YEAR + max(volumes), 12, 31) if volumes else None
