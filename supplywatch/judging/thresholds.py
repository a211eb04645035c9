"""Where the lines of judgement come from: measured on the series itself, on others, published, or set by the project."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from supplywatch.config import read_yaml
from supplywatch.model.alert import Threshold
from supplywatch.model.rule import RuleCard

Kind = Literal["calibrated", "pooled", "published", "default", "unknown"]
_WORDS: tuple[tuple[str, Kind], ...] = (
    ("calibrated", "calibrated"),
    ("default", "default"),
    ("pooled", "pooled"),
    ("in-sample", "pooled"),
    ("measured", "pooled"),
)


def kind_of(source: str) -> Kind:
    """Return the kind of a source as ``config/thresholds.yaml`` words it.

    >>> kind_of("twice the watch line; project default"), kind_of("EC SWD(2021)352 CDI1"), kind_of("measured on Chinese HS6 imports")
    ('default', 'published', 'pooled')
    """
    return next((kind for word, kind in _WORDS if word in source), "published")


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
            found.append(Threshold(name=name, value=shown, kind=kind_of(entry["source"]), source=entry["source"]))
        else:
            found.append(Threshold(name=name, value=shown, kind="unknown", source="given for this run, not the configured value"))
    return tuple(found)
