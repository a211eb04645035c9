"""``supplywatch rules``: what the product judges, with which parameters, and where it is blind."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from supplywatch.cli.common import JsonFlag, print_json, print_table

app = typer.Typer(help="The rules: cards, parameters with their sources, blind spots.", no_args_is_help=True)


def _parameters(rule_id: str) -> dict[str, Any]:
    from supplywatch.config import read_yaml

    found: dict[str, Any] = read_yaml("thresholds.yaml")[rule_id]
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
    typer.echo(f"{card.rule_id} {card.version}: {card.title} ({card.title_zh})")
    typer.echo(f"taxonomy: {' '.join(card.taxonomy)}\nreference: {card.reference}\nrunbook: docs/runbooks/{card.runbook}")
    budget = (
        "reports acts of a publisher" if card.false_alert_budget is None else f"{card.false_alert_budget} false episodes per series-year"
    )
    typer.echo(f"budget: {budget}")
    for spot in card.blind_spots:
        typer.echo(f"blind: {spot}")
    print_table(("parameter", "value", "source"), ((name, entry["value"], entry["source"]) for name, entry in parameters.items()))
