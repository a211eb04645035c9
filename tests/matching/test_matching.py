"""Counterparties against lists: both directions, any order, decisions; on the real matcher, engine and (SQLite) ledger."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from supplywatch import registry
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Counts, Origin, Staged, change_now
from supplywatch.listing.names import content_key
from supplywatch.matching.stage import Matching
from supplywatch.model.alert import AlertEvent
from supplywatch.model.counterparty import Counterparty, counterparty_id
from supplywatch.model.items import load_items
from supplywatch.model.records import Alias, ChangeKind, ListChange, ListEntry, Listing, MatchDecision, PartyMatch, Provenance, Relation
from supplywatch.screening.watched import keys_of, keys_text
from supplywatch.watchlist.index import WatchIndex

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class World:
    """A ledger with its matching stage and its worker, without Kafka in between."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger.open("sqlite://")
        self.watched = WatchIndex.open(self.ledger, folder)
        self.matching = Matching(self.ledger, self.watched)
        self.engine = Engine(self.ledger, {"party_match": registry.rule("party_match")}, load_items())
        self.hours = itertools.count()
        self.said: list[AlertEvent] = []

    def now(self) -> datetime:
        return NOON + timedelta(hours=next(self.hours))

    def lists(self, *changes: ListChange) -> list[PartyMatch]:
        return self._judge(self.matching.entries(changes))

    def watch(self, *given: Counterparty, leaving: tuple[str, ...] = ()) -> list[PartyMatch]:
        rows = [Staged(counterparty_id("default", one.reference), one.digest, one.text, keys_text(keys_of(one.names))) for one in given]
        rows += [Staged(counterparty_id("default", reference)) for reference in leaving]
        with self.ledger.begin() as connection:
            change_now(connection, Origin("default", self.now(), "test"), rows, Counts())
        ids = [row.counterparty_id for row in rows]
        return self._judge(self.matching.counterparties(ids))

    def decide(self, match: PartyMatch, verdict: str) -> None:
        at = self.now()
        said = MatchDecision(
            observed=at.date().isoformat(),
            fetched=at,
            provenance=match.provenance,
            match=match,
            verdict=verdict,
            by="A. Reviewer",
            reason="another address",
        )
        self.said += self.engine.judge([said]).events

    def _judge(self, found: list[PartyMatch]) -> list[PartyMatch]:
        self.matching.note(found)
        self.said += self.engine.judge(found).events
        return found

    def close(self) -> None:
        self.watched.close()
        self.ledger.close()

    @property
    def transitions(self) -> list[tuple[str, str]]:
        return [(event.transition.value, event.severity.value) for event in self.said]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def change(
    name: str, *, at: datetime = NOON, kind: ChangeKind = ChangeKind.ADDITION, key: str = "1", source: str = "csl", **more: Any
) -> ListChange:
    told = {name: more.pop(name) for name in ("previous_key", "same_as") if name in more}
    countries = more.pop("countries", ("CN",))
    entry = ListEntry(
        list_code="EL",
        list_name="Entity List (EL) - Bureau of Industry and Security",
        key=key,
        content_key=content_key("EL", name, countries),
        party_kind="organisation",
        name=name,
        countries=countries,
        citation="91 FR 1234",
        effective=date(2026, 11, 20),
        **more,
    )
    origin = Provenance(source=source, vintage="2026-11-23", payload_sha256="0" * 64, position="row 1")
    return ListChange(observed=at.date().isoformat(), fetched=at, provenance=origin, change=kind, entry=entry, **told)


HIKVISION = "Hangzhou Hikvision Digital Technology Co., Ltd."
SUPPLIER = Counterparty(reference="V-17", name="HANGZHOU HIKVISION DIGITAL TECHNOLOGY CO LTD", country="CN", tags=("hs:280530", "camera"))


def test_an_entry_finds_the_counterparty_and_the_counterparty_finds_the_entry(world: World, tmp_path: Path) -> None:
    world.watch(SUPPLIER, Counterparty(reference="V-18", name="Ordinary Toys Trading"))
    entry_last = world.lists(change(HIKVISION))
    other = World(tmp_path / "other")
    other.lists(change(HIKVISION))
    counterparty_last = other.watch(SUPPLIER, Counterparty(reference="V-18", name="Ordinary Toys Trading"))
    assert [match.series for match in entry_last] == [match.series for match in counterparty_last]
    assert [m.digest for m in entry_last] == [m.digest for m in counterparty_last]
    assert world.transitions == other.transitions == [("opened", "warning")]
    assert world.said[0].event_id == other.said[0].event_id
    other.close()


def test_an_alert_says_what_agreed_and_what_the_counterparty_supplies(world: World) -> None:
    world.lists(change(HIKVISION))
    world.watch(SUPPLIER)
    (said,) = world.said
    assert said.subject.kind == "party_match"
    assert "RARE" in " ".join(said.taxonomy).upper(), "the HS code of a tag names a watched item"
    assert said.measures["counterparty_tags"] == "hs:280530, camera"
    assert "hikvision" in str(said.measures["aligned_words"])
    assert said.measures["citation"] == "91 FR 1234"
    assert "50 percent owned" in str(said.measures["ownership_rules"])
    assert said.evidence[0].field == "normalised forms"
    assert said.grading is not None
    assert said.grading.unknown


