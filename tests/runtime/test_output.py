"""Texts of others reach terminals and logs in one way, shown and never carried out."""

from __future__ import annotations

import ast
import io
import json
import logging
from pathlib import Path

import pytest
import structlog

from supplywatch.runtime.logs import configure_logs
from supplywatch.runtime.output import print_table, say, visible

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "Evil \x1b]0;title\x07\x1b[2K [/b] [link=http://x.example]Works[/link] :boom: \x9b1m \u202etxt \u2066\u2028\ud800 Ltd"
OBEYED = "\x1b\x07\x9b\u202e\u2066\u2028\ud800"
OWN_CONSOLES = {
    "supplywatch/cli/demo.py": "prints the product's own bundled texts, in colours",
    "supplywatch/cli/broker.py": "a bar of progress with the product's own words",
}


def test_a_sentence_is_shown_and_not_carried_out(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    out = capsys.readouterr().out
    assert not set(out) & set(OBEYED)
    assert all(shown in out for shown in ("[/b]", "\\u001b[2K", "\\u202etxt"))


def test_a_table_takes_no_orders_from_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "[bold]"), [(HOSTILE, None), ("closing [/red] alone", "a\nforged line")], title="[u]of others")
    out = capsys.readouterr().out
    assert not set(out) & set(OBEYED)
    assert all(
        kept in out for kept in ("[/b] [link=http://x.example]Works[/link] :boom:", "closing [/red] alone", "[bold]", "[u]of others")
    )
    assert "a\\u000aforged line" in out


def test_json_keeps_its_meaning() -> None:
    text = json.dumps({"name": HOSTILE.replace("\ud800", "") + "\U000e0041"}, ensure_ascii=False, indent=1)
    assert json.loads(visible(text, lines=True)) == json.loads(text)


def test_texts_in_every_script_stay_as_they_are() -> None:
    for text in ("株式会社ミツトヨ", "شركة النور", "بن\u200cدر", "Œuvre №5 «Рога»", "𠮷野家"):
        assert visible(text) == text


@pytest.mark.parametrize("as_json", [True, False])
def test_a_log_line_is_one_line(as_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    try:
        configure_logs(as_json)
        structlog.get_logger("t").warning(
            "quarantined", detail="a\n2026-01-01 [info] forged \x1b[31m", parts=["\x9b31m"], error=ValueError("\x1bc")
        )
        logging.getLogger("faust").warning("lib says %s", "x\nforged \u202e")
    finally:
        logging.basicConfig(handlers=[], force=True)
        structlog.reset_defaults()
    out = err.getvalue()
    assert len(out.splitlines()) == 2
    assert not set(out) & set(OBEYED)


def _direct(path: Path) -> list[str]:
    """Return the calls that print without the one function."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in (
                "print",
                "typer.echo",
                "typer.secho",
                "click.echo",
                "rich.print",
                "sys.stdout.write",
                "sys.stderr.write",
                "Console",
            ):
                found.append(f"{path.relative_to(ROOT).as_posix()}:{node.lineno} {name}")
    return found


def test_nothing_prints_past_it() -> None:
    paths = [path for folder in ("supplywatch", "connectors", "detectors", "streams") for path in (ROOT / folder).rglob("*.py")]
    direct = [call for path in paths for call in _direct(path) if path != ROOT / "supplywatch/runtime/output.py"]
    assert [call for call in direct if not (call.split(":")[0] in OWN_CONSOLES and call.endswith("Console"))] == []
