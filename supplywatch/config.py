"""Where configuration files are found, and how they are read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from supplywatch.errors import BadSetting

M = TypeVar("M", bound=BaseModel)
PACKAGE = Path(__file__).resolve().parent


def config_dir() -> Path:
    """Return the folder with ``taxonomy.yaml`` and its siblings: of the checkout, or as installed with the wheel."""
    checkout = PACKAGE.parent / "config"
    return checkout if (checkout / "taxonomy.yaml").is_file() else PACKAGE / "_config"


@cache
def read_yaml(name: str) -> Any:
    """Read ``config/<name>``.

    Raises
    ------
    BadSetting
        When the file is missing or is not YAML.
    """
    path = config_dir() / name
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise BadSetting(f"{path}: cannot be read ({error.strerror}); restore it from the repository") from error
    except yaml.YAMLError as error:
        raise BadSetting(f"{path}: not valid YAML ({error}); correct it") from error


def validated(model: type[M], value: object, where: str) -> M:
    """Validate a piece of configuration, with an error that names the file and the field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadSetting(f"{where}: {field or 'value'}: {first['msg']} (got {first.get('input')!r}); correct it") from error


def rule_params(rule_id: str, model: type[M]) -> M:
    """Return a rule's parameters from ``config/thresholds.yaml``.

    Each parameter stands there as ``name: {value: …, source: "…"}``: a threshold without a source is refused.
    """
    rules = read_yaml("thresholds.yaml")
    where = f"config/thresholds.yaml: {rule_id}"
    block = rules.get(rule_id)
    if not isinstance(block, dict):
        raise BadSetting(f"{where}: missing; add the rule's parameters")
    for name, entry in block.items():
        if not isinstance(entry, dict) or "value" not in entry or not entry.get("source"):
            raise BadSetting(f"{where}.{name}: needs 'value' and a non-empty 'source'")
    return validated(model, {name: entry["value"] for name, entry in block.items()}, where)
