"""Several suppliers that apply one control are one supplier: share, concentration and what the others could still sell.

A line can look diverse and be in one hand: machines for making chips (HS 848620) had an HHI of 0.207 in 2020, and 0.340 with the United
States and Japan, who both controlled them, counted as one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping


def coalition_share(values: Mapping[str, float], members: Collection[str]) -> float | None:
    """Return the share of some economies together, 0 to 1; ``None`` where nothing is sold.

    >>> coalition_share({"USA": 30.0, "JPN": 20.0, "DEU": 50.0}, {"USA", "JPN"})
    0.5
    """
    total = sum(values.values())
    return sum(value for economy, value in values.items() if economy in members) / total if total > 0 else None


def coalition_hhi(values: Mapping[str, float], members: Collection[str]) -> float | None:
    """Return the Herfindahl-Hirschman index with some economies counted as one, 0 to 1; ``None`` where nothing is sold.

    >>> round(coalition_hhi({"USA": 30.0, "JPN": 20.0, "DEU": 50.0}, {"USA", "JPN"}), 3)
    0.5
    """
    total = sum(values.values())
    together = coalition_share(values, members)
    if together is None:
        return None
    return together**2 + sum((value / total) ** 2 for economy, value in values.items() if economy not in members)


def headroom(exports: Mapping[str, float], members: Collection[str], imports: float) -> float | None:
    """Return what economies outside a coalition export, in multiples of what the reporter imports; ``None`` where it imports nothing.

    Parameters
    ----------
    exports
        Economy -> exports of the line to the world, without the reporter's own; same unit as ``imports``.

    Notes
    -----
    Every other buyer wants the same goods: 1 is already tight.

    >>> headroom({"USA": 30.0, "JPN": 20.0, "DEU": 50.0}, {"USA", "JPN"}, 25.0)
    2.0
    """
    outside = sum(value for economy, value in exports.items() if economy not in members)
    return outside / imports if imports > 0 else None
