"""Writes the generated documents from the code they describe; ``--check`` only compares, and fails when one is out of date.

``rules.md``, ``sources.md``, ``coverage.md``, ``topics.md``, ``metrics.md``, ``settings.md``, ``map.md`` and ``schemas/*.json``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import housemap

from streams.topics import TOPICS
from supplywatch import metrics, registry
from supplywatch.config import read_yaml
from supplywatch.intake.fencing import memory_bytes
from supplywatch.model.alert import AlertEvent
from supplywatch.model.records import RECORD_TYPES
from supplywatch.model.rule import RuleCard
from supplywatch.model.source import Card
from supplywatch.model.taxonomy import load_taxonomy
from supplywatch.rulebook.coverage import coverage
from supplywatch.rulebook.pieces import missing_of_feed, missing_of_rule
from supplywatch.settings import Settings

DOCS = Path(__file__).resolve().parent
NOTE = "<!-- written by docs/generate.py; do not edit -->\n"


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    lines = [list(columns)]
    lines.append(["---"] * len(lines[0]))
    lines += [["" if cell is None else str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def sources_table() -> str:
    """Return one line for each source."""
    cards = [source.card for source in registry.sources().values()]
    rows = ((f"[`{c.source_id}`](#{c.source_id})", c.title, c.publisher, f"{c.calendar.cadence.days} d", c.licence) for c in cards)
    return table(("source", "what", "publisher", "published every", "licence"), rows)


def rules_table() -> str:
    """Return one line for each rule."""
    cards = [rule.card for rule in registry.rules().values()]
    rows = ((f"[`{c.rule_id}`](#{c.rule_id})", c.title, " ".join(c.taxonomy), f"[runbook](runbooks/{c.runbook})") for c in cards)
    return table(("rule", "what it detects", "taxonomy", ""), rows)


def source_page(card: Card) -> Iterator[str]:
    """Yield what there is to know of a source."""
    calendar = card.calendar
    yield f"\n## {card.source_id}\n\n{card.title}, {card.publisher}: <{card.homepage}>\n"
    facts = {
        "hosts": ", ".join(card.hosts),
        "licence": card.licence,
        "redistribution": card.redistribution,
        "commercial use": card.commercial_use,
        "attribution": card.attribution,
        "encoding": card.encoding,
        "kind": f"{card.kind}, records `{card.record.__name__}`",
        "published every": f"{calendar.cadence.days} days, {calendar.content_lag} after the period ends; overdue {calendar.grace} later",
        "polled every": card.poll_every,
        "records in a full answer": f"{card.min_records:,} to {card.max_records:,}",
        "anchors": ", ".join(card.anchors) or None,
        "largest body": f"{card.max_bytes // 1024 // 1024} MiB",
        "reading is ended": f"after {card.need.read_s:g} s, at {memory_bytes(card) // 1024**2} MiB",
        "key": f"`SUPPLYWATCH_{card.secret_setting.upper()}`" if card.secret_setting else None,
        "shape seen in": card.confirmed or "nothing yet: built to the documented shape",
        "taxonomy": " ".join(card.taxonomy),
    }
    yield table(("", ""), ((name, value) for name, value in facts.items() if value is not None))
    yield from (f"- {note}\n" for note in card.notes)


def rule_page(card: RuleCard) -> Iterator[str]:
    """Yield what there is to know of a rule."""
    budget = "none: it reports acts of a publisher" if card.false_alert_budget is None else f"{card.false_alert_budget} per series-year"
    yield f"\n## {card.rule_id} {card.version}\n\n{card.title} ({card.title_zh}). [Runbook](runbooks/{card.runbook}).\n\n"
    yield f"Reference: {card.reference}. False episodes allowed: {budget}.\n\n"
    for node in (load_taxonomy().node(node_id) for node_id in card.taxonomy):
        yield f"- {node.id} {node.en} ({node.zh})" + (f": “{node.quote_zh}”\n" if node.quote_zh else "\n")
    if thresholds := read_yaml("thresholds.yaml").get(card.rule_id, {}):
        yield "\n" + thresholds_table(thresholds)
    yield "\nBlind to:\n\n" + "".join(f"- {spot}\n" for spot in card.blind_spots)


def thresholds_table(block: Mapping[str, Any]) -> str:
    """Return parameters with where each comes from."""
    rows = (
        (f"`{name}`", entry["value"], entry["kind"], "; ".join(str(entry[part]) for part in ("source", "series", "dates") if part in entry))
        for name, entry in block.items()
    )
    return table(("parameter", "value", "kind", "source"), rows)


def shared_page() -> Iterator[str]:
    """Yield the numbers that no single rule owns."""
    yield "\n## What all rules share\n\n"
    for block, what in (("judging", "How alerts are kept."), ("intake", "What is believed of a payload or an uploaded file.")):
        yield f"{what} `{block}` of `config/thresholds.yaml`.\n\n{thresholds_table(read_yaml('thresholds.yaml')[block])}\n"


def coverage_page() -> str:
    """Return the coverage of the taxonomy."""
    rows = ((c.node.id, f"{c.node.en} ({c.node.zh})", " ".join(c.feeds), " ".join(c.rules), c.gap) for c in coverage())
    return table(("node", "what", "feeds", "rules", "not watched"), rows)


def settings_page() -> str:
    """Return the table of settings."""
    rows = ((f"`SUPPLYWATCH_{n.upper()}`", f"`{f.default}`", f.description) for n, f in Settings.model_fields.items())
    return table(("variable", "default", "meaning"), rows)


def topics_page() -> str:
    """Return the table of topics."""
    rows = ((f"`{t.name}`", t.holds, t.key, t.partitions, f"{t.retention_days} d" if t.retention_days else "compacted") for t in TOPICS)
    return table(("topic", "holds", "key", "partitions", "kept"), rows)


def schemas() -> Iterator[tuple[str, str]]:
    """Yield (file name, JSON Schema) of everything that stands on a topic."""
    for model in (AlertEvent, *RECORD_TYPES):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", model.__name__).lower()
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(mode="serialization")}
        yield (
            f"schemas/{name}.v{model.model_fields['schema_version'].default}.json",
            json.dumps(schema, ensure_ascii=False, indent=1) + "\n",
        )


def documents() -> dict[Path, str]:
    """Return every generated document by its path."""
    cards = [source.card for source in registry.sources().values()]
    rules = [rule.card for rule in registry.rules().values()]
    pages: dict[str, str] = {
        "sources.md": "# Sources\n" + "".join(part for card in cards for part in source_page(card)),
        "rules.md": "# Rules\n" + "".join((*shared_page(), *(part for card in rules for part in rule_page(card)))),
        "topics.md": "# Topics\n\n" + topics_page(),
        "metrics.md": "# Metrics\n\n" + table(("metric", "type", "labels", "meaning"), metrics.table()),
        "coverage.md": "# Coverage of the taxonomy\n\n" + coverage_page(),
        "map.md": "".join(housemap.page()),
        "settings.md": "# Settings\n\n" + settings_page(),
    }
    found = {DOCS / name: NOTE + text for name, text in pages.items()}
    found |= {DOCS / name: text for name, text in schemas()}
    return found


def main() -> int:
    """Write what has changed, or with ``--check`` name it and return 1."""
    check = "--check" in sys.argv[1:]
    missing = [line for rule in registry.rules().values() for line in missing_of_rule(rule)]
    missing += [line for name in registry.sources() for line in missing_of_feed(name)]
    if missing:
        print("\n".join(missing))
        return 1
    stale = [path for path, text in documents().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{'out of date' if check else 'written'}: {path.relative_to(DOCS.parent)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(documents()[path], encoding="utf-8")
    return int(bool(stale) and check)


if __name__ == "__main__":
    sys.exit(main())
