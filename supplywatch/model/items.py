"""Watched items: what the article names, tied to HS lines, publishers' commodities and control texts (``config/items.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from typing import Literal

from pydantic import Field

from supplywatch.config import read_yaml, validated
from supplywatch.model.records import FIRST_PUBLISHER, Frozen


class StageTotal(Frozen):
    """The figures of a commodity balance that add up to one stage of one item."""

    commodity: str = Field(description="the publisher's commodity as the connector writes it, lower case")
    stage: str
    statistic: str | None = Field(default=None, description="only figures whose statistic contains this, case-insensitive")
    factor: float = Field(default=1.0, description="multiplied with the sum, e.g. 0.94 t of iron in a tonne of pig iron")
    factor_source: str | None = None


class ProcessingGap(Frozen):
    """``1 - mined / refined`` in metal content: which figures of which source to use."""

    source: str
    mined: StageTotal
    refined: StageTotal


class Measured(Frozen):
    """What a publisher's own measure is of, where the item is another stage of the same commodity."""

    en: str
    zh: str
    source: str


class Item(Frozen):
    """One watched item."""

    id: str = Field(description="taxonomy node, or an id of the user's own")
    en: str
    zh: str
    taxonomy: tuple[str, ...]
    hs: tuple[str, ...] = Field(default=(), description="HS 2022 codes of the item itself")
    related_hs: tuple[str, ...] = Field(default=(), description="other stages (metal, intermediates): shown apart, never added")
    former_hs: tuple[str, ...] = Field(default=(), description="codes of earlier HS revisions for the same goods")
    commodities: tuple[str, ...] = Field(default=(), description="what publishers of commodity balances call the item, lower case")
    band_pct: float | None = Field(default=None, description="the article's figure: shown beside the measured one, never an input")
    band_conflict: bool = False
    processing_gaps: tuple[ProcessingGap, ...] = ()
    reliance_of: Measured | None = Field(default=None, description="what published net import reliance is of")
    chokepoints: tuple[str, ...] = Field(default=(), description="PortWatch chokepoint ids on the item's usual routes")


class WorldOutput(Frozen):
    """What the world makes of a mineral at one stage: which figures of which source, the first that has them."""

    id: str
    en: str
    zh: str
    taxonomy: tuple[str, ...] = ()
    sources: dict[str, StageTotal]


class Publishers(Frozen):
    """Whose slices of trade are judged, where several publishers report the same line.

    ``annual`` and ``monthly`` give the source by reporter (ISO 3166 alpha-3, else the publisher's code); ``default`` stands for all others.
    """

    annual: dict[str, str] = Field(default_factory=dict)
    monthly: dict[str, str] = Field(default_factory=dict)
    world: str = Field(default=FIRST_PUBLISHER, description="whose annual imports of the World tell what each economy exports")

    def of(self, reporter: str, frequency: Literal["annual", "monthly"]) -> str:
        """Return the source whose slices of a reporter are judged."""
        chosen = self.annual if frequency == "annual" else self.monthly
        return chosen.get(reporter) or chosen.get("default", FIRST_PUBLISHER)

    @classmethod
    def only(cls, source: str) -> Publishers:
        """Return the choice of one source for everything."""
        return cls(annual={"default": source}, monthly={"default": source}, world=source)

    @property
    def named(self) -> frozenset[str]:
        """The sources that are chosen for something."""
        return frozenset((*self.annual.values(), *self.monthly.values(), self.world))


class Items(Frozen):
    """All watched items and the economy whose dependence is measured."""

    reporter: str
    reporters: tuple[str, ...] = Field(
        default=(), description="the economies that are asked how far a control hits them; the watched one too"
    )
    publishers: Publishers = Publishers()
    items: tuple[Item, ...]
    chokepoints_zh: dict[str, str] = Field(default_factory=dict, description="Chinese names by PortWatch id")
    chokepoints_en: dict[str, str] = Field(default_factory=dict, description="English names of the alternative routes by PortWatch id")
    alternatives: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="chokepoint -> routes that ships take instead")
    alarm_lines: Literal["watched", "all"] = Field(default="watched", description="which import lines may alarm; the others are listed")
    no_goods: dict[str, str] = Field(default_factory=dict, description="beginnings of HS codes that name no goods -> who says so")
    goods_zh: dict[str, str] = Field(default_factory=dict, description="Chinese names of the goods by HS code")
    world_outputs: tuple[WorldOutput, ...] = ()
    schema_version: Literal[1] = 1

    @property
    def exposed(self) -> tuple[str, ...]:
        """Every economy that is asked how far a control hits it, the watched one first."""
        return tuple(dict.fromkeys((self.reporter, *self.reporters)))

    @cached_property
    def _by_hs(self) -> dict[str, tuple[Item, ...]]:
        found: dict[str, list[Item]] = {}
        for item in self.items:
            for code in dict.fromkeys((*item.hs, *item.related_hs, *item.former_hs)):
                found.setdefault(code, []).append(item)
        return {code: tuple(items) for code, items in found.items()}

    def of_hs(self, code: str) -> tuple[Item, ...]:
        """Return the items an HS code belongs to: by the code itself or by a heading it stands under."""
        return next((self._by_hs[code[:n]] for n in range(len(code), 1, -1) if code[:n] in self._by_hs), ())

    @cached_property
    def _by_commodity(self) -> dict[str, Item]:
        return {commodity: item for item in self.items for commodity in item.commodities}

    @cached_property
    def _by_gap(self) -> dict[tuple[str, str], Item]:
        gaps = ((item, gap) for item in self.items for gap in item.processing_gaps)
        return {(gap.source, stage.commodity): item for item, gap in gaps for stage in (gap.mined, gap.refined)}

    def of_commodity(self, commodity: str) -> Item | None:
        """Return the item a publisher's commodity is."""
        return self._by_commodity.get(commodity)

    def tagged(self, tags: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the items that words of a user name: ``item:<id>``, or ``hs:<code>`` of an item or of a heading over it."""
        found: dict[str, None] = {}
        for label, _, value in (tag.partition(":") for tag in tags):
            if label == "item":
                found |= {item.id: None for item in self.items if item.id == value}
            elif label == "hs":
                found |= {item.id: None for item in self.of_hs(value)}
                found |= {item.id: None for item in self.items if any(code.startswith(value) for code in item.hs)}
        return tuple(found)

    def of_gap(self, source: str, commodity: str) -> Item | None:
        """Return the item whose processing gap rests on a source's figures of a commodity."""
        return self._by_gap.get((source, commodity))

    def of_chokepoint(self, chokepoint_id: str) -> tuple[Item, ...]:
        """Return the items whose usual routes pass a chokepoint."""
        return tuple(item for item in self.items if chokepoint_id in item.chokepoints)


@cache
def load_items() -> Items:
    """Read ``config/items.yaml``."""
    return validated(Items, read_yaml("items.yaml"), "config/items.yaml")
