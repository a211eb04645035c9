"""An older copy of a list that is served once more: told from what a publisher withdraws by what it leaves undone.

A cache in front of a publisher gives back the copy of last week now and then, and takes it away again. Nobody was delisted by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from supplywatch.listing.same_entry import same_text
from supplywatch.model.limits import intake
from supplywatch.model.records import ChangeKind, ListChange, ListEntry

_CAME = (ChangeKind.ADDITION, ChangeKind.BACK_FILL, ChangeKind.DUPLICATE_OF_OTHER_LIST, ChangeKind.REPEAT)


@dataclass(frozen=True)
class Past:
    """When the entries of a source came, were withdrawn or said something else, by content; a first load came never.

    Parameters
    ----------
    gone
        The effective date of each entry that was withdrawn, to know it when it comes back.
    """

    came: Mapping[str, datetime] = field(default_factory=dict)
    went: Mapping[str, datetime] = field(default_factory=dict)
    changed: Mapping[str, datetime] = field(default_factory=dict)
    gone: Mapping[str, date | None] = field(default_factory=dict)

    @classmethod
    def of(cls, changes: Iterable[ListChange]) -> Past:
        """Return the past that some changes of one source tell, oldest first."""
        came: dict[str, datetime] = {}
        went: dict[str, datetime] = {}
        changed: dict[str, datetime] = {}
        gone: dict[str, date | None] = {}
        for change in changes:
            key = change.entry.content_key
            if change.change is ChangeKind.WITHDRAWAL:
                went[key], gone[key] = change.fetched, change.entry.effective
                came.pop(key, None)
            elif change.change in _CAME or key in gone:
                came[key] = change.fetched
                gone.pop(key, None)
            elif not change.baseline:
                changed[key] = change.fetched
        return cls(came, went, changed, gone)

    def is_back(self, entry: ListEntry) -> bool:
        """Tell whether an entry that has no counterpart stood on the list before, with the same effective date."""
        return entry.content_key in self.gone and self.gone[entry.content_key] == entry.effective


def goes_back(before: Sequence[ListEntry], now: Sequence[ListEntry], past: Past) -> str | None:
    """Say to which moment a snapshot goes back, ``None`` when it is a state like any.

    It goes back when it lacks every entry that came since some moment and says nothing that was not said before that moment. A publisher
    that withdraws leaves some of what came with it, or says something new.
    """
    old, new = ({entry.content_key: entry for entry in entries} for entries in (before, now))
    lost, gained = old.keys() - new.keys(), new.keys() - old.keys()
    if not lost or not all(key in past.came for key in lost):
        return None
    moment = min(past.came[key] for key in lost)
    undone = all(key in lost for key in old if key in past.came and past.came[key] >= moment)
    restored = all(key in past.went and past.went[key] >= moment for key in gained)
    differing = [key for key in sorted(old.keys() & new.keys()) if not same_text(old[key], new[key])]
    if not (undone and restored and all(key in past.changed and past.changed[key] >= moment for key in differing)):
        return None
    missing = "the entry that came since is" if len(lost) == 1 else f"the {len(lost)} entries that came since are"
    return (
        f"goes back to what it said before {moment:%Y-%m-%d %H:%MZ}: {missing} missing, and nothing is new; "
        f"an older copy, unless it stays so for {intake().rollback_held_days} days"
    )
