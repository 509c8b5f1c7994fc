"""Engines for both databases: one door for reading, one for writing."""

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from backend.db import postgres, sqlite

SQLITE_AT_LEAST = (3, 35, 0)
IDLE = 5.0  # seconds after which a connection is asked whether it still stands
STATEMENTS = 500  # that a connection to PostgreSQL keeps prepared
PRAGMAS = (
    "journal_mode=WAL",
    "busy_timeout=10000",
    "foreign_keys=ON",
    "synchronous=FULL",
    "cache_size=-16000",
)


def _dumps(value: object) -> str:
    return msgspec.json.encode(value).decode()


JSON: dict[str, Any] = {
    "json_serializer": _dumps,
    "json_deserializer": msgspec.json.decode,
}


class Database:
    """Connections to one database; `read` sees only what is committed, `write` is a transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        if self.dialect == "sqlite":
            self._reader = engine
            self._writer = engine.execution_options(tx="write")
            self._turns = sqlite.Turns()
        else:
            self._reader = self._writer = engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        if self.dialect == "sqlite":
            async with self._turns.turn(), self._writer.begin() as connection:
                yield connection
        else:
            async with self._writer.connect() as connection, postgres.transaction(connection):
                yield connection

    @property
    def waiting(self) -> int:
        """How many wait for a connection, as the pool's own queue of them says."""
        pool: Any = getattr(self.engine.pool, "_pool", None)
        return 0 if pool is None else len(pool._queue._getters)

    async def dispose(self) -> None:
        await self.engine.dispose()


def open_database(url: str, *, alone: bool = False, **options: Any) -> Database:
    """The database behind a URL, set up as the product needs it.

    `alone` is for a command that has nothing else to do while SQLite works: it may hold the loop.
    """
    # What is bound to a statement is people's data and must not get into logs with an error.
    # No connection beyond the pool's: it would be opened for one request and closed after it, which
    # costs more than all that the request asks.
    options = {"hide_parameters": True, **JSON, **options}
    if url.startswith("sqlite"):
        if sqlite3.sqlite_version_info < SQLITE_AT_LEAST:
            raise RuntimeError(
                f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed"
            )
        options.setdefault("pool_size", 3)
        options.setdefault("max_overflow", 0)
        options.setdefault("connect_args", {"async_creator_fn": sqlite.creator(alone)})
        engine = create_async_engine(url, **_without_pool_sizes(options))
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    else:
        options.setdefault("pool_size", 10)
        options.setdefault("max_overflow", 0)
        # Transactions are begun and ended by `postgres.transaction`.
        options.setdefault("isolation_level", "AUTOCOMMIT")
        options.setdefault("connect_args", {"statement_cache_size": STATEMENTS})
        engine = create_async_engine(url, **_without_pool_sizes(options))
        _look_after(engine)
    return Database(engine)


def _without_pool_sizes(options: dict[str, Any]) -> dict[str, Any]:
    if "poolclass" not in options:
        return options
    return {k: v for k, v in options.items() if k not in {"pool_size", "max_overflow"}}


def _look_after(engine: AsyncEngine) -> None:
    """Ask a connection that nobody has used for a while whether it still stands.

    Asking each time, as the pool itself does, costs three trips to the server a request.
    """

    def given_back(connection: Any, record: Any) -> None:
        record.info["left"] = time.monotonic()

    def taken(connection: Any, record: Any, proxy: object) -> None:
        now = time.monotonic()
        if now - record.info.get("left", now) < IDLE:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise InvalidatePoolError from error

    event.listen(engine.sync_engine, "checkin", given_back)
    event.listen(engine.sync_engine, "checkout", taken)


def _set_pragmas(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver must emit no BEGIN of its own
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute("PRAGMA " + pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for another writer, so every
    # writing one takes the lock at once. Reading takes none: each statement sees what is committed.
    if connection.get_execution_options().get("tx") == "write":
        connection.exec_driver_sql(sqlite.WRITING)
