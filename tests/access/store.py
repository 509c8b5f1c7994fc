"""The one connection of the matrix: what it is asked to write is kept or undone as a test says."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.engines import Database
from backend.db.models import metadata
from tests.held import CHECKED

# Noted by a call that passes the guard, and told by nothing else.
UNCOUNTED = {"api_token": {"last_used_at"}}
# How often somebody has called, refused or not: what limits go by.
COUNTERS = {"admission"}


class Store(Database):
    """Looks like the product's database and is one transaction of a test.

    `keeps` False undoes what a call has written as soon as it has answered: the next one finds
    everything as it was.
    """

    def __init__(self, database: Database, connection: AsyncConnection) -> None:
        super().__init__(database.engine)
        self.connection = connection
        self.keeps = True

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        yield self.connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        savepoint = await self.connection.begin_nested()
        try:
            yield self.connection
            if self.dialect == "postgresql":  # what a commit would check, checked here
                await self.connection.exec_driver_sql(CHECKED)
        except BaseException:
            await savepoint.rollback()
            raise
        if self.keeps:
            await savepoint.commit()
        else:
            await savepoint.rollback()

    @asynccontextmanager
    async def undone(self) -> AsyncIterator[None]:
        """Whatever happens inside is undone at its end."""
        savepoint = await self.connection.begin_nested()
        kept, self.keeps = self.keeps, True
        try:
            yield
        finally:
            self.keeps = kept
            await savepoint.rollback()

    async def sums(self) -> dict[str, str]:
        """A checksum of every table."""
        return {name: await self._sum(name) for name in metadata.tables if name not in COUNTERS}

    async def _sum(self, name: str) -> str:
        table = metadata.tables[name]
        columns = [c for c in table.c if c.name not in UNCOUNTED.get(name, ())]
        found = await self.connection.execute(
            select(*columns).order_by(*(table.primary_key.columns or columns))
        )
        return hashlib.sha256(repr(found.all()).encode()).hexdigest()
