"""A file is taken as a whole or not at all, and what is said of it is what it does."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from supplywatch.cli import app
from supplywatch.errors import BadRequest, Retry
from supplywatch.ledger import schema
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Counts, Origin
from supplywatch.ledger.watchlists import changes_since, counterparty, in_force, latest_seq
from supplywatch.watchlist import normalising
from supplywatch.watchlist.importing import Outcome, Reading, Wish, import_file
from supplywatch.watchlist.rows import Refusal, Validator

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEAD = "reference,name,country\n"
TEN = HEAD + "".join(f"{n},Synthetic Optics {n} Ltd.,CN\n" for n in range(10))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")


def taken(ledger: Ledger, text: str, wish: Wish = Wish(), hours: int = 0) -> tuple[Outcome, list[Refusal]]:  # noqa: B008 - frozen
    path = Path(ledger.engine.url.database or "").parent / "synthetic.csv"
    path.write_text(text, encoding="utf-8")
    told: list[Refusal] = []
    reading = Reading(Validator(()), lambda refusal, _: told.append(refusal), lambda _: None)
    return import_file(ledger, path, Origin("default", NOW + timedelta(hours=hours), "A. Person"), wish, reading), told


def watched(ledger: Ledger) -> dict[str, str]:
    with ledger.read() as connection:
        return {c.counterparty.reference: c.counterparty.name for c in in_force(connection) if c.counterparty}


def staged_rows(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return int(connection.execute(select(func.count()).select_from(schema.watchlist_row)).scalar_one())


def test_a_file_again_changes_nothing_and_another_one_what_differs(ledger: Ledger) -> None:
    assert taken(ledger, TEN)[0] == Outcome(Counts(accepted=10, added=10), 1)
    assert taken(ledger, TEN, hours=1)[0] == Outcome(Counts(accepted=10, unchanged=10), 2)
    other = TEN.replace("0,Synthetic Optics 0 Ltd.,CN\n", "").replace("Optics 1 ", "Lasers 1 ") + "x,Synthetic New GmbH,DE\n"
    assert taken(ledger, other, hours=2)[0] == Outcome(Counts(10, 0, added=1, changed=1, unchanged=8, removed=1), 3)
    with ledger.read() as connection:
        found = [(c.seq, c.counterparty_id, c.counterparty.name if c.counterparty else None, c.keys) for c in changes_since(connection, 1)]
    assert found == [
        (3, "default/0", None, ()),
        (3, "default/1", "Synthetic Lasers 1 Ltd.", (("synthetic lasers 1 ~ltd",),)),
        (3, "default/x", "Synthetic New GmbH", (("synthetic new ~gmbh",),)),
    ]


def test_what_a_partial_file_or_a_refused_row_does_not_say_stays(ledger: Ledger) -> None:
    taken(ledger, TEN)
    assert taken(ledger, HEAD + "3,Synthetic Three,CN\n", Wish(partial=True))[0].counts.removed == 0
    refused = TEN.replace("4,Synthetic Optics 4 Ltd.,CN", "4,Synthetic Optics 4 Ltd.,Ruritania")
    outcome, told = taken(ledger, refused, Wish(accept_refused=True))
    assert (outcome.counts.refused, outcome.counts.removed, told[0].line) == (1, 0, 6)
    assert watched(ledger)["4"] == "Synthetic Optics 4 Ltd."


@pytest.mark.parametrize(
    ("text", "wish", "why"),
    [
        (TEN + "0,Twice,CN\n", Wish(), "1 of 11 rows were refused"),
        (HEAD + "0,Synthetic Optics 0 Ltd.,CN\n", Wish(), "9 of 10 counterparties would no longer be watched"),
        (HEAD, Wish(allow_shrink=True), "no row of it can be taken"),
        (TEN + "new,Synthetic New,CN\n", Wish(dry_run=True), "a dry run"),
    ],
)
def test_what_is_not_taken_leaves_no_trace(ledger: Ledger, text: str, wish: Wish, why: str) -> None:
    taken(ledger, TEN)
    outcome, _ = taken(ledger, text, wish, hours=1)
    assert outcome.seq is None
    assert why in (outcome.why or "")
    assert (len(watched(ledger)), staged_rows(ledger)) == (10, 10)
    if wish == Wish():
        assert taken(ledger, text, replace(wish, accept_refused=True, allow_shrink=True))[0].seq == 2


def test_a_file_that_breaks_off_changes_nothing(ledger: Ledger) -> None:
    taken(ledger, TEN)
    with pytest.raises(BadRequest, match="line 5001"):
        taken(ledger, HEAD + "".join(f"n{n},Synthetic {n},CN\n" for n in range(4_999)) + 'x,"no end\n')
    assert (len(watched(ledger)), staged_rows(ledger)) == (10, 10)


@pytest.mark.integration  # starts processes
def test_several_processes_give_the_same_in_the_same_order(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalising, "_ALONE", 1)
    text = HEAD + "".join(f"{n:05},Synthetic {n} 科技有限公司,CN\n" for n in range(4_500))
    assert taken(ledger, text)[0].counts == Counts(accepted=4_500, added=4_500)
    with ledger.read() as connection:
        found = list(changes_since(connection, 0))
        last = counterparty(connection, "default/04499")
    assert [change.counterparty_id for change in found] == [f"default/{n:05}" for n in range(4_500)]
    assert last is not None
    assert last.keys[0][0] == "synthetic 4499 科技 ~ltd"


@pytest.mark.integration  # starts processes
def test_a_worker_that_is_ended_is_told_and_changes_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(ledger, TEN)
    monkeypatch.setattr(normalising, "_ALONE", 1)
    monkeypatch.setattr(normalising, "_begin", partial(os._exit, 9))
    with pytest.raises(Retry, match="ended from outside"):
        taken(ledger, TEN.replace("Optics", "Lasers"))
    assert (len(watched(ledger)), staged_rows(ledger)) == (10, 10)


def test_the_commands(tmp_path: Path) -> None:
    file, url = tmp_path / "synthetic.csv", f"sqlite:///{tmp_path / 'ledger.db'}"
    file.write_text(TEN + "10,Ruritania Trading,Ruritania\n", encoding="utf-8")

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["watchlist", *words, "--ledger", url])
        assert result.exit_code == code, result.output
        return result.output

    said = run("import", str(file), "--refused", str(tmp_path / "refused.csv"), code=1)
    assert "nothing taken: 1 of 11 rows were refused" in said
    assert "'Ruritania' is no country" in said
    assert "Ruritania" in (tmp_path / "refused.csv").read_text(encoding="utf-8-sig")
    assert "taken as import 1" in run("import", str(file), "--accept-refused", code=1)
    assert "default/x added" in run("add", "x", "Synthetic New GmbH", "--country", "DE", "--tag", "hs:8542")
    assert "like this already" in run("add", "x", "Synthetic New GmbH", "--country", "DE", "--tag", "hs:8542")
    run("remove", "3")
    found = json.loads(run("list", "--json"))
    assert [row["reference"] for row in found] == ["0", "1", "2", "4", "5", "6", "7", "8", "9", "x"]
    assert [row["id"] for row in json.loads(run("list", "--find", "hs:8542", "--json"))] == ["default/x"]
    assert [row["removed"] for row in json.loads(run("list", "--imports", "--json"))] == [0, 0, 1]
    run("list", "--as-of", "2020-01-01", code=1)
    with Ledger.open(url).read() as connection:
        assert latest_seq(connection) == 3
