"""``supplywatch lists``: what official lists hold, held and changed; who is the same party.

Exit codes: 0 something was found, 1 nothing fits, 2 the question cannot be answered.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from supplywatch.cli.common import AsOf, JsonFlag, LedgerUrl, instant, open_ledger, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import print_table, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from supplywatch.ledger.book import Ledger
    from supplywatch.ledger.lists import Overview
    from supplywatch.listing.evidence import Standing
    from supplywatch.listing.parties import Party
    from supplywatch.model.records import ListChange, ListEntry

app = typer.Typer(help="Ask what official lists hold, held and changed; who is the same party.", no_args_is_help=True)
party_app = typer.Typer(help="Entries of several lists that are one party; explain a join, undo it.", no_args_is_help=True)
app.add_typer(party_app, name="party")

Code = Annotated[str | None, typer.Option("--list", help="Only this list, e.g. EL.")]
Source = Annotated[str | None, typer.Option("--source", help="Only what this source says.")]
Who = Annotated[str, typer.Argument(help="A name or alias, a part of one, a key, or a number such as USCC or IMO.")]
Entry = Annotated[str, typer.Argument(help="An entry as 'lists party show' names it: source/list/key.")]
By = Annotated[str, typer.Option("--by", help="Your name; it stands in the history.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]


@app.command("list")
def list_lists(source: Source = None, as_of: AsOf = None, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """List the official lists in the ledger: entries, how many of them are suspended or have ended; last change, a withdrawal too."""
    from supplywatch.ledger.lists import overview

    until = _until(as_of)
    day = (until or datetime.now(UTC)).date()
    with open_ledger(ledger, upgrade=False).read() as connection:
        found = overview(connection, until, source)
    if json:
        print_json([_whole(same, day) for same in _by_code(found)])
    else:
        columns = ("source", "list", "entries", "suspended", "ended", "last change", "name")
        print_table(columns, ([_cell(v) for v in _counted(one, day).values()] for one in found))
    _end(found, "no list is in the ledger; 'supplywatch pull SOURCE' or 'supplywatch up' brings them")


def _counted(one: Overview, day: date) -> dict[str, object]:
    return {
        "source": one.source,
        "list": one.list_code,
        "entries": len(one.entries),
        "suspended": sum(entry.status == "suspended" for entry in one.entries),
        "ended": sum(entry.has_ended(day) for entry in one.entries),
        "last_change": one.last_change,
        "name": one.name,
    }


def _by_code(found: Sequence[Overview]) -> Iterator[list[Overview]]:
    """Yield the lists that share a code: some sources give ten lists of several ministries one."""
    for _, same in groupby(found, key=lambda one: (one.source, one.list_code)):
        yield list(same)


def _whole(same: Sequence[Overview], day: date) -> dict[str, object]:
    """Return the lists of one code together, and each by its title where there are several."""
    first = same[0]
    entries = tuple(entry for one in same for entry in one.entries)
    name = "; ".join(one.name for one in same)
    together = replace(first, name=name, entries=entries, last_change=max(one.last_change for one in same))
    return _counted(together, day) | ({"titles": [_counted(one, day) for one in same]} if len(same) > 1 else {})


@app.command()
def show(who: Who, code: Code = None, as_of: AsOf = None, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Show the entries in force by which a party is known, with the rules on ownership of their lists."""
    from supplywatch.ledger.lists import is_meant
    from supplywatch.listing.ownership import with_rules

    day = (_until(as_of) or datetime.now(UTC)).date()
    found = [
        (one.source, with_rules(one.entry, day))
        for one in _standing(open_ledger(ledger, upgrade=False), as_of)
        if is_meant(one.entry, who) and code in (None, one.entry.list_code)
    ]
    if json:
        print_json([{"source": source, **entry.model_dump(mode="json")} for source, entry in found])
    else:
        for source, entry in found:
            _print_entry(source, entry, day)
    _end(found, f"nobody known as {who!r} stands on a list" + (f" as of {as_of}" if as_of else ""))


