"""Where the lines of judgement come from: measured on the series itself, on others, published, or set by the project."""

from __future__ import annotations

from pydantic import BaseModel

from supplywatch.config import origin, read_yaml
from supplywatch.model.alert import Threshold
from supplywatch.model.rule import RuleCard


def thresholds_of(card: RuleCard, params: BaseModel) -> tuple[Threshold, ...]:
    """Return the lines a rule judges by, each with its source; a value that is not the configured one says so."""
    block = read_yaml("thresholds.yaml").get(card.rule_id, {})
    values = params.model_dump(mode="json")
    found = []
    for name in card.judged_by:
        value, entry = values[name], block.get(name)
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        as_configured = entry is not None and type(params).model_validate({**values, name: entry["value"]}) == params
        if as_configured:
            said = origin(entry, f"config/thresholds.yaml: {card.rule_id}.{name}")
            measured = f" ({said.series}, {said.dates})" if said.series else ""
            found.append(Threshold(name=name, value=shown, kind=said.kind, source=said.source + measured))
        else:
            found.append(Threshold(name=name, value=shown, kind="unknown", source="given for this run, not the configured value"))
    return tuple(found)
