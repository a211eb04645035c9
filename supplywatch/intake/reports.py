"""News about a source itself, as records for the rules and for operations."""

from __future__ import annotations

from datetime import datetime

from supplywatch.model.records import Provenance, SourceReport, SourceStatus

NO_PAYLOAD = "0" * 64


def report(
    source: str,
    status: SourceStatus,
    detail: str,
    now: datetime,
    *,
    reason: str | None = None,
    sha256: str = NO_PAYLOAD,
    content_observed: str | None = None,
    last_good_at: datetime | None = None,
) -> SourceReport:
    """Return a report; the same news on the same day is the same record.

    Parameters
    ----------
    reason
        The quarantine label.
    sha256
        The payload it speaks of.
    content_observed, last_good_at
        The newest period of the last good payload, and when that was fetched or confirmed.
    """
    return SourceReport(
        observed=now.date().isoformat(),
        fetched=now,
        provenance=Provenance(source=source, vintage=f"{now:%Y-%m-%dT%H:%M:%SZ}", payload_sha256=sha256, position="the whole payload"),
        status=status,
        reason=reason,
        detail=detail,
        content_observed=content_observed,
        last_good_at=last_good_at,
    )
