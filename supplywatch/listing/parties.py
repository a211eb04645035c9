"""Parties: entries of several lists that are the same party, joined by evidence that can be explained and undone.

Nothing is merged: a party is a set of entries with the links between them. It is computed from what stands and from the decisions of named
persons, so a split undoes a join and a later join undoes the split.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Literal

from supplywatch.listing.evidence import Standing, search_keys, strength, why_same

MOST_ENTRIES = 200
"""Entries that share a number or name beyond this are no evidence of one party but a placeholder."""


@dataclass(frozen=True)
class Decision:
    """A person's word on two entries, named as ``source/list/key``; the last one on a pair holds."""

    verb: Literal["join", "split"]
    one: str
    other: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Link:
    """Why two entries are held to be one party."""

    one: str
    other: str
    why: str


@dataclass(frozen=True)
class Party:
    """Entries that are one party, and the links that hold them together; a party on one list has one entry and no link."""

    id: str
    entries: tuple[Standing, ...]
    links: tuple[Link, ...]

    @property
    def name(self) -> str:
        """The name of its first entry."""
        return self.entries[0].entry.name


def reference(one: Standing) -> str:
    """Return how an entry is named in decisions and links.

    Keys of some lists hold slashes; source and list code do not, so the text stays unambiguous.
    """
    return f"{one.source}/{one.entry.list_code}/{one.entry.key}"


def parties(standing: Sequence[Standing], decisions: Iterable[Decision] = ()) -> list[Party]:
    """Return the parties that the entries in force form, each entry in exactly one of them.

    Links are taken from the strongest to the weakest: a person's join, a shared number, the main name of both, another name. One that
    would bring together two entries which a person split is left out, whatever other entry it goes through; so is a name that would bring
    together two entries of one list.
    """
    entries = {reference(one): one for one in standing}
    last: dict[tuple[str, str], Decision] = {}
    for decision in decisions:
        last[_pair(decision.one, decision.other)] = decision
    groups = _Groups(entries, [pair for pair, decision in last.items() if decision.verb == "split"])
    links = [
        Link(*pair, f"joined by {d.by}: {d.reason}") for pair, d in sorted(last.items()) if d.verb == "join" and entries.keys() >= set(pair)
    ]
    links += sorted(
        _evidence(entries), key=lambda link: (strength(entries[link.one].entry, entries[link.other].entry, link.why), link.one, link.other)
    )
    for link in links:
        groups.join(link)
    return groups.parties()


def explain(one: str, other: str, standing: Sequence[Standing], decisions: Sequence[Decision] = ()) -> list[str]:
    """Return in words why two entries are one party or two, the path of links included."""
    lines = [f"{d.at:%Y-%m-%d} {d.verb} by {d.by}: {d.reason}" for d in decisions if _pair(d.one, d.other) == _pair(one, other)]
    for party in parties(standing, decisions):
        held = {reference(entry) for entry in party.entries}
        if one in held and other in held:
            return [
                *lines,
                f"one party ({party.id}):",
                *(f"{link.one} = {link.other}: {link.why}" for link in _path(one, other, party.links)),
            ]
    entries = {reference(entry): entry for entry in standing}
    why = why_same(entries[one].entry, entries[other].entry)
    if why is None:
        return [*lines, "two parties: no shared number, and no shared name that is particular enough"]
    apart = ": separate entries of one list, which a name never joins" if entries[one].of_list == entries[other].of_list else ""
    return [*lines, f"two parties, although there is {why}{apart}"]


class _Groups:
    """Entries joined so far, and the pairs that must stay apart."""

    def __init__(self, entries: Mapping[str, Standing], apart: Iterable[tuple[str, str]]) -> None:
        self._entries = entries
        self._group = {name: name for name in entries}
        self._members = {name: {name} for name in entries}
        self._links: dict[str, list[Link]] = defaultdict(list)
        self._apart: dict[str, set[str]] = defaultdict(set)
        for one, other in apart:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def join(self, link: Link) -> None:
        """Take a link, unless two entries would meet that a person split, or by a name two of one list or branches in two countries."""
        one, other = self._group[link.one], self._group[link.other]
        if one == other:
            self._links[one].append(link)
            return
        if any(not self._apart[member].isdisjoint(self._members[other]) for member in self._members[one] if member in self._apart):
            return
        if link.why.startswith("the same name") and (self._abroad(one, other) or self._of_one_list(one, other)):
            return
        if len(self._members[one]) < len(self._members[other]):
            one, other = other, one
        for member in self._members.pop(other):
            self._group[member] = one
            self._members[one].add(member)
        self._links[one] += [*self._links.pop(other, ()), link]

    def _abroad(self, one: str, other: str) -> bool:
        mine, theirs = ([set(self._entries[m].entry.countries) for m in self._members[group]] for group in (one, other))
        return any(a and b and a.isdisjoint(b) for a in mine for b in theirs)

    def _of_one_list(self, one: str, other: str) -> bool:
        mine, theirs = ({self._entries[member].of_list for member in self._members[group]} for group in (one, other))
        return not mine.isdisjoint(theirs)

    def parties(self) -> list[Party]:
        """Return the groups, the first entry in the order of sources, lists and keys."""
        found = []
        for name, members in self._members.items():
            ordered = sorted(members)
            party_id = hashlib.sha256(ordered[0].encode()).hexdigest()[:16]
            found.append(Party(party_id, tuple(self._entries[m] for m in ordered), tuple(self._links.get(name, ()))))
        return sorted(found, key=lambda party: reference(party.entries[0]))


def _evidence(entries: Mapping[str, Standing]) -> list[Link]:
    meeting: dict[str, list[str]] = defaultdict(list)
    for name, standing in entries.items():
        for key in sorted(search_keys(standing.entry)):
            meeting[key].append(name)
    found: dict[Link, None] = {}
    for names in meeting.values():
        if len(names) > MOST_ENTRIES:
            continue
        for one, other in combinations(sorted(names), 2):
            why = why_same(entries[one].entry, entries[other].entry)
            if why is not None:
                found[Link(one, other, why)] = None
    return list(found)


def _path(one: str, other: str, links: Sequence[Link]) -> list[Link]:
    """Return the shortest chain of links from one entry to another of the same party."""
    paths: dict[str, list[Link]] = {one: []}
    ahead = [one]
    while ahead and other not in paths:
        here = ahead.pop(0)
        for link in links:
            there = link.other if link.one == here else link.one if link.other == here else None
            if there is not None and there not in paths:
                paths[there] = [*paths[here], link]
                ahead.append(there)
    return paths[other]


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
