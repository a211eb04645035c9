"""The dead-letter ceiling: a stage stops before it pours good messages aside.

A bad message is the exception. When message after message fails, or every tenth of a thousand, something else is wrong: a rule, a table,
a producer. Then putting aside would empty the topics into the dead letters, and hide the fault behind an idle stage.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from supplywatch.config import read_yaml, validated

N = TypeVar("N", int, float)
FILE = "dead_letters.yaml"


class Limit(BaseModel, Generic[N]):
    """A limit and why it is what it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: N = Field(gt=0)
    reason: str = Field(min_length=1)


class Limits(BaseModel):
    """``config/dead_letters.yaml``.

    Parameters
    ----------
    run
        Messages in a row.
    share
        Of the last ``window`` messages, at most 1.
    window
        Messages looked back on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: Limit[int]
    share: Limit[float]
    window: Limit[int]

    @field_validator("share")
    @classmethod
    def _a_share(cls, share: Limit[float]) -> Limit[float]:
        if share.value > 1:
            raise ValueError("is of the last messages, so at most 1 (0.1 is a tenth)")
        return share


def load_limits() -> Limits:
    """Return the limits of the configuration.

    Raises
    ------
    BadSetting
        Names the key that is wrong.
    """
    return validated(Limits, read_yaml(FILE), f"config/{FILE}")


class Ceiling:
    """Counts what a stage could not use, over the batches since its process started.

    Examples
    --------
    >>> limit = {"reason": "an example"}
    >>> limits = {"run": limit | {"value": 3}, "share": limit | {"value": 0.5}, "window": limit | {"value": 8}}
    >>> ceiling = Ceiling(Limits.model_validate(limits))
    >>> ceiling.note([False, True, True])
    >>> ceiling.reached([False]), ceiling.reached([True])
    (None, '3 messages in a row')
    """

    def __init__(self, limits: Limits) -> None:
        self._run_limit, self._share = limits.run.value, limits.share.value
        self._recent: deque[bool] = deque(maxlen=max(limits.window.value, limits.run.value))
        self._run = 0

    def reached(self, failed: Sequence[bool]) -> str | None:
        """Return which limit is reached if these messages come next, the oldest first; ``None`` when none is."""
        run = self._run
        for bad in failed:
            run = run + 1 if bad else 0
            if run >= self._run_limit:
                return f"{run} messages in a row"
        recent = deque(self._recent, self._recent.maxlen)
        recent.extend(failed)
        count = sum(recent)
        if count >= self._run_limit and count > self._share * len(recent):
            return f"{count} of the last {len(recent)} messages"
        return None

    def note(self, failed: Sequence[bool]) -> None:
        """Take messages as settled."""
        for bad in failed:
            self._run = self._run + 1 if bad else 0
        self._recent.extend(failed)
