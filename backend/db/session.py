"""The unit of work: one transaction with its instant and its effects. Nothing else commits."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.engines import Database
from backend.db.prepared import Prepared, Values, together
from backend.effects import Effect
from backend.errors import Conflict

T = TypeVar("T")
Row = Mapping[str, Any]
Statement = Executable | Prepared
Deliver = Callable[[list[Effect]], Awaitable[None]]

TRIES = 5
# Two writers took the same place in a column: the next look for its end finds the rival's card.
PLACE = "uq_card_stage_position"
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
    _waiting: list[tuple[Prepared, list[Values]]] | None = None  # None: it only reads
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
        """Work that is undone alone where it fails, with the effects that it would have had.

        Where the connection is lost or the task is cancelled there is no transaction left to go
        on with: that is told as it is, for the whole unit. The savepoint has one name however
        deep and often it is used, so that PostgreSQL prepares it once.
        """
        await self.flush()
        before = len(self.effects)
        await self.conn.exec_driver_sql("SAVEPOINT apart")
        try:
            yield
            await self.flush()
        except Exception:
            if self.conn.invalidated:
                raise
            if self._waiting:
                self._waiting.clear()
            self._emitted.difference_update(self.effects[before:])
            del self.effects[before:]
            await self.conn.exec_driver_sql("ROLLBACK TO SAVEPOINT apart")
            await self.conn.exec_driver_sql("RELEASE SAVEPOINT apart")
            raise
        await self.conn.exec_driver_sql("RELEASE SAVEPOINT apart")

    def later(self, statement: Prepared, values: list[Values]) -> None:
        """Insert these before anything else is asked, at the latest before the commit.

        For rows whose keys nobody waits for: what gathers makes one way to PostgreSQL.
        RuntimeError where nobody would write them.
        """
        if self._waiting is None:
            raise RuntimeError("this unit was opened for reading; open it by `writing`")
        self._waiting.append((statement, values))

    async def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            await together(self.conn, waiting)

    async def run(self, statement: Statement, values: Any = None) -> Any:
        if self._waiting:
            await self.flush()
        if isinstance(statement, Prepared):
            many = isinstance(values, list)
            return await (statement.each if many else statement.ask)(self.conn, values)
        return await self.conn.execute(statement, values)

    async def rows(self, statement: Statement, values: Any = None) -> list[Row]:
        found = await self.run(statement, values)
        if isinstance(statement, Prepared):
            return cast(list[Row], found.rows)
        return cast(list[Row], list(found.mappings()))

    async def first(self, statement: Statement, values: Any = None) -> Row | None:
        found = await self.run(statement, values)
        if isinstance(statement, Prepared):
            return cast(Row | None, next(iter(found.rows), None))
        return cast(Row | None, found.mappings().first())

    async def scalar(self, statement: Statement, values: Any = None) -> Any:
        found = await self.run(statement, values)
        if isinstance(statement, Prepared):
            return next(iter(found.rows[0].values())) if found.rows else None
        return found.scalar()


@asynccontextmanager
async def writing(
    conn: AsyncConnection, now: datetime, held: dict[Any, dict[Any, Any]] | None = None
) -> AsyncIterator[Unit]:
    """A unit that writes, in a transaction of the caller's; `held` is what it knows already."""
    tx = Unit(conn, now, held={} if held is None else held, _waiting=[])
    yield tx
    await tx.flush()


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
            async with database.write() as conn, writing(conn, now()) as tx:
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


class _TakenBack(Exception):
    """Ends a transaction without keeping it."""


async def rehearsed(
    database: Database, now: Callable[[], datetime], work: Callable[[Unit], Awaitable[T]]
) -> T:
    """What `work` gives when it is done and taken back: nothing is kept, and nobody is told."""
    outcome: list[T] = []

    async def tried(tx: Unit) -> None:
        outcome[:] = [await work(tx)]
        await tx.flush()
        raise _TakenBack

    with suppress(_TakenBack):
        await unit(database, now, tried)
    return outcome[0]


async def found_or_made(
    tx: Unit, find: Callable[[], Awaitable[T | None]], make: Callable[[], Awaitable[T]]
) -> tuple[T, bool]:
    """What is there, by whomever, False, or what is made, True; whoever is beaten to it finds."""
    found = await find()
    return (found, False) if found is not None else await made_or_found(tx, make, find)


async def made_or_found(
    tx: Unit, make: Callable[[], Awaitable[T]], find: Callable[[], Awaitable[T | None]]
) -> tuple[T, bool]:
    """What is made, True, or what a rival has made meanwhile, False.

    A rival who commits before `make` looks is met by its rules, a later one by the constraint.
    Where there is nothing of a rival's to be found, what refused is told.
    """
    try:
        async with tx.apart():
            return await make(), True
    except (IntegrityError, Conflict):
        found = await find()
        if found is None:
            raise
        return found, False


def passing(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when tried again."""
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    told = str(error.orig)
    return code in PASSING or PLACE in told or "database is locked" in told
