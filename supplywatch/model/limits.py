"""The numbers of ``config/thresholds.yaml`` that no single rule owns: what is left behind, and what is believed of a payload."""

from __future__ import annotations

from functools import cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from supplywatch.config import read_yaml, rule_params

COMMON_BLOCKS = ("judging", "intake")
"""Blocks of ``config/thresholds.yaml`` that are no rule's."""


class _Limits(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Judging(_Limits):
    """How late a line may be before others of its kind leave it behind, and how long a person may put an alert away."""

    left_behind_years: int = Field(gt=0)
    left_behind_months: int = Field(gt=0)
    left_behind_days: int = Field(gt=0)
    longest_shelving_days: int = Field(gt=0)
    suspension_notice_days: tuple[int, ...] = Field(min_length=1)


class Intake(_Limits):
    """What a payload or an uploaded file may lose, rewrite or promise and still be believed."""

    max_shrink: dict[str, float]
    small_loss_entries: int = Field(ge=0)
    max_series_shrink: float = Field(gt=0, lt=1)
    small_shrink_records: int = Field(ge=0)
    rewritten_share: float = Field(gt=0, lt=1)
    rewritten_min_common: int = Field(ge=1)
    bulk_entries: int = Field(ge=1)
    bulk_share: float = Field(gt=0, lt=1)
    rollback_held_days: int = Field(ge=0)
    waiting_new_entries: int = Field(ge=0)
    waiting_new_share: float = Field(ge=0, lt=1)
    edition_whole_share: float = Field(gt=0, lt=1)
    edition_closed_days: int = Field(ge=0)
    act_news_days: int = Field(ge=0)
    cited_pages: int = Field(ge=0)
    import_refused_share: float = Field(ge=0, lt=1)
    import_removed_share: float = Field(gt=0, le=1)
    future_days: int = Field(ge=0)

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if "each" not in self.max_shrink or not all(0 <= share < 1 for share in self.max_shrink.values()):
            raise ValueError("max_shrink needs 'each', and shares from 0 to under 1 by source")
        return self

    def shrink_of(self, source_id: str) -> float:
        """Return the share of a list's entries that may vanish between two polls of a source."""
        return self.max_shrink.get(source_id, self.max_shrink["each"])


@cache
def judging() -> Judging:
    """Return what all rules share."""
    return rule_params("judging", Judging)


@cache
def intake() -> Intake:
    """Return what payloads are held against."""
    return rule_params("intake", Intake)


def news_days() -> int:
    """Return the age at which an entry of a list is still news: one value for the comparison of two lists and for the rule."""
    return int(read_yaml("thresholds.yaml")["list_entry"]["new_within_days"]["value"])
