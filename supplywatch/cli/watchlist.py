"""``supplywatch watchlist``: the counterparties that are screened against the lists.

Exit codes: 0 fine, 1 something was refused, not taken, or found on a list, 2 the command could not run.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplywatch.cli.common import JsonFlag, LedgerUrl, instant, open_ledger, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import print_table, say

if TYPE_CHECKING:
    from supplywatch.ledger.watchlist_imports import Origin, Verb
    from supplywatch.ledger.watchlists import Change
    from supplywatch.watchlist.importing import Outcome, Reading
    from supplywatch.watchlist.rows import Refusal, Validator

app = typer.Typer(help="Counterparties to be screened: import, add, remove, list, check.", no_args_is_help=True)

SHOWN = 20
"""Refusals printed; the file of --refused holds them all."""
Watchlist = Annotated[str, typer.Option("--list", help="Which watch-list; several may exist.")]
File = Annotated[Path, typer.Argument(help="CSV, XLSX (first visible sheet) or NDJSON; titles in English or Chinese.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it; stands in the history. Default: your login.", show_default=False)]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Of a text that is not UTF-8, e.g. gb18030.")]
SheetName = Annotated[str | None, typer.Option("--sheet", help="Of a workbook; otherwise its first visible sheet is read.")]
RefusedFile = Annotated[Path | None, typer.Option("--refused", help="Write every refused row here, as CSV.")]


@app.command("import")
def import_list(
    file: File,
    watchlist: Watchlist = "default",
    partial: Annotated[bool, typer.Option("--partial", help="What the file does not name stays; otherwise it is the whole list.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    accept_refused: Annotated[bool, typer.Option(help="Take the other rows even when more than 1 % were refused.")] = False,
    allow_shrink: Annotated[bool, typer.Option(help="Take it even when more than half of the list is removed.")] = False,
    encoding: Encoding = None,
    sheet: SheetName = None,
    refused: RefusedFile = None,
    by: By = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Take a file of counterparties, as a whole or not at all; a row that is refused leaves its counterparty as it is."""
    from supplywatch.watchlist.importing import Wish, import_file

    wish = Wish(partial, dry_run, accept_refused, allow_shrink, encoding, sheet)
    with _reading(refused) as (reading, told):
        outcome = import_file(open_ledger(ledger), file, _origin(watchlist, by, "import"), wish, reading)
    _report(watchlist, outcome, told, json)
    raise typer.Exit(1 if outcome.counts.refused or (outcome.seq is None and not dry_run) else 0)


@app.command()
def add(
    reference: Annotated[str, typer.Argument(help="Your own reference of it.")],
    name: Annotated[str, typer.Argument(help="Its name, in any script.")],
    country: Annotated[str | None, typer.Option(help="Two letters, or a name.")] = None,
    kind: Annotated[str | None, typer.Option(help="organisation, person, vessel or aircraft.")] = None,
    alias: Annotated[list[str] | None, typer.Option(help="A further name; may be repeated.")] = None,
    number: Annotated[list[str] | None, typer.Option("--id", help="KIND:VALUE, e.g. lei:HWUPKR0MPOU8FGXBT394; may be repeated.")] = None,
    owner: Annotated[list[str] | None, typer.Option(help="Who owns it; may be repeated.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A word, hs:8542 or item:ID; may be repeated.")] = None,
    watchlist: Watchlist = "default",
    by: By = None,
    ledger: LedgerUrl = None,
) -> None:
    """Add one counterparty, or put it in the place of the one with its reference."""
    from supplywatch.model.counterparty import Counterparty
    from supplywatch.reading.identifiers import checks
    from supplywatch.watchlist.columns import column
    from supplywatch.watchlist.files import RawRow
    from supplywatch.watchlist.hand import put

    given: dict[str, str | list[str] | None] = {"reference": reference, "name": name, "country": country, "kind": kind}
    given |= {"aliases": alias, "identifiers": number, "owners": owner, "tags": tag}
    cells = [(known, value) for title, value in given.items() if value is not None and (known := column(title)) is not None]
    found = _validator().counterparty(RawRow(0, cells))
    if not isinstance(found, Counterparty):
        raise BadRequest(f"{found.column} {found.value!r} {found.reason}")
    for one in found.identifiers:
        if not checks(one.kind, one.value, one.country):
            say(f"{one.kind} {one.value} is taken, but its check digits do not fit: look it up", err=True)
    say(put(open_ledger(ledger), _origin(watchlist, by, "add"), found))


