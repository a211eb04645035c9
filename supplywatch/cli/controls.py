"""``supplywatch controls``: what is controlled, by whom, since when, and what comes next.

Exit codes: 0 something was found, 1 nothing fits, 2 the question cannot be answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplywatch.cli.common import JsonFlag, LedgerUrl, event_lines, instant, make_engine, open_ledger, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import print_table, say

if TYPE_CHECKING:
    from supplywatch.model.control import ControlMeasure

app = typer.Typer(help="Export controls clause by clause: standing on a day, products, calendar.", no_args_is_help=True)
Day = Annotated[str | None, typer.Option("--as-of", metavar="DAY", help="As it stood on this day, e.g. 2025-11-07; today else.")]
MeasureId = Annotated[str, typer.Argument(help="Id of a measure, see 'controls list'.")]


@app.command("list")
def list_measures(
    as_of: Day = None,
    against: Annotated[str | None, typer.Option(help="Only what is meant against this economy, three letters, e.g. CHN.")] = None,
    item: Annotated[str | None, typer.Option(help="Only what touches this watched item or HS code.")] = None,
    json: JsonFlag = False,
) -> None:
    """List the clauses that were announced by a day: standing, controller, instrument."""
    from supplywatch.model.control import load_measures

    day, wanted = as_day(as_of), None if item is None else codes_of(item)
    found = [
        measure
        for measure in load_measures()
        if measure.standing(day) is not None
        and (against is None or measure.reaches(against.upper()))
        and (wanted is None or wanted & measure.hs6)
    ]
    if json:
        print_json([_plain(measure, day) for measure in found])
    else:
        columns = ("standing", "controller", "effective", "measure", "what", "instrument")
        print_table(columns, ((_told(m, day), m.controller, m.effective, m.id, m.en, m.instrument) for m in found))
    _end(found, f"no control that fits was announced by {day}")


@app.command()
def show(measure: MeasureId, as_of: Day = None, json: JsonFlag = False) -> None:
    """Show one clause: history, target, codes with what they are worth, and what it modifies."""
    from supplywatch.model.control import load_measures, modified, narrow

    every, day = load_measures(), as_day(as_of)
    found = next((one for one in every if one.id == measure), None)
    if found is None:
        raise BadRequest(f"no measure {measure!r}; 'supplywatch controls list' names them")
    if json:
        print_json(_plain(found, day) | {"hs6_wider_than_the_control": sorted(narrow(every) & found.hs6)})
        return
    say(f"{found.id}  {_told(found, day)} on {day}\n  what     {found.en} / {found.zh}")
    say(f"  by       {found.controller}, {found.authority}: {found.instrument}{f', {found.clause}' if found.clause else ''}")
    say(f"  against  {_against(found)}")
    for step in found.history:
        say(f"  since    {step.start}  {step.status}{f' until {step.until}' if step.until else ''}")
    for group in found.products:
        say(f"  {group.system:<8} {group.role}, {group.breadth.replace('_', ' ')}: {', '.join(group.codes)}")
    if wider := sorted(narrow(every) & found.hs6):
        say(f"  wider    trade under {', '.join(wider)} is more than what is controlled: alone it can raise no more than watch")
    for label, text in (("text", found.scope_text), ("note", found.note), ("source", found.source)):
        if text:
            say(f"  {label:<8} {text}")
    for other in modified(found, every):
        say(f"  modifies {other.id}")


@app.command()
def calendar(
    as_of: Day = None,
    days: Annotated[int, typer.Option(min=1, help="How far to look ahead.")] = 400,
    json: JsonFlag = False,
) -> None:
    """List what comes: clauses that take effect, suspensions that end, 90 and 30 days before."""
    from supplywatch.model.control import load_measures

    day = as_day(as_of)
    together: dict[tuple[date, str, str], list[str]] = defaultdict(list)
    for measure in load_measures():
        for at, what in _coming(measure, day):
            if at <= day + timedelta(days=days):
                together[at, what, measure.controller].append(measure.id)
    rows = [(*key, together[key]) for key in sorted(together)]
    if json:
        print_json([dict(zip(("day", "what", "controller", "measures"), row, strict=True)) for row in rows])
    else:
        print_table(("day", "what", "controller", "measures"), ((*key, ", ".join(ids)) for *key, ids in rows))
    _end(rows, f"nothing is announced for the {days} days after {day}")


@app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="DAY", help="A day.")],
    second: Annotated[str, typer.Argument(metavar="DAY", help="A later day.")],
    json: JsonFlag = False,
) -> None:
    """List the clauses whose standing differs between two days."""
    from supplywatch.model.control import load_measures

    one, two = as_day(first), as_day(second)
    found = [(m.id, m.standing(one), m.standing(two), m.en) for m in load_measures() if m.standing(one) != m.standing(two)]
    if json:
        print_json([dict(zip(("measure", str(one), str(two), "en"), row, strict=True)) for row in found])
    else:
        print_table(("measure", str(one), str(two), "of"), ((i, a or "not announced", b or "not announced", en) for i, a, b, en in found))
    _end(found, f"every clause stands on {two} as on {one}")


@app.command()
def check(
    on: Annotated[str | None, typer.Option("--on", help="Judge as of this instant; default now.")] = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Judge every clause as of today for every economy that buys: what took effect, was suspended or runs out. 'connect' does it daily."""
    from supplywatch.desk.typed_measures import check as judge

    verdict = judge(make_engine(open_ledger(ledger)), instant(on) if on else datetime.now(UTC))
    if json:
        print_json([event.model_dump(mode="json") for event in verdict.events])
        return
    for event in verdict.events:
        say("\n".join(event_lines(event)))
    say(f"{verdict.new + verdict.revision} standings judged, {len(verdict.events)} transitions", err=True)


