"""Codes of goods over the years: what a code became when its nomenclature was revised, and where it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from supplywatch.model.record import Record


class CodeChange(Record):
    """What one code became at one revision; ``observed`` is the first year of the new codes. A code that stayed has no record."""

    family: ClassVar[str] = "codes"
    kind: Literal["code_change"] = "code_change"

    nomenclature: Literal["CN"] = Field(description="CN: Combined Nomenclature of the European Union, eight digits, six of HS")
    code: str = Field(pattern=r"^\d{8}$")
    becomes: tuple[str, ...] = Field(min_length=1, description="the codes that took its goods; often the code itself among them")

    @property
    def series(self) -> str:
        """``codes/<nomenclature>/<code>``."""
        return f"codes/{self.nomenclature}/{self.code}"


@dataclass(frozen=True)
class Concordance:
    """Which codes took over the goods of which, by the year they came into force."""

    later: Mapping[int, Mapping[str, tuple[str, ...]]]
    earlier: Mapping[int, Mapping[str, tuple[str, ...]]]

    @classmethod
    def of(cls, changes: Iterable[CodeChange]) -> Concordance:
        """Return the concordance of all changes; the last said of a code and year holds."""
        later: dict[int, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for change in changes:
            later[int(change.observed)][change.code] = change.becomes
        earlier: dict[int, dict[str, tuple[str, ...]]] = {}
        for year, changed in later.items():
            origins: dict[str, set[str]] = defaultdict(set)
            for code, becomes in changed.items():
                for new in becomes:
                    origins[new].add(code)
            earlier[year] = {new: tuple(sorted(codes)) for new, codes in origins.items()}
        return cls(later, earlier)

    @property
    def years(self) -> tuple[int, int] | None:
        """The first and last year that can be asked for; ``None`` without a change."""
        return (min(self.later) - 1, max(self.later)) if self.later else None

    def chained(self, code: str, first: int, last: int) -> tuple[str, ...]:
        """Return the codes of one year that hold the goods a code held in another, forwards or backwards.

        A code that no revision names is taken to have stayed: the publisher lists changes, not codes. One that stays and takes goods of
        others is named as its own origin too, so the way back is as whole as the way on.
        """
        codes = {code}
        steps = range(first + 1, last + 1) if last >= first else range(first, last, -1)
        table = self.later if last >= first else self.earlier
        for year in steps:
            changed = table.get(year, {})
            codes = {new for one in codes for new in changed.get(one, (one,))}
        return tuple(sorted(codes))
