"""An alert goes through topic, database and command line unchanged, whatever stands in its texts and figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from streams.relay import cloud_event_headers
from supplywatch.cli import app
from supplywatch.ledger import book
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.queries import history
from supplywatch.model.alert import AlertEvent
from tests.conftest import ROOT

SAMPLE: dict[str, Any] = json.loads((ROOT / "docs/schemas/samples/alert-event.v1.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
# Half a surrogate is no text in any of the three; publishers' files that hold one are refused where they are read.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=80)
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts


@st.composite
def events(draw: st.DrawFn) -> AlertEvent:
    """Draw an opening with odd names, sentences, figures and instants."""
    hexes = st.text("0123456789abcdef", min_size=32, max_size=32)
    changed = {
        "event_id": draw(hexes),
        "alert_id": draw(hexes),
        "transition": "opened",
        "known_at": datetime.fromtimestamp(draw(st.floats(0, 2**31, allow_nan=False)), UTC),
        "subject": SAMPLE["subject"] | {"id": draw(texts), "name": draw(texts)},
        "headline": {"en": draw(texts), "zh": draw(texts)},
        "reason": draw(st.none() | texts),
        "clears_when": draw(st.none() | texts),
        "measures": draw(st.dictionaries(texts, values, max_size=4)),
        "evidence": [one | {"value": draw(values), "position": draw(texts)} for one in SAMPLE["evidence"]],
    }
    return AlertEvent.model_validate(SAMPLE | changed)


@given(event=events())
@settings(max_examples=25, deadline=None)
def test_an_alert_is_the_same_everywhere(tmp_path_factory: Any, event: AlertEvent) -> None:
    path: Path = tmp_path_factory.mktemp("trip") / "ledger.db"
    ledger = Ledger.open(f"sqlite:///{path}")
    with ledger.begin() as connection:
        book.append_events(connection, [event], NOW)
    (row,) = ledger.outbox_pending(10)
    headers = dict(cloud_event_headers(row, "/supplywatch"))
    assert AlertEvent.model_validate_json(row.body.encode()) == event
    assert (headers["ce_id"], headers["ce_subject"]) == (event.event_id.encode(), event.alert_id.encode())
    assert history(ledger, event.alert_id) == [event]
    shown = CliRunner().invoke(app, ["alerts", "show", event.alert_id, "--ledger", f"sqlite:///{path}", "--json"])
    assert shown.exit_code == 0, shown.output
    assert AlertEvent.model_validate(json.loads(shown.stdout)) == event
    ledger.close()
