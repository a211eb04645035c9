"""The kept index of the lists answers as one that is built anew, whatever happened to it or to the ledger meanwhile."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.lists import count_until, last_changes
from supplywatch.matching import kept as module
from supplywatch.matching.kept import KeptLists, folder_of
from supplywatch.model.items import Items
from supplywatch.model.name_match import Name, Party
from supplywatch.model.records import ChangeKind, ListChange
from supplywatch.screening.matcher import Matcher
from tests.matching.test_matching import NOON, change

DAY = date(2026, 11, 24)
ONE, OTHER = "Synthetic Optics Works Ltd", "Quite Another Foundry GmbH"


def told(ledger: Ledger, changes: Sequence[ListChange]) -> None:
    Engine(ledger, {}, Items(reporter="CHN", items=())).judge(list(changes))


def found(lists: KeptLists, name: str) -> dict[str, str | None]:
    return {match.party_id: match.ended for match in Matcher(lists.index).screen(Party("q", (Name(name),)), min_score=0.9)}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")


@pytest.fixture
def folder(ledger: Ledger, tmp_path: Path) -> Path:
    found = folder_of(ledger.url, tmp_path)
    assert found == tmp_path / "ledger.db.names"
    return found


def opened(ledger: Ledger, folder: Path | None, day: date = DAY) -> KeptLists:
    lists = KeptLists.open(ledger, folder, day)
    if lists._place is not None:
        lists._place.leave()
    return lists


@pytest.mark.parametrize("written_above", [0, 20])
def test_what_the_lists_say_later_is_found_and_what_left_is_not(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch, written_above: int
) -> None:
    monkeypatch.setattr(module, "_WRITTEN_ABOVE", written_above)
    told(ledger, [change(ONE, key="1"), change("Third Mill Ltd", key="2")])
    assert found(opened(ledger, folder), ONE) == {"csl/EL/1": None}
    later = NOON + timedelta(days=1)
    told(
        ledger,
        [change(OTHER, key="1", previous_key="1", at=later), change("Third Mill Ltd", key="2", at=later, kind=ChangeKind.WITHDRAWAL)],
    )
    monkeypatch.setattr(KeptLists, "_build", None)  # not built again: the rest follows the ledger
    for _ in range(2):
        lists = opened(ledger, folder)
        assert found(lists, OTHER) == {"csl/EL/1": None}
        assert found(lists, ONE) == found(lists, "Third Mill Ltd") == {}


def test_keys_that_move_up_within_one_release_take_nobody_along(ledger: Ledger, folder: Path) -> None:
    told(ledger, [change(ONE, key="5"), change(OTHER, key="6")])
    opened(ledger, folder)
    later = NOON + timedelta(days=1)
    moved = [change(ONE, key="6", previous_key="5", at=later), change(OTHER, key="7", previous_key="6", at=later)]
    told(ledger, moved[:1])
    opened(ledger, folder)  # a question in the middle of a release
    told(ledger, moved[1:])
    lists = opened(ledger, folder)
    assert (found(lists, ONE), found(lists, OTHER)) == ({"csl/EL/6": None}, {"csl/EL/7": None})


def test_an_entry_ends_on_its_day_though_nothing_is_told_of_it(ledger: Ledger, folder: Path) -> None:
    told(ledger, [change(ONE, ends=DAY + timedelta(days=3))])
    assert found(opened(ledger, folder), ONE) == {"csl/EL/1": None}
    (ended,) = found(opened(ledger, folder, DAY + timedelta(days=4)), ONE).values()
    assert ended == str(DAY + timedelta(days=3))
    assert found(opened(ledger, folder), ONE) == {"csl/EL/1": None}, "asked as of an earlier day it has not"


@pytest.mark.parametrize("harm", ["a byte", "a file gone", "no note", "half a note", "another ledger", "other vocabulary"])
def test_what_is_kept_and_does_not_fit_is_built_again(
    ledger: Ledger, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    told(ledger, [change(ONE, key="1")])
    opened(ledger, folder)
    note, segment = folder / "1" / "holds.json", next((folder / "1" / "names").glob("*.store"))
    match harm:
        case "a byte":
            segment.write_bytes(bytes([segment.read_bytes()[0] ^ 1]) + segment.read_bytes()[1:])
        case "a file gone":
            segment.unlink()
        case "no note":
            note.unlink()
        case "half a note":
            note.write_text(note.read_text()[:40])
        case "another ledger":
            ledger = Ledger.open(f"sqlite:///{tmp_path / 'other.db'}")
            told(ledger, [change(OTHER, key="1")])
        case _:
            monkeypatch.setattr(module, "vocabulary_digest", lambda: "other")
    lists = opened(ledger, folder)
    wanted, not_wanted = (OTHER, ONE) if harm == "another ledger" else (ONE, OTHER)
    assert (found(lists, wanted), found(lists, not_wanted)) == ({"csl/EL/1": None}, {})


def test_a_ledger_in_memory_keeps_nothing_and_a_server_keeps_in_the_data_folder(tmp_path: Path) -> None:
    assert folder_of("sqlite://", tmp_path) is None
    one, other = (folder_of(f"postgresql+psycopg://u:{password}@h/{name}", tmp_path) for password, name in (("a", "x"), ("b", "y")))
    assert one is not None
    assert other is not None
    assert (one.parent, one != other) == (tmp_path / "names", True)
    ledger = Ledger.open("sqlite://")
    told(ledger, [change(ONE, at=datetime(2026, 11, 20, tzinfo=UTC))])
    assert found(opened(ledger, None), ONE) == {"csl/EL/1": None}


def test_a_change_that_commits_late_below_the_mark_is_not_missed(ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(ledger, [change(ONE, key="1"), change("Third Mill Ltd", key="2", source="uk_sanctions")])
    with monkeypatch.context() as early:  # as on PostgreSQL, where the first of the two had its number and was not committed yet
        early.setattr(module, "last_changes", lambda connection: {p: c for p, c in last_changes(connection).items() if p[0] != "csl"})
        early.setattr(module, "count_until", lambda connection, seq: count_until(connection, seq) - 1)
        assert found(opened(ledger, folder), ONE) == {}
    assert found(opened(ledger, folder), ONE) == {"csl/EL/1": None}
