"""The unit of work: one transaction with its instant and its effects. Nothing else commits."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.engines import Database
from backend.db.prepared import Prepared
from backend.effects import Effect
from backend.errors import Conflict

T = TypeVar("T")
Row = Mapping[str, Any]
Statement = Executable | Prepared
Deliver = Callable[[list[Effect]], Awaitable[None]]

TRIES = 5
# PostgreSQL: serialisation failure, deadlock, lock not available, and a statement that was prepared
# before a migration.
PASSING = {"40001", "40P01", "55P03", "0A000"}


@dataclass(slots=True)
class Unit:
    """One transaction: its connection, the instant it acts at, and the effects it will have.

    An import tells of the past: it sets `now` back. `written_at` stays the instant of the
    transaction itself; `updated_at` and the outbox go by it, so that nobody misses the news.
    """

    conn: AsyncConnection
    now: datetime
    effects: list[Effect] = field(default_factory=list)
    written_at: datetime = field(init=False)
    held: dict[Any, dict[Any, Any]] = field(default_factory=dict)
    _emitted: set[Effect] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.written_at = self.now

    def emit(self, effect: Effect) -> None:
        if effect not in self._emitted:
            self._emitted.add(effect)
            self.effects.append(effect)

    async def once(self, holder: Any, key: Any, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` finds: read once where its record is held unchanged by this transaction."""
        if (found := self.held.get(holder)) is None:
            return await read()
        if key not in found:
            found[key] = await read()
        return cast(T, found[key])

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[None]:
        """Work that is undone alone where it fails.

        For many small pieces in one transaction: unlike `begin_nested`, the savepoint has one name
        for all of them, so that PostgreSQL prepares it once.
        """
        await self.conn.exec_driver_sql("SAVEPOINT apart")
        try:
            yield
        except BaseException:
            await self.conn.exec_driver_sql("ROLLBACK TO SAVEPOINT apart")
            await self.conn.exec_driver_sql("RELEASE SAVEPOINT apart")
            raise
        await self.conn.exec_driver_sql("RELEASE SAVEPOINT apart")

    async def run(self, statement: Statement, values: Any = None) -> Any:
        if isinstance(statement, Prepared):
            many = isinstance(values, list)
            return await (statement.each if many else statement.ask)(self.conn, values)
        return await self.conn.execute(statement, values)

    async def rows(self, statement: Statement, values: Any = None) -> list[Row]:
        if isinstance(statement, Prepared):
            return (await statement.ask(self.conn, values)).rows
        return cast(list[Row], list((await self.conn.execute(statement, values)).mappings()))

    async def first(self, statement: Statement, values: Any = None) -> Row | None:
        if isinstance(statement, Prepared):
            return next(iter((await statement.ask(self.conn, values)).rows), None)
        found = (await self.conn.execute(statement, values)).mappings().first()
        return cast(Row | None, found)

    async def scalar(self, statement: Statement, values: Any = None) -> Any:
        if isinstance(statement, Prepared):
            found = (await statement.ask(self.conn, values)).rows
            return next(iter(found[0].values())) if found else None
        return (await self.conn.execute(statement, values)).scalar()


async def unit(
    database: Database,
    now: Callable[[], datetime],
    work: Callable[[Unit], Awaitable[T]],
    deliver: Deliver | None = None,
) -> T:
    """Run `work` in one transaction, again (at most 5 times) where a rival got in the way.

    Effects are delivered only after the commit.
    """
    for attempt in range(1, TRIES + 1):
        try:
            async with database.write() as connection:
                tx = Unit(connection, now())
                result = await work(tx)
        except DBAPIError as error:
            if attempt == TRIES or not passing(error):
                raise
            await asyncio.sleep(random.uniform(0.005, 0.05) * attempt)
            continue
        if deliver is not None and tx.effects:
            await deliver(tx.effects)
        return result
    raise AssertionError("unreachable")


async def made_or_found(
    tx: Unit, make: Callable[[], Awaitable[T]], find: Callable[[], Awaitable[T | None]]
) -> tuple[T, bool]:
    """What is made, True, or what a rival has made meanwhile, False.

    A rival who commits before `make` looks is met by its rules, a later one by the constraint.
    Where there is nothing of a rival's to be found, what refused is told.
    """
    try:
        async with tx.conn.begin_nested():
            return await make(), True
    except (IntegrityError, Conflict):
        found = await find()
        if found is None:
            raise
        return found, False


def passing(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when tried again."""
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return code in PASSING or "database is locked" in str(error.orig)
