"""The change log: what was written, by whom and how; its seals; who has read how far."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from backend.db.base import SQLITE, BigId, Instant, Json, metadata, one_of, pk, ref
from backend.db.models.events import ACTORS

CHANNELS = ("web", "token", "worker", "import", "command")

# What was written, by whom and how: one row for each version of a record. Append-only like the
# history of cards; on PostgreSQL a trigger also says from which number on a transaction writes.
change = Table(
    "change",
    metadata,
    pk(),
    Column("at", Instant, nullable=False),
    Column("type", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("record_id", BigId, nullable=False),
    Column("version", Integer, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    ref("actor_id", "app_user.id", nullable=True),
    ref("token_id", "api_token.id", nullable=True),
    Column("channel", String(8), nullable=False),
    Column("request_id", String(128)),
    Column("changes", Json, nullable=False, comment="[{field, before, after}] as the API tells it"),
    UniqueConstraint("kind", "record_id", "version"),
    one_of("actor_kind", ACTORS),
    one_of("channel", CHANNELS),
    CheckConstraint("version >= 1", name="version_range"),
    **SQLITE,
)

# Batches of the log, chained by their hashes: whoever alters a row afterwards is found out.
change_seal = Table(
    "change_seal",
    metadata,
    pk(),
    Column("at", Instant, nullable=False),
    Column("from_seq", BigId, nullable=False),
    Column("to_seq", BigId, nullable=False),
    Column("count", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("marks", LargeBinary, nullable=False, comment="number and short hash of each row"),
    UniqueConstraint("from_seq"),
    UniqueConstraint("to_seq"),
    CheckConstraint("from_seq >= 1 AND from_seq <= to_seq AND count >= 1", name="range_is_whole"),
    CheckConstraint("length(hash) = 64", name="hash_is_sha256"),
    **SQLITE,
)

# How far somebody has read the log.
change_cursor = Table(
    "change_cursor",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigId, nullable=False),
)
