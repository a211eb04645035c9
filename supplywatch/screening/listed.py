"""List entries as parties to be screened against."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

from supplywatch.listing.names import letters
from supplywatch.model.list_entry import Identifier, ListEntry
from supplywatch.model.name_match import Name, Party

_TELLING_KINDS = frozenset({"uscc", "lei", "tax", "registration", "imo", "duns", "swift"})
"""Kinds of numbers that name one party of a trade; passports and the rest are of persons."""
_LEAST_CHARACTERS = 5


def party_of(source: str, entry: ListEntry, day: date) -> Party:
    """Return a list entry as a party, as it is on a day; its id is source, list and key."""
    return Party(
        id=f"{source}/{entry.list_code}/{entry.key}",
        names=(Name(entry.name), *(Name(alias.text, alias.kind) for alias in entry.aliases)),
        countries=entry.countries,
        kind=entry.party_kind,
        identifiers=tuple(sorted({key for identifier in entry.identifiers if (key := identifier_key(identifier))})),
        list_code=entry.list_code,
        ended=str(entry.ends) if entry.has_ended(day) else None,
    )


def identifier_key(identifier: Identifier) -> tuple[str, str] | None:
    """Return what equals the same number wherever it is written, ``None`` for a number that names nobody.

    >>> identifier_key(Identifier(kind="uscc", value="9144 0300-7084616988"))
    ('uscc', '914403007084616988')
    """
    value = letters(identifier.value).upper()
    if identifier.kind not in _TELLING_KINDS or len(value) < _LEAST_CHARACTERS:
        return None
    if identifier.kind in ("tax", "registration"):
        return (identifier.kind, f"{identifier.country}{value}") if identifier.country else None
    return identifier.kind, value


def version_of(parties: Iterable[Party]) -> str:
    """Return a short digest of everything that is screened against: the data version of a match."""
    digest = hashlib.sha256()
    for line in sorted(repr((party.id, party.names, party.identifiers)) for party in parties):
        digest.update(line.encode())
    return digest.hexdigest()[:12]
