"""Letters to clients: written with what has happened, sent by the worker afterwards."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text, text

from backend.db.base import SQLITE, Instant, metadata, pk, ref

_WAITS = "sent_at IS NULL AND parked_at IS NULL"

letter = Table(
    "letter",
    metadata,
    pk(),
    ref("rule_id", "reminder_rule.id"),
    Column("rule_version", Integer, nullable=False),
    ref("card_id", "card.id", nullable=True),
    ref("client_id", "client.id", nullable=True),
    ref("owner_id", "app_user.id"),
    Column("recipient", String(254), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("body", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("retry_at", Instant, nullable=False, comment="nobody sends it before"),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
    Column("sent_at", Instant),
    Column("parked_at", Instant, comment="refused, or tried in vain: it is not sent any more"),
    CheckConstraint("(card_id IS NULL) <> (client_id IS NULL)", name="is_about_one_record"),
    CheckConstraint("length(subject) > 0 AND length(body) > 0", name="says_something"),
    CheckConstraint("failures >= 0", name="failures_range"),
    CheckConstraint("sent_at IS NULL OR parked_at IS NULL", name="sent_or_parked"),
    Index(
        "ix_letter_waiting",
        "retry_at",
        "id",
        sqlite_where=text(_WAITS),
        postgresql_where=text(_WAITS),
    ),
    **SQLITE,
)
