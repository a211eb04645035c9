"""Histories of lists, made from entries with a seed: what publishers do to a list, with the truth of what was news beside it."""

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from supplywatch.errors import Quarantine
from supplywatch.listing.same_entry import content_key, with_unique_keys
from supplywatch.listing.snapshot import compare, guard_shrink
from supplywatch.model.records import Alias, ChangeKind, ListEntry
from supplywatch.model.source import Card

WORDS = (
    "Aurora Basalt Cobalt Dynasty Ember Falcon Garnet Harbor Indigo Jasper Kestrel Lumen Meridian Nimbus Orion Pioneer Quartz Raven "
    "Summit Titan Umbra Vertex Willow Xenon Yarrow Zenith Hua Xing Long Tai Feng Sheng Zhong Hai Dong Jin Neva Volga Ural Baltik Sever"
).split()
TRADES = "Optics Avionics Lithography Metals Shipping Robotics Photonics Turbines Sensors Alloys Logistics Semiconductors Drones".split()
FORMS = (("Co., Ltd.", "Company Limited"), ("LLC", "L.L.C."), ("Corporation", "Corp."), ("Inc.", "Incorporated"), ("Ltd", "Limited"))
COUNTRIES = ("CN", "RU", "IR", "AE", "HK", "TR", "JP", "US")


@dataclass
class Truth:
    """What one step of a history did: (list, content key) of what was really new, and of what was only typed in late."""

    news: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)


@dataclass
class Step:
    seen: date
    entries: list[ListEntry]
    truth: Truth


@dataclass
class Author:
    """Keeps one list.

    Parameters
    ----------
    stock
        Entries that are not on the list yet.
    dated
        Whether the list gives effective dates.
    keyed
        ``publisher``: own stable keys; ``content``: derived from name and citation; ``row``: the number of the row.
    """

    rng: random.Random
    entries: list[ListEntry]
    stock: list[ListEntry]
    dated: bool
    keyed: str
    day: date = date(2025, 1, 6)
    made: int = 0

    def add_new(self, truth: Truth) -> None:
        notice = f"90 FR {self.rng.randint(1000, 90000)}" if self.dated else None
        effective = self.day + timedelta(days=self.rng.choice((-9, -4, -2, -1, 0, 0, 0, 30)))
        for entry in self._from_stock(self.rng.choice((1, 2, 5, 20, 60))):
            new = entry.model_copy(update={"effective": effective if self.dated else None, "citation": notice})
            truth.news.add(_party(new))
            self.entries.append(new)

    def type_in_old(self, truth: Truth) -> None:
        if not self.dated:
            return  # nothing on such a list could tell old from new: it is judged by first sight
        day = self.day - timedelta(days=self.rng.randint(20, 2500))
        for entry in self._from_stock(self.rng.choice((1, 3, 10, 115))):
            dated = self.rng.random() < 0.9
            volume = day.year - 1935
            old = entry.model_copy(update={"effective": day if dated else None, "citation": f"{volume} FR {self.rng.randint(1, 90000)}"})
            truth.late.add(_party(old))
            self.entries.append(old)

    def renumber(self, _truth: Truth) -> None:
        self.made += 1_000_000

    def reorder(self, _truth: Truth) -> None:
        self.rng.shuffle(self.entries)

    def respell(self, _truth: Truth) -> None:
        style = self.rng.choice((str.upper, str.title, _swap_form, _without_points, _doubled_blanks, _with_tail))
        share = self.rng.choice((0.02, 0.3, 1.0))
        self._change(share, lambda e: {"name": style(e.name), "aliases": tuple(Alias(text=style(a.text)) for a in e.aliases)})

    def rename_a_few(self, _truth: Truth) -> None:
        self._change(min(0.5, 4 / max(len(self.entries), 1)), lambda e: {"name": _corrected(e.name, self.rng)})

    def append_a_column(self, _truth: Truth) -> None:
        self._change(0.6, lambda e: {"remarks": f"note {hashlib.sha256(e.name.encode()).hexdigest()[:6]}"})

    def rewrite_dates(self, _truth: Truth) -> None:
        if self.dated:
            self._change(0.3, lambda e: {"effective": e.effective and e.effective - timedelta(days=1)})

    def rewrite_addresses(self, _truth: Truth) -> None:
        self._change(0.4, lambda e: {"addresses": tuple(a.replace(",", " -") for a in e.addresses)})

    def withdraw_a_few(self, _truth: Truth) -> None:
        for _ in range(min(2, len(self.entries) - 1)):
            self.entries.pop(self.rng.randrange(len(self.entries)))

    def snapshot(self) -> list[ListEntry]:
        return with_unique_keys([self._keyed(number, entry) for number, entry in enumerate(self.entries)])

    def _keyed(self, number: int, entry: ListEntry) -> ListEntry:
        content = content_key(entry.list_code, entry.name, entry.countries)
        keys = {
            "publisher": f"{self.made}-{entry.key}",
            "content": hashlib.sha256(f"{self.made}{entry.name}{entry.citation}".encode()).hexdigest()[:16],
            "row": str(number + self.made),
        }
        return entry.model_copy(update={"content_key": content, "key": keys[self.keyed]})

    def _from_stock(self, wanted: int) -> list[ListEntry]:
        taken = [self.stock.pop(self.rng.randrange(len(self.stock))) for _ in range(min(wanted, len(self.stock)))]
        standing = {_party(e) for e in self.entries}
        return [e for e in taken if _party(e) not in standing]

    def _change(self, share: float, how: Callable[[ListEntry], dict[str, Any]]) -> None:
        self.entries = [e.model_copy(update=how(e)) if self.rng.random() < share else e for e in self.entries]


