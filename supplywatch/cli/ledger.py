"""``supplywatch ledger``: the database behind the history."""

from __future__ import annotations

import typer

from supplywatch.cli.common import JsonFlag, LedgerUrl, make_engine, open_ledger, print_json

app = typer.Typer(help="Upgrade the ledger's schema; rebuild its projections from the book.", no_args_is_help=True)


@app.command()
def upgrade(ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Bring the schema to the version this release works with."""
    open_ledger(ledger, upgrade=True)
    if json:
        print_json({"schema": "up to date"})
    else:
        typer.echo("the ledger's schema is up to date")


@app.command()
def rebuild(ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Derive rule states and alerts again from observations and events; exit code 1 when they differ from what stood there."""
    from supplywatch.judging.rebuild import rebuild as rebuild_projections

    result = rebuild_projections(make_engine(open_ledger(ledger, upgrade=False)))
    if json:
        print_json({"rows": result.rows, "before": result.before, "after": result.after, "identical": result.identical})
    else:
        for name, rows in result.rows.items():
            same = "identical" if result.before[name] == result.after[name] else "CHANGED"
            typer.echo(f"{name}: {rows} rows, {same} (sha256 {result.after[name][:16]})")
    raise typer.Exit(0 if result.identical else 1)
