"""Writing the measured company into a migrated database: COPY, or many rows at once."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from backend.db import migrate
from bench import data
from tests.launchers import postgres

sqlite3.register_adapter(
    datetime, lambda at: at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
)
sqlite3.register_adapter(date, lambda day: day.isoformat())
# The deals have one pipeline, as when a company has made the one it started with its own.
ALONE = (
    "DELETE FROM reason WHERE pipeline_id = (SELECT id FROM pipeline WHERE key = 'sales')",
    "DELETE FROM stage WHERE pipeline_id = (SELECT id FROM pipeline WHERE key = 'sales')",
    "DELETE FROM pipeline WHERE key = 'sales'",
)
COUNTED = ("card", "client", "app_user", "pipeline", "stage", "reason", "agreement")
ROOMY = (
    "listen_addresses=", "shared_buffers=1GB", "max_connections=100", "max_wal_size=4GB",
)  # fmt: skip
Tables = Iterable[tuple[str, list[data.Row]]]


@contextlib.contextmanager
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL as in earnest, with an empty database `bench`; the tests' own is a small one."""
    postgres.SETTINGS = ROOMY
    with postgres.running(durable=True) as running:
        asyncio.run(running.create("bench", "template0"))
        migrate.upgrade(running.url("bench"))
        yield running


async def into_postgres(directory: Path, name: str, deals: int, homes: int = 1) -> None:
    """The company with so many deals in so many pipelines."""
    await copy(directory, name, data.tables(deals, homes))


async def copy(directory: Path, name: str, tables: Tables) -> None:
    """COPY, then tell the sequences and the planner."""
    connection = await asyncpg.connect(host=str(directory), user="postgres", database=name)
    for statement in ALONE:
        await connection.execute(statement)
    for table, rows in tables:
        columns = list(rows[0])
        await connection.copy_records_to_table(
            table, columns=columns, records=[tuple(row.values()) for row in rows]
        )
    for table in COUNTED:
        await connection.execute("SELECT setval(pg_get_serial_sequence($1, 'id'), 10000000)", table)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def into_sqlite(file: Path, deals: int, homes: int = 1) -> None:
    """The company with so many deals in so many pipelines."""
    insert(file, data.tables(deals, homes))


def insert(file: Path, tables: Tables) -> None:
    """One transaction without waiting for the disk."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous=OFF")
    for statement in ALONE:
        connection.execute(statement)
    for table, rows in tables:
        names = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join("?" * len(rows[0]))
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
        connection.executemany(statement, [tuple(row.values()) for row in rows])
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()
