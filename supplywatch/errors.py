"""One tree of errors, grouped by what the caller does next.

* :class:`Retry`: the same call may go through later (a broker, a database or a publisher that is away).
* :class:`Quarantine`: a payload of a source is not to be believed; keep it aside, keep the last good one.
* :class:`Refuse`: nothing can be done until a person changes something; commands end with exit code 2.
"""

from supplywatch.secrecy import masked


class SupplywatchError(Exception):
    """Root of every error the product raises on purpose; the message says what, where and what to do, and repeats no secret of ours."""

    def __init__(self, message: object = "") -> None:
        # Masked here, since messages go on to logs, readiness, records and the ledger, and a publisher may echo the key it was asked with.
        super().__init__(masked(str(message)))


class Retry(SupplywatchError):
    """The same call may go through later."""


class BrokerAway(Retry):
    """The Kafka broker cannot be reached."""


class LedgerAway(Retry):
    """The ledger database cannot be reached."""


class ReceiverAway(Retry):
    """Whoever is to be told of alerts cannot be reached, or refuses."""


class ArchiveAway(Retry):
    """The archive's disk is full or failing."""


class Conflict(Retry):
    """Another worker has judged the same subject in the meantime: load its state again and repeat."""


class SourceAway(Retry):
    """A publisher cannot be reached, or asks to come back later.

    Parameters
    ----------
    message
        What happened, and at which address.
    retry_after_s
        Seconds the publisher asks to wait (``Retry-After``); ``None`` when it does not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Quarantine(SupplywatchError):
    """A payload must not be believed.

    Parameters
    ----------
    reason
        One of :data:`REASONS`, a bounded label for metrics.
    message
        What a person needs to know: what was seen, where, what was expected.
    """

    REASONS = (
        "empty_body",
        "empty_list",
        "error_body",
        "truncated",
        "wrong_file",
        "shrunken",
        "bounds",
        "anchor_missing",
        "encoding",
        "source_changed",
        "too_large",
        "over_limit",
        "not_allowed",
        "stale",
        "rollback",
    )

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        if reason not in self.REASONS:
            raise ValueError(f"unknown quarantine reason {reason!r}; known: {', '.join(self.REASONS)}")
        self.reason = reason


class Ended(Quarantine):
    """The process that fetched or read for a source was ended at a limit, or from outside: another try may go through."""

    def __init__(self, message: str) -> None:
        super().__init__("over_limit", message)


class SourceChanged(Quarantine):
    """A publisher's format is not the one the connector was written for.

    Parameters
    ----------
    field
        The column or key that is missing, new, or holds the value.
    value
        What was found, shortened to 80 characters in the message.
    position
        Where in the payload, e.g. ``row 17`` or ``features[3]``.
    expected
        What the connector can read.
    reason
        The quarantine label; ``source_changed`` unless the parser knows better.
    """

    def __init__(self, field: str, value: object, position: str, expected: str, reason: str = "source_changed") -> None:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        super().__init__(reason, f"{position}: field {field!r} is {shown}, expected {expected}")
        self.field, self.value, self.position, self.expected = field, value, position, expected


class Refuse(SupplywatchError):
    """Nothing can be done until a person changes something."""


class BadSetting(Refuse):
    """A setting or a configuration file is wrong."""


class BadRequest(Refuse):
    """What the user asked for does not exist or does not fit."""


class SchemaOutdated(Refuse):
    """The ledger's schema is not the one this version works with."""
