"""Counterparties of a watch-list as parties to be screened, and the forms of their names that are stored with them."""

from __future__ import annotations

from collections.abc import Iterator

from supplywatch.screening.listed import identifier_key
from supplywatch.screening.model import Name, Party
from supplywatch.screening.normal import forms
from supplywatch.watchlist.counterparty import Counterparty, Keys

OWNER = "\x1f"
"""Stands between a counterparty's id and the number of an owner, in the ids of an index."""


def watched_party(counterparty_id: str, counterparty: Counterparty, keys: Keys = ()) -> Party:
    """Return a counterparty as a party, with the stored forms of its names where there are any."""
    return Party(
        id=counterparty_id,
        names=(Name(counterparty.name), *(Name(alias, "strong") for alias in counterparty.aliases)),
        country=counterparty.country,
        kind=counterparty.kind,
        identifiers=tuple(sorted({key for identifier in counterparty.identifiers if (key := identifier_key(identifier))})),
        keys=keys,
    )


def owner_parties(counterparty_id: str, counterparty: Counterparty) -> Iterator[Party]:
    """Yield the owners of a counterparty as parties; what is found of them is a link, never a match of the counterparty itself."""
    for number, name in enumerate(counterparty.owners):
        yield Party(f"{counterparty_id}{OWNER}{number}", (Name(name),))


def keys_of(names: tuple[str, ...]) -> Keys:
    """Return the normal forms of names, to be stored.

    >>> keys_of(("Peking Optics Ltd",))
    (('beijing optical ~ltd',),)
    """
    return tuple(tuple(form.key for form in forms(name)) for name in names)
