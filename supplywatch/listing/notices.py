"""Notices of the Federal Register and the entries that cite them: sources give different pages of one notice.

>>> notice = Notice("federal_register/2022-27151", 87, 77505, 77518)
>>> notice.is_cited("87 FR 77508, 12/19/22"), notice.is_cited("87 FR 77600"), notice.is_cited("83 FR 37423; 87 FR 77505")
(True, False, True)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from supplywatch.listing.names import cited
from supplywatch.model.limits import intake
from supplywatch.model.records import PolicyAct


@dataclass(frozen=True)
class Notice:
    """A published notice: what it is called, and its volume and pages."""

    act: str
    volume: int
    first_page: int
    last_page: int

    @classmethod
    def of(cls, act: PolicyAct) -> Notice | None:
        """Return where an act stands, ``None`` when it has no citation."""
        found = cited(act.citation)
        if not found:
            return None
        volume, first = found[0]
        return cls(f"{act.provenance.source}/{act.document_number}", volume, first, act.end_page or first + intake().cited_pages)

    def is_cited(self, citation: str | None) -> bool:
        """Tell whether a citation names a page of the notice."""
        return any(volume == self.volume and self.first_page <= page <= self.last_page for volume, page in cited(citation))


class Notices:
    """The notices known, found by what an entry cites."""

    def __init__(self, acts: Iterable[PolicyAct] = ()) -> None:
        # A notice whose end is only assumed must not swallow the next one: the latest start before the page wins.
        self._notices = sorted((notice for act in acts if (notice := Notice.of(act)) is not None), key=lambda n: (-n.first_page, n.act))

    def announcing(self, citation: str | None) -> str | None:
        """Return the act that an entry cites last, ``None`` when none of them is known."""
        for page in sorted(cited(citation), reverse=True):
            for notice in self._notices:
                if notice.is_cited(f"{page[0]} FR {page[1]}"):
                    return notice.act
        return None
