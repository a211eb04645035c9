"""Slices of trade as columns: what version 1 said is read, is the same when it is compared, and comes back whole."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from supplywatch.judging.folding import RECORD
from supplywatch.model import economy, positions
from supplywatch.model.records import Economy, PartnerFlow, Partners, TradeSlice
from tests.conftest import ROOT

SAMPLE: dict[str, Any] = json.loads((ROOT / "docs/schemas/samples/trade-slice.v1.json").read_text(encoding="utf-8"))
SAMPLE_2: dict[str, Any] = json.loads((ROOT / "docs/schemas/samples/trade-slice.v2.json").read_text(encoding="utf-8"))
SAID_OF_SAMPLE = "14a86655e3cde39d4fc47089ead20a34f1f1ee12b42ee71f70b301fe6a0d7388"
"""The digest that release 0.2 computes of it."""
TABLE_OF_RELEASE = "38b108c291766fc31312635fad73de1a0ab1b858633fae5c519a7d7fa25d3c9c"
SIZE_OF_RELEASE = 249

numbers = st.none() | st.floats(min_value=0, allow_nan=False, allow_infinity=False).map(lambda n: n + 0.0)
economies = st.one_of(
    st.sampled_from([Economy(code=row.numeric, iso3=iso3, name=row.name) for iso3, row in economy.table().items()]),
    st.builds(Economy, code=st.text(max_size=4), iso3=st.none() | st.sampled_from(["USA", "YUG", ""]), name=st.text(max_size=8)),
)
positions_ = st.from_regex(r"\A(row|data\[|f 1 row) ?(0|[1-9]\d{0,3})\]?\Z") | st.text(max_size=9)


@st.composite
def partners(draw: st.DrawFn) -> list[PartnerFlow]:
    euros = draw(st.booleans())
    made = st.builds(
        PartnerFlow,
        partner=economies,
        role=st.sampled_from(["economy", "economy", "self", "nowhere"]),
        value_usd=st.none() if euros else numbers,
        value_eur=numbers if euros else st.none(),
        net_weight_kg=numbers,
        weight_estimated=st.booleans(),
        position=positions_,
    )
    return draw(st.lists(made, max_size=6))


def slice_of(flows: list[PartnerFlow]) -> TradeSlice:
    return TradeSlice.model_validate(SAMPLE | {"partners": [flow.model_dump() for flow in flows]})


def said_in_version_1(record: TradeSlice, flows: list[PartnerFlow]) -> str:
    """Compute the digest as release 0.2 did: pydantic's JSON of an object for each partner, without its place."""
    head = {name: getattr(record, name) for name in ("flow", "commodity", "commodity_name", "classification", "frequency")}
    said = {"schema_version": 1, "observed": record.observed, "kind": "trade_slice", "reporter": record.reporter.model_dump()} | head
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))[:-1]
    world = "null" if record.world is None else record.world.model_dump_json(exclude={"position"})
    each = ",".join(flow.model_dump_json(exclude={"position"}) for flow in flows)
    return hashlib.sha256(f'{text},"partners":[{each}],"world":{world}}}'.encode()).hexdigest()


@given(partners())
def test_nothing_is_lost_and_what_is_said_stays_the_same(flows: list[PartnerFlow]) -> None:
    record = slice_of(flows)
    assert record.partners.flows() == tuple(flows)
    assert [record.partners.flow(place) for place in range(len(flows))] == flows
    again = RECORD.validate_json(record.model_dump_json())
    assert again == record
    assert again.digest == record.digest == said_in_version_1(record, flows)


def test_the_samples_of_both_versions_say_the_same() -> None:
    first, second = TradeSlice.model_validate(SAMPLE), TradeSlice.model_validate(SAMPLE_2)
    assert first == second
    assert json.loads(first.model_dump_json()) == SAMPLE_2
    assert first.digest == second.digest == SAID_OF_SAMPLE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": [1.0]}, "one length"),
        ({"position": [["row ", "", [[1, 3]]]]}, "one length"),
        ({"role": {"2": "self"}}, "outside the 2 partners"),
        ({"weight_estimated": [-1]}, "outside the 2 partners"),
        ({"iso3": ["BRA", "QQQ"], "own_code": {}, "own_name": {}}, "not in the table: 'QQQ'"),
    ],
)
def test_columns_that_do_not_fit_are_refused_in_a_sentence(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RECORD.validate_python(SAMPLE_2 | {"partners": SAMPLE_2["partners"] | change})


def test_a_slice_has_one_currency() -> None:
    both = [SAMPLE["partners"][0], SAMPLE["partners"][1] | {"value_usd": None, "value_eur": 7.5}]
    with pytest.raises(ValidationError, match="one currency"):
        RECORD.validate_python(SAMPLE | {"partners": both})


def test_a_slice_of_28_partners_takes_a_third_of_its_bytes() -> None:
    rows = list(economy.table().items())[40:68]
    flows = [
        PartnerFlow(
            partner=Economy(code=row.numeric, iso3=iso3, name=row.name),
            role="economy",
            value_usd=1234567.0 * (n + 1),
            net_weight_kg=4321.5 * (n + 1),
            position=f"data[{n}]",
        )
        for n, (iso3, row) in enumerate(rows)
    ]
    before = len(",".join(flow.model_dump_json() for flow in flows))
    assert 3 * len(Partners.of(flows).model_dump_json()) < before


@given(st.lists(positions_, max_size=9))
def test_places_come_back_as_they_were(places: list[str]) -> None:
    ranges = positions.as_ranges(places)
    assert list(positions.each(ranges)) == places
    assert positions.count(ranges) == len(places)
    assert [positions.at(ranges, number) for number in range(len(places))] == places


def test_no_row_of_the_table_of_economies_ever_changes() -> None:
    """Stored records leave out what stands there: add rows at the end, and never change one."""
    lines = (ROOT / "supplywatch/model/economies.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    assert hashlib.sha256("".join(lines[:SIZE_OF_RELEASE]).encode()).hexdigest() == TABLE_OF_RELEASE
    assert len(economy.table()) == len(lines)