def test_withdrawn_renamed_and_no_longer_watched_all_end_it(world: World) -> None:
    world.watch(SUPPLIER)
    world.lists(change(HIKVISION))
    world.lists(change(HIKVISION, at=NOON + timedelta(days=1), kind=ChangeKind.WITHDRAWAL))
    world.lists(change(HIKVISION, at=NOON + timedelta(days=2)))
    world.watch(SUPPLIER.model_copy(update={"name": "Ordinary Toys Trading"}))
    world.watch(SUPPLIER)
    world.watch(leaving=("V-17",))
    assert [transition for transition, _ in world.transitions] == ["opened", "resolved"] * 3
    assert [event.reason for event in world.said if event.transition == "resolved"] == [
        "the party was taken off the list",
        "the names no longer agree",
        "the counterparty is no longer on the watch-list",
    ]


def test_an_end_ends_the_alert_on_the_day_with_the_reason(world: World) -> None:
    world.watch(SUPPLIER)
    end = date(2026, 11, 25)
    world.lists(change(HIKVISION, ends=end))
    world.lists(change(HIKVISION, ends=end, kind=ChangeKind.ENDED, at=NOON + timedelta(days=2)))
    assert world.transitions == [("opened", "warning"), ("resolved", "info")]
    assert world.said[-1].reason == "the listing ended 2026-11-25"
    world.watch(SUPPLIER)
    assert len(world.transitions) == 2, "who was told of it hears no more of it"
    world.lists(change(HIKVISION, ends=date(2027, 1, 1), kind=ChangeKind.RESTORATION, at=NOON + timedelta(days=3)))
    assert world.transitions[2:] == [("opened", "warning")]


def test_a_listing_that_has_ended_is_at_most_to_be_reviewed(world: World) -> None:
    world.lists(change(HIKVISION, ends=date(2024, 6, 30), kind=ChangeKind.BASELINE))
    (match,) = world.watch(SUPPLIER)
    assert (match.tier, str(match.ended)) == ("review", "2024-06-30")
    assert world.transitions == [("opened", "watch")]
    assert "ended 2024-06-30" in world.said[0].headline.en
    assert "2024-06-30" in world.said[0].headline.zh


def test_of_a_party_on_two_lists_the_one_in_force_counts(world: World) -> None:
    world.lists(change(HIKVISION, ends=date(2024, 6, 30), kind=ChangeKind.BASELINE), change(HIKVISION, source="bis_entity_list"))
    (match,) = world.watch(SUPPLIER)
    assert (match.tier, match.ended) == ("strong", None)
    assert world.transitions == [("opened", "warning")]


def test_repeats_change_nothing(world: World) -> None:
    world.watch(SUPPLIER)
    first = world.lists(change(HIKVISION))
    again = world.lists(change(HIKVISION))
    assert [m.record_id for m in first] == [m.record_id for m in again]
    world.watch(SUPPLIER)
    assert world.transitions == [("opened", "warning")]


def test_one_party_on_two_lists_is_one_alert_until_the_last_lets_go(world: World) -> None:
    world.watch(SUPPLIER)
    world.lists(change(HIKVISION))
    first = Listing.of("csl", change(HIKVISION).entry)
    world.lists(change(HIKVISION, source="ofac_sdn", key="77", at=NOON + timedelta(hours=1), same_as=first))
    (match,) = world.lists(change(HIKVISION, at=NOON + timedelta(days=1), kind=ChangeKind.WITHDRAWAL))
    assert [listing.source for listing in match.listings] == ["ofac_sdn"]
    assert world.transitions == [("opened", "warning")]
    world.lists(change(HIKVISION, source="ofac_sdn", key="77", at=NOON + timedelta(days=2), kind=ChangeKind.WITHDRAWAL))
    assert [transition for transition, _ in world.transitions] == ["opened", "resolved"]


def test_entries_of_one_list_that_share_an_alias_are_two_alerts(world: World) -> None:
    alias = (Alias(text="Quartz Accelerator Works"),)
    bureau = change("Lumen Physics Bureau", aliases=alias)
    facility = change("Quartz Accelerator Facility", key="2", aliases=alias)
    elsewhere = change("Quartz Accelerator Facility", key="9", source="un", aliases=alias)
    world.watch(Counterparty(reference="S-1", name="Quartz Accelerator Works", country="CN"))
    world.lists(bureau, facility, elsewhere)
    opened = [event for event in world.said if event.transition.value == "opened"]
    assert sorted(event.subject.name.partition(" = ")[2] for event in opened) == [bureau.entry.name, facility.entry.name]
    assert sorted(len(match.listings) for match in world.watch(Counterparty(reference="S-2", name="Quartz Accelerator Works"))) == [1, 2]


