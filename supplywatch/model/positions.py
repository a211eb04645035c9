"""Places of rows in a payload, as ranges: ``row 17``, ``row 18``, ``row 19`` are written once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Rows = tuple[str, str, tuple[int | tuple[int, int], ...]]
"""What stands before and behind a number, and the numbers, single or as (first, last); a text without a number has none of them."""
# The last number of a text, without leading zeros (they would be lost) and exact in JSON.
_NUMBERED = re.compile(r"(.*?)(0|[1-9]\d{0,14})(\D*)", re.ASCII | re.DOTALL)


def as_ranges(positions: Iterable[str]) -> tuple[Rows, ...]:
    """Return places as ranges.

    >>> as_ranges(["row 3", "row 4", "row 5", "row 9", "note", "data[0].a"])
    (('row ', '', ((3, 5), 9)), ('note', '', ()), ('data[', '].a', (0,)))
    """
    found: list[tuple[str, str, list[int | tuple[int, int]]]] = []
    for position in positions:
        match = _NUMBERED.fullmatch(position)
        before, number, after = (match[1], int(match[2]), match[3]) if match else (position, None, "")
        if number is None or not found or found[-1][:2] != (before, after) or not found[-1][2]:
            found.append((before, after, [] if number is None else [number]))
            continue
        numbers = found[-1][2]
        last = numbers[-1]
        first, end = last if isinstance(last, tuple) else (last, last)
        if number == end + 1:
            numbers[-1] = (first, number)
        else:
            numbers.append(number)
    return tuple((before, after, tuple(numbers)) for before, after, numbers in found)


def count(ranges: Iterable[Rows]) -> int:
    """Return how many places ranges hold, without writing them out."""
    return sum(sum(n[1] - n[0] + 1 if isinstance(n, tuple) else 1 for n in numbers) if numbers else 1 for _, _, numbers in ranges)


def at(ranges: Iterable[Rows], place: int) -> str:
    """Return one place by its number, from 0.

    >>> [at((("row ", "", ((3, 5), 9)), ("note", "", ())), place) for place in (1, 3, 4)]
    ['row 4', 'row 9', 'note']
    """
    for before, after, numbers in ranges:
        for number in numbers:
            first, last = number if isinstance(number, tuple) else (number, number)
            if place <= last - first:
                return f"{before}{first + place}{after}"
            place -= last - first + 1
        if not numbers:
            if place == 0:
                return before
            place -= 1
    raise IndexError(place)


def each(ranges: Iterable[Rows]) -> Iterator[str]:
    """Yield the places that :func:`as_ranges` took.

    >>> list(each((("row ", "", ((3, 5), 9)), ("note", "", ()))))
    ['row 3', 'row 4', 'row 5', 'row 9', 'note']
    """
    for before, after, numbers in ranges:
        if not numbers:
            yield before
        for number in numbers:
            first, last = number if isinstance(number, tuple) else (number, number)
            for one in range(first, last + 1):
                yield f"{before}{one}{after}"
