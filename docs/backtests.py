"""Writes ``docs/backtests/``: what each rule opened on recorded histories, against dated events, with a picture.

    python docs/backtests.py ../shared/data [--check]

The folder holds the genuine payloads, which are not ours to publish (``tests/genuine.py`` reads them); needs the ``docs`` extra.
``--check`` writes nothing and fails when a page is out of date; a gate calls it.
"""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from supplywatch import registry
from supplywatch.intake.files import Given
from supplywatch.model.alert import AlertEvent, Transition
from supplywatch.model.periods import period_end, period_start
from supplywatch.model.records import Record, TransitCount
from supplywatch.model.source import Payload
from supplywatch.rulebook import scoring
from supplywatch.rulebook.backtest import replayed

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / "backtests"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
STYLE = {"svg.hashsalt": "supplywatch", "svg.fonttype": "none", "font.size": 8, "path.simplify": False}
"""Without salt and date the same picture would be other bytes each time."""
ROW_INCHES, NAME_CHARACTERS = 0.2, 40
Histories = Mapping[str, scoring.History]
Draw = Callable[[str, Sequence[Record], Sequence[AlertEvent], Histories, scoring.PastEvents], Figure]

STRUCTURE = (
    "An opening without a dated event is not thereby false: the rule finds how an import is made up, and no list of such findings "
    "exists to hold it against. The rate says what an operator would have had to read."
)
ACTS = (
    "The events are acts against a supplier, chosen by what they are and not by what the rule says of them (decision 16). The histories "
    "had been seen by those who chose."
)
KNOWN = (
    "Known after: counted to the earliest day the calendar of the publisher allows, here 121 days after the year. Real releases come "
    "later; with `--from FILE@TIME` the report counts to that time instead."
)
IMPORTS = (
    "Histories: China's imports of 51 HS6 codes by partner, 2001 to 2024 (value only), and of nickel ore, 2000 to 2024 (value and "
    "weight); the European Union's imports from outside, headings 4401 to 4421, 2018 to 2022, added up from its members' figures."
)
MINERALS = "Histories: mine and refined output of cobalt, copper and nickel by country, 1971 to 2023."
NULL = (
    "With the years of each line in another order, where no trend is left but by chance, the rule opens 7 times on the Chinese lines (mean "
    "of four orders), in the true order 46 times: about one opening in six is one that chance would give."
)
BARS = (
    "Red: the alert is open. Grey: the event, by its citation. Series in which it never opened are left out; a bar ends with the figures."
)


@dataclass(frozen=True)
class Page:
    """One page: a rule on the recorded payload of a source."""

    rule: str
    source: str
    draw: Draw
    alt: str
    legend: str
    notes: tuple[str, ...] = ()


def bars(rule: str, _records: Sequence[Record], events: Sequence[AlertEvent], histories: Histories, past: scoring.PastEvents) -> Figure:
    """Draw one row for each series in which the rule opened, over the years."""
    opened = {event.subject.id for event in events if event.transition is Transition.OPENED}
    rows = [(key, _label(key, own.name), _end(own)) for key, own in sorted(histories.items()) if key in opened or past.of(rule, key)]
    end = max((_end(own) for own in histories.values()), default=NOW.date())
    figure = Figure(figsize=(10, 0.8 + ROW_INCHES * max(len(rows), 1)), layout="constrained")
    axis = figure.subplots()
    for n, (subject, _, last_day) in enumerate(rows):
        for event in past.of(rule, subject):
            axis.barh(n, (event.last or end) - event.first, left=event.first, height=0.95, color="#bbbbbb", linewidth=0)
        for first, last in _open_spans(events, subject, last_day):
            axis.barh(n, last - first, left=first, height=0.5, color="#c00000", linewidth=0)
    axis.set_yticks(range(len(rows)), [label for _, label, _ in rows])
    axis.set_xlim(min((period_start(min(own.recorded)).date() for own in histories.values()), default=end), end)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.xaxis.axis_date()
    axis.grid(axis="x", linewidth=0.3)
    return figure


def _end(history: scoring.History) -> date:
    return period_end(max(history.recorded)).date()


def _label(subject: str, name: str) -> str:
    """Return whose a series is, its code and the first words of what it is of."""
    reporter, _, rest = name.partition(": ")
    words, code = rest.partition(" (HS")[0], subject.rpartition("/")[2]
    return f"{reporter}, {code}  {words if len(words) <= NAME_CHARACTERS else words[:NAME_CHARACTERS] + ' …'}"


def weekly(rule: str, records: Sequence[Record], events: Sequence[AlertEvent], _histories: Histories, past: scoring.PastEvents) -> Figure:
    """Draw the weekly means of each chokepoint with its alerts and events."""
    days = [record for record in records if isinstance(record, TransitCount)]
    subjects = dict.fromkeys((day.chokepoint_id, day.chokepoint_name) for day in days)
    figure = Figure(figsize=(10, 2.2 * len(subjects)), layout="constrained")
    for axis, (subject, name) in zip(figure.subplots(len(subjects), 1, sharex=True, squeeze=False)[:, 0], subjects, strict=True):
        own = [day for day in days if day.chokepoint_id == subject]
        weeks = [own[n : n + 7] for n in range(0, len(own) - 6, 7)]
        means = [sum(day.transits_total for day in week) / 7 for week in weeks]
        axis.plot([date.fromisoformat(week[3].observed) for week in weeks], means, linewidth=0.8, color="#1f4e79")
        end = date.fromisoformat(own[-1].observed)
        for event in past.of(rule, subject):
            axis.axvspan(event.first, event.last or end, color="#bbbbbb", alpha=0.35, hatch="//" if event.apart else None, linewidth=0)
        for first, last in _open_spans(events, subject, end):
            axis.axvspan(first, last, ymax=0.06, color="#c00000", linewidth=0)
        axis.set_title(name, loc="left")
        axis.set_ylim(bottom=0)
        axis.set_ylabel("ships a day")
    return figure


