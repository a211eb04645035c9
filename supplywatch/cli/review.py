"""``supplywatch screen decide|why|decisions``: what a reviewer sees of a match, and says of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from supplywatch.cli.common import AlertId, By, JsonFlag, LedgerUrl, Reason, event_lines, make_engine, open_ledger, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import print_table, say

TrueMatch = Annotated[bool, typer.Option("--true-match", help="The counterparty is meant: the alert warns.")]
FalsePositive = Annotated[bool, typer.Option("--false-positive", help="It is not meant: the alert ends, for exactly these two texts.")]


def decide(
    alert: AlertId,
    by: By,
    reason: Reason,
    true_match: TrueMatch = False,
    false_positive: FalsePositive = False,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Decide whether a counterparty is meant; it holds for exactly the two texts that agreed, wherever they stand."""
    from supplywatch.desk.match_review import RULE
    from supplywatch.desk.match_review import decide as write
    from supplywatch.ledger.queries import alert_id_of

    if true_match == false_positive:
        raise BadRequest("say either --true-match or --false-positive")
    book = open_ledger(ledger, upgrade=False)
    verdict: Literal["true_match", "false_positive"] = "true_match" if true_match else "false_positive"
    now = datetime.now(UTC)
    events = write(make_engine(book, [RULE]), alert_id_of(book, alert), verdict, by=by, reason=reason, now=now)
    if json:
        print_json([event.model_dump(mode="json") for event in events])
        return
    for event in events:
        say("\n".join(event_lines(event)))
    say(f"noted as {verdict} by {by}; {len(events)} transition{'s' * (len(events) != 1)}", err=True)


def why(alert: AlertId, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Show the comparison behind an alert in full, and its score computed again from what was stored."""
    from supplywatch.desk.match_review import match_of
    from supplywatch.ledger.queries import alert_id_of
    from supplywatch.model.name_match import recompute

    book = open_ledger(ledger, upgrade=False)
    match = match_of(book, alert_id_of(book, alert))
    again = None if match.explanation is None else recompute(asdict(match.explanation))
    if json:
        print_json(match.model_dump(mode="json") | {"recomputed_score": again})
        return
    say(f"{match.tier} {match.score:.4f}  {match.counterparty.name} = {match.listed_name or match.party_name}")
    if match.explanation is not None:
        say(f"forms        {match.explanation.ours!r} and {match.explanation.theirs!r}; score computed again {again:.4f}")
        pairs = ((p.ours, p.theirs, f"{p.weight:.2f}", f"{p.similarity:.2f}") for p in match.explanation.pairs)
        extras = (
            (e.word if e.side == "ours" else "", e.word if e.side == "theirs" else "", f"{e.cost:.2f}", "0.00")
            for e in match.explanation.extras
        )
        print_table(("counterparty", "listed", "weight", "similarity"), [*pairs, *extras])
        for penalty in match.explanation.penalties:
            say(f"penalty      {penalty.reason} × {penalty.factor}")
    for listing in match.listings:
        say(f"listed       {listing.name}, {listing.list_name}, {listing.source} {listing.key}: {listing.citation or 'no citation'}")
    if match.relation is not None:
        say(f"linked       {match.relation}")
    say(f"versions     matcher {match.matcher_version}, lists {match.lists_seq}, watch-list {match.watch_seq}, {match.provenance.vintage}")


def decisions(ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """List every decision that reviewers took, in order."""
    from supplywatch.desk.match_review import decisions as every

    found = every(open_ledger(ledger, upgrade=False))
    if json:
        print_json([decision.model_dump(mode="json") for decision in found])
        return
    rows = ((f"{d.fetched:%Y-%m-%d %H:%M}", d.verdict, d.match.counterparty.name, d.match.listed_name, d.by, d.reason) for d in found)
    print_table(("decided", "verdict", "counterparty", "listed", "by", "reason"), rows)
