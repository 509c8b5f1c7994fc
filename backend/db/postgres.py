"""PostgreSQL behind the asynchronous engine: its driver asked directly, its transactions."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

# The driver calls it its own mistake where a connection ends between two messages.
LOST = (OSError, asyncpg.InternalClientError)
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, *LOST)
KINDS: dict[str, type[DBAPIError]] = {"23": IntegrityError, "22": DataError}


def driver(conn: AsyncConnection) -> asyncpg.Connection:
    """The driver's own connection beneath one of the engine's."""
    sync: Any = conn.sync_connection
    return sync.connection.driver_connection


async def ask(
    conn: AsyncConnection, sql: str, parameters: Sequence[Any], has_rows: bool
) -> tuple[list[Any], int]:
    """The rows, which know their columns by name, and how many were written or found."""
    try:
        if has_rows:
            rows = await driver(conn).fetch(sql, *parameters)
            return rows, len(rows)
        told = await driver(conn).execute(sql, *parameters)
    except FAILURES as error:
        raise await _told(conn, error, sql) from error
    return [], int(told.rpartition(" ")[2])


async def ask_each(conn: AsyncConnection, sql: str, parameters: list[list[Any]]) -> None:
    """The same statement with many sets of parameters, sent in one go."""
    try:
        await driver(conn).executemany(sql, parameters)
    except FAILURES as error:
        raise await _told(conn, error, sql) from error


@asynccontextmanager
async def transaction(conn: AsyncConnection) -> AsyncIterator[None]:
    """Commit what is done inside, whichever way it is asked, or undo it.

    The engine's own would begin only with the first statement that the engine itself is given.
    """
    try:
        own = driver(conn).transaction()  # a connection that is lost refuses even this
        await own.start()
    except FAILURES as error:
        raise await _told(conn, error, "BEGIN") from error
    except BaseException:
        await conn.invalidate()  # it may have begun: whoever got it next would be inside
        raise
    try:
        yield
    except BaseException:
        await _undo(conn, own)
        raise
    try:
        await own.commit()
    except FAILURES as error:
        raise await _told(conn, error, "COMMIT") from error
    except BaseException:
        await conn.invalidate()  # nobody knows what it is in the middle of
        raise


async def _undo(conn: AsyncConnection, own: Any) -> None:
    if conn.invalidated or conn.closed:
        return
    try:
        await own.rollback()
    except FAILURES:
        await conn.invalidate()
    except BaseException:
        await conn.invalidate()
        raise


async def _told(conn: AsyncConnection, error: BaseException, sql: str) -> DBAPIError:
    """A failure of the driver as the engine would tell it; a connection that is lost is given up.

    What is bound to the statement is people's data, and is not told.
    """
    lost = isinstance(error, LOST) or conn.invalidated or driver(conn).is_closed()
    if lost and not conn.invalidated:
        await conn.invalidate()
    state = getattr(error, "sqlstate", None) or ""
    kind = KINDS.get(state[:2], OperationalError if lost else DBAPIError)
    return kind(sql, None, error, hide_parameters=True, connection_invalidated=lost)
