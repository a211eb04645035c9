"""How far one line of trade hangs on the economies that control it: own imports, what the world sells, and what the others could sell.

Reference: Hirschman (1964), AER 54:761, with the controllers counted as one supplier; figures are by value, of whole years.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from detectors._measures.coalition import coalition_hhi, coalition_share, headroom
from detectors._measures.imports import Completeness, incomplete
from supplywatch.model.items import Items
from supplywatch.model.records import TradeSlice, trade_series
from supplywatch.model.rule import BEFORE_NEWEST, NEWEST, Context
from supplywatch.model.trade import WORLD


@dataclass(frozen=True)
class Line:
    """One HS subheading as a buyer and the controllers stand in it; what no record tells is ``None``.

    Parameters
    ----------
    whole
        Whether the control covers the line as a whole; trade in another line is wider than what is controlled.
    own, world
        The buyer's imports, and what all economies sell, of the newest year at hand.
    missing
        Why there are no figures of the buyer's imports.
    """

    hs6: str
    whole: bool
    controllers: tuple[str, ...]
    reporter: str
    own: TradeSlice | None
    world: TradeSlice | None
    world_before: TradeSlice | None
    missing: str | None

    @property
    def bought(self) -> Mapping[str, float]:
        """The buyer's imports by economy, in the currency of its publisher."""
        return {} if self.own is None else by_economy(self.own)

    @property
    def sold(self) -> Mapping[str, float]:
        """What economies other than the buyer sell to the world, US dollars."""
        return others(self.world, self.reporter)

    @property
    def imports(self) -> float | None:
        """The buyer's imports from all, in the currency of its publisher."""
        return sum(self.bought.values()) if self.bought else None

    @property
    def own_share(self) -> float | None:
        """The share of the controllers in the buyer's imports, 0 to 1."""
        return coalition_share(self.bought, self.controllers)

    @property
    def own_hhi(self) -> tuple[float | None, float | None]:
        """The index over the buyer's imports, and with the controllers as one, 0 to 1."""
        return coalition_hhi(self.bought, ()), coalition_hhi(self.bought, self.controllers)

    @property
    def world_share(self) -> float | None:
        """The share of the controllers in what others than the buyer sell, 0 to 1."""
        return coalition_share(self.sold, self.controllers)

    @property
    def world_hhi(self) -> tuple[float | None, float | None]:
        """The index over what others than the buyer sell, and with the controllers as one, 0 to 1."""
        return coalition_hhi(self.sold, ()), coalition_hhi(self.sold, self.controllers)

    @property
    def headroom(self) -> float | None:
        """What economies outside the control sell, in multiples of what the buyer imports; nothing is converted between currencies."""
        if self.own is None or self.own.partners.currency != "USD" or not self.sold or not self.imports:
            return None
        return headroom(self.sold, self.controllers, self.imports)

    @property
    def import_export_ratio(self) -> float | None:
        """The buyer's imports over its exports of the same year; ``None`` where either is not known."""
        if self.own is None or self.world is None or self.own.observed != self.world.observed or self.own.partners.currency != "USD":
            return None
        exports = by_economy(self.world).get(self.reporter)
        return None if not exports or self.imports is None else self.imports / exports

    def alternatives(self, min_share: float) -> list[str]:
        """Return the suppliers outside the control that the buyer knows and that sell more to the world than a year before."""
        total, before = self.imports, others(self.world_before, self.reporter)
        if not total:
            return []
        grown = {who for who, value in self.sold.items() if who in before and value > before[who]}
        known = (who for who, value in self.bought.items() if value >= min_share * total and who not in self.controllers)
        return sorted((who for who in known if who in grown), key=lambda who: (-self.bought[who], who))


def by_economy(record: TradeSlice) -> dict[str, float]:
    """Return the values of a slice by economy: ISO 3166 alpha-3, else the publisher's code."""
    economies = record.partners.economies
    return {economies[place].key: value for place, value in record.partners.traded()}


def others(record: TradeSlice | None, reporter: str) -> dict[str, float]:
    """Return what the World bought of each economy but one; nothing where it is not told in US dollars."""
    if record is None or record.partners.currency != "USD":
        return {}
    return {who: value for who, value in by_economy(record).items() if who != reporter}


def figures_of(codes: Collection[str], reporter: str, items: Items) -> list[tuple[str, str]]:
    """Return what a rule must ask for to know the lines of a buyer."""
    own = items.publishers.of(reporter, "annual")
    keys = []
    for code in codes:
        keys.append((trade_series(reporter, "import", "annual", code, own), NEWEST))
        world = trade_series(WORLD, "import", "annual", code, items.publishers.world)
        keys += [(world, NEWEST), (world, BEFORE_NEWEST)]
    return keys


def line_of(code: str, whole: bool, buyer: str, controllers: Collection[str], context: Context, params: Completeness) -> Line:
    """Return one line with the figures at hand; a year whose partners are not the whole of it is none."""
    own, world, before = (_slice(context, key) for key in figures_of([code], buyer, context.items))
    missing = "no figures of the imports" if own is None else incomplete(own, own.partners.sums, params)
    if own is not None and own.partners.sums.top is None:
        missing = "no partner with a value"
    return Line(code, whole, tuple(sorted(controllers)), buyer, None if missing else own, world, before, missing)


def _slice(context: Context, key: tuple[str, str]) -> TradeSlice | None:
    found = context.related.get(key)
    return found if isinstance(found, TradeSlice) else None


def share_of_lines(lines: Sequence[Line], of: Sequence[Line]) -> float | None:
    """Return what some lines are of the imports of others, 0 to 1; ``None`` where the currencies differ or nothing is known."""
    known = [line for line in of if line.imports and line.own is not None]
    if not known or len({line.own.partners.currency for line in known if line.own is not None}) > 1:
        return None
    codes = {line.hs6 for line in lines}
    total = sum([line.imports for line in known if line.imports])
    return sum([line.imports for line in known if line.hs6 in codes and line.imports]) / total
