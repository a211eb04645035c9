"""Two controls as they turned, day by day, beside the figures that were known then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby

from supplywatch.demo.figures import known_of, rows
from supplywatch.model.control import load_measures
from supplywatch.model.control_standing import ControlStanding, standing_on
from supplywatch.model.limits import judging
from supplywatch.model.records import CommodityBalance, Economy, Figure, PartnerFlow, Partners, TradeSlice

WORLD = Economy(code="0", name="World")
EXPORTS_KNOWN = datetime(2022, 1, 31, 12, tzinfo=UTC)
"""BACI's edition of January 2022 was the first with 2020."""


def standings(measures: Sequence[str], reporters: Sequence[str], until: date) -> Iterator[ControlStanding]:
    """Yield how some clauses stood for some buyers, on each day on which something else was to be said."""
    every = load_measures()
    chosen = [one for one in every if one.id in measures]
    # What others do on the same lines turns a clause, too: with Japan's control the American one has one supplier less to turn to.
    days = {day for one in chosen for day in one.turning_days(judging().suspension_notice_days) if day <= until}
    said: dict[str, str] = {}
    for day in sorted(days):
        noon = datetime.combine(day, time(12), UTC)
        for one in chosen:
            for reporter in reporters:
                record = standing_on(one, reporter, day, every, noon)
                if record is not None and record.observed == day.isoformat() and said.get(record.series) != record.digest:
                    said[record.series] = record.digest
                    yield record


def exports() -> Iterator[TradeSlice]:
    """Yield what the World bought of each economy, by line and year."""
    for (commodity, year), lines in groupby(rows("exports.csv"), key=lambda item: (item[1]["commodity"], item[1]["year"])):
        flows = [
            PartnerFlow(
                partner=Economy(code=row["iso3"] or row["economy"], iso3=row["iso3"] or None, name=row["economy"]),
                role="economy",
                value_usd=float(row["value_usd"]),
                net_weight_kg=None,
                position=f"exports.csv line {line}",
            )
            for line, row in lines
        ]
        yield TradeSlice(
            observed=year,
            fetched=EXPORTS_KNOWN,
            provenance=known_of("baci", "exports.csv", int(flows[0].position.rpartition(" ")[2]), EXPORTS_KNOWN),
            reporter=WORLD,
            flow="import",
            commodity=commodity,
            commodity_name="machines for making semiconductor devices",
            classification="HS",
            frequency="annual",
            partners=Partners.of(flows),
        )


def output() -> Iterator[CommodityBalance]:
    """Yield what countries made of a mineral."""
    for line, row in rows("output.csv"):
        known = datetime.combine(date.fromisoformat(row["known"]), time(12), UTC)
        figure = Figure(statistic=row["statistic"], stage="mine", value=float(row["value"]), unit=row["unit"], position=f"line {line}")
        yield CommodityBalance(
            observed=row["year"],
            fetched=known,
            provenance=known_of("usgs_mcs", "output.csv", line, known),
            economy=Economy(code=row["economy"], iso3=row["iso3"] or None, name=row["economy"]),
            commodity=row["commodity"],
            figures=(figure,),
        )
