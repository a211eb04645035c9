"""A place where a watched item is made or can be made, as the user's own supplier register has it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from supplywatch.model.value import Frozen


class Site(Frozen):
    """One site that makes an item, or stands ready to; it counts from its verification to the end of its validity."""

    name: str
    country: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 3166 alpha-3")
    role: Literal["primary", "backup"]
    verified_on: date
    valid_until: date
    evidence: str = Field(min_length=1, description="what the verification rests on, e.g. an audit report")
    operator: str | None = None

    def counts_on(self, day: date) -> bool:
        """Tell whether the verification is in force on a day."""
        return self.verified_on <= day <= self.valid_until
