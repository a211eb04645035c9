"""Where one clause of a control stands for one economy that buys: what the rule on exposure to controls judges."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import Field

from supplywatch.model.control import ControlMeasure, ProductCodes
from supplywatch.model.limits import judging
from supplywatch.model.record import Provenance, Record
from supplywatch.model.value import Frozen

TYPED = "typed_measures"
"""The source of records that are made of ``config/measures``."""


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


def standing_on(
    measure: ControlMeasure, reporter: str, day: date, every: Sequence[ControlMeasure], now: datetime
) -> ControlStanding | None:
    """Return how a clause stands for a buyer on a day; ``None`` where it is no concern of theirs, or was not announced by then.

    Parameters
    ----------
    every
        All clauses: those of other economies that bind on the same lines are named beside it.
    now
        When it is told.
    """
    standing = measure.standing(day)
    if standing is None or not (measure.binding and measure.cuts_supply and measure.reaches(reporter)):
        return None
    notice = judging().suspension_notice_days
    others = (one for one in every if one.controller != measure.controller)
    beside = [one for one in others if one.binding and one.cuts_supply and one.reaches(reporter) and one.hs6 & measure.hs6]
    turned = {at for one in (measure, *beside) for at in one.turning_days(notice) if at <= day}
    step, resumes = measure.step(day), measure.resumes(day)
    suspended = step is not None and step.status == "suspended"
    return ControlStanding(
        observed=max(turned).isoformat(),
        fetched=now,
        provenance=_origin(measure, now),
        **measure.model_dump(include=_COPIED),
        products=measure.products,
        measure=measure.id,
        control_kind=measure.kind,
        scope=measure.target.scope,
        end_use=measure.target.end_use,
        reporter=reporter,
        standing=standing,
        until=step.until if step is not None and standing == "suspended" else None,
        resumes=resumes,
        ran_out=step.until if step is not None and suspended and standing == "in_force" else None,
        notice_days=None if resumes is None else min((days for days in notice if (resumes - day).days <= days), default=None),
        beside=tuple(_beside(one, measure) for one in beside if one.binds(day)),
    )


_COPIED = {"en", "zh", "controller", "authority", "instrument", "clause", "announced", "effective", "materials", "source"}


def _beside(one: ControlMeasure, measure: ControlMeasure) -> Beside:
    return Beside(measure=one.id, controller=one.controller, hs6=tuple(sorted(one.hs6 & measure.hs6)))


def _origin(measure: ControlMeasure, now: datetime) -> Provenance:
    """Return where the clause was read: our files are the payload, and each clause in them has an id."""
    said = hashlib.sha256(measure.model_dump_json().encode()).hexdigest()
    return Provenance(source=TYPED, vintage=f"{now:%Y-%m-%dT%H:%M:%SZ}", payload_sha256=said, position=f"config/measures, {measure.id}")
