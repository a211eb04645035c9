"""``supplywatch doctor``: does it live? Broker, topics, ledger, sources, lag, dead letters, in one look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import typer

from supplywatch.cli.broker import broker_address
from supplywatch.cli.common import JsonFlag, open_ledger, print_json
from supplywatch.errors import Refuse, Retry
from supplywatch.runtime.output import say

if TYPE_CHECKING:
    from supplywatch.ledger.book import Ledger
    from supplywatch.settings import Settings

MANY_PENDING = 1000


@dataclass(frozen=True)
class Check:
    """One line of the diagnosis."""

    part: str
    status: Literal["ok", "warn", "fail"]
    detail: str


def doctor(json: JsonFlag = False) -> None:
    """Check broker, topics, ledger, every source, lag and dead letters; exit code 1 when something is wrong, 2 when it could not look."""
    from supplywatch.config import config_dir
    from supplywatch.settings import load_settings

    settings = load_settings()
    checks = [
        Check("configuration", "ok", f"{config_dir()}"),
        *_guarded("broker", lambda: _broker(settings)),
        *_guarded("ledger", lambda: _ledger(settings)),
        *(_guarded("alertmanager", lambda: _told(settings)) if settings.alertmanager else ()),
    ]
    if json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            say(f"{check.status:<5}{check.part:<34}{check.detail}")
    unreachable = any(check.status == "fail" and check.part in ("broker", "ledger") for check in checks)
    raise typer.Exit(2 if unreachable else int(any(check.status != "ok" for check in checks)))


def _guarded(part: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from checks()
    except (Retry, Refuse) as error:
        yield Check(part, "fail", str(error))


def _broker(settings: Settings) -> Iterator[Check]:
    from streams.deadletter import waiting
    from streams.topics import RECORDS, TOPICS, judge_group, match_group, match_topics
    from supplywatch.runtime.broker_admin import Admin

    address = broker_address(settings)
    prefix = settings.topic_prefix
    with Admin(address) as admin:
        present = admin.topics()
        yield Check("broker", "ok", f"{','.join(address.servers)} answers")
        missing = [prefix + topic.name for topic in TOPICS if prefix + topic.name not in present]
        if missing:
            yield Check(
                "topics", "fail", f"missing: {', '.join(missing)}; start 'supplywatch worker' or 'supplywatch up', which create them"
            )
            return
        yield Check("topics", "ok", f"all {len(TOPICS)} there")
        group = admin.group(judge_group(prefix), [prefix + topic.name for topic in RECORDS])
        matching = admin.group(match_group(prefix), match_topics(prefix))
    behind = sum(group.lag.values())
    unowned = len(group.lag) - len(group.owned) if group.owned is not None else len(group.lag) * (group.members == 0)
    if unowned:
        yield Check("workers", "fail", f"{unowned} partitions have no owner ({group.members} workers); start 'supplywatch worker'")
    else:
        owners = "every partition has an owner" if group.owned is not None else "the embedded broker does not tell who owns what"
        yield Check("workers", "ok", f"{group.members} in the group, {owners}")
    yield Check("lag", "ok" if behind < MANY_PENDING else "warn", f"{behind} messages not yet judged")
    unmatched = sum(matching.lag.values())
    if matching.members == 0:
        yield Check("matching", "fail", f"nobody matches counterparties, {unmatched} messages wait; start 'supplywatch match'")
    else:
        yield Check(
            "matching", "ok" if unmatched < MANY_PENDING else "warn", f"{unmatched} list entries and counterparties not yet matched"
        )
    dead = waiting(address, prefix)
    yield Check("dead letters", "warn" if dead else "ok", f"{dead} waiting" + ("; see 'supplywatch dlq list'" if dead else ""))


def _ledger(settings: Settings) -> Iterator[Check]:
    from supplywatch.ledger import connect

    ledger = open_ledger(upgrade=False)
    yield Check("ledger", "ok", f"{connect.shown(settings.ledger)} answers, schema is current")
    pending = ledger.outbox_size()
    yield Check("outbox", "ok" if pending < MANY_PENDING else "warn", f"{pending} events not yet published")
    yield from _sources(ledger)


def _told(settings: Settings) -> Iterator[Check]:
    """Hold what stands in each Alertmanager against what stands in the ledger."""
    import httpx

    from streams.alertmanager import Alertmanager
    from streams.notify import addresses
    from supplywatch.ledger import announcing

    with open_ledger(upgrade=False).read() as connection:
        running = {one.alert_id for one in announcing.running(connection)}
    with httpx.Client() as client:
        for url in addresses(settings):
            there = Alertmanager(url, client).standing()
            lacking, beyond = len(running - there), len(there - running)
            if lacking or beyond:
                said = f"{lacking} open alerts do not stand there, {beyond} that ended do; is 'supplywatch notify' running?"
                yield Check("alertmanager", "fail" if lacking else "warn", said)
            else:
                yield Check("alertmanager", "ok", f"{len(running)} open alerts, all of them stand there and no other")


def _sources(ledger: Ledger) -> Iterator[Check]:
    from supplywatch import registry
    from supplywatch.intake.options import load_options
    from supplywatch.intake.status import source_health
    from supplywatch.ledger.sources import SourceState, load_states

    known = registry.sources()
    options = load_options(list(known))
    with ledger.read() as connection:
        states = load_states(connection)
    for source_id, source in known.items():
        state = states.get(source_id, SourceState())
        health = source_health(source.card, state, datetime.now(UTC), enabled=options[source_id].enabled)
        yield Check(f"source {source_id}", health.level, health.sentence)
