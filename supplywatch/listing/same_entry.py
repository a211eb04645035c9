"""Whether two entries of official lists speak of the same party, and in what they differ.

Everything here errs on the side of news: a namesake taken for a known party would hide a designation, a known party taken for a
new one only repeats it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher

from supplywatch.listing.names import content_key, distinctive, is_telling, letters, name_key, name_keys, numbers, plain
from supplywatch.model.records import ListEntry

__all__ = [
    "COMPARED",
    "almost_equal",
    "amended_fields",
    "content_key",
    "moved",
    "name_key",
    "namesakes",
    "plain",
    "reads_alike",
    "renamed",
    "same_circumstances",
    "same_party",
    "same_text",
    "similar",
    "with_unique_keys",
]

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


OWNERSHIP = frozenset("co ltd corp inc llc jsc group holding holdings".split())
"""Words that come and go with a company's full name."""
_ROMAN = re.compile(r"[ivx]+")


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
    if old is new or old == new:
        return ()
    return tuple(field for field in COMPARED if _content(old, field) != _content(new, field) and not _learned_kind(old, field))


def same_party(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether a key the two entries share was not used again for another party: a telling word, an address or a number agrees."""
    words = {word for key in name_keys(old) for word in distinctive(key)}
    return _same_place(old, new) or any(not words.isdisjoint(distinctive(key)) for key in name_keys(new)) or reads_alike(old, new)


def reads_alike(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether a name of the two is the same or a spelling of the same."""
    return not name_keys(old).isdisjoint(name_keys(new)) or similar(old.name, new.name)


def same_text(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether two entries say the same to the letter, but for keys and the order of several values."""
    if old is new or old == new:
        return True
    mine, theirs = (
        {
            field: sorted(map(repr, value)) if isinstance(value, tuple) else value
            for field, value in entry
            if field not in ("key", "content_key")
        }
        for entry in (old, new)
    )
    return mine == theirs


def namesakes(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether two entries of the same name and countries may be two parties: other numbers, or persons or ships without a link."""
    if numbers(old) and numbers(new) and numbers(old).isdisjoint(numbers(new)):
        return True
    return new.party_kind in ("person", "vessel", "aircraft") and not same_circumstances(old, new)


def renamed(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether two entries of one list and country are one party under a corrected or completed name.

    A name that is nearly the same needs a circumstance that agrees; on lists that give none, it must be the same but for a slip.
    """
    if numbers(old) and numbers(new) and numbers(old).isdisjoint(numbers(new)):
        return False
    if not same_circumstances(old, new):
        return not _contradict(old, new) and almost_equal(old.name, new.name)
    return name_key(old.name) in name_keys(new) or name_key(new.name) in name_keys(old) or similar(old.name, new.name)


def _contradict(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether both give a date, a notice or an address, and another one."""
    return any(getattr(old, field) and getattr(new, field) for field in ("effective", "citation", "addresses"))


def moved(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether entries of one name are one party although the countries differ: a place agrees, or a country was not known before.

    One notice often lists the offices of a company country by country, so its date and citation say nothing here.
    """
    return _same_place(old, new) or (not (old.countries and new.countries) and same_circumstances(old, new))


def same_circumstances(old: ListEntry, new: ListEntry) -> bool:
    """Tell whether citation, effective date, an address or an identifying number agrees."""
    return (
        (old.citation is not None and new.citation is not None and letters(old.citation) == letters(new.citation))
        or (old.effective is not None and old.effective == new.effective)
        or _same_place(old, new)
    )


def _same_place(old: ListEntry, new: ListEntry) -> bool:
    return not set(map(letters, old.addresses)).isdisjoint(map(letters, new.addresses)) or not numbers(old).isdisjoint(numbers(new))


def similar(one: str, other: str) -> bool:
    """Tell a corrected or completed name from another one: the words that differ resemble each other, and no number differs.

    >>> similar("Hong Kong Democratic Council", "Hong Kong Democracy Council")
    True
    >>> similar("CETC 13th Research Institute", "CETC 14th Research Institute")
    False
    """
    if letters(one) == letters(other):
        return True
    only, only_other, common = _words_apart(name_key(one), name_key(other))
    if any(character.isdigit() for word in only + only_other for character in word):
        return False
    only, only_other = ([word for word in words if word not in OWNERSHIP] for words in (only, only_other))
    if not only or not only_other:
        return common * 2 >= 0.66 * (common * 2 + len(only) + len(only_other))
    part, other_part = " ".join(only), " ".join(only_other)
    return (_is_slip(part, other_part) or _ratio(part, other_part) >= 0.7) and _ratio(plain(one), plain(other)) >= 0.8


def almost_equal(one: str, other: str) -> bool:
    """Tell whether two names are the same but for one slip of the pen, or for words that name nobody.

    >>> almost_equal("China Electronics Corporation", "China Elektronics Corporation")
    True
    >>> almost_equal("Synthetic Optics (Group) Co., Ltd.", "Synthetic Optics")
    True
    >>> almost_equal("Huawei Cloud Shanghai", "Huawei Cloud Beijing")
    False
    """
    if letters(one) == letters(other) or (distinctive(name_key(one)) == distinctive(name_key(other)) and is_telling(name_key(one))):
        return True
    only, only_other, common = _words_apart(plain(one), plain(other))
    return common > 0 and len(only) == len(only_other) == 1 and _is_slip(only[0], only_other[0])


def _words_apart(one: str, other: str) -> tuple[list[str], list[str], int]:
    """Return the words that only one of two names has, and the number of those that both have."""
    words, others = set(one.split()), set(other.split())
    return sorted(words - others), sorted(others - words), len(words & others)


def _is_slip(one: str, other: str) -> bool:
    """Tell whether two words differ in one letter; a digit or a Roman numeral is no slip."""
    if not len(one) == len(other) >= 2 or _ROMAN.fullmatch(one) or _ROMAN.fullmatch(other):
        return False
    apart = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(apart) == 1 and apart[0][0].isalpha() and apart[0][1].isalpha()


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _content(entry: ListEntry, field: str) -> object:
    value = getattr(entry, field)
    if field == "name":
        return name_key(value)
    if field == "aliases":
        return frozenset(name_key(alias.text) for alias in value)
    if field == "identifiers":
        return frozenset(letters(identifier.value) for identifier in value)
    if field == "relations":
        return frozenset((relation.kind, letters(relation.name or ""), relation.share) for relation in value)
    if isinstance(value, tuple):
        return frozenset(map(letters, value))
    return letters(value) or None if isinstance(value, str) else value


def _learned_kind(old: ListEntry, field: str) -> bool:
    """Tell a publisher that begins to fill in the kind of party from one that changes it."""
    return field == "party_kind" and old.party_kind == "unknown"
