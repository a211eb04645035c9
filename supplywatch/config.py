"""Where configuration files are found, and how they are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from supplywatch.errors import BadSetting

M = TypeVar("M", bound=BaseModel)
PACKAGE = Path(__file__).resolve().parent


def config_dir() -> Path:
    """Return the folder with ``taxonomy.yaml`` and its siblings: ``SUPPLYWATCH_CONFIG_DIR``, that of the checkout, or as installed."""
    named = os.environ.get("SUPPLYWATCH_CONFIG_DIR")
    return Path(named) if named else shipped_dir()


def shipped_dir() -> Path:
    """Return the folder of this release: that of the checkout, or as installed."""
    checkout = PACKAGE.parent / "config"
    return checkout if (checkout / "taxonomy.yaml").is_file() else PACKAGE / "_config"


class _Book(dict[str, Any]):
    """What a file holds; a key that is asked for and not there is named, also in files that no model describes (vocabularies)."""

    def __init__(self, name: str, found: dict[str, Any]) -> None:
        super().__init__(found)
        self._name = name

    def __missing__(self, key: str) -> Any:
        raise BadSetting(f"config/{self._name}: {key}: missing; add it")


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
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return _Book(name, found) if isinstance(found, dict) else found
    except OSError as error:
        raise BadSetting(f"{path}: cannot be read ({error.strerror}); take it from the config folder of this release") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f" at line {mark.line + 1}"
        raise BadSetting(f"{path}: not valid YAML{line} ({getattr(error, 'problem', None) or error}); correct it") from error


def validated(model: type[M], value: object, where: str, *, extra: Literal["allow", "forbid"] = "forbid") -> M:
    """Validate a piece of configuration.

    Parameters
    ----------
    model
        What it must be.
    where
        File and, for a part of it, what stands before its keys.
    extra
        Whether keys that the model does not know are let pass: only where they are read by people.

    Raises
    ------
    BadSetting
        A line for each key that does not fit, with file, key and what to do: a folder of another release is mended in one go.
    """
    if isinstance(value, dict) and "schema_version" not in model.model_fields:
        value = {key: given for key, given in value.items() if key != "schema_version"}  # said of the file, not of what stands in it
    try:
        return model.model_validate(value, extra=extra)
    except ValidationError as error:
        raise BadSetting("\n".join(_complaint(model, value, where, each) for each in error.errors(include_url=False))) from error


def _complaint(model: type[BaseModel], value: object, where: str, error: ErrorDetails) -> str:
    key, kind = _key(value, error["loc"]), error["type"]
    if kind == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), _keys(model), 1)
        return f"{where}: {key}: unknown key; " + (f"write {near[0]!r} if that is meant, else take it out" if near else "take it out")
    if kind == "missing":
        return f"{where}: {key}: missing; add it"
    said = error["msg"].removeprefix("Value error, ")
    return f"{where}: {key or 'value'}: {said} (got {error.get('input')!r}); correct it"


def _key(value: object, loc: Sequence[int | str]) -> str:
    """Return where a key stands; an entry of a list is called by its id or name, where it has one."""
    parts = []
    for step in loc:
        try:
            value = value[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            value = None
        named = value.get("id") or value.get("name") if isinstance(step, int) and isinstance(value, dict) else None
        parts.append(f"{step} ({named})" if named else str(step))
    return ".".join(parts)


def _keys(model: type[BaseModel]) -> set[str]:
    """Return every key a model and the models in it know."""
    found: set[str] = set()
    waiting: list[Any] = [model]
    seen: set[Any] = set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        if isinstance(one, type) and issubclass(one, BaseModel):
            found |= set(one.model_fields)
            waiting += [field.annotation for field in one.model_fields.values()]
        else:
            waiting += get_args(one)
    return found


class Origin(BaseModel):
    """A threshold and where it comes from: measured on the series itself, on several together, published, or set by this project."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Any
    kind: Literal["calibrated", "pooled", "published", "default"]
    source: str = Field(min_length=1)
    series: str | None = Field(default=None, min_length=1)
    dates: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _measured_on_what(self) -> Self:
        if self.kind in ("calibrated", "pooled") and (self.series is None or self.dates is None):
            raise ValueError(f"kind {self.kind} needs 'series' and 'dates': on what it was measured")
        return self


def origin(entry: object, where: str) -> Origin:
    """Return a parameter of ``config/thresholds.yaml`` with where it comes from."""
    if not isinstance(entry, dict) or not {"value", "kind", "source"} <= entry.keys():
        raise BadSetting(f"{where}: needs 'value', 'kind' (calibrated, pooled, published or default) and 'source'")
    return validated(Origin, entry, where)


def rule_params(rule_id: str, model: type[M]) -> M:
    """Return a rule's parameters from ``config/thresholds.yaml``.

    Each parameter stands there as ``name: {value: …, kind: …, source: "…"}``: a threshold that does not say where it comes from is refused.
    """
    rules = read_yaml("thresholds.yaml")
    where = f"config/thresholds.yaml: {rule_id}"
    block = rules.get(rule_id)
    if not isinstance(block, dict):
        raise BadSetting(f"{where}: missing; add the rule's parameters")
    values, complaints = {}, []
    for name, entry in block.items():
        try:
            values[name] = origin(entry, f"{where}.{name}").value
        except BadSetting as error:
            complaints.append(str(error))
    if complaints:
        raise BadSetting("\n".join(complaints))
    return validated(model, values, where)
