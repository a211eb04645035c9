"""``supplywatch register``: which sites make a watched item, and whether a backup stands ready at home."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from supplywatch.cli.common import JsonFlag, LedgerUrl, event_lines, instant, make_engine, open_ledger, print_json
from supplywatch.runtime.output import print_table, say

app = typer.Typer(help="The supplier register: sites, backups, and how long their verification counts.", no_args_is_help=True)


@app.command("import")
def import_register(
    file: Annotated[Path | None, typer.Argument(help="CSV or NDJSON; without it config/suppliers.yaml.")] = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Take a register file, as a whole or not at all; items it does not name stay as they are. Exit code 1 when rows were refused."""
    from supplywatch.desk.supplier_register import read_register
    from supplywatch.model.items import load_items

    reading = read_register(file, load_items(), datetime.now(UTC))
    events = make_engine(open_ledger(ledger)).judge(reading.records).events if not reading.refused and reading.records else []
    if json:
        items = [record.item for record in reading.records] if not reading.refused else []
        said = [event.model_dump(mode="json") for event in events]
        print_json({"rows": reading.rows, "refused": list(reading.refused), "items": items, "events": said})
    else:
        for line in reading.refused:
            say(f"refused: {line}", err=True)
        for event in events:
            say("\n".join(event_lines(event)))
        taken = (
            "nothing taken" if reading.refused else f"{sum(len(r.sites) for r in reading.records)} sites of {len(reading.records)} items"
        )
        say(f"{reading.rows} rows, {len(reading.refused)} refused: {taken}")
    raise typer.Exit(1 if reading.refused else 0)


@app.command()
def check(
    on: Annotated[str | None, typer.Option("--on", help="Judge as of this instant; default now.")] = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Judge the register as of today: a backup whose verification ran out raises. 'supplywatch connect' does it once a day."""
    from supplywatch.desk.supplier_register import check as judge

    verdict = judge(make_engine(open_ledger(ledger)), instant(on) if on else datetime.now(UTC))
    if json:
        print_json([event.model_dump(mode="json") for event in verdict.events])
        return
    for event in verdict.events:
        say("\n".join(event_lines(event)))
    say(f"{verdict.new + verdict.revision} items judged, {len(verdict.events)} transitions", err=True)


@app.command()
def show(ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Show the register as it stands."""
    from supplywatch.desk.supplier_register import latest

    records = latest(open_ledger(ledger, upgrade=False))
    if json:
        print_json([record.model_dump(mode="json") for record in records])
        return
    columns = ("item", "site", "operator", "country", "role", "verified on", "valid until", "evidence")
    rows = ((r.item, s.name, s.operator, s.country, s.role, s.verified_on, s.valid_until, s.evidence) for r in records for s in r.sites)
    print_table(columns, rows)