def _open_spans(events: Sequence[AlertEvent], subject: str, end: date) -> list[tuple[date, date]]:
    found: list[tuple[date, date]] = []
    for event in (event for event in events if event.subject.id == subject):
        day = period_start(event.observed_at).date()
        if event.transition is Transition.OPENED:
            found.append((day, end))
        elif event.transition in (Transition.RESOLVED, Transition.RETRACTED):
            found[-1] = (found[-1][0], day)
    return found


PAGES = (
    Page(
        "chokepoint_disruption",
        "portwatch_chokepoints",
        weekly,
        "Weekly means of daily transits; openings and their ends; events",
        "Lines: mean transits a day by week. Red: the alert is open. Grey: the event, by its citation; hatched: counted apart.",
    ),
    *(
        Page(rule, "comtrade", bars, "Series by year: when an alert was open; events", BARS, (IMPORTS, STRUCTURE, *notes))
        for rule, notes in (
            ("partner_shift", (ACTS, KNOWN)),
            ("supplier_concentration", (ACTS, KNOWN)),
            ("rising_share", (NULL,)),
            ("single_point", (ACTS, KNOWN)),
        )
    ),
    *(
        Page(rule, "bgs_minerals", bars, "Items by year: when an alert was open", BARS, (MINERALS, STRUCTURE))
        for rule in ("import_dependence", "rising_dependence")
    ),
)


WITHOUT = {
    "port_disruption": "no genuine rows of ports are at hand",
    "pressure_index": "context: it never opens an alert",
}
REPORTS = "reports acts of publishers: there is no truth beside them to hold it against; gates count what it says of recorded lists"


def _row(scored: scoring.Score, budget: float | None) -> str:
    kinds = [one.transition for one in scored.outcomes]
    hits = f"{kinds.count(Transition.OPENED)} of {len(kinds)}" if kinds else "none dated"
    return f"{hits} | {scored.false_per_series_year:.2f} | {budget} | {scored.worsened_per_series_year:.2f} | {scored.raised_share:.0%}"


def index(rates: Mapping[str, str]) -> str:
    """Return the page that leads to the others, and says which rules have none and why."""
    lines = ["<!-- written by docs/backtests.py; do not edit -->", "", "# What the rules did on recorded histories", ""]
    lines += ["Rates are per series-year that was judged and no event's; raised is how much of all judged periods an alert covers.", ""]
    lines += ["| rule | opened in events | openings without an event | budget | worsenings without an event | periods raised |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
    lines += [f"| [{rule_id}]({rule_id}.md) | {said} |" for rule_id, said in sorted(rates.items())]
    lines += ["", "Without a page:", ""]
    lines += [f"* {rule_id}: {WITHOUT.get(rule_id, REPORTS)}" for rule_id in sorted(registry.rules()) if rule_id not in rates]
    return "\n".join([*lines, ""])


def pages(payloads: Mapping[str, Payload]) -> dict[str, str]:
    """Return the pages and pictures by file name; payloads by source."""
    found: dict[str, str] = {}
    rates: dict[str, str] = {}
    past = scoring.load_events()
    for page in PAGES:
        rule, feed, payload = registry.rule(page.rule), registry.source(page.source), payloads[page.source]
        events, histories = replayed(rule, feed, [Given(payload, timed=False)], now=NOW)
        scored = scoring.score(page.rule, events, histories, past)
        lines = scoring.report(scored, rule.card.false_alert_budget)
        rates[page.rule] = _row(scored, rule.card.false_alert_budget)
        blind = ["## Blind spots", "", *(f"* {spot}" for spot in rule.card.blind_spots)]
        notes = [line for note in page.notes for line in (note, "")]
        picture = [f"![{page.alt}]({page.rule}.svg)", "", page.legend, ""]
        head = ["<!-- written by docs/backtests.py; do not edit -->", "", lines[0], "", *notes, *lines[2:], ""]
        found[f"{page.rule}.md"] = "\n".join([*head, *picture, *blind, "", f"Figures: {feed.card.attribution}", ""])
        records = [record for record in feed.parse(payload) if isinstance(record, Record)] if page.draw is weekly else []
        with mpl.rc_context(STYLE):
            out = io.StringIO()
            page.draw(page.rule, records, events, histories, past).savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        found[f"{page.rule}.svg"] = out.getvalue()
    return {"README.md": index(rates), **found}


def outdated(found: Mapping[str, str]) -> list[str]:
    """Return the names of the pages that are not as they stand in the folder."""
    return [name for name, text in found.items() if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != text]


def main(arguments: Sequence[str]) -> int:
    """Write or check the pages."""
    sys.path.insert(0, str(ROOT.parent))
    genuine = importlib.import_module("tests.genuine")
    found = pages(genuine.histories(Path(arguments[0]), NOW))
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
