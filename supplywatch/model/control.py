"""Export controls clause by clause: what is controlled, against whom, and what its standing is on a day (``config/measures/*.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from supplywatch.config import config_dir, read_yaml, validated
from supplywatch.errors import BadSetting
from supplywatch.model.value import Frozen

Standing = Literal["proposed", "scheduled", "in_force", "suspended", "eased", "repealed"]
System = Literal["cn10", "hs6", "hs8", "eccn", "cn_control"]
_CUSTOMS: dict[System, int] = {"cn10": 10, "hs8": 8, "hs6": 6}
_BINDS = frozenset({"impose", "tighten", "resume", "list"})
"""A clause that lifts, suspends or eases binds nobody itself."""


class Step(Frozen):
    """One line of a clause's history; ``until`` is the last day of a suspension, as announced."""

    status: Standing
    start: date = Field(alias="from")
    until: date | None = None


class Target(Frozen):
    """Against whom: everybody, named economies (ISO 3166 alpha-3), named parties, or a use."""

    scope: Literal["all", "economies", "parties", "end_use"]
    economies: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    end_use: str | None = None
    general_licence_count: int | None = Field(default=None, description="how many economies, not named, have a simpler licence")

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.scope == "economies" and not self.economies:
            raise ValueError("scope economies names none: add 'economies'")
        return self


