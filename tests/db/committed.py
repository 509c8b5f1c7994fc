"""Databases known by their address alone: work that is committed, and all that they hold."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.engines import open_database

T = TypeVar("T")
Layout = dict[str, list[str]]
Content = dict[str, list[str]]


def within(url: str, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Do something in a transaction of its own and commit it."""

    async def run() -> T:
        database = open_database(url, poolclass=NullPool)
        try:
            async with database.write() as connection:
                return await work(connection)
        finally:
            await database.dispose()

    return asyncio.run(run())


def columns(connection: Connection) -> Layout:
    inspector = sa.inspect(connection)
    names = set(inspector.get_table_names()) - {"alembic_version"}
    return {name: [column["name"] for column in inspector.get_columns(name)] for name in names}


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
