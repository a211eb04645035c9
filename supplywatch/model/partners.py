"""The partners of a slice of trade: one array for each field, written against the one table of economies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any, Literal, Self

from pydantic import Field, TypeAdapter, field_serializer, model_validator
from pydantic_core import to_json

from supplywatch.model import positions
from supplywatch.model.economy import Codes, Economy, economy, table
from supplywatch.model.sums import Sums
from supplywatch.model.value import Frozen

Role = Literal["economy", "self", "nowhere"]
CODES: tuple[Codes, ...] = ("numeric", "alpha2", "alpha3")
_REMEMBERED = 20_000
"""Slices repeat few hundred economies, and making one costs 1 µs."""


class PartnerFlow(Frozen):
    """Trade with one partner in one period: what connectors read, and what stood in version 1 of a slice for each partner."""

    partner: Economy
    role: Role = Field(
        description="'self' is reporter = partner, 'nowhere' an area that is no economy; shares are computed over 'economy' only"
    )
    value_usd: float | None
    value_eur: float | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="where the publisher reports in euros; value_usd is None then, for nothing is converted",
    )
    net_weight_kg: float | None
    weight_estimated: bool = False
    position: str = Field(description="place of the row in the payload")

    @property
    def value(self) -> float | None:
        """The value in the currency the publisher reports in: shares and indices need no other."""
        return self.value_usd if self.value_eur is None else self.value_eur


class Partners(Frozen):
    """All partners of a slice; the partner at one place has the values at that place of each array."""

    iso3: tuple[str | None, ...] = Field(description="ISO 3166 alpha-3; null for areas that have none")
    codes: Codes = Field(description="which code of the table the publisher uses, where own_code says no other")
    own_code: dict[int, str] = Field(default={}, exclude_if=lambda value: not value, description="place -> code that is not the table's")
    own_name: dict[int, str] = Field(default={}, exclude_if=lambda value: not value, description="place -> name that is not the table's")
    role: dict[int, Literal["self", "nowhere"]] = Field(
        default={}, exclude_if=lambda value: not value, description="place -> 'self' or 'nowhere'; all others are economies"
    )
    currency: Literal["USD", "EUR"] = Field(description="of all values; nothing is converted")
    value: tuple[float | None, ...]
    net_weight_kg: tuple[float | None, ...]
    weight_estimated: tuple[int, ...] = Field(default=(), exclude_if=lambda value: not value, description="places of estimated weights")
    position: tuple[positions.Rows, ...] = Field(description="rows in the payload: before and behind a number, numbers or ranges")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        size = len(self.iso3)
        if not size == len(self.value) == len(self.net_weight_kg) == positions.count(self.position):
            raise ValueError("the arrays of partners must be of one length")
        places = (*self.own_code, *self.own_name, *self.role, *self.weight_estimated)
        if places and not (min(places) >= 0 and max(places) < size):
            raise ValueError(f"a place outside the {size} partners")
        try:
            _ = self._said
        except KeyError as unknown:
            raise ValueError(f"a partner without code and name that is not in the table: {unknown}") from None
        return self

    @field_serializer("value", "net_weight_kg", when_used="json")
    def _short(self, numbers: tuple[float | None, ...]) -> list[Any]:
        # Nearly all customs figures are whole, and ".0" is a fifth of their bytes.
        return [int(n) if n is not None and n.is_integer() and abs(n) < 2**53 else n for n in numbers]

    @classmethod
    def of(cls, flows: Sequence[PartnerFlow]) -> Partners:
        """Return flows as columns.

        Raises
        ------
        ValueError
            They are not all of one currency.
        """
        euros = any(flow.value_eur is not None for flow in flows)
        if euros and any(flow.value_usd is not None for flow in flows):
            raise ValueError("a slice has one currency: euros or US dollars")
        codes = _codes([flow.partner for flow in flows])
        usual = [economy(flow.partner.iso3 or "", codes) for flow in flows]
        named = [(place, flow.partner, known) for place, (flow, known) in enumerate(zip(flows, usual, strict=True))]
        return cls(
            iso3=tuple(flow.partner.iso3 for flow in flows),
            codes=codes,
            own_code={place: own.code for place, own, known in named if known is None or own.code != known.code},
            own_name={place: own.name for place, own, known in named if known is None or own.name != known.name},
            role={place: flow.role for place, flow in enumerate(flows) if flow.role != "economy"},
            currency="EUR" if euros else "USD",
            value=tuple(flow.value for flow in flows),
            net_weight_kg=tuple(flow.net_weight_kg for flow in flows),
            weight_estimated=tuple(place for place, flow in enumerate(flows) if flow.weight_estimated),
            position=positions.as_ranges(flow.position for flow in flows),
        )

    @cached_property
    def _said(self) -> tuple[Said, ...]:
        own = self.own_code.keys() | self.own_name.keys()
        known = _usual(self.codes)
        if not own:
            return tuple([known[iso3] for iso3 in self.iso3])
        code, name = self.own_code, self.own_name
        return tuple(
            [
                _own(iso3, self.codes, code.get(place), name.get(place)) if place in own else known[iso3]
                for place, iso3 in enumerate(self.iso3)
            ]
        )

    @cached_property
    def economies(self) -> tuple[Economy, ...]:
        """Every partner, economy or not, as the publisher names it."""
        return tuple([partner for partner, _ in self._said])

    @cached_property
    def sums(self) -> Sums:
        """What they add up to, computed once: all rules on a slice read it. Not to be changed."""
        return Sums.of(self.value, self.net_weight_kg, self.role, "euros" if self.currency == "EUR" else "US dollars")

    def traded(self) -> Iterator[tuple[int, float]]:
        """Yield place and value of each partner that is an economy and has a value: what shares are computed over."""
        return zip(self.sums.at, self.sums.values, strict=True)

    def flow(self, place: int) -> PartnerFlow:
        """Return one partner with all that is said of it."""
        return self._flow(place, positions.at(self.position, place))

    def flows(self) -> tuple[PartnerFlow, ...]:
        """Return all partners one by one, for those who do not count µs."""
        return tuple(self._flow(place, position) for place, position in enumerate(positions.each(self.position)))

    def _flow(self, place: int, position: str) -> PartnerFlow:
        value, euros = self.value[place], self.currency == "EUR"
        return PartnerFlow(
            partner=self._said[place][0],
            role=self.role.get(place, "economy"),
            value_usd=None if euros else value,
            value_eur=value if euros else None,
            net_weight_kg=self.net_weight_kg[place],
            weight_estimated=place in self.weight_estimated,
            position=position,
        )

    def said_in_version_1(self) -> str:
        """Return the JSON that version 1 of a slice had for its partners, without places in the payload.

        What a record says is hashed in this form whatever version it came in, so that equal content is equal to old ledgers and to
        workers of the release before.
        """
        values, weights = _texts(self.value), _texts(self.net_weight_kg)
        role, estimated, euros = self.role, frozenset(self.weight_estimated), self.currency == "EUR"
        if not role and not estimated and not euros:
            rows = zip(self._said, values, weights, strict=True)
            return ",".join(
                [f'{who}economy","value_usd":{value},"net_weight_kg":{kg},"weight_estimated":false}}' for (_, who), value, kg in rows]
            )
        return ",".join(
            f'{who}{role.get(place, "economy")}","value_usd":{_dollars(value, euros)},"net_weight_kg":{kg},'
            f'"weight_estimated":{"true" if place in estimated else "false"}}}'
            for place, ((_, who), value, kg) in enumerate(zip(self._said, values, weights, strict=True))
        )


def _dollars(value: str, euros: bool) -> str:
    if not euros:
        return value
    return "null" if value == "null" else f'null,"value_eur":{value}'


def _texts(numbers: Iterable[float | None]) -> list[str]:
    """Return numbers as version 1 wrote them: by the same writer, all in one call."""
    written = to_json(numbers, inf_nan_mode="null").decode()[1:-1]
    return written.split(",") if written else []


def _codes(partners: Iterable[Economy]) -> Codes:
    """Return the kind of code that says most of the publisher's codes."""
    known = [(partner.code, partner.iso3, row) for partner in partners if (row := table().get(partner.iso3 or "")) is not None]
    return max(CODES, key=lambda codes: sum((row.code(codes) or iso3) == code for code, iso3, row in known))


Said = tuple[Economy, str]
"""An economy, and how its flow begins in the JSON of version 1."""


def _begun(found: Economy) -> Said:
    return found, f'{{"partner":{found.model_dump_json()},"role":"'


@cache
def _usual(codes: Codes) -> Mapping[str | None, Said]:
    """Return the economies of the table by alpha-3 code."""
    return {iso3: _begun(known) for iso3 in table() if (known := economy(iso3, codes)) is not None}


@lru_cache(_REMEMBERED)
def _own(iso3: str | None, codes: Codes, code: str | None, name: str | None) -> Said:
    """Return an economy whose code, name or both are the publisher's own."""
    known = economy(iso3 or "", codes)
    if code is None or name is None:
        if known is None:
            raise KeyError(iso3)
        code, name = known.code if code is None else code, known.name if name is None else name
    return _begun(Economy(code=code, iso3=iso3, name=name))


_FLOWS: TypeAdapter[tuple[PartnerFlow, ...]] = TypeAdapter(tuple[PartnerFlow, ...])


def as_columns(given: Any) -> Any:
    """Return the partners of a slice of version 1, an object for each, as columns; anything else as it is."""
    return Partners.of(_FLOWS.validate_python(given)) if isinstance(given, list | tuple) else given
