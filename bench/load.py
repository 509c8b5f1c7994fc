"""Writing the measured company into a migrated database: COPY, or many rows at once."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from bench import data

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
COUNTED = ("card", "client", "app_user", "pipeline", "stage", "reason")


async def into_postgres(directory: Path, name: str, deals: int) -> None:
    """COPY, then tell the sequences and the planner."""
    connection = await asyncpg.connect(host=str(directory), user="postgres", database=name)
    for statement in ALONE:
        await connection.execute(statement)
    for table, rows in data.tables(deals):
        columns = list(rows[0])
        await connection.copy_records_to_table(
            table, columns=columns, records=[tuple(row.values()) for row in rows]
        )
    for table in COUNTED:
        await connection.execute("SELECT setval(pg_get_serial_sequence($1, 'id'), 10000000)", table)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def into_sqlite(file: Path, deals: int) -> None:
    """One transaction without waiting for the disk."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous=OFF")
    for statement in ALONE:
        connection.execute(statement)
    for table, rows in data.tables(deals):
        names = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join("?" * len(rows[0]))
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
        connection.executemany(statement, [tuple(row.values()) for row in rows])
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()
