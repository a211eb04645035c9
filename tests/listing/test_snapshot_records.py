"""A snapshot as a whole: what must not be compared at all, and the records that a comparison becomes."""

from datetime import UTC, date, datetime

import pytest

from supplywatch.errors import Quarantine
from supplywatch.listing.snapshot import compare, guard_shrink, to_records
from supplywatch.model.records import ListChange, ListEntry, ListRelease
from supplywatch.model.source import Calendar, Card, Part, Payload
from tests.listing.entries import DAY, SEEN, entry

CARD = Card(
    source_id="toy_list",
    title="",
    publisher="",
    homepage="",
    hosts=(),
    licence="",
    redistribution="yes",
    commercial_use="yes",
    attribution="",
    encoding="utf-8",
    calendar=Calendar(DAY, DAY, DAY),
    poll_every=DAY,
    taxonomy=(),
    record=ListChange,
    kind="snapshot",
    min_records=1,
    max_records=9,
)


def snapshot(**lists: int) -> list[ListEntry]:
    return [entry(f"{code} number {n}", code) for code, count in lists.items() for n in range(count)]


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ({"EL": 1000, "CMIC": 68}, {"EL": 990, "CMIC": 68}, None),
        ({"EL": 1000, "CMIC": 68}, {"EL": 989, "CMIC": 68}, "list EL: 11 of 1000"),
        ({"EL": 1000, "CMIC": 68}, {"EL": 1000, "CMIC": 63}, None),
        ({"EL": 1000, "CMIC": 68}, {"EL": 1000, "CMIC": 62}, "list CMIC: 6 of 68"),
        ({"A": 100, "B": 100, "C": 100}, {"A": 98, "B": 98, "C": 98}, "all lists together: 6 of 300"),
        ({"EL": 3}, {"EL": 2}, None),
    ],
)
def test_a_snapshot_may_lose_a_few_entries_only(before: dict[str, int], after: dict[str, int], refused: str | None) -> None:
    if refused is None:
        guard_shrink(snapshot(**before), snapshot(**after), CARD)
        return
    with pytest.raises(Quarantine, match=refused) as caught:
        guard_shrink(snapshot(**before), snapshot(**after), CARD)
    assert caught.value.reason == "shrunken"


def test_entries_replaced_by_as_many_others_have_vanished_too() -> None:
    before = snapshot(EL=100)
    after = [*before[:50], *(entry(f"Other {n}") for n in range(60))]
    with pytest.raises(Quarantine, match="50 of 100"):
        guard_shrink(before, after, CARD)


def test_new_numbering_is_no_loss() -> None:
    before = snapshot(EL=100)
    guard_shrink(before, [e.model_copy(update={"key": str(n)}) for n, e in enumerate(before)], CARD)


def test_missing_list_is_refused_however_small() -> None:
    with pytest.raises(Quarantine, match="list CAP held 1 entries") as caught:
        guard_shrink(snapshot(EL=100, CAP=1), snapshot(EL=100), CARD)
    assert caught.value.reason == "anchor_missing"


def test_nothing_to_shrink_from() -> None:
    guard_shrink(None, snapshot(EL=1), CARD)


PAYLOAD = Payload("toy_list", (Part(b"list", "list.csv"),), fetched=datetime(2022, 12, 20, 10, tzinfo=UTC))


def test_records_say_where_they_stand_and_the_release_sums_up() -> None:
    before = [entry("Gone"), entry("Stays")]
    after = [entry("Stays"), entry("New"), *(entry(f"Late {n}", "UVL", effective=date(2020, 1, 1)) for n in range(60))]
    *changes, release = to_records(compare(before, after, seen=SEEN), PAYLOAD, "toy_list", after)
    assert isinstance(release, ListRelease)
    assert release.counts == {"EL": {"addition": 1, "withdrawal": 1}, "UVL": {"back_fill": 60}}
    assert (release.entries, len(release.back_filled), release.baseline) == (62, 50, False)
    places = {c.entry.name: c.provenance.position for c in changes if isinstance(c, ListChange)}
    assert (places["New"], places["Gone"]) == ("entry 2", "no longer in the payload")
    assert {c.observed for c in changes} == {"2022-12-20"}
    assert not any(c.baseline for c in changes)


def test_baseline_is_marked_on_every_record() -> None:
    records = to_records(compare(None, snapshot(EL=3), seen=SEEN), PAYLOAD, "toy_list", snapshot(EL=3))
    assert all(record.baseline for record in records)
    release = records[-1]
    assert isinstance(release, ListRelease)
    assert release.counts == {"EL": {"baseline": 3}}


def test_release_of_an_unchanged_list_is_no_baseline() -> None:
    (release,) = to_records([], PAYLOAD, "toy_list", snapshot(EL=3))
    assert isinstance(release, ListRelease)
    assert (release.entries, release.counts, release.baseline) == (3, {}, False)
