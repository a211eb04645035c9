"""Single counterparties by hand."""

from __future__ import annotations

from collections.abc import Sequence

from supplywatch.errors import BadRequest
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Counts, Origin, Staged, change_now, digests
from supplywatch.model.counterparty import Counterparty, counterparty_id
from supplywatch.watchlist.normalising import staged


def put(ledger: Ledger, origin: Origin, one: Counterparty) -> str:
    """Add a counterparty or put it in the place of the one with its reference; return what was done, in words."""
    rows = staged(origin.watchlist, [one])
    found = rows[0].counterparty_id
    with ledger.begin() as connection:
        before = digests(connection, [found]).get(found)
        if before == one.digest:
            return f"{found} is watched like this already"
        counts = Counts(accepted=1, changed=1) if before else Counts(accepted=1, added=1)
        change_now(connection, origin, rows, counts)
    return f"{found} {'changed' if before else 'added'}"


def take_out(ledger: Ledger, origin: Origin, references: Sequence[str]) -> int:
    """Stop watching counterparties; return how many.

    Raises
    ------
    BadRequest
        When one of them is not watched: nothing is changed.
    """
    ids = {counterparty_id(origin.watchlist, reference): reference for reference in references}
    with ledger.begin() as connection:
        watched = digests(connection, list(ids))
        missing = [reference for found, reference in ids.items() if found not in watched]
        if missing:
            raise BadRequest(f"watch-list {origin.watchlist}: {', '.join(missing[:5])} is not watched; see 'supplywatch watchlist list'")
        change_now(connection, origin, [Staged(found) for found in ids], Counts(removed=len(ids)))
    return len(ids)
