"""Cases of the rules: published figures in our own short format, turned into records and folded through a rule.

``supplywatch rules test`` runs them where the product is installed; CI refuses a rule without one that fires and one that is silent.

One file per rule, ``detectors/cases/<rule_id>.yaml``. A case ``fires`` when some finding of it is raised, and is silent otherwise::

    record: {kind: transit_count, ...}     # fields that every record of the file has; lists and mappings as in the record's JSON
    cases:
      - name: Ever Given                   # what happened
        figures: IMF PortWatch, ...        # where the figures were published
        fires: true
        expect: {status: raised, severity: critical}   # a part of the last finding
        record: {chokepoint_id: chokepoint1, ...}      # fields that every record of the case has
        records: [{observed: 2021-03-23, ...}, ...]    # oldest first; or one of the short forms:
        days: {from: 2021-01-04, transits_total: [59, 52, ...]}             # transit counts, one a day
        calls: {from: 2021-01-04, calls_total: [31, 33, ...]}           # port calls, one day each
        imports: {2017: {Brazil: 2.0e+9, World: 2.1e+9}, 2018: {...}}       # US dollars by partner; 'weights' alike, in kg
        balances: {2024: {copper: [[Mine production, mine, 1840, kt], ...]}}  # [statistic, stage, value, unit(, special)] by commodity

What a record needs beyond that (provenance, time of the fetch, counts by type) is filled in. Records named by ``Rule.related`` are
looked up among the records of the case, as the engine does in the ledger. A case of which the rule watches nothing ends as ``nothing``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any

import yaml
from pydantic import TypeAdapter

from supplywatch.config import rule_params
from supplywatch.errors import BadSetting
from supplywatch.model.alert import NOTHING, Finding
from supplywatch.model.items import Items, load_items
from supplywatch.model.records import FIRST_PUBLISHER, AnyRecord, Record
from supplywatch.model.rule import FROM_THE_END, Context, Rule, State

NOWHERE = ("Areas, nes", "Free Zones", "Special Categories", "Other Europe, nes")
_NO_PAYLOAD = "0" * 64
_RECORD: TypeAdapter[Any] = TypeAdapter(AnyRecord)


FIELDS = frozenset("name figures fires expect record records days calls imports weights balances".split())


@dataclass(frozen=True)
class Case:
    """One case of one rule.

    Parameters
    ----------
    fires
        Whether some finding of it must be raised.
    figures
        Where they were published.
    expect
        A part of the last finding, as JSON values.
    """

    rule_id: str
    name: str
    fires: bool
    figures: str
    records: tuple[Record, ...]
    expect: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a case came to; ``problem`` is ``None`` when it came out as it says."""

    case: Case
    problem: str | None


def cases(rule_id: str) -> list[Case]:
    """Return the cases of a rule, none where it has no file.

    Raises
    ------
    BadSetting
        A case says something that is not understood.
    """
    path = files("detectors") / "cases" / f"{rule_id}.yaml"
    if not path.is_file():
        return []
    book = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_case(rule_id, book.get("record", {}), raw) for raw in book["cases"]]


def run(rule: Rule[Any]) -> list[Outcome]:
    """Run every case of a rule."""
    return [Outcome(case, problem_of(rule, case)) for case in cases(rule.card.rule_id)]


def problem_of(rule: Rule[Any], case: Case) -> str | None:
    """Return in words how a case comes out otherwise than it says, ``None`` when it comes out so."""
    findings = [finding for _, _, finding in fold(rule, case.records)]
    raised = any(finding.status == "raised" for finding in findings)
    if raised != case.fires:
        return "raises nothing" if case.fires else "raises, and should be silent"
    last = findings[-1].model_dump(mode="json")
    return None if contains(last, case.expect) else f"ends otherwise: expected {case.expect}, found {_same_keys(last, case.expect)}"


def _same_keys(found: Any, expected: Any) -> Any:
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: _same_keys(found.get(key), value) for key, value in expected.items()}
    return found


def _case(rule_id: str, common: dict[str, Any], raw: dict[str, Any]) -> Case:
    if unknown := set(raw) - FIELDS:
        raise BadSetting(
            f"detectors/cases/{rule_id}.yaml: {raw.get('name')}: unknown field {min(unknown)!r}; known: {', '.join(sorted(FIELDS))}"
        )
    shared = {**common, **raw.get("record", {})}
    bare = [*raw.get("records", []), *_days(raw), *_calls(raw), *_imports(raw, shared), *_balances(raw)]
    records = tuple(_RECORD.validate_python(_complete({**shared, **one}, rule_id, n)) for n, one in enumerate(bare))
    return Case(rule_id, raw["name"], raw["fires"], raw["figures"], records, raw.get("expect", {}))


