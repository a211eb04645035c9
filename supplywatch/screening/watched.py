"""Counterparties of a watch-list as parties to be screened, and the forms of their names that are stored with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from pydantic_core import from_json

from supplywatch.model.counterparty import Counterparty, Keys
from supplywatch.model.list_entry import Identifier
from supplywatch.model.name_match import Name, Party
from supplywatch.screening.listed import identifier_key
from supplywatch.screening.normal import forms

OWNER = "\x1f"
"""Stands between a counterparty's id and the number of an owner, in the ids of an index."""


def watched_party(counterparty_id: str, counterparty: Counterparty, keys: Keys = ()) -> Party:
    """Return a counterparty as a party, with the stored forms of its names where there are any."""
    names = (Name(counterparty.name), *(Name(alias, "strong") for alias in counterparty.aliases))
    numbers = _numbers(counterparty.identifiers)
    return Party(counterparty_id, names, counterparty.country, (), counterparty.kind, numbers, None, keys[: len(names)])


def owner_parties(counterparty_id: str, counterparty: Counterparty, keys: Keys = ()) -> Iterator[Party]:
    """Yield the owners of a counterparty as parties; what is found of them is a link, never a match of the counterparty itself."""
    return _owners(counterparty_id, counterparty.owners, keys[len(counterparty.names) :])


def stored_parties(counterparty_id: str, body: str, keys: Keys) -> tuple[Party, ...]:
    """Return a stored counterparty and its owners as parties; what was validated when it was stored is not validated again."""
    given = from_json(body)
    names: tuple[Name, ...] = (Name(given["name"]),)
    if "aliases" in given:
        names += tuple(Name(alias, "strong") for alias in given["aliases"])
    numbers = _numbers(map(Identifier.model_validate, given["identifiers"])) if "identifiers" in given else ()
    country, kind = given.get("country"), given.get("kind", "unknown")
    if "owners" not in given:
        return (Party(counterparty_id, names, country, (), kind, numbers, None, keys),)
    party = Party(counterparty_id, names, country, (), kind, numbers, None, keys[: len(names)])
    return (party, *_owners(counterparty_id, given["owners"], keys[len(names) :]))


def keys_of(names: Iterable[str]) -> Keys:
    """Return the normal forms of names, to be stored.

    >>> keys_of(("Peking Optics Ltd",))
    (('beijing optical ~ltd',),)
    """
    return tuple(tuple(form.key for form in forms(name)) for name in names)


def keys_text(keys: Keys) -> str:
    """Return the forms of names as they are stored: a line for each name.

    >>> from supplywatch.model.counterparty import stored_keys
    >>> stored_keys(keys_text((("a b ~ltd", "ab"), ("c",))))
    (('a b ~ltd', 'ab'), ('c',))
    """
    return "\n".join("\t".join(forms) for forms in keys)


def _owners(counterparty_id: str, names: Iterable[str], keys: Keys) -> Iterator[Party]:
    for number, (name, own) in enumerate(zip_longest(names, keys)):
        yield Party(f"{counterparty_id}{OWNER}{number}", (Name(name),), keys=(own,) if own else ())


def _numbers(identifiers: Iterable[Identifier]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({key for identifier in identifiers if (key := identifier_key(identifier))}))
