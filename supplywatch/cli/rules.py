"""``supplywatch rules``: what the product judges, with which parameters, and where it is blind."""

from __future__ import annotations

import json as jsonlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplywatch.cli.common import JsonFlag, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import print_table, say

if TYPE_CHECKING:
    from pydantic import BaseModel

    from supplywatch.intake.files import Given
    from supplywatch.model.alert import AlertEvent
    from supplywatch.model.rule import Rule
    from supplywatch.model.source import Source

app = typer.Typer(help="The rules: cards, parameters with their sources, blind spots.", no_args_is_help=True)


def _parameters(rule_id: str) -> dict[str, Any]:
    from supplywatch.config import read_yaml

    found: dict[str, Any] = read_yaml("thresholds.yaml").get(rule_id, {})
    return found


@app.command("list")
def list_rules(json: JsonFlag = False) -> None:
    """List the rules."""
    from dataclasses import asdict

    from supplywatch import registry

    cards = [rule.card for rule in registry.rules().values()]
    if json:
        print_json([asdict(card) for card in cards])
        return
    print_table(
        ("rule", "version", "taxonomy", "budget", "what it detects"),
        ((c.rule_id, c.version, " ".join(c.taxonomy), c.false_alert_budget, c.title) for c in cards),
    )


@app.command("test")
def run_cases(rule: Annotated[str | None, typer.Argument(help="Rule id; all without one.")] = None, json: JsonFlag = False) -> None:
    """Run the cases of the rules, firing and silent ones; exit code 1 when one comes out otherwise than it says."""
    from supplywatch import registry
    from supplywatch.rulebook.cases import run
    from supplywatch.rulebook.pieces import missing_of_rule

    chosen = [registry.rule(rule)] if rule is not None else list(registry.rules().values())
    missing = [sentence for one in chosen for sentence in missing_of_rule(one)]
    for sentence in missing:
        say(sentence, err=True)
    if any("thresholds" in sentence for sentence in missing):
        raise typer.Exit(1)  # nothing can be judged without
    outcomes = [outcome for one in chosen for outcome in run(one)]
    if json:
        said = [(o.case, o.problem) for o in outcomes]
        print_json([{"rule": c.rule_id, "case": c.name, "figures": c.figures, "fires": c.fires, "problem": p} for c, p in said])
    else:
        rows = ((o.case.rule_id, "fires" if o.case.fires else "silent", o.problem or "ok", o.case.name, o.case.figures) for o in outcomes)
        print_table(("rule", "must be", "came out", "case", "figures"), rows)
    raise typer.Exit(int(bool(missing) or any(outcome.problem for outcome in outcomes)))


@app.command()
def new(
    rule: Annotated[str, typer.Argument(help="Id of the new rule, such as vessel_queues.")],
    folder: Annotated[str, typer.Option("--in", help="Folder of detectors/: which danger it is about.")] = "shocks",
) -> None:
    """Write the skeleton of a rule into the checkout: rule, cases, thresholds, runbook. It runs as it is; then make it say something."""
    from supplywatch.rulebook.pieces import new_rule

    for path in new_rule(rule, folder):
        say(f"written: {path}")
    say(f"then: supplywatch rules test {rule} && supplywatch rules lock && python docs/generate.py", err=True)


@app.command()
def show(rule: Annotated[str, typer.Argument(help="Rule id.")], json: JsonFlag = False) -> None:
    """Show one rule: card, parameters with their sources, blind spots."""
    from dataclasses import asdict

    from supplywatch import registry

    card = registry.rule(rule).card
    parameters = _parameters(rule)
    if json:
        print_json(asdict(card) | {"parameters": parameters})
        return
    say(f"{card.rule_id} {card.version}: {card.title} ({card.title_zh})")
    say(f"taxonomy: {' '.join(card.taxonomy)}\nreference: {card.reference}\nrunbook: docs/runbooks/{card.runbook}")
    budget = (
        "reports acts of a publisher" if card.false_alert_budget is None else f"{card.false_alert_budget} false episodes per series-year"
    )
    say(f"budget: {budget}")
    for spot in card.blind_spots:
        say(f"blind: {spot}")
    print_table(("parameter", "value", "source"), ((name, entry["value"], entry["source"]) for name, entry in parameters.items()))


def coverage(json: JsonFlag = False) -> None:
    """Show which items and risk sources of the taxonomy are watched, by which feeds and rules; which are not, and why."""
    from supplywatch.rulebook import coverage as found

    rows = list(found.coverage())
    if json:
        print_json([{"node": r.node.id, "name": r.node.en, "feeds": r.feeds, "rules": r.rules, "gap": r.gap} for r in rows])
        return
    cells = ((r.node.id, r.node.en, " ".join(r.feeds), " ".join(r.rules), r.gap) for r in rows)
    print_table(("node", "what", "feeds", "rules", "not watched"), cells)
    watched = sum(not r.gap for r in rows)
    say(f"{watched} of {len(rows)} watched", err=True)


