"""``supplywatch screen calibrate``: how many of one's own ordinary names the tiers would raise, and where they would have to begin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplywatch.cli.common import JsonFlag, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import print_table, say

_FEW = 1_000
_TOLD = 10


def calibrate(
    lists: Annotated[Path, typer.Argument(help="Table of parties: id, kind, country, list, name.")],
    names: Annotated[Path, typer.Argument(help="Table of ordinary names that are on no list: id, name.")],
    json: JsonFlag = False,
) -> None:
    """Screen names that are on no list, and say how many alerts of 1,000 each tier raises and where it keeps its budget."""
    from supplywatch.model.name_match import REVIEW, STRONG
    from supplywatch.screening.calibrating import REVIEW_BUDGET, STRONG_BUDGET, lines, per_1000
    from supplywatch.screening.index import Index
    from supplywatch.screening.matcher import Matcher
    from supplywatch.screening.tables import read_lists, read_queries

    matcher = Matcher(Index.build(read_lists(lists)))
    found = [(query.names[0].text, matcher.screen(query, limit=1, min_score=0.0)) for query in read_queries(names)]
    if not found:
        raise BadRequest(f"{names}: holds no name; write an id and a name a line, separated by a tab")
    best = [matches[0].score if matches else 0.0 for _, matches in found]
    kept = lines(best)
    rows = [
        ("strong", STRONG, per_1000(best, STRONG), STRONG_BUDGET, kept.strong),
        ("review", REVIEW, per_1000(best, REVIEW), REVIEW_BUDGET, kept.review),
    ]
    highest = sorted(((matches[0].score, text, matches[0].name) for text, matches in found if matches), reverse=True)[:_TOLD]
    if json:
        keys = ("tier", "line", "false_per_1000", "budget_per_1000", "line_that_keeps_it")
        print_json({"names": kept.names, "tiers": [dict(zip(keys, row, strict=True)) for row in rows], "highest": highest})
        return
    print_table(("tier", "begins at", "false of 1,000", "budget", "would keep it"), [tuple(map(str, row)) for row in rows])
    say("the highest of them (take out those that are the listed party after all, and run again):")
    print_table(("score", "asked", "listed"), [(f"{score:.2f}", text, listed) for score, text, listed in highest])
    if kept.names < _FEW:
        say(f"{kept.names} names are few: the lines of so small a sample move by chance; give {_FEW} or more", err=True)
