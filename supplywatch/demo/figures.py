"""The bundled figures as records, in the order in which their publishers made them known."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path

from supplywatch.model.records import (
    Alias,
    ChangeKind,
    Economy,
    ListChange,
    ListEntry,
    PartnerFlow,
    Partners,
    PolicyAct,
    Provenance,
    Record,
    TradeSlice,
    TransitCount,
)

FOLDER = Path(__file__).resolve().parent
NAMES = {
    "chokepoint1": "Suez Canal",
    "chokepoint4": "Bab el-Mandeb Strait",
    "chokepoint6": "Strait of Hormuz",
    "120190": "soya beans",
    "260111": "iron ores, not agglomerated",
    "4403": "wood in the rough",
    "854231": "processors and controllers",
}
ANNUAL_LAG = timedelta(days=120)
"""China reports a year to Comtrade about four months after its end; a working assumption of the demonstration."""
CHINA = Economy(code="156", iso3="CHN", name="China")
EUROPEAN_UNION = Economy(code="97", iso3=None, name="European Union")


def records() -> list[Record]:
    """Return all records, the first known first; within a day in the order of their periods."""
    return in_order([*transits("transits.csv"), *imports("imports.csv", CHINA), *_listings(), *_acts()])


def in_order(found: Iterable[Record]) -> list[Record]:
    """Return records in the order in which they became known."""
    return sorted(found, key=lambda record: (record.fetched, record.observed, record.series))


def rows(name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with the number of the line each stands on."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        yield from enumerate(csv.DictReader(handle), start=2)


@cache
def _sha256(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()


def known_of(source: str, name: str, line: int, known: datetime) -> Provenance:
    """Return where a figure of a table was read."""
    return Provenance(source=source, vintage=f"{known:%Y-%m-%dT%H:%M:%SZ}", payload_sha256=_sha256(name), position=f"{name} line {line}")


def _release(day: date) -> datetime:
    """Return the Tuesday 13:35 UTC on which PortWatch shows a day: the week to Sunday appears two days later."""
    sunday = day + timedelta(days=6 - day.weekday())
    return datetime.combine(sunday + timedelta(days=2), time(13, 35), UTC)


def transits(name: str) -> Iterator[TransitCount]:
    """Yield the days of a table, each known on the Tuesday on which PortWatch showed it."""
    for line, row in rows(name):
        known = _release(date.fromisoformat(row["date"]))
        counts = {kind: int(row[kind]) for kind in ("container", "dry_bulk", "general_cargo", "roro", "tanker")}
        cargo = sum(counts.values()) - counts["tanker"]
        yield TransitCount(
            observed=row["date"],
            published=known,
            fetched=known,
            provenance=known_of("portwatch_chokepoints", name, line, known),
            chokepoint_id=row["chokepoint_id"],
            chokepoint_name=NAMES[row["chokepoint_id"]],
            transits_total=cargo + counts["tanker"],
            transits_cargo=cargo,
            **{f"transits_{kind}": count for kind, count in counts.items()},
        )


def imports(name: str, reporter: Economy) -> Iterator[TradeSlice]:
    """Yield the years of a table, each known when the reporter's figures came."""
    by_slice = groupby(rows(name), key=lambda item: (item[1]["commodity"], item[1]["year"]))
    for (commodity, year), lines in by_slice:
        known = datetime(int(year) + 1, 1, 1, tzinfo=UTC) + ANNUAL_LAG
        flows = [
            PartnerFlow(
                partner=Economy(code=row["partner"], name=row["partner"]),
                role="economy",
                value_usd=float(row["value_usd"]),
                net_weight_kg=None,
                position=f"{name} line {line}",
            )
            for line, row in lines
        ]
        yield TradeSlice(
            observed=year,
            fetched=known,
            provenance=known_of("comtrade", name, int(flows[0].position.rpartition(" ")[2]), known),
            reporter=reporter,
            flow="import",
            commodity=commodity,
            commodity_name=NAMES[commodity],
            classification="HS",
            frequency="annual",
            partners=Partners.of([flow for flow in flows if flow.partner.name != "World"]),
            world=next(flow for flow in flows if flow.partner.name == "World"),
        )


def _listings() -> Iterator[ListChange]:
    for line, row in rows("listings.csv"):
        known = datetime.fromisoformat(row["seen"]).replace(hour=10, tzinfo=UTC)
        key = hashlib.sha256(row["name"].encode()).hexdigest()[:24]
        yield ListChange(
            observed=row["seen"],
            fetched=known,
            provenance=known_of("csl", "listings.csv", line, known),
            change=ChangeKind(row["change"]),
            entry=ListEntry(
                list_code="EL",
                list_name="Entity List (EL) - Bureau of Industry and Security",
                key=key,
                content_key=key,
                party_kind="organisation",
                name=row["name"],
                aliases=tuple(Alias(text=text) for text in row["aliases"].split(";")),
                countries=(row["country"],),
                citation=row["citation"],
                effective=date.fromisoformat(row["effective"]),
                licence_requirement=row["licence_requirement"],
            ),
        )


def _acts() -> Iterator[PolicyAct]:
    for line, row in rows("acts.csv"):
        known = datetime.fromisoformat(row["published"]).replace(hour=13, tzinfo=UTC)
        yield PolicyAct.model_validate(
            {name: value or None for name, value in row.items() if name != "published"}
            | {
                "observed": row["published"],
                "published": known,
                "fetched": known,
                "provenance": known_of("federal_register", "acts.csv", line, known),
                "authority": "Bureau of Industry and Security",
                "agencies": ("Commerce Department", "Industry and Security Bureau"),
            }
        )
