"""Stepping recorded payloads through connector, guards, engine and ledger, without Kafka, in event time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from supplywatch.intake.files import Given
from supplywatch.intake.replay import steps
from supplywatch.judging.engine import Engine, Verdict
from supplywatch.ledger.book import Ledger
from supplywatch.model.alert import AlertEvent, Finding
from supplywatch.model.items import Publishers, load_items
from supplywatch.model.records import Record
from supplywatch.model.rule import Context, Rule, State
from supplywatch.model.source import Source
from supplywatch.rulebook.scoring import History

BATCH = 500


def step(engine: Engine, batches: Iterable[Sequence[Record]]) -> Iterator[tuple[Verdict, list[AlertEvent]]]:
    """Judge batches of records, each in the order of their periods.

    Parameters
    ----------
    batches
        One batch for each payload, in the order in which the payloads became known.

    Yields
    ------
    tuple
        Counts and transitions of the next records; transitions in event time.
    """
    for batch in batches:
        ordered = sorted(batch, key=lambda record: record.observed)
        for start in range(0, len(ordered), BATCH):
            verdict = engine.judge(ordered[start : start + BATCH])
            yield verdict, sorted(verdict.events, key=lambda event: event.observed_at)


def replayed(
    rule: Rule[Any], source: Source, given: Sequence[Given], *, now: datetime, params: BaseModel | None = None
) -> tuple[list[AlertEvent], dict[str, History]]:
    """Step payloads through one rule and a ledger in memory.

    Returns
    -------
    tuple
        The transitions, and by id of each subject what the rule had of it.
    """
    ledger, rule_id = Ledger.open("sqlite://"), rule.card.rule_id
    # A back-test holds the rule against every line it judges; which of them may alarm is the operator's choice, not the rule's worth.
    items = load_items().model_copy(update={"publishers": Publishers.only(source.card.source_id), "alarm_lines": "all"})
    names: dict[str, str] = {}
    recorded: dict[str, set[str]] = defaultdict(set)
    judged: dict[str, set[str]] = defaultdict(set)
    raised: dict[str, set[str]] = defaultdict(set)

    def detect(state: State | None, record: Record, parameters: Any, context: Context) -> tuple[State, Finding]:
        after, finding = rule.detect(state, record, parameters, context)
        judged_one = context.subject
        for subject in (one for one in rule.subjects(record, items) if judged_one is not None and one.id == judged_one.id):
            names[subject.id] = subject.name  # goods are called otherwise in each revision of the HS
            recorded[subject.id].add(record.observed)
            if finding.status in ("raised", "clear"):
                judged[subject.id].add(record.observed)
            (raised[subject.id].add if finding.status == "raised" else raised[subject.id].discard)(record.observed)
        return after, finding

    engine = Engine(ledger, {rule_id: replace(rule, detect=detect)}, items, params={} if params is None else {rule_id: params})
    batches = steps(source, given, now=now, warn=lambda _message: None)
    events = [event for _, transitions in step(engine, batches) for event in transitions]
    ledger.close()
    had = {key: [frozenset(one[key]) for one in (recorded, judged, raised)] for key in names}
    return events, {key: History(names[key], *sets) for key, sets in had.items()}