ACTS = (
    Author.add_new,
    Author.type_in_old,
    Author.renumber,
    Author.reorder,
    Author.respell,
    Author.rename_a_few,
    Author.append_a_column,
    Author.rewrite_dates,
    Author.rewrite_addresses,
    Author.withdraw_a_few,
)


NO_NEWS = (
    Author.renumber,
    Author.reorder,
    Author.respell,
    Author.append_a_column,
    Author.rewrite_dates,
    Author.rewrite_addresses,
    Author.withdraw_a_few,
)
KEYS = ("publisher", "content", "row")


def history(
    entries: Sequence[ListEntry],
    seed: int,
    *,
    dated: bool,
    keyed: str,
    steps: int = 12,
    acts: Sequence[Callable[[Author, Truth], None]] = ACTS,
) -> list[Step]:
    """Return the versions of a list, each with one to three things its keeper did at once; the first is the baseline."""
    rng = random.Random(seed)
    mixed = rng.sample([e if dated else e.model_copy(update={"effective": None}) for e in entries], len(entries))
    cut = len(mixed) * 6 // 10
    author = Author(rng, mixed[:cut], mixed[cut:], dated, keyed)
    found = [Step(author.day, author.snapshot(), Truth())]
    for _ in range(steps):
        author.day += timedelta(days=rng.choice((1, 1, 7, 30)))
        truth = Truth()
        for act in rng.sample(acts, rng.choice((1, 1, 2, 3))):
            act(author, truth)
        found.append(Step(author.day, author.snapshot(), truth))
    return found


def synthetic(seed: int, count: int, code: str = "SYN") -> list[ListEntry]:
    """Return made-up companies, persons and ships; some share words, towns and dates as real ones do."""
    rng = random.Random(seed)
    found: dict[tuple[str, str], ListEntry] = {}
    while len(found) < count:
        name = f"{rng.choice(WORDS)} {rng.choice(WORDS)} {rng.choice(TRADES)} {rng.choice(FORMS)[rng.randint(0, 1)]}"
        if rng.random() < 0.1:
            name = f"{rng.choice(WORDS)} {rng.randint(2, 99)}th Research Institute"
        country = rng.choice(COUNTRIES)
        found[name, country] = _entry(code, name, (country,), f"{rng.randint(1, 999)} {rng.choice(WORDS)} Road, {country}", len(found), rng)
    return list(found.values())


