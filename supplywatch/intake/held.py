"""Snapshots that wait: what is refused as a part of a list or as an older copy, what is judged of it all the same, and who accepts it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from supplywatch.errors import BadRequest, Quarantine
from supplywatch.intake.changes import list_changes
from supplywatch.intake.guards import Reading
from supplywatch.ledger.sources import Held
from supplywatch.listing.rollback import Past, goes_back
from supplywatch.listing.snapshot import World
from supplywatch.model.limits import intake
from supplywatch.model.records import ChangeKind, ListChange, ListEntry, Record

ACCEPTABLE = ("shrunken", "anchor_missing", "rollback")
"""Why a snapshot may wait for a person: it is well-formed, and the publisher may mean it."""
WAITING = ("shrunken", "anchor_missing")
_NEW = (
    ChangeKind.ADDITION,
    ChangeKind.BACK_FILL,
    ChangeKind.DUPLICATE_OF_OTHER_LIST,
    ChangeKind.REPEAT,
    ChangeKind.RESTORATION,
)


@dataclass(frozen=True)
class Acceptance:
    """A named person's word that a snapshot is right although it was refused."""

    reason: str
    by: str
    why: str

    @classmethod
    def of(cls, reason: str, by: str | None, why: str | None) -> Acceptance:
        """Return the decision.

        Raises
        ------
        BadRequest
            The reason cannot be accepted, or nobody says who accepts it and why.
        """
        if reason not in ACCEPTABLE:
            raise BadRequest(f"--accept {reason}: only {', '.join(ACCEPTABLE)} can be accepted; anything else cannot be read")
        if not (by or "").strip() or not (why or "").strip():
            raise BadRequest("--accept needs --by NAME and --reason WHY: the decision stands in the history")
        return cls(reason, str(by).strip(), str(why).strip())

    def covers(self, error: Quarantine) -> bool:
        """Tell whether the decision is about this refusal; a list that is gone as a whole is the strongest form of shrinking."""
        return error.reason == self.reason or (self.reason == "shrunken" and error.reason == "anchor_missing")

    def sentence(self, error: Quarantine) -> str:
        """Return the decision in words, for the log of payloads and the history of the source."""
        return f"accepted by {self.by}: {self.why} (refused before as {error.reason}: {error})"


def new_while_waiting(
    reading: Reading, before: Sequence[ListEntry] | None, world: World, since: datetime | None
) -> tuple[list[Record], int]:
    """Return the new entries of a snapshot that waits, to be judged, and how many it holds; none are where there are too many."""
    if before is None:
        return [], 0
    found: list[Record] = [
        record for record in list_changes(reading, before, world, since) if isinstance(record, ListChange) and record.change in _NEW
    ]
    # Many new entries beside missing ones are another file or another format.
    most = max(intake().waiting_new_entries, intake().waiting_new_share * len(before))
    return (found if len(found) <= most else []), len(found)


def waiting_sentence(source_id: str, error: Quarantine, judged: int, held: int) -> str:
    """Return what is said of a snapshot that waits: what of it was judged, and how a person accepts the rest."""
    new = f"new entries judged meanwhile: {judged}" if judged or not held else f"{held} new entries, too many to be judged, wait with it"
    return f"{error}; {new}; if it is right: supplywatch pull {source_id} --from FILE --accept {error.reason} --by NAME --reason WHY"


def check_goes_back(
    source_id: str, reading: Reading, before: Sequence[ListEntry] | None, past: Callable[[], Past], held: Held | None
) -> None:
    """Refuse an older copy, unless it has been served long enough to be a state like any.

    Raises
    ------
    Quarantine
        ``rollback``.
    """
    if before is None or {entry.content_key for entry in before} <= {entry.content_key for entry in reading.entries}:
        return
    text = goes_back(before, reading.entries, past())
    now = holding(reading, held)
    if text is not None and now.since + timedelta(days=intake().rollback_held_days) > reading.payload.fetched:
        raise Quarantine("rollback", f"{source_id}: {text}")


def check_clock(source_id: str, reading_published: datetime | None, last_published: datetime | None) -> bool:
    """Tell whether a publisher's own clock says that a snapshot is newer than the last one; ``False`` where it says nothing.

    Raises
    ------
    Quarantine
        ``rollback`` when it says that it is older.
    """
    if reading_published is None or last_published is None:
        return False
    if reading_published < last_published:
        raise Quarantine(
            "rollback",
            f"{source_id}: an older copy is served again: published {reading_published:%Y-%m-%d %H:%MZ}, "
            f"the last accepted one {last_published:%Y-%m-%d %H:%MZ}",
        )
    return reading_published > last_published


def holding(reading: Reading, held: Held | None) -> Held:
    """Return since when what a snapshot says has been held, now if it was not."""
    keys = "\n".join(sorted(entry.content_key for entry in reading.entries))
    content = hashlib.sha256(keys.encode()).hexdigest()[:32]
    return held if held is not None and held.content == content else Held(content=content, since=reading.payload.fetched)
