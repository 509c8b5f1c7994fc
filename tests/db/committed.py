"""Databases known by their address alone: work that is committed, and all that they hold."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.engines import Database, open_database

T = TypeVar("T")
Layout = dict[str, list[str]]
Content = dict[str, list[str]]

COLUMNS = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_master t, pragma_table_xinfo(t.name) c"
    " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND c.hidden <> 1"
    " ORDER BY t.name, c.cid",
    "postgresql": "SELECT relname, attname FROM pg_class t JOIN pg_attribute c ON attrelid = t.oid"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0"
    " AND NOT attisdropped ORDER BY relname, attnum",
}


@cache
def engine_of(url: str) -> Database:
    """One engine for an address: it keeps what it has compiled, and no connection."""
    return open_database(url, poolclass=NullPool)


def within(url: str, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Do something in a transaction of its own and commit it."""

    async def run() -> T:
        async with engine_of(url).write() as connection:
            return await work(connection)

    return asyncio.run(run())


def columns(connection: Connection) -> Layout:
    """One statement: the tests of migrations ask this at every step."""
    found: Layout = {}
    for table, column in connection.exec_driver_sql(COLUMNS[connection.dialect.name]):
        found.setdefault(table, []).append(column)
    return {name: fields for name, fields in found.items() if name != "alembic_version"}


def layout(url: str) -> Layout:
    """The columns of every table."""

    async def read(connection: AsyncConnection) -> Layout:
        return await connection.run_sync(columns)

    return within(url, read)


def content(url: str, of: Layout | None = None) -> tuple[Layout, Content]:
    """Every column and row of every table, or of the given ones alone."""

    async def read(connection: AsyncConnection) -> tuple[Layout, Content]:
        known = await connection.run_sync(columns) if of is None else of
        found = {}
        for name, fields in known.items():
            statement = sa.table(name, *map(sa.column, fields)).select()
            found[name] = sorted(str(tuple(row)) for row in await connection.execute(statement))
        return known, found

    return within(url, read)


def declared(connection: Connection) -> set[str]:
    """What a comparison of tables does not look at: checks, conditions, defaults, order keys."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index')"
            " AND tbl_name NOT IN ('alembic_version', 'sqlite_sequence') AND sql IS NOT NULL"
        )
        return {
            f"{sql.split('(')[0]} {line.strip().rstrip(',')}".replace('"', "")
            for (sql,) in found
            for line in sql.splitlines()
        }
    queries = (
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT table_name, column_name, column_default, data_type, is_nullable, collation_name,"
        " character_maximum_length FROM information_schema.columns WHERE table_schema = 'public'",
    )
    rows = (str(tuple(row)) for query in queries for row in connection.exec_driver_sql(query))
    return {row for row in rows if "alembic_version" not in row}


async def built_as(connection: AsyncConnection) -> set[str]:
    return await connection.run_sync(declared)
