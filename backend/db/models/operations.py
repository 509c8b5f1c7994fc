"""What running it needs: figures of server processes, site forms per address, nightly checks."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, String, Table, text

from backend.db.base import Instant, Json, metadata

# What a server process has counted; any of them tells the figures of all.
server_process = Table(
    "server_process",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("figures", Json, nullable=False),
)

# How often somebody was let in within his present span of time: who is told by a hash alone.
admission = Table(
    "admission",
    metadata,
    Column("visitor", String(64), primary_key=True, comment="a hash of what and who"),
    Column("began_at", Instant, nullable=False),
    Column("taken", Integer, nullable=False),
    CheckConstraint("taken >= 1", name="taken_range"),
)

# Nightly walks through all records: how far one is, and what the last whole one has found.
record_check = Table(
    "record_check",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("reached", BigInteger, nullable=False, server_default=text("0")),
    Column("found", Integer, nullable=False, server_default=text("0")),
    Column("finished_at", Instant),
    Column("breaks", Integer, comment="of the last walk that came to its end"),
    CheckConstraint("reached >= 0 AND found >= 0", name="counters_range"),
)
