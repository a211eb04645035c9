"""``supplywatch screen``: who on the lists may be meant by a name."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from supplywatch.cli.asked_lists import lists_matcher
from supplywatch.cli.calibrate import calibrate
from supplywatch.cli.certify import certify
from supplywatch.cli.certify import register as register_verify
from supplywatch.cli.common import JsonFlag, LedgerUrl, open_ledger, print_json
from supplywatch.cli.review import decide, decisions, why
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import say

if TYPE_CHECKING:
    from supplywatch.model.list_entry import ListEntry
    from supplywatch.model.name_match import Match, Party
    from supplywatch.screening.matcher import Matcher

_DEFAULT = "name"
_PROGRESS_EVERY = 1_000
_KINDS = ("organisation", "person", "vessel", "aircraft", "unknown")


class NameOrCommand(TyperGroup):
    """A group whose first word may be the name itself: ``screen "Some Co."`` is ``screen name "Some Co."``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in front that is meant when none is named."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(help='Screen names against the lists: `screen "NAME"`, or many with --from.', no_args_is_help=True, cls=NameOrCommand)


@app.command(_DEFAULT)
def screen(
    name: Annotated[str | None, typer.Argument(help="The name of a company, person or vessel, in any script.")] = None,
    country: Annotated[str | None, typer.Option(help="Its country, two letters or a name: another one lowers the tier by one.")] = None,
    kind: Annotated[str, typer.Option(help="organisation, person, vessel, aircraft or unknown.")] = "unknown",
    number: Annotated[list[str] | None, typer.Option("--id", help="KIND:VALUE, e.g. uscc:914403007084616988; may be repeated.")] = None,
    lists: Annotated[
        Path | None, typer.Option(help="Table of parties (id, kind, country, list, name) instead of the ledger's lists.")
    ] = None,
    queries: Annotated[Path | None, typer.Option("--from", help="Table of names to screen (id, name); prints one object a line.")] = None,
    min_score: Annotated[float, typer.Option(min=0.0, max=1.0, help="Say nothing of matches below.")] = 0.5,
    limit: Annotated[int, typer.Option(min=1, help="How many matches of a name at the most.")] = 10,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON object a line; --from always does.")] = False,
    certificate: Annotated[Path | None, typer.Option(help="Write the answer as a certificate into this file and into the ledger.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who asks; stands in the certificate.")] = None,
) -> None:
    """Say who on the lists may be meant: tier, score, and everything the score was made of."""
    if (name is None) == (queries is None):
        raise BadRequest("give either a name or a table of names with --from")
    from supplywatch.screening.scripts import uncompared

    if certificate is not None:
        if lists is not None:
            raise BadRequest("--certificate tells of the ledger's lists, whose age and source are known; leave --lists out")
        asked = _table(queries) if queries is not None else [_asked(str(name), country, kind, number or [])]
        made = certify(open_ledger(ledger), asked, certificate, by)
        print_json(made) if json else say(f"{made['says']['en']}\n{made['says']['zh']}\nwritten: {certificate}")
        return
    matcher = lists_matcher(lists, ledger)
    if queries is not None:
        _many(matcher, queries, min_score, limit)
        return
    found = matcher.screen(_asked(str(name), country, kind, number or []), limit=limit, min_score=min_score)
    answers = [_full(match, entry) for match, entry in zip(found, _entries(found, lists, ledger), strict=True)]
    if json or ndjson:
        answer = {"query": name, "matches": answers, "not_compared": uncompared(str(name))}
        say(jsonlib.dumps(answer, ensure_ascii=False)) if ndjson else print_json(answer)
        return
    _tell(str(name), answers, min_score)


def _tell(name: str, answers: list[dict[str, Any]], min_score: float) -> None:
    from supplywatch.screening.scripts import uncompared

    for answer in answers:
        say("\n".join(_lines(answer)))
    script = uncompared(name)
    if script is not None:
        say(f"{script}: this script cannot be compared with lists in Latin letters; ask in Latin letters, too", err=True)
    elif not answers:
        say(f"nobody on the lists resembles {name!r} (least score {min_score})", err=True)


def _table(queries: Path) -> list[Party]:
    from supplywatch.screening.tables import read_queries

    return list(read_queries(queries))


def _asked(name: str, country: str | None, kind: str, numbers: list[str]) -> Party:
    from supplywatch.listing.names import letters
    from supplywatch.model.name_match import Name, Party
    from supplywatch.reading.countries import says_unknown, written_country
    from supplywatch.screening.written import MOST_CHARACTERS

    if not name.strip():
        raise BadRequest("the name is empty")
    if len(name) > MOST_CHARACTERS:
        raise BadRequest(f"the name has {len(name)} characters; ask for at most {MOST_CHARACTERS}: the name alone, without its address")
    if kind not in _KINDS:
        raise BadRequest(f"--kind {kind}: write one of {', '.join(_KINDS)}")
    land = written_country(country) if country else None
    if country and land is None and not says_unknown(country):
        raise BadRequest(f"--country {country}: is no country; write two letters, e.g. CN")
    keys = []
    for text in numbers:
        label, colon, value = text.partition(":")
        if not colon or not value:
            raise BadRequest(f"--id {text}: write KIND:VALUE, e.g. uscc:914403007084616988")
        prefix = land if land and label in ("tax", "registration") else ""
        keys.append((label.lower(), prefix + letters(value).upper()))
    return Party("query", (Name(name),), land, (), kind, tuple(keys))


