"""Slices of trade: all partners of one reporter, commodity, period and flow."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator

from supplywatch.model.economy import Economy
from supplywatch.model.partners import PartnerFlow, Partners, as_columns
from supplywatch.model.record import NOT_SAID, Record

_NOT_IN_HEAD: dict[str, Any] = {**NOT_SAID, "schema_version": True, "partners": True, "world": True}
FIRST_PUBLISHER = "comtrade"
WORLD = "0"
"""The World as a reporter, by Comtrade's code: its imports are what every economy sells."""


def trade_series(reporter: str, flow: str, frequency: str, commodity: str, source: str) -> str:
    """Return ``trade/<reporter>/<flow>/<frequency>/<commodity>``, and ``/<source>`` behind it for all but Comtrade.

    Publishers differ, so their histories stay apart; Comtrade was the only one when the first ledgers were written.

    >>> trade_series("CHN", "import", "annual", "260400", "comtrade"), trade_series("CHN", "import", "annual", "260400", "baci")
    ('trade/CHN/import/annual/260400', 'trade/CHN/import/annual/260400/baci')
    """
    name = f"trade/{reporter}/{flow}/{frequency}/{commodity}"
    return name if source == FIRST_PUBLISHER else f"{name}/{source}"


class TradeSlice(Record):
    """All partners of one reporter, commodity, period and flow.

    Of the World as reporter (code ``0``) the imports are what each economy sells, to whomever.
    """

    family: ClassVar[str] = "trade"
    kind: Literal["trade_slice"] = "trade_slice"
    schema_version: Literal[1, 2] = 2

    reporter: Economy
    flow: Literal["import", "export"]
    commodity: str = Field(pattern=r"^(TOTAL|[0-9]{2,10})$", description="HS code as text, leading zeros kept")
    commodity_name: str | None = None
    classification: str = Field(description="HS revision as the publisher names it, e.g. 'H6'")
    frequency: Literal["annual", "monthly"]
    partners: Annotated[Partners, BeforeValidator(as_columns)]
    world: PartnerFlow | None = Field(default=None, description="the publisher's own total: a check, never a partner")

    @cached_property
    def series(self) -> str:
        """As :func:`trade_series` names it."""
        return trade_series(self.reporter.key, self.flow, self.frequency, self.commodity, self.provenance.source)

    @field_validator("schema_version", mode="before")
    @classmethod
    def _as_written_now(cls, _given: Any) -> int:
        """Say the version that is written: version 1, an object for each partner, is read into columns."""
        return 2

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what the record says, in the form of version 1: an upgrade revises nothing."""
        head = self.model_dump_json(exclude=_NOT_IN_HEAD)[1:-1]
        world = "null" if self.world is None else self.world.model_dump_json(exclude={"position"})
        said = f'{{"schema_version":1,{head},"partners":[{self.partners.said_in_version_1()}],"world":{world}}}'
        return hashlib.sha256(said.encode()).hexdigest()
