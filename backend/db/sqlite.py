"""SQLite behind the asynchronous engine: few changes of thread, and writers who take turns.

The driver gives every connection a thread and goes there and back for the cursor, the statement,
its rows and the cursor's end. Here a statement with its rows is one such errand, and none at all
where nothing else waits on the loop.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

WRITING = "BEGIN IMMEDIATE"
PATIENCE = 10.0  # seconds to wait for another process's writer
LOOK = 0.002
LONG = 0.03  # seconds after which a turn is followed by a pause, so that another process gets one
PAUSE = 0.01


class Turns:
    """The writers of this process, one after the other in the order they came.

    Without it they would wait inside SQLite, each with a connection and with no order at all.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._not_before = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self._lock:
            if (pause := self._not_before - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            begun = time.monotonic()
            try:
                yield
            finally:
                ended = time.monotonic()
                self._not_before = ended + PAUSE if ended - begun > LONG else 0.0


def begin_writing(driver: sqlite3.Connection) -> None:
    """Take the one lock for writing, looking often.

    SQLite's own waiting looks ever less often, up to 100 ms apart, and misses the short gaps that
    a process leaves which works through many batches.
    """
    until = time.monotonic() + PATIENCE
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute(WRITING)
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
            time.sleep(LOOK)
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(PATIENCE * 1000)}")


class Cursor:
    """One statement: run, and all its rows fetched, in a single errand."""

    arraysize = 1

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._rows: list[Any] = []

    async def __aenter__(self) -> "Cursor":
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> "Cursor":
        await self._connection.errand(self._execute, sql, parameters)
        return self

    def _execute(self, sql: str, parameters: Any) -> None:
        if sql == WRITING:
            return begin_writing(self._connection.driver)
        self._cursor = self._connection.driver.execute(sql, parameters)
        self._rows = self._cursor.fetchall() if self._cursor.description else []
        return None

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> "Cursor":
        await self._connection.errand(self._executemany, sql, parameters)
        return self

    def _executemany(self, sql: str, parameters: Any) -> None:
        self._cursor = self._connection.driver.executemany(sql, parameters)

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """Nothing is left to close: a cursor whose rows are fetched holds nothing."""

    @property
    def description(self) -> Any:
        return None if self._cursor is None else self._cursor.description

    @property
    def rowcount(self) -> int:
        return -1 if self._cursor is None else self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return None if self._cursor is None else self._cursor.lastrowid


class Connection(aiosqlite.Connection):
    """A connection whose cursors run one errand a statement."""

    async def _connect(self) -> aiosqlite.Connection:
        """One that cannot be opened is told of when its thread is gone, which tells the loop so."""
        try:
            return await super()._connect()
        except sqlite3.Error:
            self._thread.join()
            raise

    def asked(self, sql: str, parameters: Sequence[Any]) -> tuple[list[Any], int]:
        """The rows of a statement, and how many it wrote."""
        cursor = self.driver.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else [], cursor.rowcount

    def asked_each(self, sql: str, parameters: list[list[Any]]) -> None:
        self.driver.executemany(sql, parameters)

    async def rollback(self) -> None:
        if self.in_transaction:
            await super().rollback()

    async def commit(self) -> None:
        if self.in_transaction:
            await super().commit()

    @property
    def driver(self) -> sqlite3.Connection:
        return self._conn

    def cursor(self) -> Any:
        return Cursor(self)

    async def errand(self, work: Callable[..., Any], *given: Any) -> Any:
        run: Any = self._execute
        return await run(work, *given)


class Alone(Connection):
    """For a command that has nothing else to do meanwhile: no errands, the loop waits itself."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        return fn(*args, **kwargs)


def _own(conn: AsyncConnection) -> Connection:
    sync: Any = conn.sync_connection
    found: Connection = sync.connection.driver_connection
    return found


async def ask(conn: AsyncConnection, sql: str, parameters: Sequence[Any]) -> tuple[list[Any], int]:
    """The rows, and how many were written; a failure is the engine's own kind of error.

    Who holds the lock for writing waits for nobody, and what is prepared is small: it is run on the
    spot, which takes less than going to the connection's thread and back.
    """
    own = _own(conn)
    try:
        if own.in_transaction:
            rows, count = own.asked(sql, parameters)
        else:
            rows, count = await own.errand(own.asked, sql, parameters)
    except sqlite3.Error as error:
        raise _told(error, sql) from error
    return rows, count


async def ask_each(conn: AsyncConnection, sql: str, parameters: list[list[Any]]) -> None:
    """The same statement with many sets of parameters, in one errand."""
    own = _own(conn)
    try:
        await own.errand(own.asked_each, sql, parameters)
    except sqlite3.Error as error:
        raise _told(error, sql) from error


def _told(error: sqlite3.Error, sql: str) -> BaseException:
    return DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True)


def creator(alone: bool) -> Callable[..., Connection]:
    """What the engine opens its connections with."""
    kind = Alone if alone else Connection

    def connect(database: str, **options: Any) -> Connection:
        connection = kind(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
        connection._thread.daemon = True
        return connection

    return connect