def _entries(matches: list[Match], table: Path | None, ledger: str | None) -> list[ListEntry | None]:
    """Return the entries of the ledger that were found; a table has none."""
    from supplywatch.ledger.lists import last_told

    if table is not None or not matches:
        return [None] * len(matches)
    with open_ledger(ledger, upgrade=False).read() as connection:
        told = [last_told(connection, match.party_id) for match in matches]
    return [None if change is None else change.entry for change in told]


def _many(matcher: Matcher, queries: Path, min_score: float, limit: int) -> None:
    from supplywatch.screening.scripts import uncompared
    from supplywatch.screening.tables import read_queries

    done = 0
    for query in read_queries(queries):
        found = matcher.screen(query, limit=limit, min_score=min_score) if query.names[0].text.strip() else []
        matches = [_brief(match) for match in found]
        line: dict[str, Any] = {"query_id": query.id, "query": query.names[0].text, "matches": matches}
        if (script := uncompared(query.names[0].text)) is not None:
            line["not_compared"] = script
        say(jsonlib.dumps(line, ensure_ascii=False))
        done += 1
        if done % _PROGRESS_EVERY == 0:
            sys.stdout.flush()
            say(f"{done} names screened", err=True)
    say(f"{done} names screened", err=True)


def _brief(match: Match) -> dict[str, Any]:
    plain = match.as_json()
    return {
        "entity_id": plain.pop("party_id"),
        **{key: plain[key] for key in ("score", "tier", "name", "name_kind", "list_code", "explanation")},
    }


def _full(match: Match, entry: ListEntry | None) -> dict[str, Any]:
    answer = match.as_json()
    answer["entity_id"] = answer.pop("party_id")
    if entry is not None:
        fields = {"list_name", "key", "name", "countries", "citation", "published", "effective", "ends", "status", "url"}
        answer["entry"] = entry.model_dump(mode="json", include=fields)
    return answer


def _lines(answer: dict[str, Any]) -> list[str]:
    """Return the lines that tell a person about a match."""
    why, entry, qualified = answer["explanation"], answer.get("entry", {}), answer["qualification"]
    place = f"{answer['name_kind']} name, {answer['list_code']}, {answer['entity_id']}"
    head = f"{answer['tier'].upper():<7} {answer['score']:.3f}  {answer['name']}  ({place})"
    lines = [head]
    if entry:
        dates = ", ".join(
            f"{word} {entry[key]}" for word, key in (("published", "published"), ("effective", "effective"), ("ends", "ends")) if entry[key]
        )
        lines.append(
            f"  listed    {entry['name']} on {entry['list_name']}; {entry['citation'] or 'no citation'}{'; ' + dates if dates else ''}"
        )
    lines.append(f"  forms     {why['ours']!r} and {why['theirs']!r}")
    if why["pairs"]:
        lines.append("  same      " + ", ".join(_pair(pair) for pair in why["pairs"]))
    for side, label in (("ours", "only asked"), ("theirs", "only listed")):
        words = [f"{extra['word']} (costs {extra['cost']:.2f})" for extra in why["extras"] if extra["side"] == side]
        if words:
            lines.append(f"  {label:<11} " + ", ".join(words))
    if why["penalties"]:
        lines.append("  penalties " + ", ".join(f"{penalty['reason']} × {penalty['factor']}" for penalty in why["penalties"]))
    notes = [
        *([f"same identifier {qualified['identifier']}"] if qualified["identifier"] else []),
        *(["country differs: one tier lower"] if qualified["country_mismatch"] else []),
        *(["short or common name: at most review"] if qualified["short_name"] else []),
        *([f"ended {answer['ended']}: at most review"] if answer["ended"] else []),
    ]
    if notes:
        lines.append("  qualified " + "; ".join(notes))
    lines.append(f"  versions  matcher {answer['matcher_version']}, lists {answer['data_version']}")
    return lines


def _pair(pair: dict[str, Any]) -> str:
    words = pair["ours"] if pair["ours"] == pair["theirs"] else f"{pair['ours']} ~ {pair['theirs']}"
    return f"{words} ({pair['weight']:.2f} × {pair['similarity']:.2f})"


app.command("calibrate")(calibrate)
app.command("decide")(decide)
app.command("why")(why)
app.command("decisions")(decisions)
register_verify(app)
