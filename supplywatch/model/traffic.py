"""What passes chokepoints, ports and markets: daily counts, disruption events, places, and published indices and prices."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from supplywatch.model.record import Record
from supplywatch.model.value import Frozen


class TransitCount(Record):
    """Ships that passed one chokepoint on one day."""

    family: ClassVar[str] = "transit"
    kind: Literal["transit_count"] = "transit_count"

    chokepoint_id: str
    chokepoint_name: str
    transits_total: int = Field(ge=0)
    transits_tanker: int = Field(ge=0)
    transits_cargo: int = Field(ge=0)
    transits_container: int = Field(ge=0)
    transits_dry_bulk: int = Field(ge=0)
    transits_general_cargo: int = Field(ge=0)
    transits_roro: int = Field(ge=0)
    capacity_dwt: float | None = Field(default=None, ge=0, description="deadweight tonnes; re-estimated between vintages")

    @property
    def series(self) -> str:
        """``transit/<chokepoint id>``."""
        return f"transit/{self.chokepoint_id}"


class PortCalls(Record):
    """Ships that called at one port on one day, and the goods they are estimated to have landed and loaded."""

    family: ClassVar[str] = "port"
    kind: Literal["port_calls"] = "port_calls"

    port_id: str
    port_name: str
    country_iso3: str | None = Field(default=None, description="ISO 3166 alpha-3; None where the publisher has none")
    calls_total: int = Field(ge=0)
    calls_tanker: int = Field(ge=0)
    calls_cargo: int = Field(ge=0)
    calls_container: int = Field(ge=0)
    calls_dry_bulk: int = Field(ge=0)
    calls_general_cargo: int = Field(ge=0)
    calls_roro: int = Field(ge=0)
    import_tonnes: float | None = Field(default=None, ge=0, description="estimated by the publisher from draught changes")
    export_tonnes: float | None = Field(default=None, ge=0, description="estimated by the publisher from draught changes")

    @property
    def series(self) -> str:
        """``port/<port id>``."""
        return f"port/{self.port_id}"


class DisruptionEvent(Record):
    """One disruption as its publisher's editors describe it; ``observed`` is the day they let it begin."""

    family: ClassVar[str] = "disruption"
    kind: Literal["disruption_event"] = "disruption_event"

    event_id: str
    event_type: str = Field(description="the publisher's mark: TC tropical cyclone, EQ earthquake, FL flood, OT other, ...")
    name: str
    title: str
    description: str | None = None
    alert_level: Literal["green", "orange", "red"]
    countries: tuple[str, ...] = Field(default=(), description="names as the publisher writes them")
    begins: date
    ends: date | None = Field(default=None, description="None: it goes on")
    severity_text: str | None = None
    affected_population: str | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    affected_places: tuple[str, ...] = Field(default=(), description="ids of ports and of chokepoints")

    @property
    def series(self) -> str:
        """``disruption/<source>/<event id>``."""
        return f"disruption/{self.provenance.source}/{self.event_id}"


PlaceKind = Literal["port", "offshore_terminal", "chokepoint"]


class Place(Record):
    """A port or a chokepoint, where it lies and how busy it usually is; ``observed`` is the month in which it was read."""

    family: ClassVar[str] = "place"
    kind: Literal["place"] = "place"

    place_id: str
    place_kind: PlaceKind
    name: str
    full_name: str | None = None
    country_iso3: str | None = Field(default=None, description="ISO 3166 alpha-3; None for straits, which belong to several")
    locode: str | None = Field(default=None, description="UN/LOCODE, without blanks")
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    vessels_per_year: int | None = Field(default=None, ge=0, description="the publisher's yearly average")
    share_country_import: float | None = Field(default=None, ge=0, description="of the country's imports by sea, 0..1")
    share_country_export: float | None = Field(default=None, ge=0, description="of the country's exports by sea, 0..1")
    industries: tuple[str, ...] = Field(default=(), description="the three that depend on it most, the first one first")

    @property
    def series(self) -> str:
        """``place/<source>/<place id>``."""
        return f"place/{self.provenance.source}/{self.place_id}"


class Edition(Frozen):
    """What an earlier edition of a publication said of the same period."""

    edition: str
    value: float | None


class IndexValue(Record):
    """One published value of an index or of a price."""

    family: ClassVar[str] = "index"
    kind: Literal["index_value"] = "index_value"

    index_id: str
    name: str
    unit: str
    value: float | None
    edition: str | None = Field(default=None, description="the edition the value is from, where the publisher names it, e.g. '2024-07'")
    earlier: tuple[Edition, ...] = Field(default=(), description="what earlier editions said, oldest first")

    @property
    def series(self) -> str:
        """``index/<source>/<index id>``."""
        return f"index/{self.provenance.source}/{self.index_id}"
