"""SQLite behind the asynchronous engine with few changes of thread.

The driver gives every connection a thread and goes there and back for the cursor, the statement,
its rows and the cursor's end. Here a statement with its rows is one such errand, and none at all
where nothing else waits on the loop.
"""

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

import aiosqlite


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
        self._cursor = self._connection.driver.execute(sql, parameters)
        self._rows = self._cursor.fetchall() if self._cursor.description else []

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


def creator(alone: bool) -> Callable[..., Connection]:
    """What the engine opens its connections with."""
    kind = Alone if alone else Connection

    def connect(database: str, **options: Any) -> Connection:
        connection = kind(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
        connection._thread.daemon = True
        return connection

    return connect
