"""``supplywatch sources``, ``pull`` and ``backtest``: what publishers give, and what the rules say of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from supplywatch.cli.broker import broker_address
from supplywatch.cli.common import JsonFlag, LedgerUrl, event_lines, make_engine, open_ledger, print_json
from supplywatch.errors import BadRequest, Quarantine
from supplywatch.runtime.output import print_table, progress, say
from supplywatch.runtime.patience import Pauses

if TYPE_CHECKING:
    from supplywatch.intake.held import Acceptance
    from supplywatch.intake.runner import Runner
    from supplywatch.intake.visit import PollResult
    from supplywatch.judging.engine import Verdict
    from supplywatch.model.alert import AlertEvent
    from supplywatch.model.records import Record
    from supplywatch.model.source import Card, Payload, Source

SourceId = Annotated[str, typer.Argument(help="Source id, see 'supplywatch sources'.")]
FromFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="FILE[+FILE][@TIME]",
        help="Recorded payload, gzip or not, its parts joined by +; @2026-04-21T13:36Z when it was fetched. Repeatable.",
    ),
]
MoreFiles = Annotated[list[str] | None, typer.Argument(metavar="[FILE[@TIME]]...", help="Further recorded payloads.", show_default=False)]
_TURN_S = 120
"""As long as a slow publisher usually takes; a person waits."""
Ndjson = Annotated[bool, typer.Option("--ndjson", help="One JSON object a line.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(sources_app, name="sources")
    app.command()(pull)
    app.command()(backtest)


class Sources(TyperGroup):
    """``sources ID`` shows a card, as ``sources show ID`` does."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take what is no command for the id of a source."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])


sources_app = typer.Typer(cls=Sources, help="The feeds: publisher, cadence, licence; the card of one; the skeleton of a new one.")


@sources_app.callback(invoke_without_command=True)
def list_sources(ctx: typer.Context, json: JsonFlag = False) -> None:
    """List the sources: publisher, cadence, licence."""
    from supplywatch import registry

    if ctx.invoked_subcommand is not None:
        return
    cards = [found.card for found in registry.sources().values()]
    if json:
        print_json([card_json(card) for card in cards])
        return
    rows = ((c.source_id, c.title, c.publisher, f"{c.calendar.cadence.days} d", c.kind, c.redistribution) for c in cards)
    print_table(("source", "what", "publisher", "cadence", "kind", "redistribution"), rows)


@sources_app.command("show")
def show_source(source: Annotated[str, typer.Argument(help="Source id.")], json: JsonFlag = False) -> None:
    """Show the card of one source."""
    from supplywatch import registry

    card = card_json(registry.source(source).card)
    if json:
        print_json([card])
        return
    for name, value in card.items():
        shown = "; ".join(map(str, value)) if isinstance(value, list) else value
        say(f"{name:<16} {shown}")


