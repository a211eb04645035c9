"""The user's choices for each source: ``config/sources.yaml``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from pydantic import ConfigDict, Field

from supplywatch.config import read_yaml, validated
from supplywatch.errors import BadSetting
from supplywatch.model.records import Frozen


class SourceOptions(Frozen):
    """What the user chose for one source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    poll_every: timedelta | None = Field(default=None, description="ISO 8601 duration, e.g. PT6H; None: as its card says")
    options: dict[str, object] = Field(default_factory=dict, description="handed to the connector, which documents what it knows")


def load_options(known: Collection[str]) -> dict[str, SourceOptions]:
    """Return the choices for every known source; those the file does not name are enabled with their card's defaults.

    Raises
    ------
    BadSetting
        When the file names a source that does not exist, or a choice that does not.
    """
    chosen = read_yaml("sources.yaml") or {}
    if not isinstance(chosen, dict):
        raise BadSetting("config/sources.yaml: must map source ids to their choices; correct it")
    complaints: list[str] = []
    options: dict[str, SourceOptions] = {}
    for source_id in chosen:
        if source_id not in known:
            complaints.append(f"config/sources.yaml: no source {source_id!r}; take it out, known: {', '.join(sorted(known))}")
    for source_id in known:
        try:
            options[source_id] = validated(SourceOptions, chosen.get(source_id) or {}, f"config/sources.yaml: {source_id}")
        except BadSetting as error:
            complaints.append(str(error))
    if complaints:
        raise BadSetting("\n".join(complaints))
    return options
