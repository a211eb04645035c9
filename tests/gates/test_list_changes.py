"""Seven versions of one hand-kept list, through connector, guards, rules and ledger, by the command line."""

import csv
import gzip
import io
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.decoupling.list_announcement import Params, lists_in
from supplywatch import registry
from supplywatch.cli import app
from supplywatch.config import rule_params
from supplywatch.intake.replay import steps
from supplywatch.model.records import ListChange
from tests.stepping import NOW, given

pytestmark = pytest.mark.gate


@pytest.fixture(scope="module")
def versions(data: Path) -> list[Path]:
    return sorted((data / "sanctions/opensanctions/cn_sanctions_versions").glob("*.csv.gz"))


def fetched(path: Path) -> str:
    stamp = path.name.partition("_")[0]
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}Z"


def table_keys(path: Path) -> set[str]:
    rows = csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
    return {f"{row['Name'].strip()}|{row['List'].strip()}" for row in rows}


def test_the_keys_of_the_table(versions: list[Path]) -> None:
    keys = [table_keys(path) for path in versions]
    assert [len(found) for found in keys] == [309, 309, 329, 339, 398, 425, 540]
    assert sum(len(b - a) for a, b in pairwise(keys)) == 244
    assert sum(len(a - b) for a, b in pairwise(keys)) == 13


def test_four_of_five_new_rows_are_no_news(versions: list[Path]) -> None:
    files = [word for path in versions for word in ("--from", f"{path}@{fetched(path)}")]
    done = CliRunner().invoke(app, ["backtest", "--source", "opensanctions_cn", *files, "--rule", "list_entry", "--ndjson"])
    assert done.exit_code == 0, done.output
    events = [json.loads(line) for line in done.stdout.splitlines()]
    by_release: Counter[str] = Counter()
    for event in events:
        if event["measures"].get("change") == "addition":
            by_release[event["known_at"][:16]] += 1
    assert min(event["known_at"] for event in events) > "2026-06-29T16:00", "the first version raises nothing"
    assert by_release == {"2026-06-29T16:18": 20, "2026-06-29T16:20": 10, "2026-06-29T20:13": 20}
    releases = [event for event in events if event["subject"]["kind"] == "list_release"]
    assert [(e["known_at"][:16], e["measures"]["CN.back_fill"]) for e in releases] == [
        ("2026-06-29T16:58", 61.0),
        ("2026-06-29T20:13", 7.0),
        ("2026-06-30T04:40", 115.0),
    ]
    assert len(releases[-1]["evidence"]) == 51, "the count and a table of the first 50"


def test_every_new_key_is_accounted_for(versions: list[Path]) -> None:
    """Of the 244 keys that are new 50 are designations; the other 194 are back-fills, or rows under another key."""
    payloads = [given("opensanctions_cn", gzip.decompress(path.read_bytes()), fetched(path)) for path in versions]
    batches = list(steps(registry.source("opensanctions_cn"), payloads, now=NOW))
    keys = [table_keys(path) for path in versions]
    count: Counter[str] = Counter()
    for before, after, batch in zip(keys[:-1], keys[1:], batches[1:], strict=True):
        # "#2" numbers rows that share name and list: no key of the table.
        changes = {c.entry.key.split("#")[0]: c for c in batch if isinstance(c, ListChange) and c.change != "withdrawal"}
        count.update("addition" if changes[key].change == "addition" else "late or renamed" for key in after - before)
    assert count == {"addition": 50, "late or renamed": 194}


def test_genuine_notices_that_add_parties_to_lists(data: Path) -> None:
    """Of 361 documents 45 add parties to a list of the EAR; removals, modifications, corrections and rules on items do not."""
    raw = json.loads((data / "policy/federal_register/deepseek_news_fr_bis_related_361docs.json").read_text(encoding="utf-8"))
    documents = raw if isinstance(raw, list) else raw["results"]
    params = rule_params("list_announcement", Params)
    found = {d["document_number"]: d for d in documents if lists_in(d["title"], d["abstract"], params)}
    assert len(found) == 45
    assert not [d["title"] for d in found.values() if d["title"].startswith(("Removal", "Entity List Removal", "Modification"))]
    # Two that the first version told wrongly (a correction, an earlier rule looked back on), two in the infinitive that it missed.
    assert not {"2022-07643", "2023-03930"} & found.keys()
    assert {"2022-04300", "2022-04819"} <= found.keys()
