"""How far a subscriber is exposed to what an alert is about: counted on his own watch-list, and no part of the severity."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from supplywatch.ledger import watchlists
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent
from supplywatch.model.items import Items
from supplywatch.model.value import Frozen

NAMED = 10


class Impact(Frozen):
    """Which of the watched counterparties supply what an alert touches, by the products in their tags."""

    items: tuple[str, ...] = Field(description="the watched items that the alert touches")
    exposed: int = Field(description="counterparties whose tags name one of the items")
    with_tags: int = Field(description="counterparties whose tags name any product: of the others nothing is known")
    named: tuple[str, ...] = Field(description="the first of those exposed, at most ten, with their references")


def impact(ledger: Ledger, event: AlertEvent, items: Items, as_of: datetime | None = None) -> Impact:
    """Return the exposure to an alert, as the watch-lists were at an instant."""
    touched = tuple(item.id for item in items.items if item.id in event.taxonomy)
    exposed, with_tags, named = 0, 0, []
    with ledger.read() as connection:
        for reference, counterparty in watchlists.tagged(connection, until=as_of):
            products = items.tagged(counterparty.tags)
            with_tags += any(tag.startswith(("item:", "hs:")) for tag in counterparty.tags)  # a product nobody watches is one, too
            if set(products) & set(touched):
                exposed += 1
                named += [f"{counterparty.name} ({reference})"] if exposed <= NAMED else []
    return Impact(items=touched, exposed=exposed, with_tags=with_tags, named=tuple(named))
