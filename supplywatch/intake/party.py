"""Whether two entries of official lists speak of the same party, and in what they differ.

Everything here errs on the side of news: a namesake taken for a known party would hide a designation, a known party taken for a
new one only repeats it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from supplywatch.records import ListEntry

COMPARED = (
    "party_kind",
    "name",
    "aliases",
    "countries",
    "addresses",
    "programs",
    "identifiers",
    "relations",
    "citation",
    "effective",
    "ends",
    "status",
    "suspended_until",
    "licence_requirement",
    "licence_policy",
    "remarks",
)
"""What an entry says. The list's wording and the link are left out: a publisher's new web site amends nothing."""

_WORD = re.compile(r"[^\W_]+")
_TAIL = re.compile(r"[;,]?\s*(?:and\s+)?any successor\b.*$", re.IGNORECASE | re.DOTALL)
"""The Entity List ends some names with "and any successor, sub-unit, or subsidiary thereof"."""
_NUMBER = re.compile(r"\d{6}")
"""Passports, registrations and IMO numbers have it; regulations, orders and dates, which OFAC files beside them, do not."""


def plain(text: str) -> str:
    """Return a text without case, accents, punctuation and repeated blanks; ``?`` in place of an apostrophe goes the same way.

    >>> plain("Xi?an  Research-Institute") == plain("Xi'an research institute")
    True
    """
    folded = text.casefold()
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(folded))


def name_key(name: str) -> str:
    """Return a name for matching: :func:`plain`, without the tail about successors, words in alphabetical order.

    >>> name_key("RIM, Ryong Nam") == name_key("Ryong Nam RIM")
    True
    """
    return " ".join(sorted(plain(_TAIL.sub("", name)).split())) or name.strip().casefold()


def content_key(list_code: str, name: str, countries: Iterable[str]) -> str:
    """Return the identity of an entry that survives a new numbering; several entries of one list may share it."""
    return f"{list_code}|{name_key(name)}|{','.join(sorted(set(countries)))}"


def with_unique_keys(entries: Sequence[ListEntry]) -> list[ListEntry]:
    """Number the entries that share list and key by their content, so that the order of the rows does not matter."""
    sharing: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, entry in enumerate(entries):
        sharing[entry.list_code, entry.key].append(index)
    unique = list(entries)
    for indices in sharing.values():
        if len(indices) > 1:
            indices.sort(key=lambda i: entries[i].model_dump_json())
        for number, index in enumerate(indices[1:], start=2):
            unique[index] = entries[index].model_copy(update={"key": f"{entries[index].key}#{number}"})
    return unique


def amended_fields(old: ListEntry, new: ListEntry) -> tuple[str, ...]:
    """Return the fields whose content differs; spelling, punctuation and the order of several values are not content."""
    if old == new:
        return ()
    return tuple(field for field in COMPARED if _content(old, field) != _content(new, field) and not _learned_kind(old, field))


def same_party(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether a key the two entries share was not used again for another party: a word or a circumstance agrees."""
    words = {word for name in _names(old) for word in name.split()}
    return same_circumstances(old, new) or any(not words.isdisjoint(name.split()) for name in _names(new))


def namesakes(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether two entries of the same name and countries may be two parties: other numbers, or persons or ships without a link."""
    if _numbers(old) and _numbers(new) and _numbers(old).isdisjoint(_numbers(new)):
        return True
    return new.party_kind in ("person", "vessel", "aircraft") and not same_circumstances(old, new)


def renamed(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether two entries of one list and country are one party under a corrected or completed name."""
    if not same_circumstances(old, new) or (_numbers(old) and _numbers(new) and _numbers(old).isdisjoint(_numbers(new))):
        return False
    return name_key(old.name) in _names(new) or name_key(new.name) in _names(old) or similar(old.name, new.name)


def same_circumstances(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether citation, effective date, an address or an identifying number agrees."""
    return (
        (old.citation is not None and new.citation is not None and _letters(old.citation) == _letters(new.citation))
        or (old.effective is not None and old.effective == new.effective)
        or not set(map(_letters, old.addresses)).isdisjoint(map(_letters, new.addresses))
        or not _numbers(old).isdisjoint(_numbers(new))
    )


def similar(one: str, other: str) -> bool:
    """Tell a corrected or completed name from another one: the words that differ resemble each other, and no number differs.

    >>> similar("Hong Kong Democratic Council", "Hong Kong Democracy Council")
    True
    >>> similar("CETC 13th Research Institute", "CETC 14th Research Institute")
    False
    """
    words, others = set(name_key(one).split()), set(name_key(other).split())
    only, only_other = sorted(words - others), sorted(others - words)
    if any(character.isdigit() for word in only + only_other for character in word):
        return False
    if not only or not only_other:
        return len(words & others) * 2 >= 0.66 * (len(words) + len(others))
    return _ratio(" ".join(only), " ".join(only_other)) >= 0.7 and _ratio(plain(one), plain(other)) >= 0.8


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _letters(text: str) -> str:
    return plain(text).replace(" ", "")


def _names(entry: ListEntry) -> set[str]:
    return set(map(name_key, (entry.name, *(alias.text for alias in entry.aliases))))


def _numbers(entry: ListEntry) -> set[str]:
    return {
        _letters(identifier.value) for identifier in entry.identifiers if identifier.kind != "other" or _NUMBER.search(identifier.value)
    }


def _content(entry: ListEntry, field: str) -> object:
    value = getattr(entry, field)
    if field == "name":
        return name_key(value)
    if field == "aliases":
        return frozenset(name_key(alias.text) for alias in value)
    if field == "identifiers":
        return frozenset(_letters(identifier.value) for identifier in value)
    if field == "relations":
        return frozenset((relation.kind, _letters(relation.name or ""), relation.share) for relation in value)
    if isinstance(value, tuple):
        return frozenset(map(_letters, value))
    return _letters(value) or None if isinstance(value, str) else value


def _learned_kind(old: ListEntry, field: str) -> bool:
    """Tell a publisher that begins to fill in the kind of party from one that changes it."""
    return field == "party_kind" and old.party_kind == "unknown"