@app.command()
def history(
    party: Annotated[str, typer.Option("--party", help="A name or alias, a part of one, a key, or a number.")],
    as_of: AsOf = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Show everything that became known of a party, in order, through new names and keys."""
    from supplywatch.ledger.lists import history_of

    with open_ledger(ledger, upgrade=False).read() as connection:
        found = history_of(connection, party, until=_until(as_of))
    if json:
        print_json([change.model_dump(mode="json") for change in found])
    else:
        _print_changes(found)
    _end(found, f"no list was known to hold {party!r}" + (f" as of {as_of}" if as_of else ""))


@app.command()
def changes(
    since: Annotated[str, typer.Option("--since", help="Became known at or after this instant.")],
    as_of: AsOf = None,
    code: Code = None,
    source: Source = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="addition, back_fill, amendment, …; may be repeated.")] = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Show what changed on the lists; first loads only with --kind baseline.

    Refused parts of lists and older copies are kind partial_file; what a person accepted all the same is accepted_by_hand.
    """
    from supplywatch.ledger.lists import changes as changes_of
    from supplywatch.ledger.lists import partial_files

    wanted = _known_kinds(kind or [])
    first, until = instant(since), _until(as_of)
    with open_ledger(ledger, upgrade=False).read() as connection:
        found = [
            change
            for change in changes_of(connection, since=first, until=until, source=source)
            if code in (None, change.entry.list_code) and (change.change in wanted if wanted else not change.baseline)
        ]
        parts = partial_files(connection, {source} if source else _list_sources(), since=first, until=until)
    parts = [part for part in parts if not wanted or part.kind in wanted]
    if json:
        shown = [{"kind": p.kind, "source": p.source, "fetched": p.fetched, "reason": p.reason, "detail": p.detail} for p in parts]
        print_json([change.model_dump(mode="json") for change in found] + shown)
    else:
        _print_changes(found)
        for part in parts:
            say(f"{part.fetched:%Y-%m-%d %H:%M}  {part.kind}  {part.detail}")
    _end([*found, *parts], f"nothing changed since {since}")


@party_app.command("show")
def show_party(who: Who, as_of: AsOf = None, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Show the parties known by a name: all their entries, and what joins them."""
    from supplywatch.ledger.lists import is_meant

    found = [
        party for party in _parties(open_ledger(ledger, upgrade=False), as_of) if any(is_meant(one.entry, who) for one in party.entries)
    ]
    if json:
        print_json([_party_json(party) for party in found])
    else:
        for party in found:
            _print_party(party)
    _end(found, f"nobody known as {who!r} stands on a list")


@party_app.command()
def explain(one: Entry, other: Entry, as_of: AsOf = None, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Say why two entries are one party, or two."""
    from supplywatch.ledger.lists import decisions
    from supplywatch.listing.parties import explain as reasons

    book = open_ledger(ledger, upgrade=False)
    standing = _standing(book, as_of)
    _check_entries(standing, one, other)
    with book.read() as connection:
        lines = reasons(one, other, standing, decisions(connection, until=_until(as_of)))
    if json:
        print_json(lines)
    else:
        say("\n".join(lines))


@party_app.command()
def join(one: Entry, other: Entry, by: By, reason: Reason, ledger: LedgerUrl = None) -> None:
    """Hold two entries to be one party; 'split' undoes it."""
    _decide("join", one, other, by, reason, ledger)


@party_app.command()
def split(one: Entry, other: Entry, by: By, reason: Reason, ledger: LedgerUrl = None) -> None:
    """Hold two entries to be two parties, whatever joins them; 'join' undoes it."""
    _decide("split", one, other, by, reason, ledger)


def _decide(verb: Literal["join", "split"], one: str, other: str, by: str, reason: str, url: str | None) -> None:
    from supplywatch.ledger.lists import decide
    from supplywatch.listing.parties import Decision

    if one == other:
        raise BadRequest(f"{one}: an entry cannot be joined with or split from itself")
    if not by.strip() or not reason.strip():
        raise BadRequest("--by and --reason must say something: they stand in the history")
    book = open_ledger(url, upgrade=False)
    _check_entries(_standing(book, None), one, other)
    with book.begin() as connection:
        decide(connection, Decision(verb, one, other, by.strip(), reason.strip(), datetime.now(UTC)))
    say(f"{verb}: {one} and {other}, by {by.strip()}")


def _check_entries(standing: Iterable[Standing], *names: str) -> None:
    from supplywatch.listing.parties import reference

    known = {reference(one) for one in standing}
    for name in names:
        if name not in known:
            raise BadRequest(f"no entry {name!r} stands on a list; 'supplywatch lists party show NAME' prints the entries of a party")


def _standing(book: Ledger, as_of: str | None) -> list[Standing]:
    from supplywatch.ledger.lists import standing

    with book.read() as connection:
        return standing(connection, until=_until(as_of))


def _parties(book: Ledger, as_of: str | None) -> list[Party]:
    from supplywatch.ledger.lists import decisions
    from supplywatch.listing.parties import parties

    standing = _standing(book, as_of)
    with book.read() as connection:
        return parties(standing, decisions(connection, until=_until(as_of)))


def _list_sources() -> set[str]:
    from supplywatch import registry

    return {source_id for source_id, source in registry.sources().items() if source.card.kind == "snapshot"}


def _known_kinds(kinds: list[str]) -> set[str]:
    from supplywatch.model.records import ChangeKind

    known = [*(kind.value for kind in ChangeKind), "partial_file", "accepted_by_hand"]
    for name in kinds:
        if name not in known:
            raise BadRequest(f"--kind {name!r}: must be one of {', '.join(known)}")
    return set(kinds)


def _until(as_of: str | None) -> datetime | None:
    """Return the instant meant; a day alone means its end, since what was known on a day includes the day."""
    if as_of is None:
        return None
    moment = instant(as_of)
    return moment + timedelta(days=1) - timedelta(microseconds=1) if len(as_of.strip()) == len("YYYY-MM-DD") else moment


def _end(found: object, nothing: str) -> None:
    if not found:
        say(nothing, err=True)
        raise typer.Exit(1)


def _cell(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value


def _print_changes(found: Iterable[ListChange]) -> None:
    rows = (
        (
            f"{c.fetched:%Y-%m-%d %H:%M}",
            c.change.value,
            f"{c.provenance.source}/{c.entry.list_code}",
            c.entry.list_name.partition(" - ")[0],
            c.entry.name,
            c.entry.effective,
            c.entry.citation or c.entry.url,
            ", ".join(c.amended_fields) or (f"told by {c.same_as.source}/{c.same_as.list_code}" if c.same_as else None),
        )
        for c in found
    )
    print_table(("known", "change", "list", "title", "party", "effective", "citation", "what"), rows)


def _status(entry: ListEntry, day: date) -> str:
    return f"ended {entry.ends}" if entry.has_ended(day) else entry.status


def _print_entry(source: str, entry: ListEntry, day: date) -> None:
    say(f"{entry.name}  [{source}/{entry.list_code}/{entry.key}]  {entry.party_kind}, {_status(entry, day)}")
    facts = {
        "list": entry.list_name,
        "countries": ", ".join(entry.countries),
        "aliases": "; ".join(f"{alias.text} ({alias.kind})" for alias in entry.aliases),
        "identifiers": "; ".join(f"{i.label or i.kind} {i.value}" for i in entry.identifiers),
        "addresses": "; ".join(entry.addresses),
        "effective": entry.effective,
        "ends": entry.ends,
        "suspended until": entry.suspended_until,
        "citation": entry.citation,
        "programmes": ", ".join(entry.programs),
        "licence": "; ".join(filter(None, (entry.licence_requirement, entry.licence_policy))),
        "relations": "; ".join(f"{r.kind}: {r.text}" for r in entry.relations),
        "remarks": entry.remarks,
        "link": entry.url,
    }
    for name, value in facts.items():
        if value:
            say(f"  {name:<16} {value}")


def _print_party(party: Party) -> None:
    from supplywatch.listing.parties import reference

    say(f"{party.name}  (party {party.id}, {len(party.entries)} entries)")
    for one in party.entries:
        dated = f"effective {one.entry.effective}" if one.entry.effective else "no date given"
        say(f"  {reference(one)}  {one.entry.name}, {one.entry.list_name}, {dated}")
    for link in party.links:
        say(f"    {link.one} = {link.other}: {link.why}")


def _party_json(party: Party) -> dict[str, object]:
    return {
        "id": party.id,
        "name": party.name,
        "entries": [{"source": one.source, **one.entry.model_dump(mode="json")} for one in party.entries],
        "links": [{"one": link.one, "other": link.other, "why": link.why} for link in party.links],
    }
