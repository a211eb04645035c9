"""Rules on ownership that hold for every entry of a list: who is owned by a listed party is meant too.

They are no part of the entries, which say what their publisher says: a rule that is stayed, or comes back, changes no list.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from supplywatch.config import read_yaml, validated
from supplywatch.model.list_entry import ListEntry, Relation
from supplywatch.model.value import Frozen

FILE = "ownership_rules.yaml"


class Stay(Frozen):
    """Days on which a rule is suspended, both included."""

    first: date = Field(alias="from")
    until: date
    citation: str


class OwnershipRule(Frozen):
    """One rule of ``config/ownership_rules.yaml``."""

    id: str
    lists: tuple[str, ...] = Field(min_length=1)
    share: float = Field(gt=0, le=1)
    first: date = Field(alias="from")
    stayed: Stay | None = None
    text: str
    citation: str
    url: str

    def relation(self, day: date) -> Relation | None:
        """Return what the rule says on a day, ``None`` before its first; a stay is said, not left out."""
        if day < self.first:
            return None
        stay = self.stayed
        stayed = stay is not None and stay.first <= day <= stay.until
        words = f"{self.text} ({self.citation})" + (f"; stayed until {stay.until} by {stay.citation}" if stay and stayed else "")
        return Relation(kind="ownership_rule", share=self.share, text=words)


def ownership_rules() -> tuple[OwnershipRule, ...]:
    """Return all rules.

    Raises
    ------
    BadSetting
        A rule of the file is incomplete.
    """
    return tuple(validated(OwnershipRule, rule, f"config/{FILE}") for rule in read_yaml("ownership_rules.yaml"))


def rules_of(list_code: str, day: date) -> tuple[Relation, ...]:
    """Return the rules that hold for every entry of a list on a day, as relations with their citation.

    >>> [(rule.kind, rule.share) for rule in rules_of("SDN", date(2026, 11, 23))], rules_of("UNSC", date(2026, 11, 23))
    ([('ownership_rule', 0.5)], ())
    >>> [["stayed" in rule.text for rule in rules_of("EL", date(2026, 11, day))] for day in (9, 10)]
    [[True], [False]]
    """
    found = (rule.relation(day) for rule in ownership_rules() if list_code in rule.lists)
    return tuple(relation for relation in found if relation is not None)


def with_rules(entry: ListEntry, day: date) -> ListEntry:
    """Return an entry with the rules on ownership of its list among its relations."""
    return entry.model_copy(update={"relations": (*entry.relations, *rules_of(entry.list_code, day))})