def test_two_first_loads_of_one_party_are_one_alert(world: World) -> None:
    world.lists(change(HIKVISION, kind=ChangeKind.BASELINE), change(HIKVISION, kind=ChangeKind.BASELINE, source="bis", key="9"))
    (match,) = world.watch(SUPPLIER)
    assert {listing.source for listing in match.listings} == {"csl", "bis"}
    assert world.transitions == [("opened", "warning")]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_renumbered_release_says_nothing_in_any_order(world: World, order: tuple[int, int], together: bool) -> None:
    names = (HIKVISION, "Zhejiang Dahua Technology Co., Ltd.")
    world.watch(SUPPLIER, Counterparty(reference="V-19", name="Zhejiang Dahua Technology"))
    world.lists(*(change(name, key=str(number)) for number, name in enumerate(names, start=1)))
    later = NOON + timedelta(days=1)
    moved = [
        change(name, key=str(number + 1), previous_key=str(number), kind=ChangeKind.RE_KEY, at=later)
        for number, name in enumerate(names, start=1)
    ]
    for batch in [[moved[at] for at in order]] if together else [[moved[at]] for at in order]:
        world.lists(*batch)
    assert [transition for transition, _ in world.transitions] == ["opened", "opened"]
    left = [change(name, key=str(n), at=later + timedelta(days=1), kind=ChangeKind.WITHDRAWAL) for n, name in enumerate(names, start=2)]
    world.lists(*left)
    assert [transition for transition, _ in world.transitions] == ["opened", "opened", "resolved", "resolved"]


def test_who_saw_less_says_nothing_more(world: World) -> None:
    world.watch(SUPPLIER)
    (old,) = world.lists(change(HIKVISION))
    world.lists(change(HIKVISION, at=NOON + timedelta(days=1), kind=ChangeKind.WITHDRAWAL))
    late = PartyMatch.model_validate(old.model_dump() | {"fetched": NOON + timedelta(days=3), "observed": "2026-11-26"})
    world.said += world.engine.judge([late]).events
    world.said += world.engine.judge([old]).events
    assert [transition for transition, _ in world.transitions] == ["opened", "resolved"]


def test_a_decision_holds_for_exactly_the_two_texts(world: World) -> None:
    world.watch(SUPPLIER)
    (match,) = world.lists(change(HIKVISION))
    world.decide(match, "false_positive")
    assert [transition for transition, _ in world.transitions] == ["opened", "resolved"]
    assert "A. Reviewer" in str(world.said[-1].reason)
    assert [event.actor for event in world.said] == [None, "A. Reviewer"]
    world.lists(change(HIKVISION, at=NOON + timedelta(days=1), kind=ChangeKind.AMENDMENT, remarks="see also"))
    assert len(world.said) == 2, "the same two texts"
    world.watch(SUPPLIER.model_copy(update={"name": "Hangzhou Hikvision Technology"}))
    assert [transition for transition, _ in world.transitions] == ["opened", "resolved", "opened"]


def test_a_confirmed_review_warns(world: World) -> None:
    world.watch(SUPPLIER.model_copy(update={"country": "VN"}))
    (match,) = world.lists(change(HIKVISION))
    assert match.tier == "review"
    world.decide(match, "true_match")
    assert world.transitions == [("opened", "watch"), ("worsened", "warning")]


def test_a_decision_on_names_that_changed_waits_for_them(world: World) -> None:
    world.watch(SUPPLIER)
    (match,) = world.lists(change(HIKVISION))
    world.watch(SUPPLIER.model_copy(update={"name": "Hangzhou Hikvision Technology"}))
    world.decide(match, "false_positive")
    assert [transition for transition, _ in world.transitions] == ["opened"]
    world.watch(SUPPLIER)
    assert [transition for transition, _ in world.transitions] == ["opened", "resolved"]


def test_a_link_is_told_apart_from_a_match(world: World) -> None:
    group = Relation(kind="subsidiary_of", name="Synthetic Aerospace Group", text="a subsidiary of Synthetic Aerospace Group")
    world.watch(
        Counterparty(reference="1", name="Synthetic Aerospace Group"),
        Counterparty(reference="2", name="Kunming Owned Machines", owners=("Lanzhou Listed Optics Co., Ltd.",)),
    )
    found = world.lists(change("Lanzhou Listed Optics", relations=(group,)))
    assert [(match.counterparty.id, match.tier) for match in found] == [("default/1", "related"), ("default/2", "related")]
    assert found[0].relation == "a subsidiary of Synthetic Aerospace Group"
    assert "owned by" in str(found[1].relation)
    assert world.transitions == [("opened", "watch")] * 2
    assert "Linked to a listed party" in world.said[0].headline.en


def test_a_clause_about_successors_names_nobody(world: World) -> None:
    clause = Relation(kind="successor_clause", name="successor", text="any successor, sub-unit or subsidiary thereof")
    world.watch(Counterparty(reference="1", name="Successor"))
    assert world.lists(change("Lanzhou Listed Optics", relations=(clause,))) == []
