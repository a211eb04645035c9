"""What the book has of one line of trade on a day: the newest imports of an economy, and what all economies sell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from supplywatch.ledger.book import newest
from supplywatch.model.items import Items
from supplywatch.model.trade import WORLD, TradeSlice, trade_series


@dataclass(frozen=True)
class LineTrade:
    """One line: year, currency, and value by economy (ISO 3166 alpha-3, else the publisher's code); ``source`` tells whose figures."""

    year: str
    source: str
    currency: str
    by_economy: Mapping[str, float]

    @property
    def total(self) -> float:
        """All economies together."""
        return sum(self.by_economy.values())


def imports_of(connection: Connection, reporter: str, commodity: str, items: Items, until: datetime) -> LineTrade | None:
    """Return the newest year of imports known at an instant; ``None`` when the book has none."""
    return _line(connection, reporter, commodity, items.publishers.of(reporter, "annual"), until)


def world_exports(connection: Connection, commodity: str, items: Items, until: datetime) -> LineTrade | None:
    """Return what each economy sells, whoever buys it: the imports of the World."""
    return _line(connection, WORLD, commodity, items.publishers.world, until)


def _line(connection: Connection, reporter: str, commodity: str, source: str, until: datetime) -> LineTrade | None:
    body = newest(connection, trade_series(reporter, "import", "annual", commodity, source), until)
    if body is None:
        return None
    found = TradeSlice.model_validate_json(body)
    economies = found.partners.economies
    values = {economies[place].key: value for place, value in found.partners.traded()}
    return LineTrade(found.observed, source, found.partners.currency, values)
