"""What Alembic runs for each command: on the connection it is given, or on one of its own."""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, NullPool, event
from sqlalchemy.sql.elements import False_, True_

from backend.db import base, models
from backend.db.engines import open_database


def migrate(connection: Connection) -> None:
    """Run the command's migrations; whoever opened the transaction commits it."""
    context.configure(
        connection=connection,
        target_metadata=models.metadata,
        compare_type=True,
        # SQLite cannot alter a table in place; there Alembic builds it anew and copies the rows.
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # A table in use is waited for briefly, so that its users do not queue behind us.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        context.run_migrations()


def render_item(kind: str, item: Any, autogenerate: Any) -> str | bool:
    """Our own column types by their names, and defaults in words that both databases read."""
    if kind == "server_default" and isinstance(getattr(item, "arg", None), False_ | True_):
        return f"sa.{item.arg}()"
    name = next((n for n in ("BigId", "Json", "Exact") if item is getattr(base, n)), None)
    if isinstance(item, base.Instant):
        name = "Instant"
    if kind != "type" or name is None:
        return False
    autogenerate.imports.add("from backend.db import base")
    return f"base.{name}()" if name == "Instant" else f"base.{name}"


async def on_our_own(url: str) -> None:
    """The plain `alembic` command: one transaction on an engine that is closed afterwards."""
    database = open_database(url, poolclass=NullPool)
    if database.dialect == "sqlite":
        event.listen(database.engine.sync_engine, "connect", for_rebuilding)
    try:
        async with database.write() as connection:
            await connection.run_sync(migrate)
    finally:
        await database.dispose()


def for_rebuilding(connection: Any, record: object) -> None:
    """A rebuilt table is dropped for a moment, which must not empty those that refer to it."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    address = context.config.attributes.get("url") or os.environ.get("VORONKA_DATABASE_URL")
    if not address:
        raise SystemExit("Set VORONKA_DATABASE_URL, or use `voronka migrate`.")
    asyncio.run(on_our_own(address))
