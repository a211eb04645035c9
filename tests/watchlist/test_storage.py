"""Watch-lists in the ledger: nothing is seen before all of it is, versions stay, changes come in the order of their imports."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from supplywatch.errors import Conflict
from supplywatch.ledger import schema, watchlist_imports
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Counts, Origin, Stage, Staged, change_now
from supplywatch.ledger.watchlists import changes_since, counterparty, in_force, latest_seq
from supplywatch.model.counterparty import Counterparty, counterparty_id

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")


def staged(reference: str, name: str | None, watchlist: str = "default") -> Staged:
    if name is None:
        return Staged(counterparty_id(watchlist, reference))
    one = Counterparty(reference=reference, name=name)
    return Staged(counterparty_id(watchlist, reference), one.digest, one.text, name.lower())


def origin(hours: int = 0, watchlist: str = "default") -> Origin:
    return Origin(watchlist, NOW + timedelta(hours=hours), "A. Person", file_name="synthetic.csv")


def names(ledger: Ledger, **question: object) -> dict[str, str]:
    with ledger.read() as connection:
        return {c.counterparty_id: c.counterparty.name for c in in_force(connection, **question) if c.counterparty}  # type: ignore[arg-type]


def take(ledger: Ledger, hours: int, *rows: Staged, watchlist: str = "default") -> int:
    with ledger.begin() as connection:
        return change_now(connection, origin(hours, watchlist), rows, Counts(added=len(rows)))


def test_nothing_of_a_stage_is_seen_before_it_is_complete_and_then_all_of_it(ledger: Ledger) -> None:
    take(ledger, 0, staged("1", "Old"))
    stage = Stage.begin(ledger, "default", NOW)
    stage.put([staged("1", "New"), staged("2", "Second")])
    assert names(ledger) == {"default/1": "Old"}
    with ledger.read() as connection:
        assert (latest_seq(connection), list(changes_since(connection, 1))) == (1, [])
    assert stage.complete(origin(1), Counts(accepted=2, added=1, changed=1)) == 2
    assert names(ledger) == {"default/1": "New", "default/2": "Second"}


def test_changes_come_by_import_and_counterparty_and_can_be_taken_up_in_the_middle(ledger: Ledger) -> None:
    take(ledger, 0, staged("b", "B"), staged("a", "A"), staged("Ä", "Umlaut"))
    take(ledger, 1, staged("a", None))
    with ledger.read() as connection:
        found = [(c.seq, c.counterparty_id, c.counterparty is None, c.keys) for c in changes_since(connection, 0)]
        rest = [c.counterparty_id for c in changes_since(connection, 1, after="default/a")]
        two = [c.counterparty_id for c in changes_since(connection, 0, limit=2)]
    assert found == [
        (1, "default/a", False, (("a",),)),
        (1, "default/b", False, (("b",),)),
        (1, "default/Ä", False, (("umlaut",),)),
        (2, "default/a", True, ()),
    ]
    assert rest == ["default/b", "default/Ä", "default/a"]
    assert two == ["default/a", "default/b"]


def test_what_was_watched_on_a_day_can_be_asked(ledger: Ledger) -> None:
    take(ledger, 0, staged("1", "First name"), staged("2", "Second"))
    take(ledger, 24, staged("1", "Later name"), staged("2", None))
    take(ledger, 30, staged("1", "Elsewhere", "other"), watchlist="other")
    assert names(ledger, until=NOW - timedelta(seconds=1)) == {}
    assert names(ledger, until=NOW + timedelta(hours=23)) == {"default/1": "First name", "default/2": "Second"}
    assert names(ledger, watchlist="default") == {"default/1": "Later name"}
    with ledger.read() as connection:
        last = counterparty(connection, "default/2")
        assert last is not None
        assert (last.seq, last.counterparty) == (2, None)
        assert counterparty(connection, "default/3") is None


def test_what_a_killed_import_left_is_removed_by_the_next(ledger: Ledger) -> None:
    Stage.begin(ledger, "default", NOW).put([staged(str(n), "Left behind") for n in range(20)])
    stage = Stage.begin(ledger, "default", NOW)
    with ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.watchlist_row)).scalar_one() == 0
    stage.put([staged("1", "Taken")])
    stage.complete(origin(), Counts(added=1))
    assert names(ledger) == {"default/1": "Taken"}


def test_a_clearing_that_was_killed_is_taken_up_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    Stage.begin(ledger, "default", NOW).put([staged(str(n), "Left behind") for n in range(20)])
    with monkeypatch.context() as patched:
        patched.setattr(watchlist_imports, "_clear", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Stage.begin(ledger, "default", NOW)
    Stage.begin(ledger, "other", NOW).abandon()
    with ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.watchlist_row)).scalar_one() == 0


def test_of_two_imports_at_once_one_is_told(ledger: Ledger) -> None:
    slow = Stage.begin(ledger, "default", NOW)
    quick = Stage.begin(ledger, "default", NOW)
    with pytest.raises(Conflict, match="another import"):
        slow.put([staged("1", "Slow")])
    take(ledger, 0, staged("9", "By hand"))
    with pytest.raises(Conflict, match="import the file again"):
        quick.complete(origin(), Counts())


@pytest.mark.parametrize(
    "statement",
    [
        update(schema.watchlist_row).values(body="{}"),
        delete(schema.watchlist_row),
        update(schema.watchlist_import).values(actor="somebody else"),
        delete(schema.watchlist_import),
    ],
)
def test_the_database_keeps_what_came_into_force(ledger: Ledger, statement: object) -> None:
    take(ledger, 0, staged("1", "One"))
    with pytest.raises(IntegrityError, match="refused"), ledger.engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    with pytest.raises(Conflict, match="another import"):
        Stage(ledger, "default", 1, 1).put([staged("2", "Late")])
