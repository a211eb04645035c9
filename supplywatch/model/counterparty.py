"""A counterparty as the user knows it.

>>> one = Counterparty(reference="S-17", name="Synthetic Optics Co., Ltd.", country="CN", tags=("hs:8542",))
>>> counterparty_id("default", one.reference), one.digest == one.model_copy().digest
('default/S-17', True)
"""

from __future__ import annotations

import hashlib

from pydantic import Field

from supplywatch.model.list_entry import Identifier, PartyKind
from supplywatch.model.value import Frozen

Keys = tuple[tuple[str, ...], ...]
"""The normal forms of names, in their order: what the matcher stores and compares."""


def stored_keys(text: str) -> Keys:
    """Return the forms of names that are stored with a counterparty: a line for each name."""
    if "\n" not in text:
        return (tuple(text.split("\t")),)
    return tuple(tuple(line.split("\t")) for line in text.split("\n"))


class Counterparty(Frozen):
    """One party of a watch-list."""

    reference: str = Field(description="the user's own reference, unique in its watch-list")
    name: str
    aliases: tuple[str, ...] = ()
    country: str | None = Field(default=None, description="ISO 3166-1 alpha-2")
    kind: PartyKind = "unknown"
    identifiers: tuple[Identifier, ...] = ()
    owners: tuple[str, ...] = Field(default=(), description="names of who owns it, as the user knows them")
    tags: tuple[str, ...] = Field(default=(), description="free words; 'hs:8542' and 'item:…' name products")

    @property
    def names(self) -> tuple[str, ...]:
        """The name and the aliases."""
        return (self.name, *self.aliases)

    @property
    def every_name(self) -> tuple[str, ...]:
        """The names and those of the owners: what forms are stored of."""
        return (*self.names, *self.owners)

    @property
    def text(self) -> str:
        """The counterparty as it is stored."""
        return self.model_dump_json(exclude_defaults=True)

    @property
    def digest(self) -> str:
        """Equal for equal counterparties."""
        return digest_of(self.text)


def counterparty_id(watchlist: str, reference: str) -> str:
    """Return what names a counterparty among all watch-lists."""
    return f"{watchlist}/{reference}"


def digest_of(text: str) -> str:
    """Return the digest of a stored counterparty."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
