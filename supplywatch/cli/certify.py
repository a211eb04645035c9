"""``supplywatch screen … --certificate`` and ``screen verify``: an answer that can be shown, and checked years later."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplywatch.cli.common import JsonFlag, LedgerUrl, open_ledger, print_json
from supplywatch.errors import BadRequest
from supplywatch.runtime.output import say

if TYPE_CHECKING:
    from supplywatch.ledger.book import Ledger
    from supplywatch.model.name_match import Party

_MOST = 10_000
CertificateFile = Annotated[Path, typer.Argument(help="A certificate that `screen … --certificate FILE` wrote.")]


def certify(ledger: Ledger, queries: Sequence[Party], path: Path, by: str | None) -> dict[str, Any]:
    """Screen names, write the certificate into the book, then as a file; the file exists only when the book has it.

    Raises
    ------
    BadRequest
        When nobody says who asks, there are too many names, the ledger holds no list, or the file is there already.
    """
    from supplywatch.cli.asked_lists import kept_lists, no_list
    from supplywatch.ledger.certificates import append
    from supplywatch.ledger.lists import overview
    from supplywatch.matching import certificate as cert
    from supplywatch.screening.matcher import Matcher

    if not by:
        raise BadRequest("--certificate needs --by: the name of the person who asks stands in it")
    if len(queries) > _MOST:
        raise BadRequest(f"{len(queries)} names: a certificate holds at most {_MOST}; divide the file")
    if not path.parent.is_dir():
        raise BadRequest(f"{path.parent}: is no folder; make it first")
    if path.exists():
        raise BadRequest(f"{path}: is there already; a certificate is never written over, choose another name")
    kept = kept_lists(ledger)
    if not kept.version:
        raise no_list(None)
    at = datetime.now(UTC)
    matcher = Matcher(kept.index, data_version=kept.version)
    answers = [cert.answer(matcher, query) for query in queries]
    with ledger.read() as connection:
        lists = overview(connection)
    health, payloads, others = _sources(ledger, {one.source for one in lists}, at)
    made = cert.certified(answers, cert.consulted(lists, payloads, health, at), others, book=kept.version, at=at, by=by)
    with ledger.begin() as connection:
        append(connection, cert.recorded(made, at))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(jsonlib.dumps(made, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise BadRequest(f"{path}: cannot be written ({error.strerror}); the ledger has certificate {made['id']}: ask again") from error
    return made


def _sources(ledger: Ledger, listed: set[str], at: datetime) -> tuple[dict[str, str], dict[str, Any], list[dict[str, str]]]:
    """Return how the sources of lists are, what they last brought, and those of which the ledger holds no list."""
    from supplywatch import registry
    from supplywatch.intake.options import load_options
    from supplywatch.intake.status import source_health
    from supplywatch.ledger.sources import SourceState, last_payload, load_states

    known = {name: source for name, source in registry.sources().items() if source.card.kind == "snapshot"}
    options = load_options(list(registry.sources()))
    with ledger.read() as connection:
        states = load_states(connection)
        found = {name: last_payload(connection, name, accepted=True) for name in sorted(listed)}
    health = {}
    for name, source in known.items():
        judged = source_health(source.card, states.get(name, SourceState()), at, enabled=options[name].enabled)
        health[name] = f"{judged.level}: {judged.sentence}"
    others = [{"source": name, "title": known[name].card.title, "why": health[name]} for name in sorted(known.keys() - listed)]
    return health, {name: payload for name, payload in found.items() if payload is not None}, others


def verify(file: CertificateFile, ledger: LedgerUrl = None, json: JsonFlag = False) -> None:
    """Check a certificate against the book, and screen its names again where this version can.

    Exit codes: 0 intact, 1 something differs, 2 could not be checked.
    """
    from supplywatch.ledger.certificates import find
    from supplywatch.model.canonical import digest

    given = _read(file)
    book = open_ledger(ledger, upgrade=False)
    body = {name: value for name, value in given.items() if name != "sha256"}
    with book.read() as connection:
        known = find(connection, str(given.get("id")))
    findings = []
    if digest(body) != given.get("sha256"):
        findings.append("the file was changed after it was written: its digest is another one")
    if known is None:
        findings.append(f"the book has no certificate {given.get('id')}: it was made with another ledger, or by hand")
    else:
        findings += [f"{path}: the book says {old}, the file says {new}" for path, old, new in differences(jsonlib.loads(known.body), body)]
    again = "not done: the file is not what the book has" if findings else _screened_again(book, given)
    if again is not None and not again.startswith(("not done", "the same")):
        findings.append(again)
    _report(file, given, findings, again, None if known is None else known.recorded_at, json=json)
    raise typer.Exit(1 if findings else 0)


def _report(file: Path, given: dict[str, Any], findings: list[str], again: str | None, recorded_at: datetime | None, *, json: bool) -> None:
    if json:
        print_json({"file": str(file), "intact": not findings, "recorded_at": recorded_at, "findings": findings, "screened_again": again})
        return
    for finding in findings:
        say(f"DIFFERS  {finding}")
    if not findings:
        say(f"INTACT   certificate {given['id']}, recorded {recorded_at:%Y-%m-%d %H:%M} UTC for {given['by']}")
        say(f"  says     {given['says']['en']}")
    say(f"  screened again  {again}")


def _read(file: Path) -> dict[str, Any]:
    from supplywatch.matching.certificate import KIND
    from supplywatch.model.canonical import canonical

    try:
        given = jsonlib.loads(file.read_text(encoding="utf-8"))
        canonical(given)  # refuses NaN, numbers over 2^53 and half characters, which no certificate holds
    except (OSError, ValueError, RecursionError) as error:
        raise BadRequest(f"{file}: cannot be read as a certificate ({error}); give the file that --certificate wrote") from error
    if not isinstance(given, dict) or given.get("document") != KIND or not str(given.get("id")).isalnum():
        raise BadRequest(f"{file}: is no certificate of screening; give the file that --certificate wrote")
    return given


def differences(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield every place where two JSON values differ, with what each says there.

    >>> list(differences({"a": [1, 2]}, {"a": [1, 3], "b": 0}))
    [('a[1]', '2', '3'), ('b', 'nothing', '0')]
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            inner = f"{path}.{name}" if path else name
            if name in one and name in other:
                yield from differences(one[name], other[name], inner)
            else:
                yield inner, _shown(one, name), _shown(other, name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{number}]")
    elif one != other:
        yield path, jsonlib.dumps(one, ensure_ascii=False), jsonlib.dumps(other, ensure_ascii=False)


def _shown(found: dict[str, Any], name: str) -> str:
    return jsonlib.dumps(found[name], ensure_ascii=False) if name in found else "nothing"


def _screened_again(ledger: Ledger, given: dict[str, Any]) -> str:
    """Screen the names again as the lists were then, and say whether the answer is the same."""
    from supplywatch.matching.certificate import screened_then
    from supplywatch.model.name_match import MATCHER_VERSION
    from supplywatch.screening.vocabulary import digest as vocabulary

    made = given["matcher"]
    if made["version"] != MATCHER_VERSION:
        return f"not done: matcher {made['version']} made it, this is {MATCHER_VERSION}; the supplywatch of that time can"
    if made["vocabulary_sha256"] != vocabulary():
        return "not done: the vocabularies of the configuration are others now; set SUPPLYWATCH_CONFIG_DIR to the folder of that time"
    with ledger.read() as connection:
        again = screened_then(connection, given)
    found = list(differences(given["queries"], again, "queries"))
    return f"the same: {len(again)} name(s)" if not found else "screened again, {}: {} then, {} now".format(*found[0])


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("verify")(verify)