@sources_app.command("status")
def show_status(
    source: Annotated[str | None, typer.Argument(help="Source id; without it, all that are switched on.")] = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Say how each source is: when it last gave something good, what was refused or ended and why, what was put aside."""
    from dataclasses import asdict

    from supplywatch import registry
    from supplywatch.intake.options import load_options
    from supplywatch.intake.status import source_health
    from supplywatch.ledger.sources import SourceState, load_states

    known = registry.sources()
    options = load_options(list(known))
    chosen = [registry.source(source)] if source else [one for name, one in known.items() if options[name].enabled]
    with open_ledger(ledger, upgrade=False).read() as connection:
        states = load_states(connection)
    now = datetime.now(UTC)
    health = {one.card.source_id: source_health(one.card, states.get(one.card.source_id, SourceState()), now) for one in chosen}
    if json:
        print_json([{"source": name} | asdict(found) for name, found in health.items()])
        return
    print_table(("source", "level", "what"), ((name, found.level, found.sentence) for name, found in health.items()))


@sources_app.command("new")
def new_source(
    source: Annotated[str, typer.Argument(help="Id of the new source, such as nyfed_pressure.")],
    folder: Annotated[str, typer.Option("--in", help="Folder of connectors/: which family it brings.")] = "prices",
) -> None:
    """Write the skeleton of a feed into the checkout: connector and fixtures. It runs as it is; then make it read the publisher."""
    from supplywatch.rulebook.pieces import new_feed

    for path in new_feed(source, folder):
        say(f"written: {path}")
    say(f"then: pytest tests/connectors/test_contract.py -k {source} && python docs/generate.py", err=True)


def card_json(card: Card) -> dict[str, Any]:
    """Return a card as JSON values."""
    from dataclasses import asdict

    found = asdict(card) | {"record": card.record.__name__}
    calendar = found.pop("calendar")
    found |= {name: calendar[name] for name in ("cadence", "content_lag", "grace", "weekday", "hour_utc", "minute_utc")}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def pull(
    source: SourceId,
    from_files: FromFiles = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the records; touch neither broker nor ledger.")] = False,
    accept: Annotated[
        str | None, typer.Option("--accept", help="Take a file that would be refused as this: shrunken, anchor_missing or rollback.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who accepts it; it stands in the history.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why it is right, e.g. the notice; it stands in the history.")] = None,
    ndjson: Ndjson = False,
    json: JsonFlag = False,
) -> None:
    """Poll a source once, or read a file; exit code 1 when the payload was refused.

    A list that lost more entries than its card allows (a true mass delisting) waits for a person: --from FILE --accept shrunken.
    """
    from supplywatch import registry
    from supplywatch.intake.held import Acceptance

    found = registry.source(source)
    if accept is None and (by or reason):
        raise BadRequest("--by and --reason belong to --accept: say what is accepted, e.g. --accept shrunken")
    acceptance = None if accept is None else Acceptance.of(accept, by, reason)
    if acceptance is not None and not from_files:
        raise BadRequest("--accept needs the file that is accepted: --from FILE")
    payloads = (_payload(found, spec) for spec in from_files) if from_files else None
    if dry_run:
        _print_records(found, payloads or iter([_fetched(found)]), ndjson=ndjson or json)
        return
    results = _run(found, payloads, acceptance)
    for result in results:
        _print_result(result, json=json or ndjson)
    raise typer.Exit(0 if all(result.good for result in results) else 1)


def _payload(source: Source, spec: str) -> Payload:
    from supplywatch.intake.files import read_file

    given = read_file(spec, source.card, now=datetime.now(UTC))
    if given.refused is not None:
        raise given.refused
    return given.payload


def _warn(message: str) -> None:
    say(f"warning: {message}", err=True)


def _print_records(source: Source, payloads: Iterator[Payload], *, ndjson: bool) -> None:
    from supplywatch.intake import changes, guards

    refused = False
    while True:
        try:
            payload = next(payloads)
            reading = guards.read(source, payload, now=datetime.now(UTC), warn=_warn)
        except StopIteration:
            break
        except Quarantine as error:
            say(f"quarantined ({error.reason}): {error}", err=True)
            refused = True
            continue
        snapshot = source.card.kind == "snapshot"
        records = changes.list_changes(reading, None) if snapshot else list(reading.records)
        for record in records:
            say(record.model_dump_json() if ndjson else f"{record.observed}  {record.series}  {record.provenance.position}")
        say(f"{len(records)} records, newest {reading.newest}, payload {payload.sha256[:16]}", err=True)
        if reading.kept_raw is not None:
            say(f"note: {reading.kept_raw}", err=True)
        for one in reading.oversized:
            say(f"put aside: {one.sentence(source.card.source_id)}", err=True)
    raise typer.Exit(int(refused))


def _fetched(source: Source) -> Payload:
    from supplywatch import registry
    from supplywatch.intake.assemble import make_archive, make_fetcher
    from supplywatch.intake.options import load_options
    from supplywatch.model.source import Cursor
    from supplywatch.settings import load_settings

    settings, card = load_settings(), source.card
    has_secret = card.secret_setting is not None and settings.secret(card.secret_setting) is not None
    cursor = Cursor(datetime.now(UTC), None, has_secret, load_options(list(registry.sources()))[card.source_id].options)
    fetched = make_fetcher(settings, make_archive(settings)).fetch(source, cursor)
    if fetched.refused is not None:
        raise BadRequest(f"quarantined ({fetched.refused.reason}): {fetched.refused}")
    return fetched.payload


def _run(source: Source, payloads: Iterator[Payload] | None, acceptance: Acceptance | None = None) -> list[PollResult]:
    from supplywatch import registry
    from supplywatch.intake.assemble import make_runner
    from supplywatch.intake.options import load_options
    from supplywatch.runtime.broker import Producer, record_topic
    from supplywatch.settings import load_settings

    settings = load_settings()
    address = broker_address(settings)
    ledger = open_ledger()
    with Producer(address, settings.outage_s) as producer:
        options = load_options(list(registry.sources()))
        runner: Runner = make_runner(settings, ledger, producer, lambda f: record_topic(f, settings.topic_prefix), options)
        if payloads is None:
            return [_in_turn(lambda: runner.poll(source))]
        return [_in_turn(partial(runner.load, source, payload, _warn, acceptance)) for payload in _each(source, payloads)]


def _in_turn(look: Callable[[], PollResult]) -> PollResult:
    """Wait while another process looks at the source: `up` polls all of them at its start, when a first file is often given."""
    pauses, end = Pauses(0.2, 2.0), time.monotonic() + _TURN_S
    result = look()
    if result.outcome == "busy":
        say(f"{result.source}: another process looks at it just now; waiting up to {_TURN_S} s", err=True)
    while result.outcome == "busy" and time.monotonic() < end:
        time.sleep(pauses.take())
        result = look()
    return result


def _each(source: Source, payloads: Iterator[Payload]) -> Iterator[Payload]:
    try:
        yield from payloads
    except Quarantine as error:
        raise BadRequest(f"{source.card.source_id}: {error}") from error


def _print_result(result: PollResult, *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        print_json(asdict(result))
        return
    why = "".join(f": {said}" for said in (result.detail, result.kept_raw) if said is not None)
    reason = "" if result.reason is None else f" ({result.reason})"
    say(f"{result.source}: {result.outcome}{reason}, {result.records} records offered{why}")
    for said in result.put_aside:
        say(f"put aside: {said}")


def backtest(
    more: MoreFiles = None,
    source: Annotated[str, typer.Option("--source", help="The source whose payloads are given.")] = "",
    from_files: FromFiles = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; may be repeated.")] = None,
    ledger: LedgerUrl = None,
    ndjson: Ndjson = False,
    json: JsonFlag = False,
) -> None:
    """Step recorded payloads through connector, guards, rules and a ledger, in event time; print every transition.

    Several payloads are several vintages. Without a time, figures count as known on the day the publisher's calendar gives. Slices of trade
    are judged whoever publishes them. The ledger is in memory unless one is named. Exit code 1 when a payload was refused.
    """
    from supplywatch import registry
    from supplywatch.intake.files import read_file
    from supplywatch.intake.replay import steps
    from supplywatch.rulebook.backtest import step

    specs = [*(from_files or ()), *(more or ())]
    if not source or not specs:
        raise BadRequest("backtest needs --source and at least one --from FILE; 'supplywatch sources' lists the sources")
    found = registry.source(source)
    engine = make_engine(open_ledger(ledger or "sqlite://"), rule or (), publisher=found.card.source_id)
    now = datetime.now(UTC)
    given = [read_file(spec, found.card, now=now) for spec in specs]
    refused: list[str] = []
    batches = _watched(steps(found, given, now=now, warn=_warn), refused)
    counted = _stepped(step(engine, batches), _printer(ndjson=ndjson or json))
    took = (datetime.now(UTC) - now).total_seconds()
    say(f"{counted}, {len(refused)} payloads refused, {took:.1f} s", err=True)
    say("".join(f"quarantined: {detail}\n" for detail in refused), err=True, nl=False)
    raise typer.Exit(1 if refused else 0)


def _stepped(steps: Iterator[tuple[Verdict, list[AlertEvent]]], print_event: Callable[[Any], None]) -> str:
    """Print every transition as it comes, with progress for a person who watches; return what was counted."""
    records, events = 0, 0
    for verdict, transitions in steps:
        records += verdict.new + verdict.revision
        events += len(transitions)
        for event in transitions:
            print_event(event)
        if sys.stderr.isatty():
            progress(f"{records} records judged, {events} transitions ")
    return f"{records} records judged, {events} transitions"


def _watched(batches: Iterator[list[Record]], refused: list[str]) -> Iterator[list[Record]]:
    """Pass batches on and note why payloads were refused."""
    from supplywatch.model.records import SourceReport, SourceStatus

    for batch in batches:
        refused += [r.detail for r in batch if isinstance(r, SourceReport) and r.status == SourceStatus.QUARANTINED]
        yield batch


def _printer(*, ndjson: bool) -> Callable[[Any], None]:
    def as_json(event: Any) -> None:
        say(event.model_dump_json())

    def as_text(event: Any) -> None:
        say(f"{event.known_at:%Y-%m-%d}  " + "\n            ".join(event_lines(event)))

    return as_json if ndjson else as_text