def genuine(path: Path, code: str) -> list[ListEntry]:
    """Return the entries of one list of ``../shared/data/sanctions/us_lists``."""
    rng = random.Random(1)
    rows = json.loads(gzip.decompress(path.read_bytes()))["entities"]
    return [
        _entry(code, row["name"], (row["country"],) if row["country"] else (), row["address"], number, rng, row["aliases"], _day(row))
        for number, row in enumerate(rows)
    ]


def _entry(
    code: str,
    name: str,
    countries: tuple[str, ...],
    address: str | None,
    number: int,
    rng: random.Random,
    aliases: Sequence[str] = (),
    effective: date | None = None,
) -> ListEntry:
    return ListEntry(
        list_code=code,
        list_name=code,
        key=str(number),
        content_key=content_key(code, name, countries),
        party_kind="organisation",
        name=name,
        aliases=tuple(Alias(text=text) for text in aliases),
        countries=countries,
        addresses=(address,) if address else (),
        effective=effective or date(2015, 1, 1) + timedelta(days=rng.randint(0, 3000)),
    )


def _day(row: dict[str, Any]) -> date | None:
    for shape in ("%Y-%m-%d", "%B %d, %Y"):
        try:
            return datetime.strptime(row["effective_date"] or "", shape).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _party(entry: ListEntry) -> str:
    return entry.content_key


def _swap_form(name: str) -> str:
    for one, other in FORMS:
        if name.endswith(one):
            return name.removesuffix(one) + other
        if name.endswith(other):
            return name.removesuffix(other) + one
    return name


def _without_points(name: str) -> str:
    return name.replace(".", "").replace(",", "").replace("'", "?")


def _doubled_blanks(name: str) -> str:
    return name.replace(" ", "  ")


def _with_tail(name: str) -> str:
    return f"{name}, and any successor, sub-unit, or subsidiary thereof"


def _corrected(name: str, rng: random.Random) -> str:
    """Return a name with one letter put right, or completed."""
    if rng.random() < 0.3 or len(name) < 12:
        return f"{name} (Group)"
    place = rng.choice([i for i, c in enumerate(name.partition(", and any")[0]) if c.isalpha()] or [0])
    return name[:place] + rng.choice("aeiou") + name[place + 1 :]


@dataclass
class Rates:
    """How a history was told."""

    news: int = 0
    news_told: int = 0
    late: int = 0
    late_told: int = 0
    other_told: int = 0
    refused: int = 0
    examples: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Rates") -> "Rates":
        for name in ("news", "news_told", "late", "late_told", "other_told", "refused", "examples"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def told(steps: Sequence[Step], card: Card) -> Rates:
    """Return the rates with which a history is told, snapshots that the guards refuse left out as the runner does."""
    rates, last = Rates(), steps[0].entries
    owed = Truth()
    for step in steps[1:]:
        owed = Truth(owed.news | step.truth.news, owed.late | step.truth.late)
        try:
            guard_shrink(last, step.entries, card)
        except Quarantine:
            rates.refused += 1
            continue
        additions = {d.entry.content_key for d in compare(last, step.entries, seen=step.seen) if d.change is ChangeKind.ADDITION}
        present = {e.content_key for e in step.entries}
        rates.news += len(owed.news & present)
        rates.news_told += len(owed.news & additions)
        rates.late += len(owed.late & present)
        rates.late_told += len(owed.late & additions)
        rates.other_told += len(additions - owed.news - owed.late)
        rates.examples += [f"missed {key}" for key in sorted((owed.news & present) - additions)]
        rates.examples += [f"false {key}" for key in sorted(additions - owed.news)]
        last, owed = step.entries, Truth()
    return rates