@app.command()
def remove(
    references: Annotated[list[str], typer.Argument(help="Your own references.")],
    watchlist: Watchlist = "default",
    by: By = None,
    ledger: LedgerUrl = None,
) -> None:
    """Stop watching counterparties; what was watched stays in the history."""
    from supplywatch.watchlist.hand import take_out

    taken = take_out(open_ledger(ledger, upgrade=False), _origin(watchlist, by, "remove"), references)
    say(f"{taken} removed from watch-list {watchlist}")


@app.command("list")
def list_watched(
    watchlist: Annotated[str | None, typer.Option("--list", help="Only this watch-list.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="What was watched at this instant, e.g. 2026-03-10T14:00Z.")] = None,
    find: Annotated[str | None, typer.Option(help="Only those whose reference, name or tag holds this.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many at the most; 0 for all.")] = 100,
    imports: Annotated[bool, typer.Option("--imports", help="The imports that made the lists, instead of what they hold.")] = False,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """List who is watched, or was."""
    from supplywatch.ledger.watchlists import imports as imports_of
    from supplywatch.ledger.watchlists import in_force

    until = instant(as_of) if as_of else None
    with open_ledger(ledger, upgrade=False).read() as connection:
        if imports:
            _print_imports(imports_of(connection, watchlist=watchlist, until=until), json)
            return
        wanted = (change for change in in_force(connection, watchlist=watchlist, until=until) if _holds(change, find))
        found = list(islice(wanted, limit or None))
        more = next(wanted, None) is not None
    if json:
        print_json([{"id": c.counterparty_id, "since": c.known_at, **_plain(c)} for c in found])
    else:
        columns = ("id", "name", "country", "kind", "numbers", "tags", "since")
        print_table(columns, ([_cell(value) for value in _line(change)] for change in found))
    if more:
        say(f"the first {limit}; all with --limit 0", err=True)
    if not found:
        say("nobody is watched" + (f" as of {as_of}" if as_of else "; 'supplywatch watchlist import FILE' brings them"), err=True)
        raise typer.Exit(1)


@app.command()
def check(
    file: File,
    min_score: Annotated[float, typer.Option(min=0.0, max=1.0, help="Say nothing of matches below; 0.82 is tier review.")] = 0.82,
    encoding: Encoding = None,
    sheet: SheetName = None,
    refused: RefusedFile = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Validate a file and screen it against the lists in the ledger; nothing is stored."""
    from supplywatch.cli.asked_lists import lists_matcher
    from supplywatch.screening.watched import watched_party
    from supplywatch.watchlist.files import read
    from supplywatch.watchlist.importing import opened

    matcher = lists_matcher(None, ledger)
    rows: list[dict[str, Any]] = []
    with _reading(refused) as (reading, told), opened(file) as opened_file:
        for one in reading.counterparties(read(file, opened_file, encoding, sheet, reading.note)):
            for match in matcher.screen(watched_party(one.reference, one), limit=5, min_score=min_score):
                rows.append({"reference": one.reference, "name": one.name, "match": match.as_json()})
            if reading.accepted % 10_000 == 0:
                say(f"{reading.accepted} screened", err=True)
    if json:
        print_json({"accepted": reading.accepted, "refused": reading.refused, "rows": [r._asdict() for r in told], "matches": rows})
    else:
        order = sorted(rows, key=lambda row: (-row["match"]["score"], row["reference"]))
        columns = ("tier", "score", "reference", "name", "listed as", "entry")
        print_table(columns, map(_match_line, order))
        _print_refusals(told)
        say(f"{reading.accepted} screened, {reading.refused} refused, {len({row['reference'] for row in rows})} with a match", err=True)
    raise typer.Exit(1 if reading.refused or rows else 0)


def _match_line(row: dict[str, Any]) -> tuple[object, ...]:
    match = row["match"]
    entry = match["party_id"] + (f", ended {match['ended']}" if match["ended"] else "")
    return match["tier"], f"{match['score']:.3f}", row["reference"], row["name"], match["name"], entry


def _origin(watchlist: str, by: str | None, verb: Verb) -> Origin:
    from supplywatch.ledger.watchlist_imports import Origin

    if not (0 < len(watchlist) <= 64 and all(c.isalnum() or c in "-_." for c in watchlist) and watchlist.strip("-_.")):
        raise BadRequest(f"--list {watchlist!r}: a watch-list is named with letters, digits, '-', '_' and '.', 64 at the most")
    return Origin(watchlist, datetime.now(UTC), by or _login(), verb)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise BadRequest("your login is not known here; say who you are with --by") from error


def _validator() -> Validator:
    from supplywatch.model.items import load_items
    from supplywatch.watchlist.rows import Validator

    return Validator(item.id for item in load_items().items)


@contextmanager
def _reading(refused: Path | None) -> Iterator[tuple[Reading, list[Refusal]]]:
    """Give what reads a file; the first things it says are kept, all refusals are written to a file where one is named."""
    from supplywatch.watchlist.importing import Reading
    from supplywatch.watchlist.refusals import RefusedRows

    told: list[Refusal] = []
    with RefusedRows(refused) as rows:

        def tell(refusal: Refusal, is_refused: bool) -> None:
            if len(told) < SHOWN:
                told.append(refusal)
            if is_refused:
                rows.add(refusal)

        yield Reading(_validator(), tell, lambda said: say(said, err=True)), told


def _report(watchlist: str, outcome: Outcome, told: list[Refusal], json: bool) -> None:
    from dataclasses import asdict

    counts = asdict(outcome.counts)
    if json:
        answer = {"list": watchlist, "import": outcome.seq, "not_taken": outcome.why, **counts}
        print_json(answer | {"rows": [refusal._asdict() for refusal in told]})
        return
    _print_refusals(told)
    taken = f"taken as import {outcome.seq}" if outcome.seq is not None else f"nothing taken: {outcome.why}"
    say(f"watch-list {watchlist}: {', '.join(f'{number} {word}' for word, number in counts.items())}; {taken}")


def _print_refusals(told: list[Refusal]) -> None:
    for refusal in told:
        where = f"line {refusal.line}" + (f", {refusal.column}" if refusal.column else "")
        say(f"{where}: {repr(refusal.value) + ' ' if refusal.value else ''}{refusal.reason}", err=True)
    if len(told) == SHOWN:
        say("there may be more; --refused FILE.csv writes all refused rows down", err=True)


def _print_imports(found: list[Any], json: bool) -> None:
    fields = ("seq", "at", "watchlist", "verb", "actor", "file_name", "accepted", "refused", "added", "changed", "unchanged", "removed")
    if json:
        print_json([{name: getattr(each, name) for name in (*fields, "sha256")} for each in found])
    else:
        print_table(fields, ([_cell(getattr(each, name)) for name in fields] for each in found))


def _holds(change: Change, text: str | None) -> bool:
    one = change.counterparty
    if text is None or one is None:
        return one is not None
    return any(text.casefold() in value.casefold() for value in (one.reference, *one.names, *one.tags))


def _plain(change: Change) -> dict[str, Any]:
    return change.counterparty.model_dump(mode="json") if change.counterparty is not None else {}


def _line(change: Change) -> tuple[object, ...]:
    one = change.counterparty
    assert one is not None, "in_force yields counterparties"
    numbers = " ".join(f"{number.kind}:{number.value}" for number in one.identifiers)
    return change.counterparty_id, one.name, one.country, one.kind, numbers, " ".join(one.tags), change.known_at


def _cell(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value
