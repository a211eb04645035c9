"""Seven events of the past, each played from the figures as their publishers made them known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from supplywatch.demo.controls import exports, output, standings
from supplywatch.demo.figures import CHINA, EUROPEAN_UNION, imports, in_order, transits
from supplywatch.errors import BadRequest
from supplywatch.model.alert import AlertEvent, Transition
from supplywatch.model.records import Record


@dataclass(frozen=True)
class Case:
    """An event: what happened when, and the rule and subjects whose alert it must end as, one episode each."""

    case_id: str
    title: str
    began: date
    """The first day of the event, from its citation, not from the figures."""
    citation: str
    rule: str
    subjects: tuple[str, ...]
    table: str
    series: tuple[str, ...]
    years: tuple[str, ...] = ()
    """The periods that are played begin with one of these; all of the table when empty."""
    controls: tuple[str, ...] = ()
    """The clauses of ``config/measures`` that are played, for ``buyers``, as far as ``until``."""
    buyers: tuple[str, ...] = ()
    until: date | None = None

    def told(self, events: Iterable[AlertEvent]) -> list[str]:
        """Return a sentence for each episode the case must end as: what the figures say, and when their publisher let us know."""
        lines = []
        for subject in self.subjects:
            own = [event for event in events if event.rule == self.rule and event.subject.id == subject]
            opened = [event for event in own if event.transition is Transition.OPENED]
            if not opened:
                lines.append(f"{subject}: missed")
                continue
            first, last = opened[0], own[-1]
            late = (first.known_at.date() - self.began).days
            lines.append(
                f"{first.subject.name}: began {self.began}, onset {first.onset}, opened on the figures of {first.observed_at}, which their "
                f"publisher made known on {first.known_at:%Y-%m-%d}, {late} days after the beginning; "
                f"{len(opened)} episode{'s' * (len(opened) > 1)}, last {last.transition.value} at {last.observed_at}"
            )
        return lines

    def records(self) -> list[Record]:
        """Return the figures, the first known first."""
        found: Sequence[Record]
        if self.until is not None:
            figures = exports() if self.table == "exports.csv" else output()
            return in_order([*figures, *standings(self.controls, self.buyers, self.until)])
        if self.table in ("imports.csv", "wood.csv"):
            found = list(imports(self.table, EUROPEAN_UNION if self.table == "wood.csv" else CHINA))
        else:
            found = list(transits(self.table))
        return in_order(r for r in found if r.series in self.series and r.observed[:4] in (self.years or (r.observed[:4],)))


CASES = (
    Case(
        "hormuz-2026",
        "The Strait of Hormuz is closed to ships",
        date(2026, 2, 28),
        "IMF PortWatch, disruption events: Strait of Hormuz, from 2026-03-01",
        "chokepoint_disruption",
        ("chokepoint6",),
        "transits.csv",
        ("transit/chokepoint6",),
    ),
    Case(
        "red-sea-2023",
        "Ships leave the Red Sea for the Cape of Good Hope",
        date(2023, 11, 19),
        "World Bank, Red Sea monitoring: Galaxy Leader seized 2023-11-19, traffic turned in mid-December",
        "chokepoint_disruption",
        ("chokepoint1", "chokepoint4"),
        "red_sea.csv",
        ("transit/chokepoint1", "transit/chokepoint4"),
    ),
    Case(
        "ever-given-2021",
        "The Ever Given runs aground in the Suez Canal",
        date(2021, 3, 23),
        "Suez Canal Authority, 2021-03-24 and 2021-03-29",
        "chokepoint_disruption",
        ("chokepoint1",),
        "transits.csv",
        ("transit/chokepoint1",),
        ("2021",),
    ),
    Case(
        "soy-2018",
        "China answers American tariffs with one on soya beans",
        date(2018, 7, 6),
        "Tariff Commission of the State Council, announcement 2018 No. 5, in force 2018-07-06",
        "partner_shift",
        ("CHN/annual/120190",),
        "imports.csv",
        ("trade/CHN/import/annual/120190",),
    ),
    Case(
        "eu-wood-2022",
        "The European Union bans wood from Russia",
        date(2022, 4, 8),
        "Council Regulation (EU) 2022/576 of 8 April 2022",
        "partner_shift",
        ("97/annual/4403",),
        "wood.csv",
        ("trade/97/import/annual/4403",),
    ),
    Case(
        "chips-2022",
        "The United States, then Japan, control machines for making chips",
        date(2022, 10, 7),
        "87 FR 62186; Ministry of Economy, Trade and Industry, in force 2023-07-23",
        "control_exposure",
        (
            *(
                f"CHN/{item}/us-bis-2022-10-13"
                for item in ("CMP.AUTO_CHIP", "IW.COMPUTER", "TEC.DRAM", "TEC.IC_EQUIP", "TEC.LOGIC", "TEC.NAND")
            ),
            *(f"CHN/{item}/jp-meti-2023-07-23" for item in ("TEC.IC_EQUIP", "TEC.INSTRUMENT")),
        ),
        "exports.csv",
        (),
        controls=("us-bis-2022-10-13", "jp-meti-2023-07-23"),
        buyers=("CHN",),
        until=date(2023, 7, 23),
    ),
    Case(
        "rare-earths-2025",
        "China controls seven rare earths, then more, and suspends a part of it for a year",
        date(2025, 4, 4),
        "Ministry of Commerce and General Administration of Customs of China, announcements 2025 No. 18, 61 and 70",
        "control_exposure",
        (
            *(f"EU27_2020/{item}/cn-mofcom-2025-18" for item in ("MAT.RARE_EARTH", "TEC.IC_EQUIP", "-")),
            "EU27_2020/-/cn-mofcom-2025-61-1(3)",
        ),
        "output.csv",
        (),
        controls=("cn-mofcom-2025-18", "cn-mofcom-2025-61-1(3)"),
        buyers=("EU27_2020",),
        until=date(2026, 11, 11),
    ),
)


def case(case_id: str) -> Case:
    """Return a case by its id.

    Raises
    ------
    BadRequest
        There is none of that name.
    """
    found = {one.case_id: one for one in CASES}
    if case_id not in found:
        raise BadRequest(f"--case {case_id!r}: there is no such case; take one of {', '.join(found)}")
    return found[case_id]
