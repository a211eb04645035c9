"""``supplywatch ledger``: the database behind the history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from supplywatch.cli.common import JsonFlag, LedgerUrl, make_engine, open_ledger, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import print_table, say

if TYPE_CHECKING:
    from supplywatch.intake.disk import DiskReport
    from supplywatch.intake.retention import Plan

app = typer.Typer(
    help="Upgrade the ledger's schema; rebuild its projections from the book; see how large it is; let old payloads go.",
    no_args_is_help=True,
)


@app.command()
def upgrade(ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Bring the schema to the version this release works with."""
    open_ledger(ledger, upgrade=True)
    if json:
        print_json({"schema": "up to date"})
    else:
        say("the ledger's schema is up to date")


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
            say(f"{name}: {rows} rows, {same} (sha256 {result.after[name][:16]})")
    raise typer.Exit(0 if result.identical else 1)


@app.command()
def size(ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Show what tables and archive take, what they grow a day, and the days their disks have left."""
    from dataclasses import asdict

    from supplywatch.intake.assemble import make_archive
    from supplywatch.intake.disk import measure
    from supplywatch.settings import load_settings

    report = measure(open_ledger(ledger, upgrade=False), make_archive(load_settings()), datetime.now(UTC))
    if json:
        print_json(asdict(report) | {"days_left": {store.name: report.days_left(store) for store in report.stores}})
    else:
        _print_size(report)


def _print_size(report: DiskReport) -> None:
    print_table(("table", "rows", "MB", "rows added"), ((t.name, t.rows, _mb(t.size_bytes), t.added) for t in report.tables if t.rows))
    archived = sorted(report.archive.items(), key=lambda item: -item[1][1])
    print_table(("archive of", "payload parts", "MB"), ((source, count, _mb(total)) for source, (count, total) in archived))
    left = ((store, report.days_left(store)) for store in report.stores)
    print_table(
        ("", "MB", "MB a day", "free MB", "days left", "where"),
        (
            (s.name, _mb(s.size_bytes), _mb(s.a_day_bytes), _mb(s.disk.free_bytes if s.disk else None), _days(days), s.place)
            for s, days in left
        ),
    )
    if report.days is None:
        say("growth is known from the third day on: the first one brings whole histories")
    else:
        say(f"growth: mean of the last {report.days:.0f} days, of tables whose rows stay")
    if any(store.disk is None for store in report.stores):
        say("the database is on a server: its free room is not known here")
    count, total = report.removed
    say(f"removed by 'ledger prune' so far: {count} payload parts, {_mb(total)} MB")


def _mb(size_bytes: float | None) -> str:
    return "?" if size_bytes is None else f"{size_bytes / 1e6:.1f}"


def _days(days: float | None) -> str:
    return "?" if days is None else f"{days:.0f}" if days < 10_000 else "over 10000"


@app.command()
def prune(
    ledger: LedgerUrl = None,
    archive: Annotated[bool, typer.Option("--archive", help="Let old payloads of the archive go; nothing of the ledger itself.")] = False,
    keep_days: Annotated[int | None, typer.Option(min=1, help="Default SUPPLYWATCH_ARCHIVE_KEEP_DAYS.", show_default=False)] = None,
    keep_newest: Annotated[int | None, typer.Option(min=1, help="Default SUPPLYWATCH_ARCHIVE_KEEP_NEWEST.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this nothing is removed.")] = False,
    by: Annotated[str | None, typer.Option(help="Who removes them, for the record; needed with --yes.")] = None,
    json: JsonFlag = False,
) -> None:
    """Remove archived payloads that are old, that no event cites and no comparison needs; shows what would go unless told --yes."""
    from supplywatch.intake import retention
    from supplywatch.intake.assemble import make_archive
    from supplywatch.settings import load_settings

    if not archive:
        raise BadRequest("say what is to be pruned: --archive; the ledger itself is kept whole")
    if yes and not (by or "").strip():
        raise BadRequest("--yes needs --by NAME: each removal is written down with who decided it")
    settings = load_settings()
    policy = retention.Policy(keep_days or settings.archive_keep_days, keep_newest or settings.archive_keep_newest)
    opened, store, now = open_ledger(ledger, upgrade=False), make_archive(settings), datetime.now(UTC)
    plans = retention.prune(opened, store, policy, now, str(by).strip()) if yes else retention.plan(opened, store, policy, now)
    if json:
        rows = [{"source": p.source, "removed": len(p.removals), "bytes": p.freed_bytes, "kept": p.kept, "busy": p.busy} for p in plans]
        print_json({"done": yes, "policy": str(policy), "sources": rows})
    else:
        _print_plans(plans, str(policy), done=yes)


def _print_plans(plans: list[Plan], policy: str, *, done: bool) -> None:
    verb = "removed" if done else "would go"
    print_table(
        ("archive of", verb, "MB", "kept", "why"),
        (
            (p.source, len(p.removals), _mb(p.freed_bytes), p.kept.total(), ", ".join(f"{n} {why}" for why, n in p.kept.most_common()))
            for p in plans
        ),
    )
    count, freed = sum(len(p.removals) for p in plans), sum(p.freed_bytes for p in plans)
    say(f"{count} payload parts {verb} ({_mb(freed)} MB): {policy}")
    for busy in (p.source for p in plans if p.busy):
        say(f"{busy} is being polled and was left as it is: run it again")
    if count and not done:
        say("nothing was removed; to do it: --yes --by NAME")