def _coming(measure: ControlMeasure, day: date) -> Iterator[tuple[date, str]]:
    from supplywatch.model.limits import judging

    if measure.standing(day) == "scheduled" and measure.effective > day:
        yield measure.effective, "takes effect"
    if (ends := measure.resumes(day)) is not None:
        yield ends, "suspension has ended: in force again unless a new notice says otherwise"
        notice = judging().suspension_notice_days
        warned = [(ends - timedelta(days=before), f"suspension ends in {before} days") for before in notice]
        yield from (row for row in warned if row[0] > day)


def _told(measure: ControlMeasure, day: date) -> str:
    standing = str(measure.standing(day)).replace("_", " ")
    if (resumes := measure.resumes(day)) is not None:
        return f"{standing}, in force again {resumes}"
    last = measure.step(day)
    # Nobody announces that a suspension was not prolonged: whoever types the notices may be behind.
    if last is not None and last.status == "suspended" and standing != "suspended":
        return f"{standing}: suspension ran out {last.until}, no newer notice typed"
    return standing


def _against(measure: ControlMeasure) -> str:
    target = measure.target
    named = ", ".join((*target.economies, *target.parties))
    simpler = f"; a simpler licence for {target.general_licence_count} economies" if target.general_licence_count else ""
    return f"{target.scope.replace('_', ' ')}{f': {named}' if named else ''}{f'; for {target.end_use}' if target.end_use else ''}{simpler}"


def _plain(measure: ControlMeasure, day: date) -> dict[str, Any]:
    derived = {"as_of": day, "standing": measure.standing(day), "resumes": measure.resumes(day)}
    return measure.model_dump(mode="json", by_alias=True) | derived


def codes_of(item: str) -> frozenset[str]:
    """Return the HS subheadings that a word means: an HS code, a watched item, a number of a control list, or a material.

    Numbers and materials are those of the typed clauses: their lines are the lines of the clauses that name them.

    Raises
    ------
    BadRequest
        It is none of these; the nearest that are known are named.
    """
    from difflib import get_close_matches

    from supplywatch import registry
    from supplywatch.model.control import load_measures

    if item.isascii() and item.isdigit() and len(item) >= 6:
        return frozenset({item[:6]})
    known = {one.id: frozenset((*one.hs, *one.related_hs)) for one in registry.items().items}
    for measure in load_measures():
        numbers = (code for group in measure.products if not group.hs6 for code in group.codes)
        for name in (*measure.materials, *numbers):
            known[name] = known.get(name, frozenset()) | measure.hs6
    folded = {name.casefold(): name for name in known}
    if (found := folded.get(item.casefold())) is None:
        near = [folded[one] for one in get_close_matches(item.casefold(), folded, n=3)]
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise BadRequest(f"{item}: is no HS code of six digits, item, material or control number that is known{hint}")
    return known[found]


def as_day(text: str | None) -> date:
    """Read a day; today in UTC when none is given."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{text!r} is no day: write 2025-11-07") from error


def _end(found: object, nothing: str) -> None:
    if not found:
        say(nothing, err=True)
        raise typer.Exit(1)
