"""Writes ``docs/backtests/``: a rule's openings on recorded histories against dated events, and their picture.

    python docs/backtests.py TRANSITS.json [--check]

``TRANSITS.json`` is an answer of PortWatch's daily chokepoint service; needs the ``docs`` extra. ``--check`` writes nothing and fails when
a page is out of date; the gates call it on the July 2026 vintage.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from supplywatch import registry, scoring
from supplywatch.alert import AlertEvent, Transition
from supplywatch.backtest import replayed
from supplywatch.intake.files import Given
from supplywatch.records import TransitCount
from supplywatch.source import Part, Payload

FOLDER = Path(__file__).resolve().parent / "backtests"
RULE, SOURCE = "chokepoint_disruption", "portwatch_chokepoints"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
STYLE = {"svg.hashsalt": "supplywatch", "svg.fonttype": "none", "font.size": 8, "path.simplify": False}
"""Without salt and date the same picture would be other bytes each time."""


def pages(body: bytes) -> dict[str, str]:
    """Return the pages by file name."""
    rule, feed = registry.rule(RULE), registry.source(SOURCE)
    payload = Payload(SOURCE, (Part(body, "transits"),), NOW)
    events, spans = replayed(rule, feed, [Given(payload, timed=False)], now=NOW)
    past = scoring.load_events()
    lines = scoring.report(scoring.score(RULE, events, spans, past), rule.card.false_alert_budget)
    days = [record for record in feed.parse(payload) if isinstance(record, TransitCount)]
    note = "<!-- written by docs/backtests.py; do not edit -->"
    picture = f"![Weekly means of daily transits; openings and their ends; events]({RULE}.svg)"
    legend = "Lines: mean transits a day by week. Red: the alert is open. Grey: the event, by its citation; hatched: counted apart."
    blind = ["## Blind spots", "", *(f"* {spot}" for spot in rule.card.blind_spots)]
    credit = f"Figures: {feed.card.attribution}"
    text = "\n".join([note, "", *lines, "", picture, "", legend, "", *blind, "", credit, ""])
    return {f"{RULE}.md": text, f"{RULE}.svg": _picture(days, events, past)}


def _picture(days: Sequence[TransitCount], events: Sequence[AlertEvent], past: scoring.PastEvents) -> str:
    subjects = dict.fromkeys((day.chokepoint_id, day.chokepoint_name) for day in days)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 2.2 * len(subjects)), layout="constrained")
        for axis, (subject, name) in zip(figure.subplots(len(subjects), 1, sharex=True, squeeze=False)[:, 0], subjects, strict=True):
            own = [day for day in days if day.chokepoint_id == subject]
            weeks = [own[n : n + 7] for n in range(0, len(own) - 6, 7)]
            means = [sum(day.transits_total for day in week) / 7 for week in weeks]
            axis.plot([date.fromisoformat(week[3].observed) for week in weeks], means, linewidth=0.8, color="#1f4e79")
            end = date.fromisoformat(own[-1].observed)
            for event in past.events:
                if event.rule == RULE and subject in event.subjects:
                    hatch = "//" if event.apart else None
                    axis.axvspan(event.first, event.last or end, color="#bbbbbb", alpha=0.35, hatch=hatch, linewidth=0)
            for first, last in _open_spans(events, subject, end):
                axis.axvspan(first, last, ymax=0.06, color="#c00000", linewidth=0)
            axis.set_title(name, loc="left")
            axis.set_ylim(bottom=0)
            axis.set_ylabel("ships a day")
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _open_spans(events: Sequence[AlertEvent], subject: str, end: date) -> list[tuple[date, date]]:
    found: list[tuple[date, date]] = []
    for event in (event for event in events if event.subject.id == subject):
        day = date.fromisoformat(event.observed_at)
        if event.transition is Transition.OPENED:
            found.append((day, end))
        elif event.transition in (Transition.RESOLVED, Transition.RETRACTED):
            found[-1] = (found[-1][0], day)
    return found


def outdated(found: dict[str, str]) -> list[str]:
    """Return the names of the pages that are not as they stand in the folder."""
    return [name for name, text in found.items() if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != text]


def main(arguments: Sequence[str]) -> int:
    """Write or check the pages."""
    found = pages(Path(arguments[0]).read_bytes())
    if "--check" in arguments:
        late = outdated(found)
        print("\n".join(f"docs/backtests/{name}: out of date; run docs/backtests.py" for name in late))
        return 1 if late else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in found.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
