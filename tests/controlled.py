"""Slices of trade and instants for tests on controls."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from supplywatch.model.economy import Economy, economy
from supplywatch.model.records import PartnerFlow, Partners, Provenance, TradeSlice


def noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(hours=12)


def trade(
    reporter: str, year: int, values: Mapping[str, float], fetched: str, source: str = "comtrade", code: str = "811292"
) -> TradeSlice:
    who = economy(reporter, "numeric")
    flows = [
        PartnerFlow(
            partner=economy(iso3, "numeric") or Economy(code=iso3, name=iso3),
            role="economy",
            value_usd=value,
            net_weight_kg=None,
            position=f"row {n}",
        )
        for n, (iso3, value) in enumerate(values.items())
    ]
    world = {"code": "0", "name": "World"}
    return TradeSlice.model_validate(
        {
            "observed": str(year),
            "fetched": noon(fetched),
            "provenance": Provenance(source=source, vintage=fetched, payload_sha256="0" * 64, position="row 0"),
            "reporter": world if who is None else who.model_dump(),
            "flow": "import",
            "frequency": "annual",
            "classification": "H6",
            "commodity": code,
            "partners": Partners.of(flows),
        }
    )
