"""``supplywatch lists`` on a book of two sources: answers, as-of, exit codes, and one sentence for whatever a user can cause."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supplywatch.cli import main
from supplywatch.settings import load_settings
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "fixtures"
Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command line in an empty folder, in this process, and return stdout, or stderr where a failure is expected."""

    def call(*words: str, expect: int = 0) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SUPPLYWATCH_LEDGER", f"sqlite:///{tmp_path}/book.db")
        monkeypatch.setattr("sys.argv", ["supplywatch", *words])
        load_settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main()
        load_settings.cache_clear()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == expect, printed
        assert "Traceback" not in printed.err
        return printed.err if expect else printed.out

    return call


@pytest.fixture
def book(run: Run, tmp_path: Path) -> Run:
    """A book with two versions of the CSL and two of a hand-kept list."""
    for source, first, second in (
        ("csl", "2026-11-17T12:00Z", "2026-11-20T12:00Z"),
        ("opensanctions_cn", "2026-11-18T12:00Z", "2026-11-21T12:00Z"),
    ):
        good, changed = (f"{FIXTURES / source / name}.csv@{when}" for name, when in (("good", first), ("changed", second)))
        run("backtest", "--source", source, "--from", good, "--from", changed, "--ledger", f"sqlite:///{tmp_path}/book.db")
    return run


def answer(text: str) -> Any:
    return json.loads(text)


def test_the_lists_with_their_sizes(book: Run) -> None:
    sizes = {(row["source"], row["list"]): row["entries"] for row in answer(book("lists", "list", "--json"))}
    assert (sizes["csl", "EL"], sizes["opensanctions_cn", "CN"]) == (3, 17)
    before = {
        row["list"]: row["entries"]
        for row in answer(book("lists", "list", "--source", "opensanctions_cn", "--as-of", "2026-11-19", "--json"))
    }
    assert before == {"CN": 15}
    assert "nothing" not in book("lists", "list", "--as-of", "2026-11-01", expect=1)


def test_an_entry_in_full(book: Run) -> None:
    text = book("lists", "show", "slw")
    assert "Synthetic Lithography Works" in text
    assert "87 FR 77505" in text
    assert "ownership_rule: any entity that is at least 50 percent owned" in text
    assert [entry["key"] for entry in answer(book("lists", "show", "836238000", "--json"))] == ["9001"]
    assert "nobody known as" in book("lists", "show", "No Such Party", expect=1)


def test_changes_since(book: Run) -> None:
    found = answer(book("lists", "changes", "--since", "2026-11-19", "--json"))
    kinds = [(change["provenance"]["source"], change["change"]) for change in found]
    assert kinds[:3] == [("csl", "amendment"), ("csl", "withdrawal"), ("csl", "addition")]
    assert {kind for source, kind in kinds if source == "opensanctions_cn"} >= {"addition", "back_fill", "re_key"}
    assert len(answer(book("lists", "changes", "--since", "2026-11-01", "--kind", "baseline", "--list", "EL", "--json"))) == 3
    assert "nothing changed" in book("lists", "changes", "--since", "2026-12-01", expect=1)


def test_history_of_a_party_and_what_was_known_of_it_on_a_day(book: Run) -> None:
    every = answer(book("lists", "history", "--party", "Synthetic Lithography", "--json"))
    assert [change["change"] for change in every] == ["baseline", "amendment"]
    then = answer(book("lists", "history", "--party", "Synthetic Lithography", "--as-of", "2026-11-19", "--json"))
    assert [change["change"] for change in then] == ["baseline"]
    renamed = answer(book("lists", "history", "--party", "Synthetic Drones Incorporated|List of Export Controls", "--json"))
    assert [change["entry"]["name"] for change in renamed] == ["Synthetic Drones Inc.", "Synthetic Drones Incorporated"]


def test_a_party_is_explained_split_and_joined_again(book: Run) -> None:
    (party,) = answer(book("lists", "party", "show", "Synthetic Drones", "--json"))
    one, other = (f"opensanctions_cn/CN/{entry['key']}" for entry in party["entries"])
    assert "the same name" in book("lists", "party", "explain", one, other)
    book("lists", "party", "split", one, other, "--by", "A. Person", "--reason", "two firms")
    assert len(answer(book("lists", "party", "show", "Synthetic Drones", "--json"))) == 2
    assert "split by A. Person: two firms" in book("lists", "party", "explain", one, other)
    book("lists", "party", "join", one, other, "--by", "B. Person", "--reason", "one firm")
    assert len(answer(book("lists", "party", "show", "Synthetic Drones", "--json"))) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("changes", "--since", "2026-13-01"), "is not an instant"),
        (("changes", "--since", "2026-11-01", "--kind", "rumour"), "must be one of"),
        (("party", "explain", "csl/EL/none", "csl/EL/aa01"), "no entry 'csl/EL/none'"),
        (("party", "split", "csl/EL/aa01", "csl/EL/aa01", "--by", "A", "--reason", "x"), "from itself"),
        (("party", "join", "csl/EL/aa01", "csl/SDN/9001", "--by", " ", "--reason", "x"), "must say something"),
    ],
)
def test_what_cannot_be_answered(book: Run, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in book("lists", *words, expect=2)


def test_without_a_ledger(run: Run) -> None:
    assert "does not exist" in run("lists", "list", expect=2)


def test_a_file_of_counterparties_is_checked_against_the_lists(book: Run, tmp_path: Path) -> None:
    (tmp_path / "synthetic.csv").write_text("reference,name\n1,Synthetic Litography Works\n2,Quite Unlisted Bakery\n", encoding="utf-8")
    (tmp_path / "unlisted.ndjson").write_text('{"reference": "2", "name": "Quite Unlisted Bakery"}\n', encoding="utf-8")
    assert "2 screened, 0 refused, 1 with a match" in book("watchlist", "check", "synthetic.csv", expect=1)
    assert answer(book("watchlist", "check", "unlisted.ndjson", "--json")) == {"accepted": 1, "refused": 0, "rows": [], "matches": []}