def _complete(raw: dict[str, Any], rule_id: str, number: int) -> dict[str, Any]:
    observed = str(raw["observed"])
    year, month, day = (int(part) for part in (*observed.split("-"), *("12", "28")[len(observed.split("-")) - 1 :]))
    fetched = datetime(year, month, day, 13, 35, tzinfo=UTC) + timedelta(days=2)
    provenance = {
        # Trade is judged of one publisher only.
        "source": FIRST_PUBLISHER if raw.get("kind") == "trade_slice" else "case",
        "vintage": f"{fetched:%Y-%m-%d}",
        "payload_sha256": _NO_PAYLOAD,
        "position": f"{rule_id}.yaml record {number}",
    }
    given = raw.get("provenance", {})
    return {"fetched": fetched, **raw, "observed": observed, "provenance": {**provenance, **given}}


def _days(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if days := raw.get("days"):
        for n, count in enumerate(days["transits_total"]):
            if count is not None:
                yield transit(days["from"] + timedelta(days=n), count)


def transit(day: date, total: int) -> dict[str, Any]:
    """Return a day's transits as a record's JSON, all of them cargo ships of no type."""
    zeros = dict.fromkeys(("tanker", "container", "dry_bulk", "general_cargo", "roro"), 0)
    counts = {f"transits_{name}": count for name, count in zeros.items()}
    return {"kind": "transit_count", "observed": day.isoformat(), "transits_total": total, "transits_cargo": total, **counts}


def _calls(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if calls := raw.get("calls"):
        zeros = dict.fromkeys((f"calls_{name}" for name in ("tanker", "container", "dry_bulk", "general_cargo", "roro")), 0)
        for n, count in enumerate(calls["calls_total"]):
            if count is not None:
                day = calls["from"] + timedelta(days=n)
                yield {"kind": "port_calls", "observed": day.isoformat(), "calls_total": count, "calls_cargo": count, **zeros}


def _imports(raw: dict[str, Any], shared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for year, values in raw.get("imports", {}).items():
        weights = raw.get("weights", {}).get(year, {})
        flows = [partner_flow(name, value, weights.get(name), shared["reporter"]["name"]) for name, value in values.items()]
        world = [flow for flow in flows if flow["partner"]["name"] == "World"]
        partners = [flow for flow in flows if flow["partner"]["name"] != "World"]
        yield {"kind": "trade_slice", "observed": year, "partners": partners, "world": world[0] if world else None}


def partner_flow(name: str, value_usd: float | None, net_weight_kg: float | None, reporter: str) -> dict[str, Any]:
    """Return the trade with one partner as JSON."""
    return {
        "partner": {"code": name, "name": name},
        "role": "self" if name == reporter else "nowhere" if name in NOWHERE else "economy",
        "value_usd": value_usd,
        "net_weight_kg": net_weight_kg,
        "position": name,
    }


def _balances(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    names = ("statistic", "stage", "value", "unit", "special")
    for year, commodities in raw.get("balances", {}).items():
        for commodity, rows in commodities.items():
            figures = [dict(zip(names, row, strict=False)) | {"position": f"row {n}"} for n, row in enumerate(rows)]
            yield {"kind": "commodity_balance", "observed": year, "commodity": commodity, "figures": figures}


def fold(
    rule: Rule[Any], records: tuple[Record, ...] | list[Record], items: Items | None = None
) -> Iterator[tuple[Record, State, Finding]]:
    """Fold the records of one subject, each state through JSON, as the engine does; what nobody watches is ``nothing``.

    Where a record concerns several subjects, the first is judged.
    """
    items = items or load_items()
    params = rule_params(rule.card.rule_id, rule.params)
    by_key = {(record.series, record.observed): record for record in records}
    state: State | None = None
    for record in records:
        subjects = rule.subjects(record, items) if isinstance(record, rule.records) else ()
        if not subjects:
            yield record, state or {}, NOTHING
            continue
        related = {key: found for key in rule.related(record, items) if (found := _related(by_key, *key)) is not None}
        new, finding = rule.detect(state, record, params, Context(items, related, subjects[0]))
        yield record, new, finding
        state = json.loads(json.dumps(new, allow_nan=False))


def _related(by_key: Mapping[tuple[str, str], Record], series: str, period: str) -> Record | None:
    if period not in FROM_THE_END:
        return by_key.get((series, period))
    periods = sorted((observed for one, observed in by_key if one == series), reverse=True)
    place = FROM_THE_END.index(period)
    return by_key[series, periods[place]] if place < len(periods) else None


def contains(whole: object, part: object) -> bool:
    """Whether ``part`` is found in ``whole``: mappings by their keys, numbers to 6 digits."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and contains(whole[key], value) for key, value in part.items())
    if isinstance(part, float) and isinstance(whole, int | float):
        return abs(whole - part) <= 1e-6 * max(1.0, abs(part))
    return whole == part or str(whole) == str(part)