class ProductCodes(Frozen):
    """Codes of one kind that a clause prints, or that we put in their place.

    ``role``: ``legal_scope`` codes define what is covered, ``reference`` codes are printed for convenience, ``proxy`` codes are ours.
    ``breadth`` compares the six or eight digits that trade is counted in with what is controlled.
    """

    system: System
    role: Literal["legal_scope", "reference", "proxy"]
    breadth: Literal["exact", "whole_line", "part_of_line", "broader"]
    codes: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _digits(self) -> Self:
        wanted = _CUSTOMS.get(self.system)
        wrong = [] if wanted is None else [code for code in self.codes if not (code.isascii() and code.isdigit() and len(code) == wanted)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: no code of {self.system}, which has {wanted} digits")
        return self

    @property
    def hs6(self) -> frozenset[str]:
        """The HS subheadings that the codes lie in; none for numbers of a control list."""
        return frozenset(code[:6] for code in self.codes) if self.system in _CUSTOMS else frozenset()

    @property
    def whole(self) -> bool:
        """Whether trade under the codes is the controlled trade, and not only a part of it."""
        return self.breadth in ("exact", "whole_line")


class ControlMeasure(Frozen):
    """One clause of one control.

    ``modifies`` names other measures by the beginning of their ids: one notice can suspend every clause of six others.
    """

    id: str = Field(pattern=r"^[a-z0-9()-]+$")
    en: str
    zh: str
    controller: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 3166 alpha-3")
    authority: str
    instrument: str = Field(description="citation as printed")
    clause: str | None = None
    action: Literal["impose", "tighten", "ease", "suspend", "resume", "repeal", "list"]
    kind: str
    direction: Literal["export", "re_export", "import", "domestic"]
    target: Target
    announced: date
    effective: date
    until: date | None = None
    history: tuple[Step, ...] = Field(min_length=1)
    modifies: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    scope_text: str | None = Field(default=None, description="what is covered, in the language of the instrument")
    products: tuple[ProductCodes, ...] = ()
    note: str | None = None
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        starts = [step.start for step in self.history]
        if starts != sorted(starts):
            raise ValueError("history: write the oldest step first")
        if any(step.until is not None and step.until < step.start for step in self.history):
            raise ValueError("history: a suspension ends before it begins")
        return self

    def step(self, day: date) -> Step | None:
        """Return the line of the history that speaks of a day, ``None`` before the first."""
        return next((step for step in reversed(self.history) if step.start <= day), None)

    def standing(self, day: date) -> Standing | None:
        """Return what the clause is on a day, ``None`` before anybody announced it.

        What is scheduled comes into force on its day, and what was suspended until a day is in force again after it, unless a later line
        of the history says otherwise.
        """
        last = self.step(day)
        if last is None:
            return None
        over = last.status == "suspended" and last.until is not None and last.until < day
        if over or last.status == "scheduled":
            return "in_force" if self.effective <= day else "scheduled"
        return last.status

    @property
    def binding(self) -> bool:
        """Whether somebody needs a licence because of it while it is in force."""
        return self.action in _BINDS

    def binds(self, day: date) -> bool:
        """Tell whether somebody needs a licence because of it on a day."""
        return self.binding and self.standing(day) == "in_force"

    @property
    def cuts_supply(self) -> bool:
        """Whether it can keep goods from those who buy them: exports, and what others make from them and sell on."""
        return self.direction in ("export", "re_export")

    def reaches(self, economy: str) -> bool:
        """Tell whether it is meant against an economy that is not the controller: all, by name, or for a use anywhere."""
        if economy == self.controller:
            return False
        return self.target.scope in ("all", "end_use") or economy in self.target.economies

    def resumes(self, day: date) -> date | None:
        """Return the day on which a suspension that runs on a day will have ended; ``None`` when none runs or no end was told."""
        last = self.step(day)
        if last is None or last.status != "suspended" or last.until is None or last.until < day:
            return None
        return max(last.until + timedelta(days=1), self.effective)

    def turning_days(self, notice_days: Iterable[int]) -> frozenset[date]:
        """Return the days from which something else is to be said of it: standing, or a suspension whose end comes near.

        Parameters
        ----------
        notice_days
            So many days before a suspension ends.
        """
        days = {self.effective, *(step.start for step in self.history)}
        for step in self.history:
            if (ends := self.resumes(step.start)) is not None:
                days |= {ends, *(ends - timedelta(days=before) for before in notice_days)}
        return frozenset(day for day in days if day >= self.history[0].start)

    @property
    def hs6(self) -> frozenset[str]:
        """Every HS subheading that a code of it lies in."""
        return frozenset().union(*(group.hs6 for group in self.products))


def narrow(measures: Iterable[ControlMeasure]) -> frozenset[str]:
    """Return the HS subheadings that no code reaches as a whole line: trade in them is wider than what is controlled.

    An alert on such a line alone is at most *watch*, unless a finer figure supports it.
    """
    groups = [group for measure in measures for group in measure.products]
    whole = frozenset().union(*(group.hs6 for group in groups if group.whole))
    return frozenset().union(*(group.hs6 for group in groups if not group.whole)) - whole


class _File(Frozen):
    schema_version: Literal[1]
    measures: tuple[ControlMeasure, ...]


@cache
def load_measures() -> tuple[ControlMeasure, ...]:
    """Return the measures typed in ``config/measures/*.yaml``, in the order of their announcement.

    Raises
    ------
    BadSetting
        Names file, measure and field that does not fit, a measure that stands twice, and one that modifies nothing known or itself.
    """
    found: dict[str, ControlMeasure] = {}
    for path in sorted((config_dir() / "measures").glob("*.yaml")):
        name = f"measures/{path.name}"
        for measure in validated(_File, read_yaml(name), f"config/{name}").measures:
            if measure.id in found:
                raise BadSetting(f"config/{name}: {measure.id} stands twice; an id names one clause")
            found[measure.id] = measure
    _check_links(found)
    return tuple(sorted(found.values(), key=lambda measure: (measure.announced, measure.id)))


def modified(measure: ControlMeasure, every: Iterable[ControlMeasure]) -> list[ControlMeasure]:
    """Return the clauses that a measure modifies."""
    return [one for one in every if any(_names(name, one.id) for name in measure.modifies)]


def _names(name: str, measure_id: str) -> bool:
    """Tell whether a name means a measure: its id, or the notice of which it is a clause (``2025-6`` does not mean ``2025-61``)."""
    return measure_id == name or measure_id.startswith(f"{name}-")


def _check_links(found: dict[str, ControlMeasure]) -> None:
    links = {}
    for measure in found.values():
        for name in measure.modifies:
            if not any(_names(name, other) for other in found):
                raise BadSetting(f"config/measures: {measure.id} modifies {name}, which no file has; add that measure first")
        links[measure.id] = [one.id for one in modified(measure, found.values())]
    for start, others in links.items():
        if start in _followed(links, start):
            raise BadSetting(f"config/measures: {start} modifies itself by way of {', '.join(others)}; take one link out")


def _followed(links: dict[str, list[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(links[start])
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += links[one]
    return reached
