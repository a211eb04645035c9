"""Where one clause of a control stands for one economy that buys: what the rule on exposure to controls judges."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from supplywatch.model.control import ProductCodes
from supplywatch.model.record import Record
from supplywatch.model.value import Frozen


class Beside(Frozen):
    """Another clause that binds on the same lines on the same day: its controller and this one sell as one."""

    measure: str
    controller: str
    hs6: tuple[str, ...]


class ControlStanding(Record):
    """One clause as it stands for one economy; ``observed`` is the day since which this is to be said.

    Clauses are typed by hand and change by the passing of days alone: a scheduled one takes effect, a suspension runs out. So a record is
    made on each day on which something else is to be said, and again when a line of the file is corrected.
    """

    family: ClassVar[str] = "control"
    kind: Literal["control_standing"] = "control_standing"

    measure: str
    en: str
    zh: str
    controller: str = Field(description="ISO 3166 alpha-3")
    authority: str
    instrument: str = Field(description="citation as printed")
    clause: str | None = None
    control_kind: str = Field(description="e.g. export_licensing, export_prohibition")
    scope: Literal["all", "economies", "parties", "end_use"]
    end_use: str | None = None
    announced: date
    effective: date
    reporter: str = Field(description="the economy that buys: ISO 3166 alpha-3, or the publisher's code")
    standing: Literal["proposed", "scheduled", "in_force", "suspended", "eased", "repealed", "withdrawn"] = Field(
        description="withdrawn: it is no longer in the files"
    )
    until: date | None = Field(default=None, description="last day of a suspension that runs, as announced")
    resumes: date | None = Field(default=None, description="day on which it is in force again unless a new notice says otherwise")
    ran_out: date | None = Field(default=None, description="last day of a suspension that is over while no newer notice has been typed")
    notice_days: int | None = Field(default=None, description="so many days before a suspension ends this is told")
    materials: tuple[str, ...] = ()
    products: tuple[ProductCodes, ...] = ()
    beside: tuple[Beside, ...] = ()
    source: str = Field(description="where the clause was read")

    @property
    def series(self) -> str:
        """``control/<measure>/<reporter>``."""
        return f"control/{self.measure}/{self.reporter}"

    @property
    def subheadings(self) -> tuple[str, ...]:
        """Every HS subheading that a code of it lies in, sorted."""
        return tuple(sorted({code for group in self.products for code in group.hs6}))

    @property
    def whole(self) -> frozenset[str]:
        """The HS subheadings that a code reaches as a whole line: trade in the others is wider than what is controlled."""
        return frozenset(code for group in self.products if group.whole for code in group.hs6)
