"""The tables of the ledger, for SQLite and PostgreSQL alike.

``observation`` and ``alert_event`` are the book: rows are added, never changed (the database refuses). ``rule_state`` and ``alert`` are
projections that :mod:`supplywatch.judging.rebuild` reproduces from them. ``outbox`` holds what the relay has not published yet.
``watchlist_row`` holds what an import changes; nobody sees it before ``watchlist_import`` has a row of the same stage, and from then on
it stays. ``listed`` and ``match_pair`` are the memory of the matching stage: which entries stand, which pairs were ever told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Dialect, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

metadata = MetaData()
Sequence = BigInteger().with_variant(Integer, "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """A tz-aware instant: ``timestamptz`` in PostgreSQL, naive UTC text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; refuse an instant without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value}: an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Return UTC."""
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


observation = Table(
    "observation",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("record_id", String(32), nullable=False, unique=True),
    Column("series", Text, nullable=False),
    Column("observed", String(10), nullable=False),
    Column("known_at", UtcTime, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Index("observation_by_period", "series", "observed", "known_at"),
    Index("observation_by_source", "source"),
)

rule_state = Table(
    "rule_state",
    metadata,
    Column("rule", String(64), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("rule_version", String(20), nullable=False),
    Column("last_observed", String(10), nullable=False),
    Column("known_at", UtcTime, nullable=False),
    Column("source", String(64), nullable=False),
    Column("alert_id", String(32)),
    Column("body", Text, nullable=False),
    Index("rule_state_by_source", "source", "alert_id"),
)

alert_event = Table(
    "alert_event",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("event_id", String(32), nullable=False, unique=True),
    Column("alert_id", String(32), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("subject_id", String(200), nullable=False),
    Column("transition", String(24), nullable=False),
    Column("known_at", UtcTime, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    Index("alert_event_by_alert", "alert_id", "seq"),
    Index("alert_event_by_time", "known_at"),
    Index("alert_event_by_subject", "rule", "subject_id", "seq"),
)

alert = Table(
    "alert",
    metadata,
    Column("alert_id", String(32), primary_key=True),
    Column("rule", String(64), nullable=False),
    Column("subject_id", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("opened_at", String(10), nullable=False),
    Column("opened_known_at", UtcTime, nullable=False),
    Column("changed_known_at", UtcTime, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("taxonomy", Text, nullable=False),
    Column("acknowledged_by", String(200)),
    Column("shelved_until", UtcTime),
    Column("shelved_by", String(200)),
    Column("last_event_id", String(32), nullable=False),
    Column("transitions", Integer, nullable=False),
    Index("alert_by_state", "state", "severity"),
    Index("alert_by_subject", "rule", "subject_id"),
)

outbox = Table("outbox", metadata, Column("event_seq", Sequence, primary_key=True, autoincrement=False))

lease = Table(
    "lease",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

payload = Table(
    "payload",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("source", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("fetched", UtcTime, nullable=False),
    Column("published", UtcTime),
    Column("status", String(16), nullable=False),
    Column("reason", String(32)),
    Column("detail", Text),
    Column("records", Integer, nullable=False),
    Column("newest_observed", String(10)),
    Column("parts", Text, nullable=False),
    Index("payload_by_source", "source", "seq"),
)

archive_removal = Table(
    "archive_removal",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("removed_at", UtcTime, nullable=False),
    Column("source", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", Sequence, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("policy", Text, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("certificate_id", String(32), nullable=False, unique=True),
    Column("recorded_at", UtcTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("body", Text, nullable=False),
)

source_state = Table(
    "source_state",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

party_decision = Table(
    "party_decision",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("decided_at", UtcTime, nullable=False),
    Column("verb", String(8), nullable=False),
    Column("one", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
)

Ordered = Text().with_variant(Text(collation="C"), "postgresql")
"""A text that both databases order by its code points."""

watchlist_import = Table(
    "watchlist_import",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=False),
    Column("watchlist", String(64), nullable=False),
    Column("stage", Sequence, nullable=False, unique=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("verb", String(8), nullable=False),
    Column("file_name", Text),
    Column("sha256", String(64)),
    Column("matcher", String(20), nullable=False),
    *(Column(count, Integer, nullable=False) for count in ("accepted", "refused", "added", "changed", "unchanged", "removed")),
    Index("watchlist_import_by_list", "watchlist", "seq"),
)

watchlist_stage = Table(
    "watchlist_stage",
    metadata,
    Column("stage", Sequence, primary_key=True, autoincrement=True),
    Column("watchlist", String(64), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

watchlist_row = Table(
    "watchlist_row",
    metadata,
    Column("stage", Sequence, primary_key=True, autoincrement=False),
    Column("counterparty_id", Ordered, primary_key=True),
    Column("digest", String(32)),
    Column("body", Text),
    Column("name_keys", Text),
    Index("watchlist_row_by_counterparty", "counterparty_id", "stage"),
)

listed = Table(
    "listed",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("list_code", String(64), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seq", Sequence, nullable=False, unique=True),
    Column("known_at", UtcTime, nullable=False),
    Column("in_force", Boolean, nullable=False),
    Column("party", String(32), nullable=False),
    Column("content", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Index("listed_by_party", "party"),
)

match_pair = Table(
    "match_pair",
    metadata,
    Column("counterparty_id", Text, primary_key=True),
    Column("party", String(32), primary_key=True),
    Index("match_pair_by_party", "party"),
)

bookmark = Table(
    "bookmark",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("seq", Sequence, nullable=False),
    Column("after", Text, nullable=False),
)

APPEND_ONLY_FUNCTION = (
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, lower(TG_OP); END $$"
)
"""What the triggers of PostgreSQL call; the first migration makes it."""


def append_only_triggers(dialect: str, names: Iterable[str]) -> list[str]:
    """Return the statements that make tables append-only in the database itself.

    Parameters
    ----------
    dialect
        ``sqlite`` or ``postgresql``.
    names
        Of the tables.
    """
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb.upper()} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name} is append-only: {verb} refused'); END"
            for name in names
            for verb in ("update", "delete")
        ]
    return [
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for name in names
    ]


def kept_when_complete(dialect: str) -> list[str]:
    """Return the statements by which the database itself keeps the rows of complete imports: no change, no removal, no late addition."""
    complete = "EXISTS (SELECT 1 FROM watchlist_import i WHERE i.stage = {stage})"
    if dialect == "sqlite":
        abort = "SELECT RAISE(ABORT, 'watchlist_row of a complete import: change refused')"
        return [
            f"CREATE TRIGGER watchlist_row_no_update BEFORE UPDATE ON watchlist_row BEGIN {abort}; END",
            *(
                f"CREATE TRIGGER watchlist_row_no_{verb} BEFORE {verb.upper()} ON watchlist_row "
                f"WHEN {complete.format(stage=f'{row}.stage')} BEGIN {abort}; END"
                for verb, row in (("delete", "OLD"), ("insert", "NEW"))
            ),
        ]
    return [
        "CREATE FUNCTION refuse_when_complete() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {complete.format(stage='COALESCE(NEW.stage, OLD.stage)')} THEN "
        "RAISE EXCEPTION 'watchlist_row of a complete import: change refused'; END IF; RETURN COALESCE(NEW, OLD); END $$",
        "CREATE TRIGGER watchlist_row_no_delete BEFORE INSERT OR DELETE ON watchlist_row "
        "FOR EACH ROW EXECUTE FUNCTION refuse_when_complete()",
        "CREATE TRIGGER watchlist_row_no_update BEFORE UPDATE OR TRUNCATE ON watchlist_row "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]
