"""The base of every value object."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of every value object: immutable, unknown fields of newer versions ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")
