"""The command line: answers on stdout, exit codes, and one sentence for whatever a user can cause."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from supplywatch.cli import feeds, main
from supplywatch.demo.figures import records
from supplywatch.intake.visit import PollResult
from supplywatch.model.records import TransitCount
from supplywatch.settings import load_settings
from tests import genuine
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "fixtures"


@dataclass
class Done:
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Done]:
    """Run the command line in an empty folder, in this process, and return what it printed."""

    def call(*words: str, expect: int = 0, **environment: str) -> Done:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["supplywatch", *words])
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        before = os.umask(0o022)  # what a user's shell has; main makes it stricter
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.umask(before)
        load_settings.cache_clear()
        printed = capsys.readouterr()
        assert ended.value.code == expect, printed.out + printed.err
        return Done(printed.out, printed.err)

    return call


Run = Callable[..., Done]


@pytest.fixture
def ever_given(tmp_path: Path) -> Path:
    """Suez in spring 2021 as an ArcGIS answer, from the figures of the bundled table."""
    days = [r for r in records() if isinstance(r, TransitCount) and r.chokepoint_id == genuine.SUEZ]
    rows = [
        genuine.transit_row(genuine.SUEZ, date.fromisoformat(r.observed), {kind: getattr(r, f"transits_{kind}") for kind in genuine.TYPES})
        for r in days
    ]
    path = tmp_path / "suez.json"
    path.write_bytes(genuine.arcgis(rows))
    return path


CONTRACT = (
    "event_id alert_id rule rule_version subject taxonomy transition severity observed_at known_at onset standing axes evidence "
    "clears_when headline"
).split()


def test_backtest_prints_one_object_for_each_transition(run: Run, ever_given: Path, tmp_path: Path) -> None:
    done = run("backtest", "--source", "portwatch_chokepoints", "--from", str(ever_given), "--ndjson")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    opened = events[0]
    assert (opened["transition"], opened["observed_at"], opened["onset"]) == ("opened", "2021-03-25", "2021-03-23")
    assert opened["known_at"] == "2021-03-30T13:35:00Z"
    assert set(CONTRACT) <= set(opened)
    assert set(opened["subject"]) == {"kind", "id", "name"}
    assert set(opened["axes"]) == {"dependence", "concentration", "substitutability", "relocation"}
    assert {"source", "vintage", "sha256", "position", "field", "value", "unit", "period"} == set(opened["evidence"][0])
    assert set(opened["headline"]) == {"en", "zh"}
    assert [(e["transition"], e["severity"]) for e in events] == [("opened", "critical"), ("resolved", "info")]


def test_a_ledger_given_to_backtest_answers_afterwards(run: Run, ever_given: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'book.db'}"
    first = run("backtest", "--source", "portwatch_chokepoints", "--from", str(ever_given), "--ledger", url, "--ndjson")
    again = run("backtest", "--source", "portwatch_chokepoints", "--from", str(ever_given), "--ledger", url, "--ndjson")
    assert len(first.stdout.splitlines()) == 2
    assert again.stdout == "", "the same input says nothing twice"
    listed = json.loads(run("alerts", "list", "--ledger", url, "--json").stdout)
    assert [(row["rule"], row["state"]) for row in listed] == [("chokepoint_disruption", "resolved")]
    alert = listed[0]["alert_id"]
    then = json.loads(run("alerts", "list", "--ledger", url, "--json", "--as-of", "2021-04-01").stdout)
    assert [(row["state"], row["severity"]) for row in then] == [("open", "critical")]
    assert json.loads(run("alerts", "list", "--ledger", url, "--json", "--taxonomy", "HD.4").stdout) == []
    history = json.loads(run("alerts", "history", alert[:10], "--ledger", url, "--json").stdout)
    assert history == [json.loads(line) for line in first.stdout.splitlines()]
    shown = json.loads(run("alerts", "show", alert, "--ledger", url, "--json").stdout)
    assert shown == history[-1]
    assert "identical" in run("ledger", "rebuild", "--ledger", url).stdout


def test_a_refused_payload_is_exit_code_1_and_an_alert(run: Run, tmp_path: Path) -> None:
    bad = FIXTURES / "portwatch_chokepoints" / "bad_error.json"
    done = run("backtest", "--source", "portwatch_chokepoints", "--from", str(bad), "--ndjson", expect=1)
    (event,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (event["rule"], event["transition"], event["subject"]["id"]) == ("source_health", "opened", "portwatch_chokepoints")
    assert "quarantined" in done.stderr


def test_pull_dry_run_prints_records_and_touches_nothing(run: Run, tmp_path: Path) -> None:
    good = FIXTURES / "csl" / "good.csv"
    done = run("pull", "csl", "--from", str(good), "--dry-run", "--ndjson")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["kind"] for r in records].count("list_change") == 15
    assert list(tmp_path.iterdir()) == []


WRONG = [
    (["backtest", "--source", "nope", "--from", "x"], "no source 'nope'"),
    (["backtest", "--source", "csl"], "--from"),
    (["backtest", "--source", "csl", "--from", "absent.csv"], "cannot be read"),
    (["backtest", "--source", "csl", "--from", "x", "--rule", "nope"], "no rule 'nope'"),
    (["rules", "show", "nope"], "no rule 'nope'"),
    (["sources", "nope"], "no source 'nope'"),
    (["alerts", "list"], "does not exist"),
    (["alerts", "list", "--ledger", "mysql://a/b"], "not supported"),
    (["alerts", "list", "--ledger", "postgresql+psycopg://u:secret@127.0.0.1:1/x"], "Connection refused"),
    (["alerts", "list", "--as-of", "yesterday"], "not an instant"),
    (["alerts", "list", "--severity", "awful"], "must be one of"),
    (["worker"], "no embedded broker runs"),
    (["dlq", "list"], "no embedded broker runs"),
    (["pull", "csl"], "no embedded broker runs"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_what_a_user_can_get_wrong_is_one_sentence(run: Run, words: list[str], said: str) -> None:
    done = run(*words, expect=2)
    assert said in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_wrong_setting_names_the_variable(run: Run, tmp_path: Path) -> None:
    done = run("worker", expect=2, SUPPLYWATCH_BROKER="rabbit://x")
    assert "SUPPLYWATCH_BROKER" in done.stderr
    assert "kafka://" in done.stderr


def test_doctor_without_anything_could_not_look(run: Run, tmp_path: Path) -> None:
    done = run("doctor", expect=2)
    assert done.stdout.count("fail") == 2


@pytest.mark.parametrize(
    "words", [["sources"], ["coverage"], ["rules", "list"], ["rules", "show", "list_entry"], ["sources", "comtrade"]], ids=" ".join
)
def test_every_listing_has_json(run: Run, words: list[str]) -> None:
    assert json.loads(run(*words, "--json").stdout)
    assert run(*words).stdout.strip()


def test_the_rules_are_as_their_lock_says(run: Run) -> None:
    assert "all as locked" in run("rules", "lock", "--check").stdout


def test_a_changed_threshold_shows_what_it_would_change(run: Run, ever_given: Path) -> None:
    words = ["rules", "diff", "chokepoint_disruption", "--source", "portwatch_chokepoints", "--from", str(ever_given)]
    done = run(*words, "--set", "drop_days=3", "--json", expect=1)
    assert [(row["change"], row["observed_at"]) for row in json.loads(done.stdout)] == [("-", "2021-03-25"), ("+", "2021-03-26")]
    assert run(*words, "--set", "ease_days=9").stdout == ""
    assert "drop_days" in run(*words, "--set", "nope=1", expect=2).stderr
    assert "drop_days" in run(*words, "--set", "drop_days=often", expect=2).stderr


def test_register_and_explain(run: Run, tmp_path: Path) -> None:
    """A register whose only backup has lapsed: imported, raised, explained; a bad row refuses the file."""
    header, row = (
        "item,name,country,role,verified_on,valid_days,evidence",
        "MAT.COPPER,Synthetic B,CHN,backup,2020-01-01,30,synthetic audit",
    )
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(f"{header}\n{row}\n", encoding="utf-8")
    bad.write_text(f"{header}\n{row}\n{row.replace('CHN', 'China')}\n", encoding="utf-8")
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    refused = run("register", "import", str(bad), "--ledger", ledger, expect=1)
    assert "line 3: country" in refused.stderr
    assert "nothing taken" in refused.stdout
    assert "2020-01-31" in run("register", "import", str(good), "--ledger", ledger).stdout
    assert "Synthetic B" in run("register", "show", "--ledger", ledger).stdout
    (alert,) = json.loads(run("alerts", "list", "--ledger", ledger, "--json").stdout)
    told = run("explain", alert["alert_id"], "--ledger", ledger).stdout
    for words in ("the rule's own band: critical", "substitutability", "Li Yan (2023)", "clears when", "surer when", "not supported"):
        assert words in told
    explained = json.loads(run("explain", alert["alert_id"], "--ledger", ledger, "--json").stdout)
    assert explained["grading"]["steps"][0] == {
        "name": "event",
        "by": 0,
        "because": "the rule's own band: critical",
        "because_zh": None,
    }
    assert explained["axes"]["dependence"] is None
    assert explained["impact"] == {"items": ["MAT.COPPER"], "exposed": 0, "with_tags": 0, "named": []}
    assert "no counterparty is watched" in told


def test_a_source_that_no_program_can_ask_says_how_it_is_read(run: Run) -> None:
    assert "read it with 'supplywatch pull gacc --from FILE'" in run("pull", "gacc", "--dry-run", expect=2).stderr


def test_nobody_else_on_the_host_reads_what_is_written(run: Run, tmp_path: Path) -> None:
    run("ledger", "upgrade")
    written = [tmp_path / "var", *(tmp_path / "var").rglob("*")]
    assert (tmp_path / "var" / "ledger.db") in written
    assert {oct(path.stat().st_mode & 0o077) for path in written} == {"0o0"}


def test_a_file_waits_for_its_turn_while_another_process_polls_the_source(capsys: pytest.CaptureFixture[str]) -> None:
    looks = iter([PollResult("csl", "busy"), PollResult("csl", "busy"), PollResult("csl", "accepted", records=3)])
    assert feeds._in_turn(lambda: next(looks)).records == 3
    assert capsys.readouterr().err.count("another process looks at it just now") == 1