@app.command()
def lock(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 when a rule is not as the lock says.")] = False,
    json: JsonFlag = False,
) -> None:
    """Write version and content hash of every rule to config/rules.lock; refuses a changed rule without a new version."""
    from supplywatch.rulebook import lock as rulelock

    path, found = rulelock.lock_file(), rulelock.current()
    locked = jsonlib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    said = rulelock.complaints(locked, found)
    unversioned = [line for line in said if "without a new version" in line]
    if not check and not unversioned:
        path.write_text(jsonlib.dumps(found, indent=1) + "\n", encoding="utf-8")
    refused = said if check else unversioned
    if json:
        print_json(found | {"complaints": refused})
    else:
        for line in refused:
            say(line, err=True)
        say(f"{len(found['rules'])} rules, " + (f"{len(refused)} not as locked" if refused else "all as locked"))
    raise typer.Exit(1 if refused else 0)


@app.command()
def diff(
    rule: Annotated[str, typer.Argument(help="Rule id.")],
    changes: Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="A parameter to change; may be repeated.")],
    source: Annotated[str, typer.Option("--source", help="The source whose payloads are given.")],
    from_files: Annotated[list[str], typer.Option("--from", metavar="FILE[@TIME]", help="Recorded payload; may be repeated.")],
    json: JsonFlag = False,
) -> None:
    """Show which openings of a recorded history changed thresholds would add (+) or remove (-); exit code 1 when any."""
    from supplywatch import registry
    from supplywatch.config import rule_params
    from supplywatch.intake.files import read_file

    found, feed = registry.rule(rule), registry.source(source)
    before = rule_params(rule, found.params)
    given = [read_file(spec, feed.card, now=datetime.now(UTC)) for spec in from_files]
    old, new = (_openings(found, feed, given, params) for params in (before, _changed(before, changes)))
    gone, added = [old[key] for key in old.keys() - new.keys()], [new[key] for key in new.keys() - old.keys()]
    lines = sorted([("-", e) for e in gone] + [("+", e) for e in added], key=lambda pair: (pair[1].observed_at, pair[1].subject.id))
    if json:
        print_json([{"change": sign, **event.model_dump(mode="json")} for sign, event in lines])
    else:
        for sign, event in lines:
            say(f"{sign} {event.observed_at:<10}  {event.severity.value:<8}  {event.headline.en}")
        say(f"{len(old)} openings before, {len(new)} after: {len(gone)} gone, {len(added)} new", err=True)
    raise typer.Exit(1 if lines else 0)


@app.command()
def backtest(
    rule: Annotated[str, typer.Argument(help="Rule id.")],
    source: Annotated[str, typer.Option("--source", help="The source whose payloads are given.")],
    from_files: Annotated[list[str], typer.Option("--from", metavar="FILE[@TIME]", help="Recorded payload; may be repeated.")],
    json: JsonFlag = False,
) -> None:
    """Hold a rule's openings on a recorded history against dated events: hits with their delays, misses, false ones a series-year."""
    from dataclasses import asdict

    from supplywatch import registry
    from supplywatch.intake.files import read_file
    from supplywatch.rulebook import scoring
    from supplywatch.rulebook.backtest import replayed

    found, feed, now = registry.rule(rule), registry.source(source), datetime.now(UTC)
    given = [read_file(spec, feed.card, now=now) for spec in from_files]
    events, histories = replayed(found, feed, given, now=now)
    result = scoring.score(rule, events, histories, scoring.load_events())
    if json:
        rates = {"false_per_series_year": result.false_per_series_year, "worsened_per_series_year": result.worsened_per_series_year}
        print_json(asdict(result) | rates)
        return
    for line in scoring.report(result, found.card.false_alert_budget):
        say(line)


def _changed(params: BaseModel, changes: list[str]) -> BaseModel:
    values = params.model_dump()
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals or name not in values:
            raise BadRequest(f"--set {change!r}: write NAME=VALUE with one of {', '.join(values)}")
        values[name] = text
    try:
        return type(params).model_validate(values)
    except ValueError as error:
        raise BadRequest(f"--set: {str(error).splitlines()[2].strip()} for {str(error).splitlines()[1].strip()}") from error


def _openings(rule: Rule[Any], source: Source, given: list[Given], params: BaseModel) -> dict[tuple[str, str], AlertEvent]:
    from supplywatch.rulebook.backtest import replayed

    events, _ = replayed(rule, source, given, now=datetime.now(UTC), params=params)
    return {(event.subject.id, event.observed_at): event for event in events if event.transition.value == "opened"}
