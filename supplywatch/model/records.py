"""What the record topics carry: one message is one natural unit of judgement.

Every record knows three clocks (``observed``, ``published``, ``fetched``) and where it stands in a publisher's payload.
Missing is ``None``, never 0. ``series`` names the history a record belongs to; ``observed`` orders it within that history;
``digest`` tells whether two records say the same.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from supplywatch.model.codes import CodeChange
from supplywatch.model.control_standing import ControlStanding
from supplywatch.model.economy import Economy
from supplywatch.model.list_entry import Alias, Identifier, ListEntry, Listing, Relation
from supplywatch.model.partners import PartnerFlow, Partners
from supplywatch.model.party_match import MatchDecision, PartyMatch
from supplywatch.model.record import Period, Provenance, Record
from supplywatch.model.site import Site
from supplywatch.model.sums import Sums
from supplywatch.model.trade import FIRST_PUBLISHER, TradeSlice, trade_series
from supplywatch.model.traffic import DisruptionEvent, Edition, IndexValue, Place, PlaceKind, PortCalls, TransitCount
from supplywatch.model.value import Frozen

__all__ = [
    "FAMILIES",
    "FIRST_PUBLISHER",
    "RECORD_TYPES",
    "Alias",
    "AnyRecord",
    "ChangeKind",
    "CodeChange",
    "CommodityBalance",
    "ControlStanding",
    "DisruptionEvent",
    "Economy",
    "Edition",
    "Figure",
    "Frozen",
    "Identifier",
    "IndexValue",
    "ListChange",
    "ListEntry",
    "ListRelease",
    "Listing",
    "MatchDecision",
    "PartnerFlow",
    "Partners",
    "PartyMatch",
    "Period",
    "Place",
    "PlaceKind",
    "PolicyAct",
    "PortCalls",
    "Provenance",
    "Record",
    "Relation",
    "SourceReport",
    "SourceStatus",
    "Stage",
    "Sums",
    "SupplierRegister",
    "TradeSlice",
    "TransitCount",
    "trade_series",
]

Stage = Literal[
    "mine", "smelter", "refinery", "import", "export", "stock", "consumption", "reliance", "price", "reserve", "capacity", "other"
]


class Figure(Frozen):
    """One published number of a commodity balance, or the reason why there is none."""

    statistic: str = Field(description="the publisher's words, e.g. 'Production: Mine' or 'copper, refined'")
    stage: Stage
    value: float | None
    unit: str
    special: str | None = Field(default=None, description="why the value is missing or inexact, e.g. 'withheld', 'more than 95'")
    estimated: bool = False
    position: str


class CommodityBalance(Record):
    """All figures one publisher gives for one economy, commodity and year."""

    family: ClassVar[str] = "mineral"
    kind: Literal["commodity_balance"] = "commodity_balance"

    economy: Economy
    commodity: str = Field(description="the publisher's commodity, lower case, e.g. 'copper'")
    figures: tuple[Figure, ...]

    @property
    def series(self) -> str:
        """``mineral/<source>/<economy>/<commodity>``: publishers differ, so their histories stay apart."""
        economy = self.economy.iso3 or self.economy.name
        return f"mineral/{self.provenance.source}/{economy}/{self.commodity}"


class ChangeKind(StrEnum):
    """How an entry differs from the last accepted snapshot; a partial file is refused as a whole and differs in nothing."""

    BASELINE = "baseline"
    ADDITION = "addition"
    BACK_FILL = "back_fill"
    DUPLICATE_OF_OTHER_LIST = "duplicate_of_other_list"
    AMENDMENT = "amendment"
    REPEAT = "repeat"
    RE_KEY = "re_key"
    FORMAT_CHANGE = "format_change"
    SUSPENSION = "suspension"
    RESTORATION = "restoration"
    ENDED = "ended"
    WITHDRAWAL = "withdrawal"


class ListChange(Record):
    """One difference between two accepted snapshots of a list; ``observed`` is the day it was first seen."""

    family: ClassVar[str] = "listing"
    revisable: ClassVar[bool] = False
    kind: Literal["list_change"] = "list_change"
    schema_version: Literal[1, 2] = 2

    change: ChangeKind
    entry: ListEntry = Field(description="the entry as it is now, or as it last was when it is withdrawn")
    amended_fields: tuple[str, ...] = ()
    previous_key: str | None = Field(default=None, description="the key before, where it is another one")
    same_as: Listing | None = Field(default=None, description="the listing by which this designation was told first")
    also_on: tuple[Listing, ...] = Field(default=(), description="other lists that the party stands on")
    announced_by: str | None = Field(default=None, description="the act, as source/document number, whose pages the entry cites")

    @field_validator("schema_version", mode="before")
    @classmethod
    def _as_written_now(cls, _given: Any) -> int:
        """Say the version that is written: the entry reads what version 1 held."""
        return 2

    @property
    def series(self) -> str:
        """``list/<source>/<list code>/<key>``."""
        return f"list/{self.provenance.source}/{self.entry.list_code}/{self.entry.key}"


class ListRelease(Record):
    """One accepted snapshot of a source as a whole: how many entries changed, and how."""

    family: ClassVar[str] = "listing"
    revisable: ClassVar[bool] = False
    kind: Literal["list_release"] = "list_release"

    entries: int = Field(ge=0)
    counts: dict[str, dict[str, int]] = Field(description="list code -> change kind -> number of entries")
    back_filled: tuple[str, ...] = Field(default=(), description="names of back-filled entries, at most 50")
    back_fills: tuple[Listing, ...] = Field(default=(), description="the back-filled entries with their dates, at most 50")
    back_fills_elsewhere: int = Field(default=0, ge=0, description="how many of the back-filled parties stand on another list too")
    reformatted: dict[str, int] = Field(default_factory=dict, description="fields rewritten in bulk -> number of entries")
    raw: dict[str, int] = Field(default_factory=dict, description="side fields that could not be read -> number of values kept as they are")

    @property
    def series(self) -> str:
        """``release/<source>``."""
        return f"release/{self.provenance.source}"


class PolicyAct(Record):
    """One rule, proposed rule, notice or correction; ``observed`` is the day of publication."""

    family: ClassVar[str] = "policy"
    revisable: ClassVar[bool] = False
    kind: Literal["policy_act"] = "policy_act"

    authority: str
    document_number: str
    act_type: Literal["rule", "proposed_rule", "notice", "presidential", "correction", "unknown"]
    title: str
    abstract: str | None = None
    citation: str | None = None
    effective: date | None = None
    end_page: int | None = Field(default=None, description="last page of the citation's volume, where it is known")
    already_listed: int = Field(default=0, ge=0, description="list entries that cited the act when it was fetched")
    corrects: str | None = Field(default=None, description="document number of the act this one corrects")
    url: str
    agencies: tuple[str, ...] = ()

    @property
    def series(self) -> str:
        """``act/<source>/<document number>``."""
        return f"act/{self.provenance.source}/{self.document_number}"


class SupplierRegister(Record):
    """All sites the user's register holds for one watched item; ``observed`` is the day for which it is judged."""

    family: ClassVar[str] = "register"
    kind: Literal["supplier_register"] = "supplier_register"

    item: str
    sites: tuple[Site, ...]

    @property
    def series(self) -> str:
        """``register/<item>``."""
        return f"register/{self.item}"


