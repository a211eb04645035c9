"""``supplywatch codes``: which codes of another year hold the goods of a code."""

from __future__ import annotations

from typing import Annotated

import typer

from supplywatch.cli.common import JsonFlag, LedgerUrl, open_ledger, print_json
from supplywatch.runtime.output import say

Code = Annotated[str, typer.Argument(help="A code of the Combined Nomenclature, eight digits.")]
First = Annotated[int, typer.Option("--from", help="The year the code is of.")]
Last = Annotated[int, typer.Option("--to", help="The year whose codes are wanted; earlier or later.")]


def codes(code: Code, first: First, last: Last, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Follow a code of goods over the years by Eurostat's concordance; exit code 2 when that is not in the ledger."""
    from supplywatch.errors import BadRequest
    from supplywatch.ledger.book import observations
    from supplywatch.model.codes import CodeChange, Concordance

    digits = code.replace(" ", "")
    if len(digits) != len("85423190") or not digits.isdigit():
        raise BadRequest(f"{code!r} is no code of the Combined Nomenclature: give eight digits, such as 85423190")
    with open_ledger(ledger, upgrade=False).read() as connection:
        known = Concordance.of(map(CodeChange.model_validate_json, observations(connection, series="codes/CN/")))
    if known.years is None:
        raise BadRequest(
            "the ledger holds no concordance: download Eurostat's workbook, then 'supplywatch pull eu_cn_concordance --from FILE'"
        )
    if not known.years[0] <= min(first, last) <= max(first, last) <= known.years[1]:
        raise BadRequest(f"the concordance reaches from {known.years[0]} to {known.years[1]}; give --from and --to within")
    found = known.chained(digits, first, last)
    if json:
        print_json({"code": digits, "from": first, "to": last, "codes": list(found)})
    else:
        say("\n".join(found))
