"""What the sources of trade share: one record for each reporter, flow, commodity and period."""

from __future__ import annotations

from typing import Literal

from supplywatch.model.records import Economy, PartnerFlow, Partners, Provenance, TradeSlice
from supplywatch.model.source import Payload

Flow = Literal["import", "export"]


def trade_slice(
    payload: Payload,
    reporter: Economy,
    flow: Flow,
    commodity: str,
    period: str,
    partners: list[PartnerFlow],
    *,
    classification: str,
    commodity_name: str | None = None,
    world: PartnerFlow | None = None,
) -> TradeSlice:
    """Return the record of a slice; it stands where its first row stands."""
    first = partners[0] if partners else world
    return TradeSlice(
        observed=period,
        published=payload.published,
        fetched=payload.fetched,
        provenance=Provenance(
            source=payload.source, vintage=payload.vintage, payload_sha256=payload.sha256, position=first.position if first else "no row"
        ),
        reporter=reporter,
        flow=flow,
        commodity=commodity,
        commodity_name=commodity_name,
        classification=classification,
        frequency="annual" if len(period) == 4 else "monthly",
        partners=Partners.of(partners),
        world=world,
    )
