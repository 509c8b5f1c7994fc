"""A database for one test: everything happens on one connection and is rolled back at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backend.db.engines import Database

# The engine itself begins what a test holds: its savepoints lie inside.
HOLDING = {"sqlite": {"tx": "write"}, "postgresql": {"isolation_level": "READ COMMITTED"}}
# What a commit checks, in one statement: every write of every test waits for it.
CHECKED = "DO 'BEGIN SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; END'"


class HeldDatabase(Database):
    """Looks like the product's database; its transactions are savepoints of an outer one."""

    def __init__(self, engine: AsyncEngine, connection: AsyncConnection, url: str) -> None:
        super().__init__(engine)
        self.url = url
        self._connection = connection
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[object] | None = None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """As in the product, what a reader should happen to write is lost."""
        async with self._alone():
            savepoint = await self._connection.begin_nested()
            try:
                yield self._connection
            finally:
                await savepoint.rollback()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with self._alone(), self._connection.begin_nested():
            yield self._connection
            if self.dialect == "postgresql":  # what a commit would check, checked here
                await self._connection.exec_driver_sql(CHECKED)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Tasks take turns on the one connection; a task may open one inside its own."""
        task = asyncio.current_task()
        if self._owner is task:
            yield
            return
        async with self._lock:
            self._owner = task
            try:
                yield
            finally:
                self._owner = None


def holding(database: Database) -> AsyncConnection:
    """A connection that the engine begins a transaction on."""
    return database.engine.execution_options(**HOLDING[database.dialect]).connect()


@asynccontextmanager
async def held(database: Database, url: str) -> AsyncIterator[HeldDatabase]:
    """Hold one connection in a transaction that is never committed."""
    async with holding(database) as connection:
        outer = await connection.begin()
        try:
            yield HeldDatabase(database.engine, connection, url)
        finally:
            await outer.rollback()
