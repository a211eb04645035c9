"""Records of the shape and size of the real ones, generated and reproducible."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from supplywatch.model.records import Economy, PartnerFlow, Partners, Provenance, Record, TradeSlice, TransitCount
from supplywatch.reading.countries import by_alpha3

FIRST_DAY = date(2019, 1, 1)
CHOKEPOINTS = 28
PARTNERS = [Economy(code=str(each.numeric), iso3=iso3, name=each.name) for iso3, each in sorted(by_alpha3().items())]


def transit(day: int, chokepoint: int, rng: random.Random, *, closed: bool = False) -> TransitCount:
    """Return one generated day of one chokepoint."""
    observed = FIRST_DAY + timedelta(days=day)
    total = 0 if closed else max(0, round(60 + 8 * (observed.weekday() == 5) + rng.gauss(0, 6)))
    fetched = datetime.combine(observed, datetime.min.time(), UTC) + timedelta(days=5)
    return TransitCount(
        observed=observed.isoformat(),
        fetched=fetched,
        provenance=Provenance(source="portwatch_chokepoints", vintage="bench", payload_sha256="0" * 64, position=f"features[{day}]"),
        chokepoint_id=f"chokepoint{chokepoint}",
        chokepoint_name=f"Chokepoint {chokepoint}",
        transits_total=total,
        transits_tanker=total // 3,
        transits_cargo=total - total // 3,
        transits_container=total - total // 3,
        transits_dry_bulk=0,
        transits_general_cargo=0,
        transits_roro=0,
    )


def trade_slice(number: int, partners: int) -> TradeSlice:
    """Return one generated slice: a line's partners keep their sizes from year to year, but for a fifth more or less."""
    year, line = 2001 + number % 24, number // 24
    sizes, year_rng = random.Random(f"{line}"), random.Random(f"{line}/{year}")
    flows = []
    for p in range(partners):
        value = sizes.paretovariate(1.1) * 1e6 * year_rng.lognormvariate(0, 0.2)
        weight = value / sizes.lognormvariate(1, 0.5) * year_rng.lognormvariate(0, 0.05)
        flow = PartnerFlow(partner=PARTNERS[p], role="economy", value_usd=round(value), net_weight_kg=round(weight), position=f"row {p}")
        flows.append(flow)
    return TradeSlice(
        observed=str(year),
        fetched=datetime(year + 1, 5, 1, tzinfo=UTC),
        provenance=Provenance(source="comtrade", vintage="bench", payload_sha256="0" * 64, position="row 0"),
        reporter=Economy(code="156", iso3="CHN", name="China"),
        flow="import",
        commodity=f"{100000 + line:06d}",
        classification="H6",
        frequency="annual",
        partners=Partners.of(flows),
    )


def generate(count: int, partners: int) -> list[Record]:
    """Return records in the order of their periods, reproducible."""
    rng = random.Random(20261123)
    return [trade_slice(n, partners) if partners else transit(n // CHOKEPOINTS, n % CHOKEPOINTS, rng) for n in range(count)]
