"""The base of every record: its period, its clocks, and the place where it was read."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from supplywatch.model.value import Frozen

Period = Annotated[str, StringConstraints(pattern=r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")]
"""A calendar period in ISO 8601: ``2024`` (year), ``2024-03`` (month) or ``2024-03-17`` (day)."""


class Provenance(Frozen):
    """Where a record was read: the source, the vintage of its payload, the payload's hash and the place in it."""

    source: str
    vintage: str = Field(description="the publisher's edition or, where it names none, the time of the fetch")
    payload_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    position: str = Field(description="place in the payload, e.g. 'row 17' or 'features[3]'")


# Places in the payload too: when a publisher adds a row, all below it move and say what they said before.
NOT_SAID: dict[str, Any] = {
    **dict.fromkeys(("published", "fetched", "provenance", "baseline", "already_listed"), True),
    **dict.fromkeys(("edition", "earlier"), True),
    "figures": {"__all__": {"position"}},
}


class Record(Frozen):
    """Base of all records on ``records.<family>.v1``."""

    family: ClassVar[str]
    revisable: ClassVar[bool] = True
    """True: a second value for the same period is a revision of it. False: every record is an event of its own."""

    schema_version: Literal[1, 2] = 1
    observed: Period
    published: AwareDatetime | None = None
    fetched: AwareDatetime
    provenance: Provenance
    baseline: bool = Field(default=False, description="history of a first load: builds state, alerts nothing by itself")

    @property
    def series(self) -> str:
        """Identity of the history this record is one period of; also the Kafka key."""
        raise NotImplementedError

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what the record says: everything but the clocks, where it stands in the payload, and the baseline mark."""
        content = self.model_dump_json(exclude=NOT_SAID)
        return hashlib.sha256(content.encode()).hexdigest()

    @cached_property
    def record_id(self) -> str:
        """Deterministic id: the same content of the same fetch for the same period of the same series is the same record."""
        return hashlib.sha256(f"{self.series}|{self.observed}|{self.fetched.isoformat()}|{self.digest}".encode()).hexdigest()[:32]