class SourceStatus(StrEnum):
    """What happened to a source's poll."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    UNREACHABLE = "unreachable"
    OVERDUE = "overdue"
    HISTORY_REWRITTEN = "history_rewritten"


class SourceReport(Record):
    """News about a source itself: a payload refused, a publication that did not come, a history rewritten."""

    family: ClassVar[str] = "source"
    revisable: ClassVar[bool] = False
    kind: Literal["source_report"] = "source_report"

    status: SourceStatus
    reason: str | None = Field(default=None, description="the quarantine label")
    detail: str
    content_observed: str | None = Field(default=None, description="newest period of the last good payload")
    last_good_at: datetime | None = None

    @property
    def series(self) -> str:
        """``source/<source>``."""
        return f"source/{self.provenance.source}"


AnyRecord = Annotated[
    TradeSlice
    | TransitCount
    | PortCalls
    | DisruptionEvent
    | Place
    | IndexValue
    | CommodityBalance
    | CodeChange
    | ListChange
    | ListRelease
    | PolicyAct
    | SupplierRegister
    | ControlStanding
    | PartyMatch
    | MatchDecision
    | SourceReport,
    Field(discriminator="kind"),
]

RECORD_TYPES: tuple[type[Record], ...] = (
    TradeSlice,
    TransitCount,
    PortCalls,
    DisruptionEvent,
    Place,
    IndexValue,
    CommodityBalance,
    CodeChange,
    ListChange,
    ListRelease,
    PolicyAct,
    SupplierRegister,
    ControlStanding,
    PartyMatch,
    MatchDecision,
    SourceReport,
)
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(t.family for t in RECORD_TYPES))
