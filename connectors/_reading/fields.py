"""The side fields of list entries: what cannot be read is kept as raw text and counted, and does not keep the entry from being told.

A field of a list is *essential* (who, since when, on what list: what cannot be read there refuses the payload), *of the entry* (read here)
or ignored. One odd flag of one yacht kept 8,976 entries of a genuine SDN list out; a publisher who has changed how a field is written makes
many values unreadable at once, and that still refuses the payload.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from xml.etree.ElementTree import Element

from connectors._reading.parties import Place, clean, day, joined, listed, unique
from connectors._reading.read import ABSENT
from connectors._reading.xml import Document, Unit, attribute, refuse, text
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.list_entry import Alias, PartyKind, RawValue
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Payload
from supplywatch.reading.countries import country_code, is_code, known_country
from supplywatch.reading.nationalities import nationality, nations
from supplywatch.reading.repairs import repaired

T = TypeVar("T")
RAW_SHARE = 0.01
"""The share of the values of side fields that may be unreadable before the publisher has changed something."""
FIELD_SHARE = 0.1
"""The same of one field: a vocabulary that changed in a rare field is no hundredth of all values."""
RAW_ALWAYS = 5
"""So many are no change of format, however small the payload."""
UNKNOWN_CODES = ("00", "--")
FORMER_CODES = ("CS", "SU", "YU", "AN")
"""Codes the European Commission still gives for states that are no more."""


@dataclass
class Tally:
    """The side fields of one payload: how many values were read, and which could not be.

    Used as ``with Tally() as tally``: at the end the payload is held against its budget, and before any other refusal is told, for a
    field that was renamed is missed where it is needed.
    """

    values: Counter[str] = field(default_factory=Counter)
    raw: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    undeclared: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    units: int = 0

    def __enter__(self) -> Tally:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, Quarantine):
            self.check()

    def entry(self, position: str) -> Fields:
        """Return the side fields of one entry of a table or a JSON document."""
        self.units += 1
        return Fields(position, self)

    def unit(self, unit: Unit) -> Fields:
        """Return the side fields of one element; what it holds that nobody has declared is raw from the start."""
        self.units += 1
        return Fields(unit.position, self, [_raw(name, said) for name, said in unit.undeclared])

    def odd(self, name: str, said: str, position: str) -> None:
        """Count something that nobody has declared."""
        self.undeclared.setdefault(name, []).append((said, position))

    def check(self) -> None:
        """Refuse a payload in which too much could not be read.

        Raises
        ------
        SourceChanged
            A name that nobody has declared stands in more than 1 % of the entries, or more than 1 % of the values, or a tenth of those of
            one field, are raw.
        """
        for name, found in self.undeclared.items():
            if len(found) > RAW_SHARE * self.units:  # no small number is let pass: a renamed field is in every entry that has it
                refuse(name, *found[0])
        counts = {name: len(found) for name, found in self.raw.items()}
        total, read = sum(counts.values()), self.values.total()
        over = [name for name, count in counts.items() if count > max(RAW_ALWAYS, FIELD_SHARE * self.values[name])]
        if total <= max(RAW_ALWAYS, RAW_SHARE * read) and not over:
            return
        worst = max(over or counts, key=lambda name: counts[name])
        said, position = self.raw[worst][0]
        share = f"{counts[worst]} of {self.values[worst]} values of this field, {total} of {read} in all"
        raise SourceChanged(worst, said, position, f"a value that can be read, as the others; {share} cannot")


@dataclass
class Fields:
    """The side fields of one entry.

    Parameters
    ----------
    position
        Where the entry stands in the payload.
    raw
        What could not be read.
    remarks
        What was read, and stands among further words that are to be kept.
    """

    position: str
    tally: Tally = field(default_factory=Tally)
    raw: list[RawValue] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def keep(self, name: str, said: str) -> None:
        """Keep a value as it is written, and count it."""
        self.tally.values[name] += 1
        self.tally.raw.setdefault(name, []).append((said, self.position))
        self.raw.append(_raw(name, said))

    def undeclared(self, name: str, said: str) -> None:
        """Keep something that nobody has declared."""
        self.tally.odd(name, said, self.position)
        self.raw.append(_raw(name, said))

    def listed(self, list_code: str, list_name: str, key: str, name: str, *further: Any, **said: Any) -> ListEntry:
        """Return the entry with what of it stayed raw; as :func:`connectors._reading.parties.listed`."""
        whole = self._repaired(name)
        said["aliases"] = tuple(map(self._repaired_alias, said.get("aliases", ())))
        # raw is the list, not a copy: places are read as they are taken
        entry = listed(list_code, list_name, key, whole, *further, raw=self.raw, **said)
        if not self.remarks:
            return entry
        return entry.model_copy(update={"remarks": joined((entry.remarks, *unique(self.remarks)), "; ")})

    def _repaired_alias(self, alias: Alias) -> Alias:
        plain = self._repaired(alias.text)
        return alias if plain == alias.text else alias.model_copy(update={"text": plain})

    def _repaired(self, name: str) -> str:
        """Return a name with its entities and its encoding repaired; how it was published stays in the remarks."""
        plain = repaired(name)
        if plain != name:
            self.remarks.append(f"as published: {name}")
        return plain

    def place(self, parts: Iterable[str | None], country: str | None, name: str) -> Place:
        """Return an address; a country that cannot be read stays in its line."""
        known = self.country(country, name)
        return Place(joined((*parts, country if known is None and not known_country(clean(country) or "") else None), ", "), known)

    def country(self, said: str | None, name: str) -> str | None:
        """Return the code of a country, ``None`` for none and for a spelling nobody has looked at yet, which is kept."""
        written = None if said is None else " ".join(said.split())
        if not written:
            return None
        found = self.countries(written, name, most=1)
        return found[0] if found else None

    def countries(self, said: str | None, name: str, most: int = 5) -> tuple[str, ...]:
        """Return the codes of the countries of a cell, which may be adjectives (Tunisian); a remark beside them is kept with the entry's.

        Parameters
        ----------
        most
            A cell with more countries is kept raw.
        """
        written = " ".join((said or "").split())
        if not written:
            return ()
        if known_country(written):
            self.tally.values[name] += 1
            code = country_code(written)
            return () if code is None else (code,)
        found = nations(written)
        if found is None or len(found) > most:
            self.keep(name, written)
            return ()
        self.tally.values[name] += 1
        if nationality(written) is None:
            self.remarks.append(f"{name}: {written}")
        return found

    def code(self, said: str | None, name: str) -> str | None:
        """Return an ISO 3166 alpha-2 code; ``00``, blanks and former states are none, anything else is kept."""
        written = (said or "").strip()
        if not written or written in UNKNOWN_CODES:
            return None
        if is_code(written) or written in FORMER_CODES:
            self.tally.values[name] += 1
            return written if is_code(written) else None
        self.keep(name, written)
        return None

    def day(self, said: str | None, name: str, *formats: str) -> date | None:
        """Return a day written in one of the formats, ``None`` for none; another way of writing it is kept."""
        written = " ".join((said or "").split())
        if not written:
            return None
        found = day(written, *(formats or ("%Y-%m-%d",)))
        if found is None:
            self.keep(name, written)
        else:
            self.tally.values[name] += 1
        return found

    def choice(self, said: str | None, name: str, known: Mapping[str, T], otherwise: T) -> T:
        """Return what a text stands for, whatever its case; one that is not known is kept and read as ``otherwise``, as is none."""
        written = " ".join((said or "").split())
        if not written:
            return otherwise
        if (spelt := written if written in known else written.lower()) in known:
            self.tally.values[name] += 1
            return known[spelt]
        self.keep(name, written)
        return otherwise

    def kind(self, said: str | None, name: str, known: Mapping[str, PartyKind]) -> PartyKind:
        """Return what kind of party it is; "unknown" for one that is not known, or not said, which is kept too."""
        return self.choice(said or ABSENT, name, known, "unknown")

    def chosen(self, element: Element, path: str, known: Mapping[str, T], otherwise: T) -> T:
        """As :meth:`choice`, of the text of an element below, or of its ``@attribute``."""
        way, at, name = path.partition("@")
        if not at:
            return self.choice(text(element, path), path, known, otherwise)
        holder = element.find(way.rstrip("/")) if way else element
        return self.choice(None if holder is None else attribute(holder, name), path, known, otherwise)


def numbered(document: Document, payload: Payload, entry: Callable[[Unit, Fields], ListEntry], number: str) -> list[ListEntry]:
    """Return the entries of a list whose publisher numbers them.

    Parameters
    ----------
    entry
        Reads one element with its side fields.
    number
        What the publisher calls the number, for the refusal.

    Raises
    ------
    Quarantine
        As :meth:`connectors._reading.xml.Document.read` and ``entry``; two entries have one number.
    """
    found: dict[str, ListEntry] = {}
    with Tally() as tally:
        for unit in (unit for part in payload.parts for unit in document.read(part, tally.odd) if unit.path):
            one = entry(unit, tally.unit(unit))
            if one.key in found:
                raise SourceChanged(number, one.key, unit.position, "a number of its own; another entry has the same")
            found[one.key] = one
    return list(found.values())


def _raw(name: str, said: str) -> RawValue:
    return RawValue(field=name[:80], text=said[:500])
