"""What the partners of a slice add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Sums:
    """One pass over the partners of a period: those that are economies, and what the rest adds up to (in the slice's currency, kg)."""

    at: list[int] = field(default_factory=list)
    """The places of the economies with a value; ``values`` are theirs."""
    values: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    top: int | None = None
    """Place of the largest value."""
    top_value: float = 0.0
    total: float = 0.0
    weighed: float = 0.0
    elsewhere: float = 0.0
    own: float = 0.0
    currency: str = "US dollars"

    @classmethod
    def of(cls, values: Sequence[float | None], weights: Sequence[float | None], role: Mapping[int, str], currency: str) -> Sums:
        """Add up, in the order of the partners: sums of floats depend on it."""
        sums = cls(currency=currency)
        for place, (value, weight) in enumerate(zip(values, weights, strict=True)):
            if not value:
                continue
            if place in role:
                sums._add_other(role[place], value)
                continue
            sums.at.append(place)
            sums.values.append(value)
            sums.total += value
            if value > sums.top_value:
                sums.top, sums.top_value = place, value
            if weight:
                sums.weights.append(weight)
                sums.weighed += value
        return sums

    def _add_other(self, role: str, value: float) -> None:
        if role == "nowhere":
            self.elsewhere += value
        else:
            self.own += value
