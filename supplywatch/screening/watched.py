"""Counterparties of a watch-list as parties to be screened, and the forms of their names that are stored with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic_core import from_json

from supplywatch.listing.entry import Identifier
from supplywatch.screening.listed import identifier_key
from supplywatch.screening.model import Name, Party
from supplywatch.screening.normal import forms
from supplywatch.watchlist.counterparty import Counterparty, Keys

OWNER = "\x1f"
"""Stands between a counterparty's id and the number of an owner, in the ids of an index."""


def watched_party(counterparty_id: str, counterparty: Counterparty, keys: Keys = ()) -> Party:
    """Return a counterparty as a party, with the stored forms of its names where there are any."""
    numbers = _numbers(counterparty.identifiers)
    names = (Name(counterparty.name), *(Name(alias, "strong") for alias in counterparty.aliases))
    return Party(counterparty_id, names, counterparty.country, (), counterparty.kind, numbers, None, keys)


def owner_parties(counterparty_id: str, counterparty: Counterparty) -> Iterator[Party]:
    """Yield the owners of a counterparty as parties; what is found of them is a link, never a match of the counterparty itself."""
    return _owners(counterparty_id, counterparty.owners)


def stored_parties(counterparty_id: str, body: str, keys: Keys) -> tuple[Party, ...]:
    """Return a stored counterparty and its owners as parties; what was validated when it was stored is not validated again."""
    given = from_json(body)
    names: tuple[Name, ...] = (Name(given["name"]),)
    if "aliases" in given:
        names += tuple(Name(alias, "strong") for alias in given["aliases"])
    numbers = _numbers(map(Identifier.model_validate, given["identifiers"])) if "identifiers" in given else ()
    party = Party(counterparty_id, names, given.get("country"), (), given.get("kind", "unknown"), numbers, None, keys)
    return (party, *_owners(counterparty_id, given["owners"])) if "owners" in given else (party,)


def keys_of(names: Iterable[str]) -> Keys:
    """Return the normal forms of names, to be stored.

    >>> keys_of(("Peking Optics Ltd",))
    (('beijing optical ~ltd',),)
    """
    return tuple(tuple(form.key for form in forms(name)) for name in names)


def keys_text(keys: Keys) -> str:
    """Return the forms of names as they are stored: a line for each name.

    >>> stored_keys(keys_text((("a b ~ltd", "ab"), ("c",))))
    (('a b ~ltd', 'ab'), ('c',))
    """
    return "\n".join("\t".join(forms) for forms in keys)


def stored_keys(text: str) -> Keys:
    """Return stored forms."""
    if "\n" not in text:
        return (tuple(text.split("\t")),)
    return tuple(tuple(line.split("\t")) for line in text.split("\n"))


def _owners(counterparty_id: str, names: Iterable[str]) -> Iterator[Party]:
    for number, name in enumerate(names):
        yield Party(f"{counterparty_id}{OWNER}{number}", (Name(name),))


def _numbers(identifiers: Iterable[Identifier]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({key for identifier in identifiers if (key := identifier_key(identifier))}))
