"""A certificate says where was looked, and shows any change made to it later."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from supplywatch.cli import app
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.matching.certificate import KIND
from supplywatch.model.canonical import digest
from supplywatch.model.items import Items
from supplywatch.model.records import ListChange
from tests.matching.test_matching import NOON, change

Run = Callable[..., tuple[int, str]]


def told(ledger: str, *changes: ListChange) -> None:
    book = Ledger.open(ledger)
    Engine(book, {}, Items(reporter="CHN", items=())).judge(list(changes))
    book.close()


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    told(url, change("Synthetic Optics Works Ltd", key="1"), change("Quite Another Foundry", key="2", countries=("DE",)))
    return url


@pytest.fixture
def run(ledger: str) -> Run:
    def ran(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["screen", *words, "--ledger", ledger])
        return result.exit_code, result.output + str(result.exception or "")

    return ran


def certificate(run: Run, folder: Path, name: str = "Ordinary Toys Trading") -> tuple[Path, dict[str, Any]]:
    path = folder / f"{len(list(folder.glob('*.json')))}.json"
    code, said = run(name, "--certificate", str(path), "--by", "A. Person")
    assert code == 0, said
    return path, json.loads(path.read_text())


def test_nobody_comes_with_where_was_looked_and_who_was_nearest(run: Run, tmp_path: Path) -> None:
    _, made = certificate(run, tmp_path, "Synthetic Toys Works Ltd")
    (query,) = made["queries"]
    assert (query["outcome"], query["matches"], query["normalised"]) == ("nobody", [], ["synthetic toys plant ~ltd"])
    assert query["nearest"][0]["listed_name"] == "Synthetic Optics Works Ltd"
    assert "score 0." in query["nearest"][0]["why_not"]["en"]
    assert "相似度 0." in query["nearest"][0]["why_not"]["zh"]
    assert [(one["source"], one["list"], one["entries"], one["payload_sha256"]) for one in made["lists"]] == [("csl", "EL", 2, None)]
    away = {one["source"]: one["why"] for one in made["not_consulted"]}
    assert "never polled" in away["un_consolidated"]
    assert f"{len(away)} list source(s) were not consulted" in made["says"]["en"]
    assert str(len(away)) in made["says"]["zh"]
    assert "1 of these lists come from a source that is late" in made["says"]["en"], "the one list was never polled"
    assert "其中 1 份的来源逾期" in made["says"]["zh"]


@pytest.mark.parametrize(
    ("name", "outcome"), [("SYNTHETIC OPTICS WORKS", "found"), ("김정은", "not compared"), ("Ordinary Toys", "nobody")]
)
def test_three_answers_are_three_words(run: Run, tmp_path: Path, name: str, outcome: str) -> None:
    path, made = certificate(run, tmp_path, name)
    assert [query["outcome"] for query in made["queries"]] == [outcome]
    assert run("verify", str(path))[0] == 0


def test_it_is_intact_also_after_the_lists_went_on(run: Run, ledger: str, tmp_path: Path) -> None:
    path, _ = certificate(run, tmp_path)
    told(ledger, change("Ordinary Toys Trading", key="3", at=NOON + timedelta(days=9)))
    code, said = run("verify", str(path))
    assert code == 0, said
    assert "INTACT" in said
    assert "the same: 1 name(s)" in said
    assert certificate(run, tmp_path)[1]["queries"][0]["outcome"] == "found"


@pytest.mark.parametrize("resealed", [False, True])
def test_an_edited_field_is_named(run: Run, tmp_path: Path, resealed: bool) -> None:
    path, made = certificate(run, tmp_path, "Synthetic Optics Works")
    made["queries"][0]["matches"] = []
    made["lists"][0]["entries"] = 9
    if resealed:
        made["sha256"] = digest({name: value for name, value in made.items() if name != "sha256"})
    path.write_text(json.dumps(made))
    code, said = run("verify", str(path))
    assert code == 1
    assert "lists[0].entries: the book says 2, the file says 9" in said
    assert "queries[0].matches" in said
    assert ("its digest is another one" in said) is not resealed


def test_another_ledger_does_not_know_it(run: Run, tmp_path: Path) -> None:
    path, _ = certificate(run, tmp_path)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    Ledger.open(other).close()
    result = CliRunner().invoke(app, ["screen", "verify", str(path), "--ledger", other])
    assert (result.exit_code, "the book has no certificate" in result.output) == (1, True)


def test_another_matcher_does_not_screen_again(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = certificate(run, tmp_path)
    monkeypatch.setattr("supplywatch.model.name_match.MATCHER_VERSION", "99")
    code, said = run("verify", str(path))
    assert (code, "not done: matcher" in said) == (0, True), said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["X Co", "--certificate", "{}/c.json"], "needs --by"),
        (["X Co", "--certificate", "{}/no/c.json", "--by", "A"], "is no folder"),
        (["X Co", "--certificate", "{}", "--by", "A"], "is there already"),
        (["X Co", "--certificate", "{}/c.json", "--by", "A", "--lists", "{}/l.tsv"], "leave --lists out"),
        (["X" * 501, "--certificate", "{}/c.json", "--by", "A"], "the name has 501 characters"),
        (["verify", "{}/none.json"], "cannot be read"),
        (["verify", "{}/ledger.db"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(run: Run, tmp_path: Path, words: list[str], expected: str) -> None:
    code, said = run(*(word.format(tmp_path) for word in words))
    assert code != 0
    assert expected in said


@pytest.mark.parametrize("value", ["NaN", "1e999", str(2**53 + 2), '"\\ud800"', "[" * 5000 + "]" * 5000])
def test_a_file_that_has_no_canonical_form_is_refused_in_a_sentence(run: Run, tmp_path: Path, value: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(f'{{"document": "{KIND}", "id": "0a", "odd": {value}}}')
    code, said = run("verify", str(path))
    assert (code != 0, "cannot be read as a certificate" in said) == (True, True), said


def test_an_empty_row_of_a_file_resembles_nobody_only_because_nothing_was_asked(run: Run, tmp_path: Path) -> None:
    names = tmp_path / "names.tsv"
    names.write_text("a\t\nb\t--\nc\tOrdinary Toys\n")
    code, said = run("--from", str(names), "--certificate", str(tmp_path / "c.json"), "--by", "A. Person")
    assert (code, "2 could not be compared" in said) == (0, True), said


def test_nobody_who_may_be_meant_is_left_out(run: Run, ledger: str, tmp_path: Path) -> None:
    told(ledger, *(change("Sunbeam Lenses Ltd", key=f"s{number}", at=NOON + timedelta(days=1)) for number in range(14)))
    _, made = certificate(run, tmp_path, "Sunbeam Lenses")
    assert len(made["queries"][0]["matches"]) == 14
    told(ledger, *(change("Sunbeam Lenses Ltd", key=f"t{number}", at=NOON + timedelta(days=2)) for number in range(30)))
    (query,) = certificate(run, tmp_path, "Sunbeam Lenses")[1]["queries"]
    assert query["more_possible"] is True


def test_names_of_a_file_stand_in_one_certificate(run: Run, tmp_path: Path) -> None:
    names = tmp_path / "names.tsv"
    names.write_text("a\tSynthetic Optics Works\nb\tOrdinary Toys\n")
    code, said = run("--from", str(names), "--certificate", str(tmp_path / "c.json"), "--by", "A. Person")
    assert code == 0, said
    made = json.loads((tmp_path / "c.json").read_text())
    assert [(query["reference"], query["outcome"]) for query in made["queries"]] == [("a", "found"), ("b", "nobody")]
    assert run("verify", str(tmp_path / "c.json"))[0] == 0
