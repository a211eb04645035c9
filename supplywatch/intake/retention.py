"""Retention of the archive: old bodies go that nothing needs; what an event cites, and what the next poll compares with, always stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from supplywatch.intake.archive import Archive
from supplywatch.ledger import retention, sources
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.retention import Reference, Removal
from supplywatch.ledger.sources import SourceState


@dataclass(frozen=True)
class Policy:
    """A body stays for ``keep_days``, and beyond them while it is of the newest ``keep_newest`` accepted payloads of its source."""

    keep_days: int
    keep_newest: int

    def __str__(self) -> str:
        """Return it in words, as it is written down with each removal."""
        return f"older than {self.keep_days} days, not of the newest {self.keep_newest} accepted of its source, cited by no event"


@dataclass(frozen=True)
class Plan:
    """What becomes of the bodies of one source; ``kept`` counts them by the first reason to keep them."""

    source: str
    removals: tuple[Removal, ...] = ()
    kept: Counter[str] = field(default_factory=Counter)
    busy: bool = False

    @property
    def freed_bytes(self) -> int:
        """Return what the removals free."""
        return sum(removal.size_bytes for removal in self.removals)


def plan(ledger: Ledger, archive: Archive, policy: Policy, now: datetime) -> list[Plan]:
    """Return what :func:`prune` would do now."""
    with ledger.read() as connection:
        cited = retention.cited(connection)
    return [_plan(ledger, archive, source, policy, now, cited) for source in archive.sources()]


def prune(ledger: Ledger, archive: Archive, policy: Policy, now: datetime, actor: str) -> list[Plan]:
    """Remove what the policy lets go, source by source, each body written down in the ledger first; a source being polled is left out.

    Raises
    ------
    LedgerAway
        What was removed by then is written down.
    """
    done = []
    for source in archive.sources():
        # The right to poll: nobody adds a body, or a line that needs one, while its source is gone through.
        with archive.lock(source) as here, sources.exclusive(ledger, source) as everywhere:
            if not (here and everywhere):
                done.append(Plan(source, busy=True))
                continue
            with ledger.read() as connection:
                cited = retention.cited(connection)
            one = _plan(ledger, archive, source, policy, now, cited)
            with ledger.begin() as connection:
                retention.note(connection, one.removals, at=now, actor=actor, policy=str(policy))
            for removal in one.removals:
                archive.remove(source, removal.sha256)
            done.append(one)
    return done


def _plan(ledger: Ledger, archive: Archive, source: str, policy: Policy, now: datetime, cited: set[str]) -> Plan:
    with ledger.read() as connection:
        log, state = retention.references(connection, source), sources.load_state(connection, source)
    since = now - timedelta(days=policy.keep_days)
    needed = _needed(log, state, policy, since, cited)
    removals, kept = [], Counter[str]()
    for body in archive.stored(source):
        reason = next((reason for reason, bodies in needed.items() if body.sha256 in bodies), None)
        if reason is None and body.written >= since:
            reason = "recent"  # also a body nobody refers to: its poll may not be written down yet
        if reason is None:
            removals.append(Removal(source, body.sha256, body.size_bytes))
        else:
            kept[reason] += 1
    return Plan(source, tuple(removals), kept)


def _needed(log: list[Reference], state: SourceState, policy: Policy, since: datetime, cited: set[str]) -> dict[str, set[str]]:
    accepted = [entry for entry in log if entry.accepted]
    waiting = [entry.payload_seq for entry in state.outstanding if entry.payload_seq is not None]
    # What is still to be offered is computed again from its payload, and from the accepted one before it.
    before = max((entry.seq for entry in accepted if waiting and entry.seq < min(waiting)), default=0)

    def bodies(wanted: Callable[[Reference], bool]) -> set[str]:
        return {sha256 for entry in log if wanted(entry) for sha256 in entry.bodies}

    newest = {entry.seq for entry in accepted[: policy.keep_newest]}
    return {
        "cited by an event": bodies(lambda entry: entry.sha256 in cited),
        "needed by the next poll": bodies(lambda entry: (bool(waiting) and entry.seq >= before) or entry.sha256 == state.polled_sha256)
        | {validator.sha256 for validator in state.validators.values()},
        "of the newest": bodies(lambda entry: entry.seq in newest),
        "recent": bodies(lambda entry: entry.fetched >= since),
    }
